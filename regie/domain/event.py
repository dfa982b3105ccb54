"""The base of every event of the register, apart so that families of events do not import one another."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the events. ``at_utc_ms`` is the instant of the act."""

    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1

    at_utc_ms: int
