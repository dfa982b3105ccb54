"""The supervisor with real, tiny children: deaths, hangs, order of the end, orphans."""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regie.supervise import NO_CORE, RESTARTS

pytestmark = pytest.mark.system

DRIVER = """
import json, sys
from regie import log, supervise
log.setup("supervisor")
for name, value in json.loads(sys.argv[1]).items():
    setattr(supervise, name, value)
programs = [supervise.Program(**program) for program in json.loads(sys.argv[2])]
with supervise.Supervisor() as supervisor:
    for program in programs:
        supervisor.start(program)
    supervisor.run(for_s=json.loads(sys.argv[3]))
"""
SLEEPER = "import signal; signal.sigwait([signal.SIGTERM])"
BEATER = """
import asyncio, signal
from regie.heartbeat import Heart
async def main():
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    task = asyncio.create_task(Heart.inherited().beat_while(lambda: True))
    await done.wait()
    task.cancel()
asyncio.run(main())
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"


class Driver:
    """A supervisor in its own process, and what its log says."""

    def __init__(
        self,
        programs: list[dict[str, Any]],
        for_s: float | None = None,
        environ: dict[str, str] | None = None,
        **settings: float,
    ):
        args = [json.dumps(value) for value in (settings, programs, for_s)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *args],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environ or {})},
        )

    def wait_for(self, message: str, **facts: object) -> dict[str, Any]:
        """Read the log up to a line; the line."""
        assert self.process.stderr is not None
        for text in self.process.stderr:
            if not text.startswith("{"):
                continue
            line: dict[str, Any] = json.loads(text)
            if line["message"].startswith(message) and facts.items() <= line.items():
                return line
        raise AssertionError(f"the supervisor ended without saying: {message}")

    def pid_of(self, program: str) -> int:
        return int(self.wait_for("started", program=program)["pid"])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def drivers() -> Iterator[list[Driver]]:
    made: list[Driver] = []
    yield made
    for driver in made:
        driver.close()


def program(name: str, code: str, *args: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "argv": [sys.executable, "-c", code, *args], "beats": False, **more}


def test_a_dead_child_is_replaced_at_once_and_alone(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("one", SLEEPER), program("two", SLEEPER)]))
    first, other = driver.pid_of("one"), driver.pid_of("two")
    driver.wait_for("ready")
    os.kill(first, signal.SIGKILL)
    assert driver.wait_for("died", program="one")["code"] == -signal.SIGKILL
    assert driver.pid_of("one") != first
    os.kill(other, 0)
    assert driver.stop() == 0


def test_a_child_that_crashes_leaves_no_memory_image(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("one", SLEEPER)]))
    pid = driver.pid_of("one")
    soft, hard = resource.prlimit(pid, resource.RLIMIT_CORE)
    assert max(soft, hard) <= NO_CORE and min(soft, hard) >= 0
    assert driver.stop() == 0


def test_a_child_that_ends_by_itself_is_replaced_then_slowly(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("brief", "pass")], BACK_OFF_S=0.01))
    for _ in range(RESTARTS):
        assert driver.wait_for("died: it is replaced")["code"] == 0
    assert driver.wait_for("died again")["level"] == "critical"
    driver.pid_of("brief")
    assert driver.stop() == 0


def test_a_child_that_hangs_is_replaced(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("heart", BEATER) | {"beats": True}], HUNG_S=2.0, ABORT_S=0.1))
    pid = driver.pid_of("heart")
    driver.wait_for("ready")
    os.kill(pid, signal.SIGSTOP)
    driver.wait_for("hung", pid=pid)
    assert driver.wait_for("died")["code"] == -signal.SIGKILL
    assert driver.pid_of("heart") != pid
    assert driver.stop() == 0


def test_a_child_that_never_beats_is_replaced(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("mute", SLEEPER) | {"beats": True}], FIRST_BEAT_S=0.1))
    pid = driver.pid_of("mute")
    driver.wait_for("hung", pid=pid)
    assert driver.wait_for("died")["code"] == -signal.SIGABRT
    assert driver.stop() == 0


def test_the_end_follows_the_ranks(drivers: list[Driver], tmp_path: Path) -> None:
    told = tmp_path / "order"
    tell = SLEEPER + "; import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    ranks = {"c": 2, "a": 0, "b": 1}
    programs = [program(name, tell, str(told), name, stop_rank=rank) for name, rank in ranks.items()]
    for one in programs:
        one["argv"][2] = (
            "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n" + one["argv"][2]
        )
    drivers.append(driver := Driver(programs, for_s=0.5))
    driver.wait_for("stopped")
    assert driver.process.wait(20) == 0
    assert told.read_text() == "abc"


def test_a_child_that_refuses_to_stop_is_killed(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("stubborn", STUBBORN)], for_s=0.3, STOP_S=0.3))
    driver.wait_for("did not stop: it is killed", program="stubborn")
    driver.wait_for("stopped")
    assert driver.process.wait(20) == 0


def test_children_do_not_outlive_a_killed_supervisor(drivers: list[Driver]) -> None:
    drivers.append(driver := Driver([program("stubborn", STUBBORN)]))
    child = os.pidfd_open(driver.pid_of("stubborn"))
    try:
        driver.process.kill()
        assert select.select([child], [], [], 10)[0], "the child still lives"
    finally:
        os.close(child)


def test_systemd_is_told(drivers: list[Driver], tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"}
        drivers.append(driver := Driver([program("one", SLEEPER)], environ=environ))
        seen: list[str] = []
        while not ("READY=1" in seen and seen.count("WATCHDOG=1") >= 3):
            seen += systemd.recv(1000).decode().splitlines()
        driver.process.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in seen:
            seen += systemd.recv(1000).decode().splitlines()
        assert driver.process.wait(20) == 0


SERVER = """
import os, socket, sys
with socket.socket(fileno=int(sys.argv[1])) as pages:
    while True:
        client, _ = pages.accept()
        with client:
            client.sendall(str(os.getpid()).encode())
"""


def kill_and_wait(pid: int) -> None:
    process = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        assert select.select([process], [], [], 10)[0]
    finally:
        os.close(process)


def test_a_restart_of_the_server_refuses_nobody(tmp_path: Path) -> None:
    code = f"""
from regie import log, supervise
import sys
log.setup("supervisor")
with supervise.listen("127.0.0.1", 0) as pages, supervise.Supervisor() as supervisor:
    print(pages.getsockname()[1], flush=True)
    fd = pages.fileno()
    supervisor.start(supervise.Program("pages", (sys.executable, "-c", {SERVER!r}, str(fd)), pass_fds=(fd,), beats=False))
    supervisor.run()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            pids = set()
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                    pid = int(client.recv(100))
                pids.add(pid)
                if len(pids) <= 3:
                    kill_and_wait(pid)
            assert len(pids) >= 3
        finally:
            process.terminate()
        assert process.wait(20) == 0
