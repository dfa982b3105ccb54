"""Who sits, who is represented, who may vote: computed from the register at the moment of an act, then frozen into its event."""

from regie.domain.register.agenda import ItemType
from regie.domain.register.events import Count
from regie.domain.register.items import Item, Vote
from regie.domain.register.presence import there_now
from regie.domain.register.proxies import Proxy, ProxyStatus
from regie.domain.register.quorum import (
    REPRESENTATIVES_OUT_SINCE,
    Represented,
    Seated,
    Snapshot,
    measure,
)
from regie.domain.register.remote import Link, counts
from regie.domain.register.roster import Person
from regie.domain.register.state import Register
from regie.domain.register.votes import Voice


def in_rooms(register: Register) -> tuple[Seated, ...]:
    """Every seat that is occupied, lost rooms included, in the order of the table; one occupant a seat (QU15, QU16).

    The titular sits first; the substitute only when the titular is not there and gave notice.
    """
    by_seat: dict[Person, Seated] = {}
    for stay in there_now(register.stays):
        seat = register.roster.seat_of(stay.person)
        if stay.person == seat:
            by_seat[seat] = Seated(seat, stay.person, stay.room)
        elif seat in register.called_substitutes:
            by_seat.setdefault(seat, Seated(seat, stay.person, stay.room))
    return tuple(by_seat[seat] for seat in register.members if seat in by_seat)


def seated(register: Register) -> tuple[Seated, ...]:
    """Every seat that is occupied in a room whose members count as present (QU14, TC3)."""
    single = not register.several_places
    counted = {room.id for room in register.rooms if counts(room, register.regime, single)}
    return tuple(one for one in in_rooms(register) if one.room in counted)


def withdrawn(register: Register, item: Item | None) -> frozenset[Person]:
    """Seats that the law sends out of an item: the head of the body, on its accounts (QU12, VO15)."""
    if item is None or item.agenda.type is not ItemType.ACCOUNTS:
        return frozenset()
    return frozenset({register.roster.head})


def excluded(register: Register, item: Item | None) -> frozenset[Person]:
    """Seats that take no part in an item: recused or withdrawn."""
    return withdrawn(register, item) | frozenset(item.recused if item else ())


def is_usable(register: Register, proxy: Proxy, there: tuple[Seated, ...], out: frozenset[Person]) -> bool:
    """Does this proxy give a voice now: giver away, holder there in person, neither out of the item (PR6 to PR8, PR13, PR14)?"""
    seats = {one.seat for one in there}
    persons = {one.person for one in there}
    return (
        proxy.status is ProxyStatus.VALID
        and proxy.giver in register.members
        and proxy.giver not in seats
        and proxy.holder in persons
        and not out & {proxy.giver, proxy.holder}
        and (not register.second_call or proxy.writing.names_second_session)
    )


def represented(register: Register, item: Item | None = None) -> tuple[Represented, ...]:
    """Seats that a usable proxy represents, in the order of the table."""
    there, out = seated(register), excluded(register, item)
    # A member who sits in a room that is cut off is neither present nor absent: nobody votes in his place.
    cut_off = {one.seat for one in in_rooms(register)}
    usable = {
        proxy.giver: Represented(proxy.giver, proxy.holder, proxy.id)
        for proxy in register.proxies
        if proxy.giver not in cut_off and is_usable(register, proxy, there, out)
    }
    return tuple(usable[seat] for seat in register.members if seat in usable)


def snapshot(register: Register, item: Item | None = None) -> Snapshot:
    """The quorum now: of the séance, or of an item (QU4)."""
    return measure(
        register.regime,
        register.members,
        seated(register),
        represented(register, item),
        recused=item.recused if item else {},
        withdrawn=withdrawn(register, item),
        representatives_out=register.convocation.day >= REPRESENTATIVES_OUT_SINCE,
        waived=register.second_call and (item is None or item.agenda.returned),
    )


def falls_short(register: Register | None) -> bool:
    """Once the séance is open: is the quorum missing, its own or that of what is on the table (QU4)?"""
    if register is None or not register.is_open:
        return False
    return any(not snapshot(register, item).reached for item in (None, *register.on_the_table))


def count(register: Register) -> Count:
    """P, R, Q and N now, no item in mind."""
    now = snapshot(register)
    return Count(len(now.present), len(now.represented), now.needed, now.in_office)


def voices(register: Register, item: Item | None = None) -> tuple[Voice, ...]:
    """Who may vote now, each seat once, in the order of the table: those present, then those represented (PR10)."""
    now = snapshot(register, item)
    own = tuple(Voice(one.seat, one.person) for one in now.present)
    return own + tuple(Voice(one.seat, one.holder, one.proxy) for one in now.represented)


def final_voices(register: Register, item: Item, vote: Vote) -> tuple[Voice, ...]:
    """The voices of an open vote as they stand at its close.

    A voice that was cast remains whatever happened since; else it follows its seat: gone when nobody can cast it (QU5), back to
    the giver who came (PR6). A member out of the item has none (DP1). Nobody is added after the opening.
    """
    out = excluded(register, item)
    now = {voice.seat: voice for voice in voices(register, item)}
    cast = {ballot.seat for ballot in vote.ballots}
    kept = (voice if voice.seat in cast else now.get(voice.seat) for voice in vote.voices)
    return tuple(
        voice for voice in kept if voice is not None and voice.seat not in out and voice.by not in out
    )


def absent_from_vote(register: Register, item: Item, final: tuple[Voice, ...]) -> tuple[Person, ...]:
    """Seats present when the item was called that have no voice at the vote, recused ones apart: deemed to abstain (QU5)."""
    out, voting = excluded(register, item), {voice.seat for voice in final}
    at_call = item.called.present if item.called else ()
    return tuple(one.seat for one in at_call if one.seat not in voting and one.seat not in out)


def missing_rooms(register: Register) -> tuple[str, ...]:
    """Opened rooms that are cut off or not called since their return; those left out by the president are not missing."""
    return tuple(room.id for room in register.rooms if room.opened and room.link in (Link.LOST, Link.BACK))


def room_of(register: Register, person: Person) -> str:
    """The room somebody is in, or nothing."""
    return next((stay.room for stay in there_now(register.stays) if stay.person == person), "")
