"""A writer killed at any moment has kept what it said it wrote."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regie.journal import FILE_NAME, Journal, read, verify

pytestmark = pytest.mark.system

WRITER = """
import sys
from pathlib import Path
from regie.domain.events import SeanceStarted
from regie.journal import Journal, Times
journal = Journal(Path(sys.argv[1]), "s", 0)
n = len(journal.after(0, 10**6))
while True:
    journal.append(f"c{n}", "essai", [SeanceStarted(at_utc_ms=n), SeanceStarted(at_utc_ms=n)], Times(written_utc_ms=n))
    n += 1
    sys.stdout.buffer.write(b".")
    sys.stdout.buffer.flush()
"""


@pytest.mark.parametrize("seed", range(4))
def test_kill_in_the_middle_of_writing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    file = tmp_path / FILE_NAME
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            acknowledged += len(writer.stdout.read(chance.randint(1, 40)))
            writer.send_signal(signal.SIGKILL)
            acknowledged += len(writer.stdout.read())
        entries = list(read(file))
        assert verify(file).faults == ()
        assert len(entries) % 2 == 0, "a command is written whole or not at all"
        assert acknowledged <= len(entries) // 2 <= acknowledged + 1
        acknowledged = len(entries) // 2
    with Journal(file, "s", 0) as journal:
        assert journal.after(0, 1)[0].n == 1
