"""The register of masks: who hid what from when to when, at which item and why; never what was hidden.

A mask is opened and closed under its id. Its stretches are in samples of two timelines of one run of the engine: ``start`` and
``end`` in programme time (when it was said), ``public_start`` and ``public_end`` in public time (when it left, or would have left,
the building: the stamp of what citizens received). A mask that is open when an engine dies goes on in the next run, as one more
stretch. A mask that nobody closed still hides.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import ClassVar

import msgspec

from regie.domain.event import Event


class MaskKind(StrEnum):
    """What a mask hides."""

    SOUND = "son"
    PICTURE = "image"
    BOTH = "son_et_image"

    @property
    def hides_sound(self) -> bool:
        """A tone or silence replaces the sound."""
        return self is not MaskKind.PICTURE

    @property
    def hides_picture(self) -> bool:
        """A slate or a still replaces the picture."""
        return self is not MaskKind.SOUND


class _OfMask(Event, frozen=True, kw_only=True):
    """Base of what is told of a mask."""

    mask: str


class MaskOpened(_OfMask, frozen=True, kw_only=True):
    """From ``start`` on something is hidden. Who did it is the entry's author.

    ``item``: what was under discussion, empty when nothing was. ``reason``: a word for the minutes, never the content. ``gone``:
    samples of the stretch that had already left when it was marked; 0 when all of it was caught in the delay. ``frozen``: the last
    picture before it may have stood for what was hidden.
    """

    KIND: ClassVar[str] = "mask_opened"

    hides: MaskKind
    run: str
    start: int
    public_start: int
    gone: int = 0
    item: str = ""
    reason: str = ""
    frozen: bool = False


class MaskClosed(_OfMask, frozen=True, kw_only=True):
    """What follows ``end`` may be seen and heard again, as far as this mask is concerned."""

    KIND: ClassVar[str] = "mask_closed"

    run: str
    end: int
    public_end: int


class MaskContinued(_OfMask, frozen=True, kw_only=True):
    """The engine began another run while the mask was open: it hides there too, from ``start`` on."""

    KIND: ClassVar[str] = "mask_continued"

    run: str
    start: int
    public_start: int


class MaskExplained(_OfMask, frozen=True, kw_only=True):
    """The reason or the item was given, or corrected, afterwards."""

    KIND: ClassVar[str] = "mask_explained"

    item: str = ""
    reason: str = ""


class DoorsShut(Event, frozen=True, kw_only=True):
    """The huis clos cut everything that leaves the building, from ``start`` on (programme time)."""

    KIND: ClassVar[str] = "antenna_shut"

    run: str
    start: int
    public_start: int


class MadePublic(Event, frozen=True, kw_only=True):
    """The president said that the séance is public again: the antenna may be given."""

    KIND: ClassVar[str] = "made_public"


class RemovalAsked(Event, frozen=True, kw_only=True):
    """A passage that had been published is to be taken out: its instants in UTC ms of the act; who asked is the entry's author.

    ``mask``: the mask whose late part it is, empty for one that was marked afterwards.
    """

    KIND: ClassVar[str] = "removal_asked"

    removal: str
    start_ms: int
    end_ms: int
    hides: MaskKind
    mask: str = ""
    item: str = ""
    reason: str = ""


class RemovalDone(Event, frozen=True, kw_only=True):
    """It is clean everywhere; from ``hidden_ms`` on (UTC) nobody could get it."""

    KIND: ClassVar[str] = "removal_done"

    removal: str
    hidden_ms: int


MASK_EVENTS: tuple[type[Event], ...] = (
    MaskOpened,
    MaskClosed,
    MaskContinued,
    MaskExplained,
    DoorsShut,
    MadePublic,
    RemovalAsked,
    RemovalDone,
)


class Stretch(msgspec.Struct, frozen=True):
    """What a mask hides of one run; the ends are None while it is open."""

    run: str
    start: int
    public_start: int
    end: int | None = None
    public_end: int | None = None


class MaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """A mask as the register tells it. Instants in UTC milliseconds."""

    id: str
    hides: MaskKind
    who: str
    item: str = ""
    reason: str = ""
    gone: int = 0
    frozen: bool = False
    opened_ms: int
    closed_ms: int | None = None
    stretches: tuple[Stretch, ...]

    @property
    def is_open(self) -> bool:
        """Nobody closed it."""
        return self.closed_ms is None


MaskBook = Mapping[str, MaskLine]
"""The masks of a séance by id, in the order they were opened."""


def apply(book: MaskBook, event: Event, who: str) -> MaskBook:
    """The book after an event written by ``who``. Events come from the register: they are obeyed, not judged."""
    match event:
        case MaskOpened():
            line = MaskLine(
                id=event.mask,
                hides=event.hides,
                who=who,
                item=event.item,
                reason=event.reason,
                gone=event.gone,
                frozen=event.frozen,
                opened_ms=event.at_utc_ms,
                stretches=(Stretch(event.run, event.start, event.public_start),),
            )
        case MaskClosed():
            held = book[event.mask]
            line = msgspec.structs.replace(held, closed_ms=event.at_utc_ms, stretches=_ended(held, event))
        case MaskContinued():
            held = book[event.mask]
            more = Stretch(event.run, event.start, event.public_start)
            line = msgspec.structs.replace(held, stretches=(*held.stretches, more))
        case MaskExplained():
            held = book[event.mask]
            line = msgspec.structs.replace(held, item=event.item, reason=event.reason)
        case _:
            return book
    return {**book, line.id: line}


def _ended(line: MaskLine, event: MaskClosed) -> tuple[Stretch, ...]:
    """The stretches once closed. Those of earlier runs end with their run: nothing was told after it."""
    *before, last = line.stretches
    if last.run != event.run:
        return line.stretches
    return (*before, msgspec.structs.replace(last, end=event.end, public_end=event.public_end))


def fold(told: Iterable[tuple[Event, str]]) -> MaskBook:
    """The book that a register tells; other events pass by."""
    book: MaskBook = {}
    for event, who in told:
        book = apply(book, event, who)
    return book
