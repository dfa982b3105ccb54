"""Bases of the register's events."""

import msgspec

from regie.domain.event import Event
from regie.domain.register.remote import RoomId


class Count(msgspec.Struct, frozen=True):
    """Where the council stands after an event: P, R, Q and N, no item in mind."""

    present: int
    represented: int
    needed: int
    in_office: int


class Act(Event, frozen=True, kw_only=True):
    """Base of the register's events. ``who``: the account that acted; ``place``: the room it acted from."""

    who: str = ""
    place: RoomId = ""


class Counted(Act, frozen=True, kw_only=True):
    """An entry, an exit, a proxy, a link: with the count after it."""

    count: Count | None = None
