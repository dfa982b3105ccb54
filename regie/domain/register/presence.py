"""Presence: timestamped stays in rooms. A person is in one room at a time; a correction never erases what was written."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person


class Cause(StrEnum):
    """Why somebody left, or came."""

    FREE = "libre"
    RECUSAL = "deport"
    ACCOUNTS = "vote_du_compte"
    INCIDENT = "incident_technique"
    EXPULSION = "expulsion"
    END = "fin_de_seance"


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room, from an instant to another (UTC ms, end excluded, None: still there)."""

    person: Person
    room: RoomId
    since_ms: int
    until_ms: int | None = None
    cause: Cause | None = None
    void: bool = False
    """Entered by mistake and taken back; kept, counted nowhere."""

    @property
    def is_open(self) -> bool:
        """Is the person still there?"""
        return self.until_ms is None and not self.void

    def covers(self, at_ms: int) -> bool:
        """Was the person there at that instant?"""
        return not self.void and self.since_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


def current(stays: Iterable[Stay], person: Person) -> Stay | None:
    """Where somebody is now."""
    return next((stay for stay in stays if stay.person == person and stay.is_open), None)


def last(stays: Iterable[Stay], person: Person) -> Stay | None:
    """The latest stay of somebody."""
    own = [stay for stay in stays if stay.person == person and not stay.void]
    return max(own, key=lambda stay: stay.since_ms, default=None)


def there_now(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    """The stays that go on, in order of arrival."""
    return tuple(stay for stay in stays if stay.is_open)


def there_at(stays: Iterable[Stay], at_ms: int) -> tuple[Stay, ...]:
    """The stays that cover an instant."""
    return tuple(stay for stay in stays if stay.covers(at_ms))


def clash(stays: Iterable[Stay], wanted: Stay) -> bool:
    """Would this stay put a person in two places at once (QU14)?"""
    return any(
        stay.person == wanted.person
        and not stay.void
        and (wanted.until_ms is None or stay.since_ms < wanted.until_ms)
        and (stay.until_ms is None or wanted.since_ms < stay.until_ms)
        for stay in stays
    )
