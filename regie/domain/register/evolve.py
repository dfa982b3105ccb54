"""``apply``: the register after an event. Events are facts: obeyed, not judged."""

from collections.abc import Callable
from typing import Any

import msgspec

from regie.domain.register import breaks, evolve_items, floor
from regie.domain.register import events as ev
from regie.domain.register.correcting import carried_over
from regie.domain.register.presence import Stay
from regie.domain.register.proxies import Proxy, ProxyEnd, ProxyStatus
from regie.domain.register.remote import Link, Room, Stream
from regie.domain.register.state import ClosedDoors, Phase, Register, blank_item

replace = msgspec.structs.replace


def apply(register: Register | None, event: ev.Act) -> Register:
    """The register after an event. Raises ValueError when the first is not a convocation."""
    if isinstance(event, ev.Convened):
        return _convened(register, event)
    if register is None:
        raise ValueError("a register begins with the convocation")
    after = replace(
        register,
        last_ms=max(register.last_ms, event.at_utc_ms),
        floor=floor.after(register.floor, event),
        breaks=breaks.after(register.breaks, event),
    )
    for family in _FAMILIES:
        changed = family(after, event)
        if changed is not None:
            return changed
    return after


def _convened(before: Register | None, event: ev.Convened) -> Register:
    after = Register(
        body=event.body,
        regime_id=event.regime,
        convocation=event.convocation,
        roster=event.roster,
        specs=event.rooms,
        house=event.house,
        items=tuple(blank_item(item) for item in event.agenda),
        rooms=tuple(Room(id=spec.id, opened=not event.convocation.several_places) for spec in event.rooms),
        president=event.roster.head,
        last_ms=event.at_utc_ms,
    )
    return carried_over(before, after) if before is not None and event.corrects else after


def _room(register: Register, name: str, **changes: Any) -> Register:
    rooms = tuple(replace(room, **changes) if room.id == name else room for room in register.rooms)
    return replace(register, rooms=rooms)


def _proxy(register: Register, name: str, change: Callable[[Proxy], Proxy]) -> Register:
    proxies = tuple(change(proxy) if proxy.id == name else proxy for proxy in register.proxies)
    return replace(register, proxies=proxies)


def _before(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.ConvocationProved():
            return replace(
                register,
                proofs=register.proofs + event.proofs,
                postings=register.postings + event.postings,
            )
        case ev.ItemAdded():
            return replace(register, items=(*register.items, blank_item(event.item)))
        case ev.AgendaReordered():
            return replace(register, items=tuple(register.item(name) for name in event.order))
        case ev.MandateEnded():
            return replace(register, vacated=(*register.vacated, event.councillor))
        case ev.SubstituteCalled():
            return replace(register, called_substitutes=(*register.called_substitutes, event.titular))
        case _:
            return None


def _attendance(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.Arrived():
            stay = Stay(person=event.person, room=event.room, since_ms=event.at_utc_ms)
            return replace(register, stays=(*register.stays, stay))
        case ev.Left():
            return _stays(
                register,
                lambda stay: stay.person == event.person and stay.is_open,
                lambda stay: replace(stay, until_ms=event.at_utc_ms, cause=event.cause),
            )
        case ev.ArrivalUndone():
            after = _stays(
                register,
                lambda stay: stay.person == event.person and stay.is_open,
                lambda stay: replace(stay, until_ms=event.at_utc_ms, void=True),
            )
            for name in event.restored:
                after = _proxy(after, name, _revived)
            return after
        case ev.DepartureUndone():
            ends = [stay.until_ms for stay in register.stays if stay.person == event.person and not stay.void]
            newest = max((end for end in ends if end is not None), default=None)
            return _stays(
                register,
                lambda stay: stay.person == event.person and stay.until_ms == newest and not stay.void,
                lambda stay: replace(stay, until_ms=None, cause=None),
            )
        case ev.StayCorrected():
            stays = list(register.stays)
            stays[event.rank] = replace(stays[event.rank], since_ms=event.since_ms, until_ms=event.until_ms)
            return replace(register, stays=tuple(stays))
        case _:
            return None


def _stays(register: Register, which: Callable[[Stay], bool], change: Callable[[Stay], Stay]) -> Register:
    return replace(register, stays=tuple(change(stay) if which(stay) else stay for stay in register.stays))


def _revived(proxy: Proxy) -> Proxy:
    return replace(proxy, status=ProxyStatus.VALID, ended_ms=None, end=None)


def _authenticated(proxy: Proxy) -> Proxy:
    return replace(_revived(proxy), writing=replace(proxy.writing, authenticated=True))


def _ended(proxy: Proxy, at_ms: int, end: ProxyEnd) -> Proxy:
    return replace(proxy, status=ProxyStatus.ENDED, ended_ms=at_ms, end=end)


def _proxies(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.ProxyLodged():
            return replace(register, proxies=(*register.proxies, event.proxy))
        case ev.ProxyAuthenticated():
            return _proxy(register, event.proxy, _authenticated)
        case ev.ProxyRevived():
            return _proxy(register, event.proxy, _revived)
        case ev.ProxyContested():
            return _proxy(register, event.proxy, lambda proxy: replace(proxy, contested=event.contested))
        case ev.ProxySuspended():
            return _proxy(register, event.proxy, lambda proxy: replace(proxy, status=ProxyStatus.SUSPENDED))
        case ev.ProxyEnded():
            return _proxy(register, event.proxy, lambda proxy: _ended(proxy, event.at_utc_ms, event.end))
        case _:
            return None


def _sitting(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.Opened():
            return replace(
                register,
                phase=Phase.OPEN,
                opened_ms=event.at_utc_ms,
                sitting_since_ms=event.at_utc_ms,
                opening=event.quorum,
                president=event.president,
            )
        case ev.Suspended():
            return replace(register, phase=Phase.SUSPENDED, sitting_since_ms=None)
        case ev.Resumed():
            return replace(
                register,
                phase=Phase.OPEN,
                sitting_since_ms=event.at_utc_ms,
                resumptions=(*register.resumptions, event.quorum),
            )
        case ev.QuorumFailed() | ev.Closed():
            return replace(
                register, phase=Phase.CLOSED, closed_ms=event.at_utc_ms, sitting_since_ms=None, current=()
            )
        case ev.PresidencyPassed():
            return replace(register, president=event.president, adjourn_only=event.only_to_adjourn)
        case ev.SecretaryAppointed():
            return replace(register, secretaries=event.secretaries)
        case _:
            return None


def _doors(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.ClosedDoorsAsked():
            doors = replace(
                register.doors,
                requesters=event.requesters,
                by_head=event.by_head,
                admissible=event.admissible,
            )
            return replace(register, doors=doors)
        case ev.ClosedDoorsDecided():
            rooms = tuple(replace(room, public_out=False) for room in register.rooms)
            return replace(register, doors=ClosedDoors(hold=event.adopted), rooms=rooms)
        case ev.PublicOut():
            return _room(register, event.room, public_out=True)
        case ev.DoorsReopened():
            rooms = tuple(replace(room, public_out=False) for room in register.rooms)
            return replace(register, doors=ClosedDoors(), rooms=rooms)
        case _:
            return None


def _links(register: Register, event: ev.Act) -> Register | None:
    match event:
        case ev.RoomOpened():
            return _room(register, event.room, opened=True, agent=True)
        case ev.RoomTested():
            return _room(register, event.room, tested=event.passed)
        case ev.PublicAdmitted():
            return _room(register, event.room, public_admitted=event.admitted)
        case ev.AgentChanged():
            return _room(register, event.room, agent=event.there)
        case ev.StreamChanged():
            return replace(register, stream=Stream(up=event.up, since_ms=event.at_utc_ms))
        case ev.LinkLost():
            return _room(register, event.room, link=Link.LOST, lost_ms=event.since_ms)
        case ev.LinkBack():
            link = Link.BACK if event.call_needed else Link.UP
            return _room(register, event.room, link=link, lost_ms=None)
        case ev.RoomRollCalled():
            return _room(register, event.room, link=Link.UP, lost_ms=None)
        case ev.AudioFallback():
            return _room(register, event.room, link=Link.AUDIO, lost_ms=None)
        case ev.RoomLeftOut():
            return _room(register, event.room, link=Link.LEFT_OUT)
        case _:
            return None


_FAMILIES = (
    _before,
    _attendance,
    _proxies,
    _sitting,
    evolve_items.items,
    evolve_items.mended,
    evolve_items.votes,
    _doors,
    _links,
)
