"""Memory that pictures leave goes back to the system, though things that live lie between the holes."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

SCRIPT = """
import psutil, time
from regie.media.memory import GiveBack, tune
tune()
mine = psutil.Process()
def resident(): return mine.memory_info().rss / 2**20
pictures = [bytearray(b"x" * 65536) for _ in range(2000)]
living = pictures[::20]
full = resident()
del pictures
holes = resident()
giving = GiveBack(every_s=0.01)
giving.start()
end = time.monotonic() + 10
while resident() > full - 90 and time.monotonic() < end:
    time.sleep(0.02)
giving.stop()
print(full, holes, resident(), len(living))
"""


def test_holes_between_living_things_are_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=40, check=True
    )
    full, holes, after = (float(n) for n in done.stdout.split()[:3])
    assert holes > full - 30, "without help glibc keeps nearly all of it"
    assert after < full - 90
