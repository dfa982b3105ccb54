"""Documents of a séance of twenty items, sixty-nine members: every file of every format, by the command that control runs."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from regie.documents import dossier
from regie.documents.after import FOLDER
from regie.documents.dossier import Dossier, ItemFile
from regie.domain.register import commands as cmd
from regie.domain.register.votes import Ballot, Choice, Mode
from regie.journal import FILE_NAME, Journal, Times
from tests.unit.council import Council, convene, item
from tests.unit.documents_rig import TOWN

ITEMS, MEMBERS = 20, 69
SEANCE = "2026-03-12"


def run() -> Sequence[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / SEANCE
        _hold(folder)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-P", "-m", "regie", "export", str(folder)], check=True, capture_output=True
        )
        took = time.perf_counter() - began
        files = list((folder / FOLDER).iterdir())
    size = sum(1 for file in files if file.suffix == ".pdf")
    note = (
        f"{len(files)} files, {size} PDF/A-2a + PDF/UA-1, {ITEMS} items, {MEMBERS} members, process included"
    )
    return [Figure("documents", took, "s", 60, note)]


def _hold(folder: Path) -> None:
    """A register of such a séance: a public ballot every third item, the others « unanimité sauf »."""
    names = [str(number) for number in range(1, ITEMS)]
    council = Council(convene(MEMBERS, [item(name, report=f"rapport {name}") for name in names]))
    for giver in range(60, 69):
        council.proxy(giver, giver - 50)
    council.open(55)
    for rank, name in enumerate([*names, "pv"]):
        council.call(name)
        council.do(cmd.GiveFloor(person="e3"))
        council.wait(120)
        council.do(cmd.TakeFloor())
        if rank % 3 == 0:
            askers = tuple(f"e{number}" for number in range(2, 18))
            council.do(cmd.RequestBallot(item=name, mode=Mode.PUBLIC, requesters=askers))
            council.do(cmd.OpenVote())
            voices = council.last_vote(name).voices
            council.do(cmd.CloseVote(ballots=tuple(Ballot(voice.seat, Choice.FOR) for voice in voices)))
            council.do(cmd.Proclaim())
        else:
            council.vote(named=(Ballot("e9", Choice.AGAINST), Ballot("e10", Choice.ABSTAINS)))
    council.do(cmd.CloseSitting())
    with Journal(folder / FILE_NAME, SEANCE, 0) as journal:
        journal.append("all", "bench", council.told, Times(written_utc_ms=0))
    said = "Le rapport est présenté. " * 40
    files = {
        name: ItemFile(matter="7.5", debates=said, text="Article 1er : adopté.") for name in [*names, "pv"]
    }
    dossier.save(folder, Dossier(town=TOWN, items=files))
