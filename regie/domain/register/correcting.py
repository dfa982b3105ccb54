"""A convocation corrected before the opening: what the register keeps of what was entered since, what was not in what was sent."""

from collections.abc import Iterable

import msgspec

from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.proxies import Proxy
from regie.domain.register.state import Register


def carried_over(before: Register, after: Register) -> Register:
    """``after``, as a corrected convocation makes it, with what happened to those who are still of the council, where they are.

    Proofs say what was sent: they fall with its day, its hour, its place or its agenda.
    """
    people = {one.id for one in after.roster.councillors}
    specs = {spec.id: spec for spec in before.specs}
    same_rooms = {spec.id for spec in after.specs if specs.get(spec.id) == spec}
    known_rooms = {spec.id for spec in after.specs}
    same_notice = _notice(before) == _notice(after)
    places_stand = before.several_places == after.several_places
    states = {room.id: room for room in before.rooms if places_stand and room.id in same_rooms}
    return msgspec.structs.replace(
        after,
        proofs=tuple(one for one in before.proofs if same_notice and one.councillor in people),
        postings=before.postings if same_notice else (),
        stays=tuple(one for one in before.stays if one.person in people and one.room in known_rooms),
        proxies=tuple(one for one in before.proxies if _is_among(one, people)),
        vacated=tuple(one for one in before.vacated if one in people),
        called_substitutes=tuple(one for one in before.called_substitutes if one in people),
        floor=before.floor,
        rooms=tuple(states.get(room.id, room) for room in after.rooms),
        stream=before.stream,
    )


def _notice(register: Register) -> object:
    call = register.convocation
    agenda = tuple(_title(item.agenda) for item in register.items)
    places = tuple((spec.id, spec.name) for spec in register.specs)
    return call.day, call.time, call.place, call.several_places, places, agenda


def _is_among(proxy: Proxy, people: Iterable[str]) -> bool:
    return proxy.giver in people and proxy.holder in people


def _title(item: AgendaItem) -> str:
    return " ".join(item.title.split()).casefold()


def late_ones(register: Register, agenda: Iterable[AgendaItem]) -> tuple[AgendaItem, ...]:
    """The agenda, the questions that were not in what was sent marked late (CV7).

    One that takes the id and the type of a question that is gone is that question, better worded.
    """
    corrected = tuple(agenda)
    kept = {_title(item) for item in corrected}
    sent = [item.agenda for item in register.items if not item.agenda.late]
    titles = {_title(item) for item in sent}
    gone = {(item.id, item.type) for item in sent if _title(item) not in kept}
    return tuple(
        item if _title(item) in titles or (item.id, item.type) in gone else _late(item) for item in corrected
    )


def _late(item: AgendaItem) -> AgendaItem:
    # The urgency comes before any other vote: it is what a short delay rests on (CV4).
    return item if item.type is ItemType.URGENCY else msgspec.structs.replace(item, late=True)
