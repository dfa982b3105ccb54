"""Presets: where a camera looks, under a name, for places of the chamber. Ours, and not the cameras' memories.

Pure values. Who recalls one checks the lock of the programme and the exclusion zones (:mod:`regie.cameras`).
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Annotated

import msgspec

from regie.domain.model import SourceId

PlaceId = str
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Scope(StrEnum):
    """What a preset shows."""

    PLACE = "place"
    GROUP = "groupe"
    ROOM = "salle"
    FREE = "libre"


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A framing that was stored.

    ``pan``, ``tilt`` in degrees of the camera's own axis, ``zoom`` a magnification, ``focus`` in the camera's steps (None:
    automatic). ``places``: whom it shows, best framed first; ``room``: it shows the chamber as a whole. ``on_air``: the technician
    means it for the programme; the exclusion zones may still forbid it. ``memory``: the number, in the camera's own memory, of its
    mirror; ``by_memory``: its camera never tells where it looks and knows that memory only, so that its angles mean nothing.
    """

    id: str
    camera: SourceId
    name: Name
    pan: float
    tilt: float
    zoom: float
    focus: int | None = None
    places: tuple[PlaceId, ...] = ()
    room: bool = False
    on_air: bool = True
    memory: int | None = None
    by_memory: bool = False

    def frames(self, places: AbstractSet[PlaceId]) -> bool:
        """Is it about one of those places, and not about the whole room?"""
        return not self.room and not places.isdisjoint(self.places)

    @property
    def scope(self) -> Scope:
        """What it shows."""
        if self.room:
            return Scope.ROOM
        return (Scope.FREE, Scope.PLACE)[len(self.places)] if len(self.places) < 2 else Scope.GROUP
