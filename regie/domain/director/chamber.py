"""What does not change during a debate: seats, microphones, and what the cameras can show of them."""

from enum import StrEnum
from functools import cached_property

import msgspec

from regie.domain.model import SourceId


class Size(StrEnum):
    """How much a framing takes in."""

    CLOSE = "serre"
    PAIR = "deux"
    GROUP = "groupe"
    WIDE = "large"

    @property
    def crowded(self) -> bool:
        """Does it show more people than the one who speaks?"""
        return self is not Size.CLOSE


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A place. ``name`` is who sits there, as people say it; ``tile`` the source that shows him when he is in a remote room."""

    id: str
    name: str = ""
    president: bool = False
    tile: SourceId | None = None


class Microphone(msgspec.Struct, frozen=True, kw_only=True):
    """A microphone, and whose it is (None: nobody's yet, it says nothing to the director). ``name``: what people call it."""

    id: str
    seat: str | None = None
    name: str = ""


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """« Cadrage »: what a camera shows from one of its presets, or always when ``preset`` is None (a camera that does not turn).

    ``seats`` are those it shows; a WIDE one without seats shows the whole council. ``public`` marks one that shows the public: it
    is never taken. ``pan``, ``tilt`` in degrees and ``zoom`` as a magnification serve to choose the camera that has least to move.
    """

    id: str
    source: SourceId
    preset: str | None = None
    seats: tuple[str, ...] = ()
    size: Size = Size.CLOSE
    public: bool = False
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0


class Chamber(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The whole chamber. Ids are unique; what is named and does not exist is ignored."""

    seats: tuple[Seat, ...] = ()
    microphones: tuple[Microphone, ...] = ()
    framings: tuple[Framing, ...] = ()

    @cached_property
    def seat_of(self) -> dict[str, Seat]:
        """Seats by their id."""
        return {seat.id: seat for seat in self.seats}

    @cached_property
    def microphone_of(self) -> dict[str, Microphone]:
        """Microphones by their id; those whose seat is not known are left out."""
        return {mic.id: mic for mic in self.microphones if mic.seat in self.seat_of}

    @cached_property
    def framing_of(self) -> dict[str, Framing]:
        """Framings by their id."""
        return {framing.id: framing for framing in self.framings}

    @cached_property
    def president(self) -> str | None:
        """The president's seat."""
        return next((seat.id for seat in self.seats if seat.president), None)

    @cached_property
    def microphone_at(self) -> dict[str, str]:
        """The name of a seat's first microphone, by seat."""
        found: dict[str, str] = {}
        for mic in self.microphones:
            if mic.seat is not None:
                found.setdefault(mic.seat, mic.name or mic.id)
        return found

    @cached_property
    def wides(self) -> tuple[Framing, ...]:
        """Framings of the whole council that may be shown."""
        return tuple(f for f in self.framings if f.size is Size.WIDE and not f.public)

    @cached_property
    def of_seat(self) -> dict[str, tuple[Framing, ...]]:
        """Framings that show a seat and may be shown, closest first, without the wide ones."""
        order = (Size.CLOSE, Size.PAIR, Size.GROUP)
        return {
            seat.id: tuple(
                framing
                for size in order
                for framing in self.framings
                if framing.size is size and seat.id in framing.seats and not framing.public
            )
            for seat in self.seats
        }

    def shows(self, framing: Framing, seat: str) -> bool:
        """Is the seat in the picture?"""
        return seat in framing.seats or (framing.size is Size.WIDE and not framing.seats)
