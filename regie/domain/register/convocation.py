"""The convocation: what it must say, when it must leave, to whom it must be proved. All faults are told at once."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

import msgspec

from regie.domain.register import delays
from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.regimes import Body, Regime, RegimeId, Remote
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.roster import Person
from regie.errors import Fact

SITE, SEAT = "site", "siege"
NOTICE = "affiche:"


class Channel(StrEnum):
    """How a convocation or a proxy travelled."""

    ELECTRONIC = "electronique"
    PAPER = "papier"
    BY_HAND = "remis_en_main_propre"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A member's convocation: sent how and when (UTC ms), received or bounced."""

    councillor: Person
    channel: Channel
    at_utc_ms: int
    bounced: bool = False


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """The convocation posted at a place: ``siege``, ``site`` or a room's id; when (UTC ms), by which agent's account.

    ``affiche:`` and a room's id: the notice to the persons filmed, at the door of that room (P1).
    """

    place: str
    at_utc_ms: int
    agent: str


class FirstCall(msgspec.Struct, frozen=True, kw_only=True):
    """The séance that lacked its quorum, which this convocation calls again (QU7). ``sent`` is then the second sending."""

    day: date
    regular: bool


class Convocation(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, on which day. ``several_places``: remote séance; ``says_...``: mentions it carries.

    ``other_sessions``: the body's other séances, held or planned, with « in several places », for the semester's rule (CV11).
    """

    day: date
    time: str
    place: str
    sent: date
    note: bool = True
    urgent: bool = False
    installation: bool = False
    several_places: bool = False
    says_remote: bool = False
    says_no_quorum_needed: bool = False
    first_call: FirstCall | None = None
    other_sessions: tuple[tuple[date, bool], ...] = ()
    exceptional_place: bool = False


class Finding(msgspec.Struct, frozen=True):
    """A fault of a convocation: its rule, whether it forbids to convene, figures."""

    rule: str
    blocks: bool
    figures: dict[str, Fact] = {}


def waives_quorum(body: Body, convocation: Convocation) -> bool:
    """Is this a second convocation, which may deliberate whatever the number on what it takes over (QU7, QU9)?"""
    first = convocation.first_call
    if first is None or not first.regular:
        return False
    if body.alsace_moselle:
        return convocation.says_no_quorum_needed
    clear = delays.clear_days(convocation.sent, convocation.day)
    return clear >= delays.SECOND_CLEAR_DAYS and not convocation.urgent


def findings(
    body: Body,
    regime: Regime,
    convocation: Convocation,
    agenda: Iterable[AgendaItem],
    rooms: Iterable[RoomSpec],
    house: HouseRules,
) -> tuple[Finding, ...]:
    """Everything that is wrong with a convocation, blocking or not."""
    items, places = tuple(agenda), tuple(rooms)
    return (
        *_contents(convocation, items, places),
        *_second_call(body, convocation),
        *_delay(body, convocation, items),
        *_places(body, regime, convocation, items, places, house),
    )


def _contents(
    convocation: Convocation, items: tuple[AgendaItem, ...], rooms: tuple[RoomSpec, ...]
) -> Iterator[Finding]:
    if not (convocation.time.strip() and convocation.place.strip() and items and rooms):
        yield Finding("CV6", True)
    if not convocation.installation and all(item.type is not ItemType.MINUTES for item in items):
        yield Finding("PV3", False)
    for rank, item in enumerate(items):
        if item.late:
            yield Finding("CV7", False, {"point": item.id})
        if (item.type is ItemType.URGENCY) != (convocation.urgent and rank == 0):
            yield Finding("CV4", True, {"point": item.id})
    if convocation.urgent and not items:
        yield Finding("CV4", True)


def _delay(body: Body, convocation: Convocation, items: tuple[AgendaItem, ...]) -> Iterator[Finding]:
    clear = delays.clear_days(convocation.sent, convocation.day)
    needed, rule = delays.required_clear_days(body, installation=convocation.installation)
    if convocation.urgent:
        if clear < delays.URGENT_CLEAR_DAYS:
            yield Finding("CV4", True, {"jours_francs": clear, "requis": delays.URGENT_CLEAR_DAYS})
    elif clear < needed and not (waives_quorum(body, convocation) and _only_taken_over(items)):
        yield Finding(rule, True, {"jours_francs": clear, "requis": needed})
    if not convocation.note and (body.is_intercommunal or body.population >= delays.SMALL_TOWN):
        yield Finding("CV2" if body.is_intercommunal else "CV1", True, {"note": False})


def _only_taken_over(items: tuple[AgendaItem, ...]) -> bool:
    """Questions of the first agenda keep the second call's short delay; the others need the full one (QU8)."""
    return all(item.returned or not item.votable for item in items)


def _second_call(body: Body, convocation: Convocation) -> Iterator[Finding]:
    if convocation.first_call is None:
        return
    clear = delays.clear_days(convocation.sent, convocation.day)
    if convocation.urgent or not convocation.first_call.regular:
        yield Finding("QU9", False)
    elif body.alsace_moselle:
        if not convocation.says_no_quorum_needed:
            yield Finding("QU7", True, {"mention": False})
    elif clear < delays.SECOND_CLEAR_DAYS:
        yield Finding("QU7", True, {"jours_francs": clear, "requis": delays.SECOND_CLEAR_DAYS})


def _places(
    body: Body,
    regime: Regime,
    convocation: Convocation,
    items: tuple[AgendaItem, ...],
    rooms: tuple[RoomSpec, ...],
    house: HouseRules,
) -> Iterator[Finding]:
    crisis_place = regime.exceptional and convocation.exceptional_place
    unfounded = [room for room in rooms if not room.legal_basis.strip()]
    if not convocation.several_places:
        if len(rooms) > 1:
            yield Finding(
                "TC12" if regime.remote is Remote.ONE_PLACE else "CV8", True, {"salles": len(rooms)}
            )
        if unfounded and not crisis_place:
            yield Finding("HC0", True)
        return
    if regime.remote is Remote.ONE_PLACE:
        yield Finding("TC12", True)
        return
    if not convocation.says_remote:
        yield Finding("CV8", True)
    if not house.allow_remote:
        yield Finding("TC6", True)
    if unfounded and regime.remote is Remote.ROOMS:
        yield Finding("TC1", True, {"salles": len(unfounded)})
    for item in items:
        if item.one_place_only and not regime.exceptional:
            yield Finding("TC8" if not item.single_place else "TC10", True, {"point": item.id})
        elif item.type is ItemType.OTHER_BUDGET and not regime.exceptional:
            yield Finding("Q12", False, {"point": item.id})
    yield from _room_agents(rooms)
    if regime.id is RegimeId.EPCI_3DS and delays.needs_one_place(convocation.day, convocation.other_sessions):
        yield Finding("CV11", True)


def _room_agents(rooms: tuple[RoomSpec, ...]) -> Iterator[Finding]:
    """The first room is the seat of the body: its own staff hold it."""
    for room in rooms[1:]:
        if not (room.agent_employer.strip() and room.agent_act.strip() and room.agreement.strip()):
            yield Finding("TC5", False, {"salle": room.id})


def proof_findings(
    members: Iterable[Person],
    proofs: Iterable[Proof],
    postings: Iterable[Posting],
    places: Iterable[str],
    notices: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """What is not proved yet: a member without proof or whose mail bounced (CV6), a place without posting (CV9) or notice (P1)."""
    newest = {proof.councillor: proof for proof in proofs}
    reached = {person for person, proof in newest.items() if not proof.bounced}
    missing = [person for person in members if person not in reached]
    posted = {posting.place for posting in postings}
    unposted = [place for place in places if place not in posted]
    found: list[Finding] = []
    if missing:
        found.append(Finding("CV6", False, {"sans_preuve": len(missing)}))
    if unposted:
        found.append(Finding("CV9", False, {"sans_affichage": len(unposted)}))
    if unnoticed := [place for place in notices if place not in posted]:
        found.append(Finding("P1", False, {"sans_affiche": len(unnoticed)}))
    return tuple(found)


def posting_places(rooms: Iterable[RoomSpec]) -> tuple[str, ...]:
    """Where a convocation is posted (CV9): the seat, the site, each room."""
    return (SEAT, SITE, *(room.id for room in rooms))


def notice_places(rooms: Iterable[RoomSpec]) -> tuple[str, ...]:
    """Where the notice to the persons filmed is posted (P1): the door of each room."""
    return tuple(f"{NOTICE}{room.id}" for room in rooms)
