"""`regie director score`: how the director would have cut a debate, beside simpler ways to cut."""

import json
from pathlib import Path

import msgspec

from regie.directing.baselines import Loudest, Still
from regie.directing.recording import DebateError, Head, Line, read
from regie.directing.replay import Cutter, Directed, Replay
from regie.directing.score import Score, Tally, tally, truth
from regie.directing.truth import heard
from regie.domain.director import Settings

ROWS = ("director", "loudest microphone", "wide shot")


def score_files(paths: list[Path], settings: Settings) -> dict[str, Score]:
    """Replay debates through these settings, and through the baselines: one table for all. Raises DebateError.

    A session of ours has no annotation: its truth is what the microphones tell afterwards, when the whole is known.
    """
    tallies = {row: Tally() for row in ROWS}
    for path in paths:
        head, lines = read(path)
        if not head.chamber.framings:
            raise DebateError(f"{path}: no camera has anything to show")
        for row, found in _one(head, lines, settings).items():
            tallies[row].add(found)
    return {row: found.score() for row, found in tallies.items()}


def _one(head: Head, lines: tuple[Line, ...], settings: Settings) -> dict[str, Tally]:
    turns = truth(lines) or heard(head, lines)
    cutters: tuple[Cutter, ...] = (Directed(head.chamber, settings), Loudest(head.chamber), Still())
    return {
        row: tally(head, turns, Replay(head, cutter).through(lines), settings.least_shot_ms)
        for row, cutter in zip(ROWS, cutters, strict=True)
    }


def settings_from(path: Path | None) -> Settings:
    """Settings from a JSON object of those that differ from the defaults. Raises DebateError."""
    if path is None:
        return Settings()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.MsgspecError) as error:
        raise DebateError(f"{path}: {error}") from error


_COLUMNS = (
    ("right %", "right"),
    ("own %", "own"),
    ("median ms", "median_ms"),
    ("p95 ms", "p95_ms"),
    ("wrong/h", "wrong_h"),
    ("cuts/h", "cuts_h"),
    ("short", "short"),
    ("moves seen", "moves"),
    ("prepared %", "prepared"),
)


def table(scores: dict[str, Score]) -> str:
    """The table, for people."""
    first = next(iter(scores.values()))
    lines = [f"{first.minutes:g} min, {first.turns} turns of 3 s or more"]
    lines.append(f"{'':<20}" + "".join(f"{title:>12}" for title, _ in _COLUMNS))
    for row, score in scores.items():
        lines.append(f"{row:<20}" + "".join(f"{getattr(score, name):>12g}" for _, name in _COLUMNS))
    return "\n".join(lines)


def as_json(scores: dict[str, Score]) -> str:
    """The same, for programs."""
    return json.dumps(msgspec.to_builtins(scores), indent=1)
