"""A scripted séance whose writer is killed at any moment: what was acknowledged is there, and the register folds to what it was."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regie.domain import sitting
from regie.domain.sitting import Sitting
from regie.journal import FILE_NAME, read, verify

pytestmark = pytest.mark.system

WRITER = """
import asyncio, sys
from pathlib import Path
from regie.clock import SystemClock
from regie.core import Core
from regie.domain.commands import PrepareSeance
from regie.errors import Refusal
from tests.system.test_register_kill import script

async def main(folder):
    core = Core(folder, SystemClock(), lambda: None)
    await core.load(PrepareSeance(title="Conseil", due_utc=SystemClock().utc_ns() // 10**9), dated=False)
    running = asyncio.create_task(core.run())
    for rank, command in enumerate(script()):
        # The same keys at each start: what was written before the kill is answered, not written again.
        written = await core.submit(command, "auxiliaire", f"touche-{rank}")
        sys.stdout.write(f"{rank} {written.n}\\n")
        sys.stdout.flush()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await core.close()

asyncio.run(main(Path(sys.argv[1])))
"""


def script() -> list[object]:
    """Arrivals, proxies, three items voted in three ways, a suspension, a departure, the close."""
    from datetime import date

    from regie.domain.register import commands as cmd
    from regie.domain.register.proxies import Writing
    from regie.domain.register.votes import Ballot, Choice, Mode, Tally
    from tests.unit.council import convene

    here = [cmd.Arrive(person=f"e{rank}", room="hall") for rank in range(1, 20)]
    paper = Writing(giver="e30", holder="e2", dated=date(2026, 3, 4))
    roll_call = [cmd.CastBallots(ballots=(Ballot(f"e{rank}", Choice.FOR),)) for rank in (*range(1, 20), 30)]
    return [
        convene(33),
        *here,
        cmd.LodgeProxy(proxy="p", writing=paper),
        cmd.OpenSitting(president="e1"),
        cmd.AppointSecretaries(secretaries=("e2",)),
        cmd.CallItem(items=("1",)),
        cmd.GiveFloor(person="e3"),
        cmd.OpenVote(),
        cmd.CloseVote(ballots=(Ballot("e4", Choice.AGAINST),)),
        cmd.Proclaim(),
        cmd.SuspendSitting(),
        cmd.ResumeSitting(),
        cmd.CallItem(items=("2",)),
        cmd.RequestBallot(item="2", mode=Mode.PUBLIC, requesters=("e1", "e2", "e3", "e4", "e5")),
        cmd.OpenVote(),
        *roll_call,
        cmd.CloseVote(),
        cmd.Proclaim(),
        cmd.CallItem(items=("3",)),
        cmd.RequestBallot(item="3", mode=Mode.SECRET, requesters=tuple(f"e{rank}" for rank in range(1, 8))),
        cmd.OpenVote(),
        cmd.CloseVote(tally=Tally(for_=11, against=8, blanks=1)),
        cmd.Proclaim(),
        cmd.Leave(person="e2"),
        cmd.CloseSitting(),
    ]


def without_times(told: Sitting) -> object:
    """What happened, whenever it did."""
    register = told.register
    assert register is not None
    return (
        register.phase,
        [(stay.person, stay.is_open, stay.cause) for stay in register.stays],
        [(proxy.id, proxy.status) for proxy in register.proxies],
        [(item.id, item.state, item.number, [vote.tally for vote in item.votes]) for item in register.items],
        [turn.person for turn in register.floor.turns],
        told.seance and told.seance.state,
    )


def whole(folder: Path) -> Sitting:
    (file,) = folder.glob(f"*/{FILE_NAME}")
    assert verify(file).faults == ()
    return sitting.fold(entry.event for entry in read(file))


def test_killed_at_any_moment_it_goes_on_to_the_same_register(tmp_path: Path) -> None:
    untouched = tmp_path / "untouched"
    subprocess.run(
        [sys.executable, "-c", WRITER, str(untouched)], check=True, capture_output=True, timeout=50
    )
    expected = without_times(whole(untouched))

    chance = random.Random(6)
    folder, total = tmp_path / "killed", len(script())
    acknowledged = 0
    for _ in range(5):
        stop_after = chance.randint(acknowledged + 1, total - 1)
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            said = [writer.stdout.readline() for _ in range(stop_after)]
            writer.send_signal(signal.SIGKILL)
            said += [line for line in writer.stdout if line.endswith("\n")]
        acknowledged = max(acknowledged, int(said[-1].split()[0]))
        (file,) = folder.glob(f"*/{FILE_NAME}")
        assert verify(file).faults == ()
        entries = list(read(file))
        kept = {entry.command for entry in entries}
        assert {f"touche-{rank}" for rank in range(acknowledged + 1)} <= kept
        assert max(entry.n for entry in entries) >= int(said[-1].split()[1])
        if acknowledged >= total - 2:
            break
    subprocess.run([sys.executable, "-c", WRITER, str(folder)], check=True, capture_output=True, timeout=50)
    assert without_times(whole(folder)) == expected
