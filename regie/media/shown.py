"""What the mixer shows and hears, what it must not, and how it fares: as values, each swapped whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regie.board import InputStatus
from regie.domain.model import Shot, SourceId, Title, Veil


@dataclass(frozen=True, slots=True)
class Shown:
    """What the mixer shows and hears, as one value."""

    programme: Shot
    preview: Shot
    transition_permille: int
    pending: Shot | None
    title: Title | None
    logo: bool
    inputs: tuple[InputStatus, ...]
    stand_in: SourceId | None = None
    excluded: tuple[SourceId, ...] = ()
    veils: dict[SourceId, tuple[Veil, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What of the sources the programme must not show: some not at all, of some a part."""

    sources: frozenset[SourceId] = frozenset()
    veils: Mapping[SourceId, tuple[Veil, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MixerCounters:
    """``mixer_ms``: time to make a picture, smoothed."""

    frames: int
    skipped: int
    mixer_ms: float
