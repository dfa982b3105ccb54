"""Values of the domain, and the glossary: one word a concept.

==============  ==============================================================================================
programme       the picture and sound that the technician puts out, before the confidentiality delay
preview         « préparation »: the shot that CUT or AUTO will send to the programme
antenne         what citizens receive, after the delay: the programme when it is given, a slate when it is not
shot            « plan »: a layout and the sources it shows
source          a camera, a room, a file, a still, a slate: anything that yields pictures or sound
tally           red for what is on programme, green for what is on preview
slate           « panneau »: a still picture that says in words why there is no session picture
title           « synthé »: lower third with a name, a function, a group
rendition       one encoding of the programme (720p, 360p, sound only)
séance          one sitting of the council, from its preparation to its replay
==============  ==============================================================================================
"""

from enum import StrEnum

import msgspec

SourceId = str


class Layout(StrEnum):
    """How a shot arranges its sources."""

    FULL = "plein"
    PIP = "pip"
    TWO = "deux"
    DOCUMENT = "document"
    FOUR = "quatre"

    @property
    def seats(self) -> int:
        """How many sources it shows."""
        return {"plein": 1, "pip": 2, "deux": 2, "document": 2, "quatre": 4}[self.value]


class SlateName(StrEnum):
    """The named slates; as a source, a slate's id is ``slate.<name>``. The last two come and go by themselves."""

    BEFORE = "avant"
    PAUSE = "suspension"
    QUORUM = "quorum"
    CLOSED_DOORS = "huis_clos"
    BALLOT = "scrutin"
    FAULT = "panne"
    END = "fin"
    MASKED = "passage_masque"
    DELAY = "retard"

    @property
    def source_id(self) -> SourceId:
        """Its id among the sources."""
        return f"slate.{self.value}"


class Shot(msgspec.Struct, frozen=True):
    """A layout and the sources it shows, main one first; fewer sources than seats leave the rest on the wall colour."""

    sources: tuple[SourceId, ...]
    layout: Layout = Layout.FULL


GRAINS = 4
"""Patches of colour that a veil leaves across who is under it."""


class Veil(msgspec.Struct, frozen=True):
    """A rectangle of a source's picture in which nobody may be recognised, in thousandths of its width and height from the top
    left corner. ``grain``: width of the patches of colour that are left, in thousandths of the picture's width."""

    left: int
    top: int
    right: int
    bottom: int
    grain: int


class Title(msgspec.Struct, frozen=True):
    """A lower third: two lines, ``name`` above, ``function · group`` below."""

    name: str
    function: str = ""
    group: str = ""


class SeanceState(StrEnum):
    """Where a séance stands, as the public is told."""

    COMING = "a_venir"
    LIVE = "en_direct"
    PAUSED = "suspendue"
    ENDED = "terminee"


class Role(StrEnum):
    """What an account may do; several may be held."""

    ADMIN = "admin"
    TECHNICIAN = "technicien"
    AUXILIARY = "auxiliaire"
    PRESIDENT = "president"
