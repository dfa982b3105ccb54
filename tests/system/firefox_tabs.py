"""Firefox as several persons, each in a tab of his own, with camera, microphone and loudspeakers; driven by WebDriver BiDi."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.system.peers import wait_for

PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,  # a camera and a microphone that beeps
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}
SYSTEM_H264: dict[str, bool | int | str] = {
    # As if the machine's own codecs did it: a test must not download what Firefox downloads for H.264 in calls.
    "gfx.blacklist.webrtc.hw.acceleration.h264": 1,
    "media.webrtc.hw.h264.enabled": True,
    "media.ffmpeg.encoder.enabled": True,
    "media.webrtc.encoder_creation_strategy": 1,
    "media.navigator.mediadatadecoder_h264_enabled": True,
}
ANSWER_S = 30.0


@contextlib.contextmanager
def loudspeakers(folder: Path) -> Iterator[dict[str, str]]:
    """A sound card that goes nowhere (PulseAudio): without one Firefox plays nothing, nor measures a microphone. Gives the
    environment in which it is reached."""
    home = folder / "pulse"
    home.mkdir(parents=True, exist_ok=True)
    environ = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": "/usr/bin:/bin"}
    script = (
        "load-module module-null-sink sink_name=enceintes rate=48000 format=s16le channels=2\n"
        f"load-module module-native-protocol-unix socket={home}/pulse.sock auth-anonymous=1\n"
    )
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-F", "/dev/stdin"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ,
    )  # fmt: skip
    assert server.stdin is not None
    server.stdin.write(script.encode())
    server.stdin.close()
    try:
        wait_for((home / "pulse.sock").exists, 20, "PulseAudio")
        yield {"PULSE_SERVER": f"unix:{home}/pulse.sock"}
    finally:
        server.kill()
        server.wait(5)


class Firefox:
    """A headless Firefox with a profile of its own; its tabs by :meth:`tab`."""

    def __init__(
        self, profile: Path, preferences: dict[str, bool | int | str], environ: dict[str, str]
    ) -> None:
        profile.mkdir(parents=True, exist_ok=True)
        lines = (
            f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in (PREFERENCES | preferences).items()
        )
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [
            "firefox-esr",
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
        ]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | environ
        )
        assert self._process.stderr is not None
        self._address = next(
            (
                found[1]
                for line in self._process.stderr
                if (found := re.search(r"BiDi listening on (ws://\S+)", line))
            ),
            "",
        )
        assert self._address, "Firefox did not start"
        # What it says must be read, or it stops.
        self._reader = threading.Thread(target=lambda: [None for _ in self._process.stderr or ()])
        self._reader.start()
        self._open = contextlib.ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(f"{self._address}/session", max_size=None)
        )
        self._id = 0
        self.troubles: list[str] = []
        """What its pages' consoles said as errors."""
        self.say("session.new", capabilities={})
        self.say("session.subscribe", events=["log.entryAdded"])

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the protocol, and its result."""
        self._id += 1
        self._socket.send(json.dumps({"id": self._id, "method": method, "params": params}))
        while True:
            told: dict[str, Any] = json.loads(self._socket.recv(timeout=ANSWER_S))
            if told.get("method") == "log.entryAdded":
                entry = told["params"]
                if entry["level"] == "error":
                    self.troubles.append(str(entry.get("text")))
            elif told.get("id") == self._id:
                assert "result" in told, f"{method}: {told.get('error')}: {told.get('message')}"
                result: dict[str, Any] = told["result"]
                return result

    def tab(self, before: str = "") -> "Tab":
        """A tab with cookies of its own, as another person's browser. ``before``: a function run before its pages' scripts."""
        person = self.say("browser.createUserContext")["userContext"]
        context = self.say("browsingContext.create", type="tab", userContext=person)["context"]
        if before:
            self.say("script.addPreloadScript", functionDeclaration=before, contexts=[context])
        return Tab(self, context)

    def close(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(Exception):
            self._open.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        if self._process.stderr is not None:
            self._process.stderr.close()


class Tab:
    """A page, as far as the tests need one. Scripts run as if a person had just clicked."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox, self._context = firefox, context

    def goto(self, url: str) -> None:
        """Load it."""
        self._firefox.say("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript: a number, a text, a boolean, or nothing."""
        told = self._firefox.say(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert told["type"] == "success", told.get("exceptionDetails", {}).get("text")
        return told["result"].get("value")

    def until(self, expression: str, seconds: float = 20.0) -> Any:
        """Wait until an expression is true; its value."""
        end = time.monotonic() + seconds
        while not (value := self.run(expression)):
            if time.monotonic() > end:
                page = self.run("document.body.innerText.slice(0, 1500)")
                raise AssertionError(
                    f"not within {seconds:g} s: {expression}\n{page}\n{self._firefox.troubles}"
                )
            time.sleep(0.05)
        return value

    def click(self, selector: str) -> None:
        """Click, once it can be."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"Boolean({found} && !{found}.disabled && {found}.checkVisibility())")
        self.run(f"{found}.click()")

    def shows(self, selector: str, seconds: float = 20.0) -> None:
        """Wait for something to be seen."""
        self.until(f"Boolean(document.querySelector({json.dumps(selector)})?.checkVisibility())", seconds)

    def log_in(self, url: str, name: str, password: str) -> None:
        """As an account, by the page that asks for it."""
        self.goto(f"{url}/connexion")
        self.run(f"""document.getElementById("nom").value = {json.dumps(name)};
            document.getElementById("mot-de-passe").value = {json.dumps(password)};
            document.getElementById("entrer").requestSubmit()""")
        self.until("!location.pathname.startsWith('/connexion')")

    def picture(self) -> bytes:
        """A screenshot, PNG in base64."""
        data: str = self._firefox.say("browsingContext.captureScreenshot", context=self._context)["data"]
        return data.encode()

    def close(self) -> None:
        """Close it."""
        self._firefox.say("browsingContext.close", context=self._context)


@contextlib.contextmanager
def firefox(profile: Path, preferences: dict[str, bool | int | str] | None = None) -> Iterator[Firefox]:
    """A Firefox, closed at the end."""
    with loudspeakers(profile.with_name("son-" + profile.name)) as environ:
        browser = Firefox(profile, preferences or {}, environ)
        try:
            yield browser
        finally:
            browser.close()
