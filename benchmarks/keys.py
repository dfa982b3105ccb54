"""From a key pressed in a page to the mask in force, through the pages' own connections, while the machine is overloaded.

The demonstration runs, hall included, beside four programs that take all they can. Each press is measured from the message sent to
its answer, which the engine gives once the mask is in the gate: by the event stream, as everything else goes, and by the keys' own
line. The presses of both are interleaved, so that they meet the same machine.
"""

import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.results import Figure

PRESSES = 150
SPREAD_S = 0.0437
SPINNERS = 4
WARM_S = 15.0


def run() -> Sequence[Figure]:
    """The figures."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        demo = _Demo(Path(folder))
        try:
            time.sleep(WARM_S)
            for state, spinners in (("demo", 0), ("overloaded", SPINNERS)):
                took = _under(spinners, demo)
                note = f"{PRESSES} presses, the demonstration on this machine, {spinners} spinners"
                for way, values in took.items():
                    for share in (50, 99):
                        value = values[min(len(values) - 1, len(values) * share // 100)]
                        goal = 50.0 if way == "keys" and share == 99 else None
                        figures.append(Figure(f"press_by_{way}_{state}_p{share}", value, "ms", goal, note))
        finally:
            demo.end()
    return figures


def _spin() -> None:
    while True:
        pass


def _under(spinners: int, demo: "_Demo") -> dict[str, list[float]]:
    crowd = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(spinners)]
    for one in crowd:
        one.start()
    try:
        time.sleep(3)
        return demo.press()
    finally:
        for one in crowd:
            one.kill()


class _Demo:
    """`regie demo`, and a technician who is logged in twice over."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "regie", "demo", "--port", "0", "--data", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = self._process.stdout.readline()
            assert line, "the demonstration ended"
            said += line
        found = re.search(r"Console +(http://[\d.:]+)", said)
        password = re.search(r"technicien +(\S+)", said)
        assert found is not None and password is not None, said
        self._url = found[1]
        self._client = httpx.Client(base_url=self._url, timeout=30, headers={"Origin": self._url})
        answer = self._client.post("/api/v1/session", json={"nom": "technicien", "mot_de_passe": password[1]})
        answer.raise_for_status()

    def _line(self, path: str) -> ClientConnection:
        cookie = {"Cookie": f"regie_session={self._client.cookies['regie_session']}"}
        return connect(
            self._url.replace("http", "ws") + path, origin=Origin(self._url), additional_headers=cookie
        )

    def press(self) -> dict[str, list[float]]:
        """Milliseconds of each press, sorted."""
        took: dict[str, list[float]] = {"stream": [], "keys": []}
        with self._line("/api/v1/ws") as stream, self._line("/api/v1/touches") as keys:
            lines = {"stream": stream, "keys": keys}
            for n in range(PRESSES):
                for way, line in lines.items():
                    mask = f"{way}-{n}-{time.monotonic_ns()}"
                    pressed = time.perf_counter()
                    _ask(line, n, {"type": "masquer", "mask": mask, "look_back_ms": 0})
                    took[way].append((time.perf_counter() - pressed) * 1000)
                    _ask(stream, n + PRESSES, {"type": "demasquer", "mask": mask})
                    time.sleep(SPREAD_S)
        return {way: sorted(values) for way, values in took.items()}

    def end(self) -> None:
        """Leave nothing behind."""
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()


def _ask(line: ClientConnection, number: int, command: dict[str, object]) -> None:
    line.send(json.dumps({"type": "commande", "id": number, "commande": command}))
    while True:
        heard = line.recv(30)
        if (
            isinstance(heard, str)
            and heard.startswith('{"type":"reponse"')
            and json.loads(heard)["id"] == number
        ):
            return
