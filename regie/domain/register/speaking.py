"""The floor given and taken: the president's police of the debate (HC8), within what the law says of who may speak."""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.draft import Draft
from regie.domain.register.guards import expect_public_out, expect_rooms
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.errors import Refusal

LONGEST_MS = 4 * 3_600_000


def _expect_may_speak(register: Register, person: Person) -> None:
    """A member who is there and takes part in what is on the table (DP2)."""
    register.expect_known(person)
    if all(one.person != person for one in assembly.seated(register)):
        raise Refusal("not there", code="elu_absent")
    seat = register.roster.seat_of(person)
    for item in register.on_the_table:
        if seat in item.recused:
            raise Unlawful("DP2", "a member who is recused does not debate", point=item.id)


def ask(draft: Draft, command: cmd.AskFloor) -> None:
    """Asked for, by hand or at the microphone, in the order of asking."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    _expect_may_speak(register, command.person)
    if any(wish.person == command.person for wish in register.floor.queue):
        raise Refusal("already in the queue", code="parole_deja_demandee")
    draft.happen(
        ev.FloorAsked(at_utc_ms=draft.at, person=command.person, point_of_order=command.point_of_order)
    )


def waive(draft: Draft, command: cmd.WaiveFloor) -> None:
    """Out of the queue."""
    if all(wish.person != command.person for wish in draft.state.floor.queue):
        raise Refusal("not in the queue", code="parole_pas_demandee")
    draft.happen(ev.FloorWaived(at_utc_ms=draft.at, person=command.person))


def reorder(draft: Draft, command: cmd.ReorderQueue) -> None:
    """A permutation of those who wait."""
    if sorted(command.order) != sorted(wish.person for wish in draft.state.floor.queue):
        raise Refusal("the new order must name everybody who waits, once", code="ordre_incomplet")
    draft.happen(ev.QueueReordered(at_utc_ms=draft.at, order=command.order))


def give(draft: Draft, command: cmd.GiveFloor) -> None:
    """Not during a vote, nor on a request for closed doors (HC2), nor while a room is missing (TL2)."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    if register.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    if register.doors.admissible and not register.doors.hold:
        raise Unlawful("HC2", "closed doors are decided without debate")
    expect_rooms(register, "TL2")
    expect_public_out(register)
    _expect_may_speak(register, command.person)
    turn = register.floor.turn
    if turn is not None and turn.person == command.person:
        raise Refusal("already speaking", code="parole_deja_donnee")
    table = register.on_the_table
    draft.happen(ev.FloorGiven(at_utc_ms=draft.at, person=command.person, item=table[0].id if table else ""))


def take(draft: Draft) -> None:
    """The floor is free."""
    turn = draft.state.floor.turn
    if turn is None:
        raise Refusal("nobody speaks", code="personne_ne_parle")
    draft.happen(ev.FloorTaken(at_utc_ms=draft.at, person=turn.person))


def allow(draft: Draft, command: cmd.AllowTime) -> None:
    """Times of the house rules, or of the president."""
    if draft.state.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    if not all(0 <= time <= LONGEST_MS for time in (command.turn_ms, command.item_ms)):
        raise Refusal("such a time makes no sense", code="duree_incoherente")
    draft.happen(ev.TimeAllowed(at_utc_ms=draft.at, turn_ms=command.turn_ms, item_ms=command.item_ms))


def extend(draft: Draft, command: cmd.ExtendTime) -> None:
    """For whoever speaks now."""
    floor = draft.state.floor
    if floor.turn is None:
        raise Refusal("nobody speaks", code="personne_ne_parle")
    if not floor.turn_ms or not 0 < command.by_ms <= LONGEST_MS:
        raise Refusal("no time is counted, or none is added", code="duree_incoherente")
    draft.happen(ev.TimeExtended(at_utc_ms=draft.at, by_ms=command.by_ms))
