"""The director as the pages see it, and what may be asked of it."""

from typing import Annotated

import msgspec

from regie.domain.model import Shot, SourceId

MAX_MICROPHONES = 512
"""Names come off the wire, from whoever is on the network: more than any chamber has are not kept."""
MAX_CUTS = 40
Ident = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class CutNews(msgspec.Struct, frozen=True, kw_only=True):
    """A cut of the director and why, at an instant (UTC ms)."""

    utc_ms: int
    shot: Shot
    why: str


class SeatNews(msgspec.Struct, frozen=True, kw_only=True):
    """A seat now. ``button``: what the conference system says of its microphone; ``level``: speech, 0 to 1."""

    id: str
    name: str
    person: str = ""
    group: str = ""
    president: bool = False
    button: str | None = None
    speaking: bool = False
    on_air: bool = False
    excluded: bool = False
    absent: bool = False
    cameras: tuple[SourceId, ...] = ()


class LearningNews(msgspec.Struct, frozen=True, kw_only=True):
    """The seat map being learnt: the seat whose microphone is awaited, what was learnt, and the last microphone heard."""

    seat: str
    learnt: dict[str, str] = {}
    heard: str | None = None


class DirectorNews(msgspec.Struct, frozen=True, kw_only=True):
    """Everything.

    ``active``: there is something to direct. ``back_ms``: until auto comes back, of ``back_of_ms``; None when it does not.
    ``why``: why this shot, in French. ``conference``: the link with the conference system (``aucun``, ``lie``, ``perdu``).
    """

    active: bool = False
    mode: str = "manuel"
    back_ms: int | None = None
    back_of_ms: int = 0
    why: str = ""
    waiting: SourceId | None = None
    holder: str | None = None
    candidate: str | None = None
    requests: tuple[str, ...] = ()
    seats: tuple[SeatNews, ...] = ()
    excluded_microphones: tuple[str, ...] = ()
    cuts: tuple[CutNews, ...] = ()
    conference: str = "aucun"
    document: SourceId | None = None
    learning: LearningNews | None = None


class _Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of what is asked: a frozen value with a tag on the wire."""


class SetMode(_Command, frozen=True, tag="mode"):
    """``auto``, ``semi`` or ``manuel``, for good."""

    mode: Annotated[str, msgspec.Meta(pattern="^(auto|semi|manuel)$")]


class Keep(_Command, frozen=True, tag="garder"):
    """No countdown: the present mode stays."""


class ChooseSeat(_Command, frozen=True, tag="place"):
    """This seat on air, for a while."""

    seat: Ident


class Exclude(_Command, frozen=True, tag="exclure"):
    """Take a seat or a microphone out of the automation, or back in."""

    seat: Ident | None = None
    microphone: Ident | None = None
    out: bool = True


class ShowDocument(_Command, frozen=True, tag="document"):
    """A document is shown from this source, with its speaker in a corner; None when it is over."""

    source: Ident | None = None


class Learn(_Command, frozen=True, tag="apprendre"):
    """Learn whose microphone is pressed next, from this seat on in the order of the seats; None ends, and keeps what was learnt."""

    seat: Ident | None = None


DirectorCommand = SetMode | Keep | ChooseSeat | Exclude | ShowDocument | Learn
