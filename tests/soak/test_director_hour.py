"""An hour in auto, in virtual time: what a technician who leaves the room would find on the recording."""

from pathlib import Path

import pytest

from hardware_mocks.debates import debate, write
from regie.directing.recording import read
from regie.directing.replay import Directed, Replay
from regie.directing.score import tally, truth
from regie.domain.director import Settings
from regie.domain.director import events as told
from regie.domain.director.moves import Move

pytestmark = pytest.mark.soak
MINUTES = 60
SEED = 1969
"""No shipped debate, and none on which a delay was chosen."""
SETTINGS = Settings()
QUIET_MS = SETTINGS.silence_ms + SETTINGS.least_shot_ms + 500


class Watched(Directed):
    """Notes since when nobody has the floor."""

    quiet: list[tuple[int, int]]

    def tell(self, event: told.Told, now: int) -> tuple[Move, ...]:
        moves = tuple(super().tell(event, now))
        last = self.state.floor.last
        if self.state.floor.holder is None and last > 0 and now - last > QUIET_MS and not self.state.talks:
            if self.quiet and self.quiet[-1][1] >= now - 2000:
                self.quiet[-1] = (self.quiet[-1][0], now)
            else:
                self.quiet.append((now, now))
        return moves


def test_an_hour_in_auto(tmp_path: Path) -> None:
    path = tmp_path / "heure.jsonl.gz"
    write(debate(SEED, MINUTES), path)
    head, lines = read(path)
    director = Watched(head.chamber, SETTINGS)
    director.quiet = []
    run = Replay(head, director).through(lines)
    found = tally(head, truth(lines), run, SETTINGS.least_shot_ms)
    score = found.score()
    assert score.minutes == pytest.approx(MINUTES, abs=0.1)
    assert run.moves_seen == [], "a camera was seen to move"
    assert score.short == 0, "a shot shorter than the minimum"
    assert score.right >= 92 and score.own >= 80 and score.median_ms <= 1500 and score.wrong_h <= 5
    starts = [aired.start for aired in run.aired]
    assert len(director.quiet) >= 2
    for begins, ends in director.quiet:
        shown = [
            a
            for a, over in zip(run.aired, [*starts[1:], run.ends], strict=True)
            if a.start <= ends and over >= begins
        ]
        assert all(aired.wide for aired in shown), f"nobody speaks at {begins} and somebody is shown"
    for n in range(len(run.aired) - 3):
        four = run.aired[n : n + 4]
        faces = [frozenset(a.seats) if len(a.seats) == 1 else None for a in four]
        flips = None not in faces and faces[0] == faces[2] != faces[1] == faces[3]
        assert not (flips and four[3].start - four[0].start < SETTINGS.exchange_window_ms), (
            f"to and fro at {four[0].start}"
        )
    longest = max(b - a for a, b in zip(starts, [*starts[1:], run.ends], strict=True))
    assert longest <= SETTINGS.monologue_ms + 8000, "one shot for ever"
