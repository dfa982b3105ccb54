"""The floor: who speaks and since when, who waits for it, how long is allowed. What was said is nobody's business here."""

import msgspec

from regie.domain.register import events as ev
from regie.domain.register.roster import Person


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody had the floor on an item (empty: none was on the table), from an instant to another (UTC ms, None: still)."""

    person: Person
    item: str
    since_ms: int
    until_ms: int | None = None


class Wish(msgspec.Struct, frozen=True):
    """Somebody asks for the floor since an instant; a point of order goes before the others."""

    person: Person
    since_ms: int
    point_of_order: bool = False


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """The floor. ``turn_ms``: time allowed to a speaker; ``item_ms``: to an item; 0: no limit. ``extra_ms``: added to this turn."""

    turns: tuple[Turn, ...] = ()
    queue: tuple[Wish, ...] = ()
    turn_ms: int = 0
    item_ms: int = 0
    extra_ms: int = 0

    @property
    def turn(self) -> Turn | None:
        """Who speaks now."""
        return self.turns[-1] if self.turns and self.turns[-1].until_ms is None else None

    @property
    def allowed_ms(self) -> int:
        """How long the present speaker may speak; 0: no limit."""
        return self.turn_ms + self.extra_ms if self.turn_ms else 0


def after(floor: Floor, event: ev.Act) -> Floor:
    """The floor after an event of the register, whatever it is about."""
    match event:
        case ev.FloorAsked():
            wish = Wish(event.person, event.at_utc_ms, event.point_of_order)
            first = (
                sum(one.point_of_order for one in floor.queue) if wish.point_of_order else len(floor.queue)
            )
            return msgspec.structs.replace(floor, queue=(*floor.queue[:first], wish, *floor.queue[first:]))
        case ev.FloorWaived():
            return _without(floor, event.person)
        case ev.QueueReordered():
            by_person = {one.person: one for one in floor.queue}
            return msgspec.structs.replace(floor, queue=tuple(by_person[person] for person in event.order))
        case ev.FloorGiven():
            ended = _ended(_without(floor, event.person), event.at_utc_ms)
            turn = Turn(person=event.person, item=event.item, since_ms=event.at_utc_ms)
            return msgspec.structs.replace(ended, turns=(*ended.turns, turn))
        case ev.TimeAllowed():
            return msgspec.structs.replace(floor, turn_ms=event.turn_ms, item_ms=event.item_ms)
        case ev.TimeExtended():
            return msgspec.structs.replace(floor, extra_ms=floor.extra_ms + event.by_ms)
        case ev.Left():
            speaks = floor.turn is not None and floor.turn.person == event.person
            return _without(_ended(floor, event.at_utc_ms) if speaks else floor, event.person)
        case ev.FloorTaken():
            return _ended(floor, event.at_utc_ms)
        case ev.Suspended() | ev.Resumed() | ev.VoteOpened():
            return _interrupted(floor, event.at_utc_ms)
        case ev.ItemCalled():
            # Whoever asked since, the call being written late, asked about this item.
            since = tuple(one for one in floor.queue if one.since_ms > event.at_utc_ms)
            return msgspec.structs.replace(_interrupted(floor, event.at_utc_ms), queue=since)
        case ev.Closed() | ev.QuorumFailed():
            return msgspec.structs.replace(_ended(floor, event.at_utc_ms), queue=())
        case _:
            return floor


def _without(floor: Floor, person: Person) -> Floor:
    return msgspec.structs.replace(floor, queue=tuple(one for one in floor.queue if one.person != person))


def _interrupted(floor: Floor, at_ms: int) -> Floor:
    """By an act of that instant, which ends no turn that began after it."""
    turn = floor.turn
    return floor if turn is not None and turn.since_ms > at_ms else _ended(floor, at_ms)


def _ended(floor: Floor, at_ms: int) -> Floor:
    turn = floor.turn
    if turn is None:
        return floor
    # An exit may be entered late: nobody spoke for less than nothing.
    ended = msgspec.structs.replace(turn, until_ms=max(at_ms, turn.since_ms))
    return msgspec.structs.replace(floor, turns=(*floor.turns[:-1], ended), extra_ms=0)


def spoken_ms(floor: Floor, now_ms: int) -> dict[Person, int]:
    """How long each has spoken so far."""
    total: dict[Person, int] = {}
    for turn in floor.turns:
        until = now_ms if turn.until_ms is None else turn.until_ms
        total[turn.person] = total.get(turn.person, 0) + max(0, until - turn.since_ms)
    return total
