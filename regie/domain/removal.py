"""A passage taken out after it was published: what is asked, and what came of it. Never what was said.

Instants are UTC milliseconds; ``start_ms`` and ``end_ms`` are those of the act (when it was said), as the playlists date it.
"""

import secrets
from collections.abc import Iterable
from typing import ClassVar

import msgspec

from regie.domain.event import Event
from regie.domain.masks import MaskKind, RemovalAsked, RemovalDone
from regie.errors import Refusal, RegieError

LONGEST_MS = 12 * 3600 * 1000
HELD_MS = 2000
"""A picture that stands for a masked passage is at most that old when the passage begins, whatever the rounding."""
_ROUNDING_MS = 50


class UnknownRemoval(RegieError):
    """What is kept of a removal cannot be read."""

    code: ClassVar[str] = "retrait_illisible"


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """What was cleaned in one rendition or recording: its name, how many pieces, and how many could only be blanked."""

    name: str
    pieces: int
    blanked: int = 0


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """One passage to take out. ``done_ms`` is None while there is work left: whoever finds it so must finish it.

    ``mask``: the mask of the register whose late part it is, if any. ``hidden_ms``: from when on nobody could fetch it any more.
    """

    id: str
    start_ms: int
    end_ms: int
    hides: MaskKind = MaskKind.BOTH
    silent: bool = False
    who: str = ""
    item: str = ""
    reason: str = ""
    mask: str = ""
    asked_ms: int = 0
    hidden_ms: int | None = None
    done_ms: int | None = None
    cleaned: tuple[Cleaned, ...] = ()


def new_id() -> str:
    """A name for a removal, fit for file names and addresses."""
    return secrets.token_hex(4)


def check(removal: Removal) -> None:
    """Raises Refusal ``passage_invalide``."""
    if not 0 < removal.end_ms - removal.start_ms <= LONGEST_MS:
        raise Refusal("a passage begins before it ends, and lasts less than a day", code="passage_invalide")
    if not removal.id.isalnum():
        raise Refusal("the id of a passage is letters and digits", code="passage_invalide")


def copies(removal: Removal, frozen: Iterable[tuple[int, int]]) -> tuple[Removal, ...]:
    """What goes with a removal: masked passages in the place of which the public sees a picture that it takes out.

    ``frozen``: from when to when such a picture stands (UTC ms, as the playlists date it); masks that follow each other hold the
    same one. The pictures alone are taken out: whether the sound may be heard is their masks' business.
    """
    if not removal.hides.hides_picture:
        return ()
    joined: list[tuple[int, int]] = []
    for start, end in sorted(frozen):
        if joined and start <= joined[-1][1] + _ROUNDING_MS:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return tuple(
        msgspec.structs.replace(removal, id=new_id(), start_ms=start, end_ms=end, hides=MaskKind.PICTURE)
        for start, end in joined
        if removal.start_ms < start and start - HELD_MS < removal.end_ms < end
    )


def told(removal: Removal) -> tuple[tuple[str, Event], ...]:
    """What the register must hold of a removal as it stands: each event under the id of its command."""
    asked = RemovalAsked(
        at_utc_ms=removal.asked_ms,
        removal=removal.id,
        start_ms=removal.start_ms,
        end_ms=removal.end_ms,
        hides=removal.hides,
        mask=removal.mask,
        item=removal.item,
        reason=removal.reason,
    )
    events: tuple[tuple[str, Event], ...] = ((f"retrait-{removal.id}-demande", asked),)
    if removal.done_ms is None:
        return events
    done = RemovalDone(
        at_utc_ms=removal.done_ms, removal=removal.id, hidden_ms=removal.hidden_ms or removal.done_ms
    )
    return (*events, (f"retrait-{removal.id}-fait", done))


def encode(removal: Removal) -> str:
    """As it is kept."""
    return msgspec.json.format(msgspec.json.encode(removal), indent=1).decode()


def decode(text: str) -> Removal:
    """What :func:`encode` wrote. Raises UnknownRemoval."""
    try:
        return msgspec.json.decode(text, type=Removal)
    except msgspec.MsgspecError as error:
        raise UnknownRemoval("a removal cannot be read") from error
