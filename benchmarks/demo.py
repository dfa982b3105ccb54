"""What the whole demonstration costs: processor and memory of each process of the régie, and of the simulated hall beside them.

Four cameras filming at once, 33 microphones, the director in auto, three renditions, RTMP to a real nginx, the recording and the
WebTV. No page is open.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks.results import Figure

READY_S, WARM_UP_S, MEASURED_S = 120.0, 10.0, 40.0
ROLES = {
    "regie.app": "control",
    "regie.media.engine": "engine",
    "regie.rooms.rtc": "rtc",
    "hardware_mocks.hall": "simulated hall",
}


def run() -> Sequence[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "regie", "demo", "--port", "0", "--data", str(Path(folder) / "data")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
            try:
                _wait(demo)
                time.sleep(WARM_UP_S)
                return list(_measured(demo.pid))
            finally:
                demo.terminate()
                demo.wait(30)


def _wait(demo: "subprocess.Popen[str]") -> None:
    """Until it has said where to look. Raises RuntimeError when it ends before."""
    assert demo.stdout is not None
    due = time.monotonic() + READY_S
    for line in demo.stdout:
        if "Ctrl-C" in line:
            return
        if time.monotonic() > due:
            break
    raise RuntimeError("the demonstration did not start")


def _measured(pid: int) -> Iterator[Figure]:
    before, began = _spent(pid), time.monotonic()
    time.sleep(MEASURED_S)
    after, seconds = _spent(pid), time.monotonic() - began
    # A machine busy with something else leaves pictures out, and the régie then looks cheaper than it is.
    load = psutil.getloadavg()[0]
    note = f"4 cameras, 33 microphones, director in auto, {MEASURED_S:g} s, load of the machine {load:.1f}"
    for role in ROLES.values():
        if role not in before or role not in after:
            raise RuntimeError(f"{role} was not there all the time")
        cpu, rss = after[role][0] - before[role][0], after[role][1]
        yield Figure(f"{role}, processor", cpu / seconds, "cpu/s", None, note)
        yield Figure(f"{role}, memory", rss / 2**20, "MB", None, note)
    ours = sum(after[role][0] - before[role][0] for role in ("control", "engine", "rtc"))
    yield Figure("whole régie, processor", ours / seconds, "cpu/s", None, note)


def _spent(pid: int) -> Mapping[str, tuple[float, int]]:
    """Seconds of processor and bytes of memory so far, by role."""
    found = {}
    for child in psutil.Process(pid).children(recursive=True):
        try:
            words = child.cmdline()
            role = next((name for module, name in ROLES.items() if module in words), None)
            if role is not None:
                times = child.cpu_times()
                found[role] = (times.user + times.system, child.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return found
