"""What the director asks for."""

from dataclasses import dataclass

from regie.domain.model import Shot, SourceId


@dataclass(frozen=True, slots=True)
class Take:
    """Put a shot on programme, now. ``seats``: those it is about (empty for a wide one)."""

    shot: Shot
    framings: tuple[str, ...]
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recall:
    """Send a camera that is not on programme to a framing."""

    source: SourceId
    framing: str


@dataclass(frozen=True, slots=True)
class ShowTitle:
    """Show the lower third of whoever sits there."""

    seat: str


@dataclass(frozen=True, slots=True)
class HideTitle:
    """Take off the lower third that the director showed."""


Move = Take | Recall | ShowTitle | HideTitle
