"""A machine of its own, with mDNS, where an NDI camera is announced by its name: run by root, under ``unshare --net --mount``.

``python -m tests.system.mdns FOLDER``: prints, as JSON, the names under which the camera was found.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_mocks.ndi_camera import NdiCamera

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy>
</busconfig>
"""
AVAHI = """[server]
host-name=hall
use-ipv6=no
allow-interfaces=lo
enable-dbus=yes
[wide-area]
enable-wide-area=no
"""
LOOPBACK = (
    ("ip", "link", "set", "lo", "up", "multicast", "on"),
    ("ip", "route", "add", "224.0.0.0/4", "dev", "lo"),
    ("mkdir", "-p", "/run/avahi-daemon"),
    ("mount", "-t", "tmpfs", "tmpfs", "/run/avahi-daemon"),
)
DAEMON = ("avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "--file")
FOUND_S = 10.0
TRIES = 4


@contextlib.contextmanager
def announcing(folder: Path) -> Iterator[None]:
    """A bus and a daemon of our own."""
    for order in LOOPBACK:
        subprocess.run(order, check=True)
    bus = folder / "bus"
    (folder / "bus.conf").write_text(BUS.format(bus=bus), "utf-8")
    (folder / "avahi.conf").write_text(AVAHI, "utf-8")
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={bus}"
    with contextlib.ExitStack() as stack:
        for command, ready in (
            (("dbus-daemon", "--nofork", "--config-file", str(folder / "bus.conf")), bus.exists),
            ((*DAEMON, str(folder / "avahi.conf")), lambda: _runs(bus)),
        ):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            until = time.monotonic() + FOUND_S
            while not ready():
                assert process.poll() is None and time.monotonic() < until, command
                time.sleep(0.05)
        yield


def _runs(bus: Path) -> bool:
    """Does the daemon say that it is running (state 2)?"""
    address, name = f"--bus=unix:path={bus}", "--dest=org.freedesktop.Avahi"
    question = [
        "dbus-send",
        address,
        "--print-reply=literal",
        name,
        "/",
        "org.freedesktop.Avahi.Server.GetState",
    ]
    said = subprocess.run(question, capture_output=True, text=True, check=False)
    return said.returncode == 0 and said.stdout.split() == ["int32", "2"]


def _switched_on(camera: "NdiCamera") -> None:
    """The library makes no sender while the daemon is still claiming its names."""
    for _ in range(TRIES):
        with contextlib.suppress(RuntimeError):
            return camera.start()
        time.sleep(1.0)
    camera.start()


def main() -> None:
    """Announce a camera, and find it."""
    with announcing(Path(sys.argv[1])):
        # NDI's library looks for the bus when it is loaded.
        from camera_drivers.ndi_library import locate, parse
        from hardware_mocks.ndi_camera import NdiCamera

        camera = NdiCamera("Tribune", 2, turns=False)
        _switched_on(camera)
        names = [locate(parse(name), FOUND_S).ndi_name for name in (camera.full_name, "Tribune")]
        camera.stop()
    print(json.dumps(names))


if __name__ == "__main__":
    main()
