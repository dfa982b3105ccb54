"""Entries, exits, substitutes, proxies."""

from typing import ClassVar

from regie.domain.register.events.base import Act, Counted
from regie.domain.register.presence import Cause
from regie.domain.register.proxies import Proxy, ProxyEnd
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person


class SubstituteCalled(Act, frozen=True, kw_only=True):
    """A titular gave notice of absence: the substitute sits (QU15)."""

    KIND: ClassVar[str] = "substitute_called"
    titular: Person


class Arrived(Counted, frozen=True, kw_only=True):
    """Somebody came into a room."""

    KIND: ClassVar[str] = "councillor_arrived"
    person: Person
    room: RoomId


class Left(Counted, frozen=True, kw_only=True):
    """Somebody left a room."""

    KIND: ClassVar[str] = "councillor_left"
    person: Person
    room: RoomId
    cause: Cause


class ArrivalUndone(Counted, frozen=True, kw_only=True):
    """The last arrival of somebody was a slip; the proxies it had ended stand again."""

    KIND: ClassVar[str] = "arrival_undone"
    person: Person
    restored: tuple[str, ...]


class DepartureUndone(Counted, frozen=True, kw_only=True):
    """The last departure of somebody was a slip."""

    KIND: ClassVar[str] = "departure_undone"
    person: Person


class StayCorrected(Counted, frozen=True, kw_only=True):
    """A stay was wrongly timed: the ``rank``-th of the register now runs from ``since_ms`` to ``until_ms``."""

    KIND: ClassVar[str] = "stay_corrected"
    rank: int
    since_ms: int
    until_ms: int | None
    reason: str


class ProxyLodged(Counted, frozen=True, kw_only=True):
    """A proxy was received."""

    KIND: ClassVar[str] = "proxy_lodged"
    proxy: Proxy


class ProxyAuthenticated(Counted, frozen=True, kw_only=True):
    """The author of a proxy is now certain (PR2)."""

    KIND: ClassVar[str] = "proxy_authenticated"
    proxy: str


class ProxyContested(Act, frozen=True, kw_only=True):
    """A proxy is contested, or no more (PR15)."""

    KIND: ClassVar[str] = "proxy_contested"
    proxy: str
    contested: bool


class ProxySuspended(Counted, frozen=True, kw_only=True):
    """The holder left: the proxy sleeps (PR7)."""

    KIND: ClassVar[str] = "proxy_suspended"
    proxy: str


class ProxyRevived(Counted, frozen=True, kw_only=True):
    """The holder is back: the proxy holds again (PR7)."""

    KIND: ClassVar[str] = "proxy_revived"
    proxy: str


class ProxyEnded(Counted, frozen=True, kw_only=True):
    """A proxy is over."""

    KIND: ClassVar[str] = "proxy_ended"
    proxy: str
    end: ProxyEnd
