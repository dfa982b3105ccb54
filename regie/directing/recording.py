"""What the director was told, as JSON lines: what a session keeps, what an annotated debate gives, what a replay reads.

The first line is a :class:`Head`; each other one a :class:`Line`. Ends in ``.gz`` when compressed. No name is written that the
configuration does not hold already.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from regie.domain.director import Chamber
from regie.domain.director.events import Told
from regie.domain.model import SourceId
from regie.errors import RegieError

FORMAT = 1
LONGEST_WAIT_MS = 60_000
"""Nothing is annotated that begins later."""


class Motion(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a camera turns: degrees a second, zoom doublings a second, delay before it starts; ``spread`` of its times."""

    pan_s: float = 60.0
    tilt_s: float = 50.0
    zoom_s: float = 1.0
    start_ms: int = 250
    spread: float = 0.0


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change: the chamber, how its cameras move, the sources that give pictures from the start."""

    debate: int = FORMAT
    seed: int = 0
    chamber: Chamber
    motion: dict[SourceId, Motion] = {}
    sources: tuple[SourceId, ...] = ()


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The truth of an annotated debate: who made a sound, and whether it is a ``turn`` or something not to be followed."""

    seat: str
    start: int
    end: int
    kind: str = "turn"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instant (ms): what was told, meters beside it, or a truth."""

    t: int
    told: Told | None = None
    levels: dict[str, float] | None = None
    turn: Turn | None = None


class DebateError(RegieError):
    """The file is not a debate, or not one of this version's."""

    code = "debat_illisible"


_head = msgspec.json.Decoder(Head)
_line = msgspec.json.Decoder(Line)


def read(path: Path) -> tuple[Head, tuple[Line, ...]]:
    """A whole debate. Raises DebateError. A last line cut short by a power failure is left out."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        texts = raw.splitlines()
        head = _head.decode(texts[0])
    except (OSError, EOFError, IndexError, msgspec.MsgspecError, ValueError) as error:
        raise DebateError(f"{path} is not a debate ({type(error).__name__})") from error
    if head.debate != FORMAT:
        raise DebateError(f"{path} is of format {head.debate}, this version reads {FORMAT}")
    return head, _from_zero(tuple(_lines(path, texts[1:])))


def _from_zero(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """A session's instants are those of its machine: counted from its first line instead. An annotated debate's are already."""
    first = lines[0].t if lines else 0
    if first < LONGEST_WAIT_MS:
        return lines
    return tuple(msgspec.structs.replace(line, t=line.t - first) for line in lines)


def _lines(path: Path, texts: list[bytes]) -> Iterator[Line]:
    for number, text in enumerate(texts, 2):
        try:
            yield _line.decode(text)
        except (msgspec.MsgspecError, ValueError) as error:
            if number == len(texts) + 1:
                return
            raise DebateError(f"{path}: line {number} is not understood") from error
