"""Events of the register: what happened, one frozen type a fact, each with a version that never changes meaning.

An event is stored as a kind (``seance_started``), a version and a JSON payload. When a payload must change, the kind gets a new
version and an entry in :data:`UPGRADES` that turns the old payload into the new one: what was written stays readable for ever.
Instants are UTC milliseconds and are those of the act, not of its writing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from regie.domain.event import Event as Event
from regie.domain.masks import MASK_EVENTS
from regie.domain.register.events import REGISTER_EVENTS
from regie.errors import RegieError


class UnknownEvent(RegieError):
    """An entry of the register that this version of the régie cannot read: it was written by a newer one, or is damaged."""

    code = "registre_inconnu"


class SeancePrepared(Event, frozen=True):
    """A séance is announced, or its announcement is corrected: title, and when it is due (UTC seconds)."""

    KIND = "seance_prepared"

    seance: str
    title: str
    due_utc: int


class SeanceStarted(Event, frozen=True):
    """The president opened the séance."""

    KIND = "seance_started"


class SeancePaused(Event, frozen=True):
    """The séance was suspended."""

    KIND = "seance_paused"


class SeanceResumed(Event, frozen=True):
    """The séance went on."""

    KIND = "seance_resumed"


class SeanceEnded(Event, frozen=True):
    """The president closed the séance."""

    KIND = "seance_ended"


LIFE_EVENTS: tuple[type[Event], ...] = (
    SeancePrepared,
    SeanceStarted,
    SeancePaused,
    SeanceResumed,
    SeanceEnded,
)
EVENTS: Mapping[str, type[Event]] = {
    kind.KIND: kind for kind in (*LIFE_EVENTS, *MASK_EVENTS, *REGISTER_EVENTS)
}

Payload = dict[str, Any]
UPGRADES: Mapping[tuple[str, int], Callable[[Payload], Payload]] = {}
"""(kind, version) → the payload of the next version."""


def encode(event: Event) -> str:
    """The payload of an event: JSON, keys in the order of the alphabet."""
    return msgspec.json.encode(event, order="sorted").decode()


def decode(kind: str, version: int, payload: str) -> Event:
    """The event of a stored payload, upgraded to today's version. Raises UnknownEvent."""
    wanted = EVENTS.get(kind)
    if wanted is None or version > wanted.VERSION:
        raise UnknownEvent("an event of the register is unknown to this version", kind=kind, version=version)
    try:
        value: Payload = msgspec.json.decode(payload, type=dict[str, Any])
        for step in range(version, wanted.VERSION):
            value = UPGRADES[kind, step](value)
        return msgspec.convert(value, wanted)
    except (msgspec.MsgspecError, KeyError) as error:
        raise UnknownEvent("an event of the register cannot be read", kind=kind, version=version) from error
