"""When the council did not sit in public: suspensions and closed doors, from an instant to another."""

from enum import StrEnum

import msgspec

from regie.domain.register import events as ev


class BreakKind(StrEnum):
    """Why the public saw nothing."""

    PAUSE = "suspension"
    DOORS = "huis_clos"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """From an instant to another (UTC ms, None: still)."""

    kind: BreakKind
    since_ms: int
    until_ms: int | None = None

    def touches(self, since_ms: int, until_ms: int | None) -> bool:
        """Has it an instant in common with that time?"""
        begins_before = until_ms is None or self.since_ms < until_ms
        return begins_before and (self.until_ms is None or since_ms < self.until_ms)


def after(breaks: tuple[Break, ...], event: ev.Act) -> tuple[Break, ...]:
    """The breaks after an event of the register, whatever it is about."""
    match event:
        case ev.Suspended():
            return (*breaks, Break(kind=BreakKind.PAUSE, since_ms=event.at_utc_ms))
        case ev.ClosedDoorsDecided(adopted=True):
            return (*breaks, Break(kind=BreakKind.DOORS, since_ms=event.at_utc_ms))
        case ev.Resumed():
            return _ended(breaks, event.at_utc_ms, BreakKind.PAUSE)
        case ev.DoorsReopened():
            return _ended(breaks, event.at_utc_ms, BreakKind.DOORS)
        case ev.Closed() | ev.QuorumFailed():
            return _ended(breaks, event.at_utc_ms, *BreakKind)
        case _:
            return breaks


def _ended(breaks: tuple[Break, ...], at_ms: int, *kinds: BreakKind) -> tuple[Break, ...]:
    return tuple(
        msgspec.structs.replace(one, until_ms=max(at_ms, one.since_ms))
        if one.until_ms is None and one.kind in kinds
        else one
        for one in breaks
    )
