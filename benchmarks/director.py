"""The director: how soon it decides, what it costs, how well it follows the shipped debates (:mod:`regie.directing.score`)."""

import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from hardware_mocks import debates
from regie.directing.command import score_files
from regie.directing.recording import read
from regie.directing.replay import Directed, Replay
from regie.directing.score import Score
from regie.domain.director import Settings
from regie.domain.director import events as told
from regie.domain.director.moves import Move

VOICES_ONLY = (21, 22, 23, 24)
"""Seeds of more debates without buttons: one of twelve minutes says little of what happens in an hour."""
DEBATES = sorted((Path(__file__).parent / "debates").glob("*.jsonl.gz"))


class _Timed(Directed):
    """Notes how long each step takes."""

    def __init__(self, of: Directed) -> None:
        super().__init__(of.chamber, of.settings)
        self.steps: list[int] = []

    def tell(self, event: told.Told, now: int) -> Sequence[Move]:
        """One event, timed."""
        begins = time.perf_counter_ns()
        moves = tuple(super().tell(event, now))
        self.steps.append(time.perf_counter_ns() - begins)
        return moves


def run() -> Sequence[Figure]:
    """The figures."""
    head, lines = read(DEBATES[0])
    timed = _Timed(Directed(head.chamber, Settings()))
    Replay(head, timed).through(lines)
    steps = sorted(step / 1e6 for step in timed.steps)
    with_buttons = [path for path in DEBATES if path.name.startswith("conseil")]
    voices_only = [path for path in DEBATES if path not in with_buttons]
    drawn = Path(tempfile.mkdtemp(prefix="regie-debates-"))
    for seed in VOICES_ONLY:
        voices_only.append(drawn / f"{seed}.jsonl.gz")
        debates.write(debates.debate(seed, 12, buttons=False), voices_only[-1])
    figures = [
        Figure(
            "event to decision, median", statistics.median(steps), "ms", None, "33 microphones, 4 cameras"
        ),
        Figure("event to decision, p99", steps[len(steps) * 99 // 100], "ms", 5.0),
    ]
    shipped = voices_only[:1]
    for name, paths in (
        ("buttons", with_buttons),
        ("voices only", voices_only),
        ("voices only, shipped debate alone", shipped),
    ):
        for row, score in score_files(paths, Settings()).items():
            figures += _table(f"{row}, {name}", score, ours=row == "director")
            if name == "buttons" and row == "director":
                ready = f"shot ready as a requested microphone opens, {row}"
                figures.append(Figure(ready, score.prepared, "%", 90.0))
    shutil.rmtree(drawn)
    return figures


def _table(what: str, score: Score, ours: bool) -> Sequence[Figure]:
    """A row of the table; goals are the director's."""
    length = f"{score.minutes:g} min, {score.turns} turns"

    def goal(value: float) -> float | None:
        return value if ours else None

    return [
        Figure(f"right person, {what}", score.right, "%", goal(95.0), length),
        Figure(f"shot of his own, {what}", score.own, "%"),
        Figure(f"delay of the shot, median, {what}", score.median_ms, "ms", goal(1500.0)),
        Figure(f"delay of the shot, p95, {what}", score.p95_ms, "ms", goal(3500.0)),
        Figure(f"wrong cuts, {what}", score.wrong_h, "/h", goal(2.0)),
        Figure(f"cuts, {what}", score.cuts_h, "/h"),
        Figure(f"shots under three seconds, {what}", score.short, "", goal(0.0)),
        Figure(f"camera moves seen, {what}", score.moves, "", goal(0.0)),
    ]
