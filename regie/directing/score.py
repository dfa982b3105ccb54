"""How well a run followed a debate, against its truth.

====================  ============================================================================================================
``right``             share of the time when somebody has a turn, during which the picture shows him: his own shot, or a shot
                      with several when that is what a person would show (see :func:`_fair`)
``own``               the same, his own shot only (close, pair, or his room's tile): no group forgiven
``median_ms``         from the first word of a turn to his own shot (to one of the group while several speak), for turns of 3 s
                      or more where a camera that films him was not on air at that word; a turn whose shot never came counts for
                      its whole length
``p95_ms``            the same, 95 in 100
``median_all_ms``     the same for all turns of 3 s or more, those whose only camera was on air included
``wrong_h``           cuts an hour to somebody's own shot who has no turn within a second of the cut
``cuts_h``            cuts an hour
``short``             shots under the minimum, safety apart
``moves``             times a camera moved while on programme: must be 0
``prepared``          share of the microphones opened after a request, whose shot was there already (no request: 100)
====================  ============================================================================================================
"""

import bisect
import statistics
from collections.abc import Iterable, Sequence

import msgspec

from regie.directing.recording import Head, Line, Turn
from regie.directing.replay import Aired, Run

STEP_MS = 50
SHORTEST_TURN_MS = 3000
NEAR_MS = 1000
COVERED_MS = 4000
"""A group shot at the beginning of a turn, while a camera gets there, is what a person would show for so long."""
LIVELY, LIVELY_WINDOW_MS, LIVELY_AFTER_MS = 3, 12_000, 8000
LONG_MS, CUTAWAY_MS = 40_000, 6000


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The table of a run; shares in percent, see the module."""

    minutes: float
    turns: int
    right: float
    own: float
    median_ms: int
    p95_ms: int
    median_all_ms: int
    wrong_h: float
    cuts_h: float
    short: int
    moves: int
    prepared: float = 100.0


class Tally(msgspec.Struct, kw_only=True):
    """What scores are made from, so that several debates add up."""

    speech: int = 0
    right: int = 0
    own: int = 0
    delays: list[int] = []
    delays_all: list[int] = []
    wrong: int = 0
    cuts: int = 0
    short: int = 0
    moves: int = 0
    length: int = 0
    granted: int = 0
    awaited: int = 0

    def add(self, other: "Tally") -> None:
        """Another debate besides."""
        counts = ("speech", "right", "own", "wrong", "cuts", "short", "moves", "length", "granted", "awaited")
        for name in counts:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays += other.delays
        self.delays_all += other.delays_all

    def score(self) -> Score:
        """The table."""
        hours = max(self.length, 1) / 3_600_000
        speech = max(self.speech, 1)
        return Score(
            minutes=round(self.length / 60_000, 1),
            turns=len(self.delays_all),
            right=round(100 * self.right / speech, 1),
            own=round(100 * self.own / speech, 1),
            median_ms=round(statistics.median(self.delays)) if self.delays else 0,
            p95_ms=_percentile(self.delays, 95),
            median_all_ms=round(statistics.median(self.delays_all)) if self.delays_all else 0,
            wrong_h=round(self.wrong / hours, 1),
            cuts_h=round(self.cuts / hours, 1),
            short=self.short,
            moves=self.moves,
            prepared=round(100 * self.awaited / self.granted, 1) if self.granted else 100.0,
        )


def truth(lines: Iterable[Line]) -> tuple[Turn, ...]:
    """The turns of an annotated debate, in the order of their first word."""
    turns = (line.turn for line in lines if line.turn is not None and line.turn.kind == "turn")
    return tuple(sorted(turns, key=lambda turn: (turn.start, turn.seat)))


def tally(head: Head, turns: Sequence[Turn], run: Run, least_shot_ms: int) -> Tally:
    """Compare a run with the truth."""
    found = Tally(
        length=run.ends,
        moves=len(run.moves_seen),
        cuts=len(run.aired) - 1,
        granted=run.granted,
        awaited=run.awaited,
    )
    starts = [aired.start for aired in run.aired]
    changes = _changes(turns)
    active = _Active(turns)
    wide_since: int | None = None
    for t in range(0, run.ends, STEP_MS):
        aired = run.aired[bisect.bisect_right(starts, t) - 1]
        speaking = active.at(t)
        wide_since = (t if wide_since is None else wide_since) if aired.wide else None
        if not speaking:
            continue
        found.speech += STEP_MS
        own = any(turn.seat in aired.seats for turn in speaking)
        found.own += STEP_MS if own else 0
        found.right += STEP_MS if own or _fair(aired, speaking, t, wide_since, changes) else 0
    _delays(head, turns, run, starts, found)
    _cuts(turns, run, least_shot_ms, found)
    return found


class _Active:
    """Who has a turn at an instant, asked in order."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._coming = list(reversed(turns))
        self._now: list[Turn] = []

    def at(self, t: int) -> list[Turn]:
        while self._coming and self._coming[-1].start <= t:
            self._now.append(self._coming.pop())
        self._now = [turn for turn in self._now if turn.end > t]
        return self._now


def _changes(turns: Sequence[Turn]) -> list[int]:
    """Instants at which the speaker changes."""
    return [b.start for a, b in zip(turns, turns[1:], strict=False) if a.seat != b.seat]


def _fair(aired: Aired, speaking: list[Turn], t: int, wide_since: int | None, changes: list[int]) -> bool:
    """Is a group shot what a person would show now?

    While several speak, or answer each other quickly; at the beginning of a turn, while a camera gets there; for a moment in a
    long speech.
    """
    if not aired.wide:
        return False
    turn = speaking[0]
    breathing = t - turn.start >= LONG_MS and wide_since is not None and t - wide_since <= CUTAWAY_MS
    return _together(speaking, t, changes) or t - turn.start <= COVERED_MS or breathing


def _together(speaking: Sequence[Turn], t: int, changes: list[int]) -> bool:
    """Do several speak at once, or in quick turns just now?"""
    until = bisect.bisect_right(changes, t)
    recent = until - bisect.bisect_right(changes, t - LIVELY_WINDOW_MS)
    last = changes[until - 1] if until else -LIVELY_AFTER_MS
    return len(speaking) > 1 or (recent >= LIVELY and t - last <= LIVELY_AFTER_MS)


def _delays(head: Head, turns: Sequence[Turn], run: Run, starts: list[int], found: Tally) -> None:
    chamber, changes = head.chamber, _changes(turns)
    for turn in turns:
        if (
            turn.end - turn.start < SHORTEST_TURN_MS
            or turn.end > run.ends
            or turn.seat not in chamber.seat_of
        ):
            continue
        first = max(0, bisect.bisect_right(starts, turn.start) - 1)
        shown = next(
            (at for aired in run.aired[first:] if (at := _shows(aired, turn, turns, changes)) is not None),
            turn.end,
        )
        delay = max(0, min(shown, turn.end) - turn.start)
        found.delays_all.append(delay)
        on_air = run.aired[first].shot.sources
        cameras = {framing.source for framing in chamber.of_seat[turn.seat]}
        tile = chamber.seat_of[turn.seat].tile
        if cameras - set(on_air) or tile is not None or delay == 0:
            found.delays.append(delay)


def _shows(aired: Aired, turn: Turn, turns: Sequence[Turn], changes: list[int]) -> int | None:
    """When this shot shows that turn as it should: at once, or never. Several who speak together are shown by a group."""
    at = max(aired.start, turn.start)
    if turn.seat in aired.seats:
        return at
    speaking = [other for other in turns if other.start <= at < other.end]
    return at if aired.wide and _together(speaking, at, changes) else None


def _cuts(turns: Sequence[Turn], run: Run, least_shot_ms: int, found: Tally) -> None:
    for before, aired in zip(run.aired, run.aired[1:], strict=False):
        if before.start > 0 and aired.start - before.start < least_shot_ms:
            found.short += 1
        near = any(
            turn.seat in aired.seats and turn.start - NEAR_MS <= aired.start <= turn.end + NEAR_MS
            for turn in turns
        )
        if aired.seats and not near:
            found.wrong += 1


def _percentile(values: list[int], percent: int) -> int:
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
