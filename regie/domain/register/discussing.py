"""Items put to discussion, members recused from them or helped to vote on them, closed doors."""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.agenda import ItemType, RecusalKind, expected_recusal
from regie.domain.register.draft import Draft
from regie.domain.register.guards import expect_president, expect_public_out, expect_quorum, expect_rooms
from regie.domain.register.items import Item, ItemState, Move
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.domain.register.votes import more_than_half
from regie.domain.register.voting import named_count, needs_for_closed_doors
from regie.errors import Refusal

GROUPED_TYPES = frozenset({ItemType.ORDINARY, ItemType.OTHER_BUDGET, ItemType.AWARD})
"""What may be voted together (VO14)."""


def recuse(draft: Draft, command: cmd.Recuse) -> None:
    """Recorded before or during the item, until its vote is closed (DP1, DP4)."""
    register, item = draft.state, draft.state.item(command.item)
    if register.phase is Phase.CLOSED or item.state in _TOO_LATE:
        raise Refusal("too late to be recused", code=f"point_{item.state.value}", point=item.id)
    register.expect_known(command.seat)
    councillor = register.roster.find(command.seat)
    if councillor is None or councillor.substitute_of:
        raise Refusal("a recusal names a seat", code="elu_inconnu")
    if item.state is ItemState.VOTE_OPEN and len(register.current) > 1:
        raise Unlawful("VO14", "this item can no longer be voted with others")
    kind = command.kind or expected_recusal(item.agenda, councillor) or RecusalKind.INTERESTED
    draft.happen(ev.Recused(at_utc_ms=draft.at, item=item.id, seat=command.seat, kind=kind))
    if item in register.on_the_table:
        _take_floor_from(draft, command.seat)


def _take_floor_from(draft: Draft, seat: Person) -> None:
    """Who is recused from what is on the table neither speaks nor waits to (DP2)."""
    roster, turn = draft.state.roster, draft.state.floor.turn
    if turn is not None and roster.seat_of(turn.person) == seat:
        draft.happen(ev.FloorTaken(at_utc_ms=draft.at, person=turn.person))
    for wish in draft.state.floor.queue:
        if roster.seat_of(wish.person) == seat:
            draft.happen(ev.FloorWaived(at_utc_ms=draft.at, person=wish.person))


def note_assistance(draft: Draft, command: cmd.NoteAssistance) -> None:
    """While the council is on the item: who is helped to vote, and nothing of the vote (AC3)."""
    register, item = draft.state, draft.state.item(command.item)
    register.expect_phase(Phase.OPEN)
    if item not in register.on_the_table:
        raise Refusal("the council is not on this item", code=f"point_{item.state.value}", point=item.id)
    if all(command.person != one.person for one in assembly.seated(register)):
        raise Refusal("is not there", code="elu_absent")
    draft.happen(ev.VoterAssisted(at_utc_ms=draft.at, item=item.id, person=command.person))


_TOO_LATE = frozenset(
    {
        ItemState.VOTE_CLOSED,
        ItemState.ADOPTED,
        ItemState.REJECTED,
        ItemState.POSTPONED,
        ItemState.WITHDRAWN,
        ItemState.NOTED,
    }
)


def call(draft: Draft, command: cmd.CallItem) -> None:
    """One item at a time, or several that nobody objects to voting together (VO14); the quorum is frozen here (QU4)."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    if register.adjourn_only:
        raise Unlawful("TL10", "who presides may only close")
    if register.on_the_table:
        raise Refusal("an item is on the table", code="point_en_cours")
    expect_rooms(register, "TL2")
    items = [register.item(name) for name in dict.fromkeys(command.items)]
    if not items:
        raise Refusal("which item?", code="point_inconnu")
    if len(items) > 1:
        _expect_together(items, command.nobody_objects)
    snapshots = [_callable(register, item) for item in items]
    for item, quorum in zip(items, snapshots, strict=True):
        draft.happen(
            ev.ItemCalled(at_utc_ms=draft.at, item=item.id, president=register.president, quorum=quorum)
        )
        if quorum.is_doubtful(register.body.is_intercommunal):
            draft.flag("QU11", item.id)
    if not register.secretaries:
        draft.flag("PV1")


def _expect_together(items: list[Item], nobody_objects: bool) -> None:
    alike = all(
        item.agenda.type in GROUPED_TYPES and item.agenda.qualified is None and item.agenda.votable
        for item in items
    )
    if not nobody_objects or not alike or any(item.recusals for item in items):
        raise Unlawful("VO14", "these items cannot be voted together", points=len(items))


def _callable(register: Register, item: Item) -> Snapshot:
    """The quorum of an item that may be called now. Raises Unlawful, Refusal."""
    item.expect(Move.CALL)
    _expect_urgency_first(register, item)
    if register.several_places and item.agenda.one_place_only and not register.regime.exceptional:
        raise Unlawful("TC8", "this item is forbidden in several places", point=item.id)
    expect_president(register, item)
    quorum = assembly.snapshot(register, item)
    expect_quorum(quorum, _lacking(register, item, quorum))
    return quorum


def _lacking(register: Register, item: Item, quorum: Snapshot) -> str:
    """Which rule a missing quorum comes from."""
    if register.second_call and not item.agenda.returned:
        return "QU8"
    if quorum.excluded and assembly.snapshot(register).enough:
        return "QU12" if not item.recusals else "QU10"
    return "QU4"


def _expect_urgency_first(register: Register, item: Item) -> None:
    if not register.convocation.urgent or item.agenda.type is ItemType.URGENCY:
        return
    urgency = next(one for one in register.items if one.agenda.type is ItemType.URGENCY)
    if urgency.state is not ItemState.ADOPTED:
        raise Unlawful("CV4", "the council decides first on the urgency")


def open_debate(draft: Draft) -> None:
    """Nobody debates while a room is missing (TL2), nor behind doors that are not closed yet (HC4)."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    if not register.on_the_table:
        raise Refusal("no item is on the table", code="aucun_point")
    expect_rooms(register, "TL2")
    expect_public_out(register)
    for item in register.on_the_table:
        item.expect(Move.DEBATE)
    for item in register.on_the_table:
        draft.happen(ev.DebateOpened(at_utc_ms=draft.at, item=item.id))


def set_aside(draft: Draft, command: cmd.SetAside) -> None:
    """Back among those to be called, for another moment of the séance."""
    draft.state.expect_phase(Phase.OPEN)
    draft.state.item(command.item).expect(Move.SET_ASIDE)
    draft.happen(ev.ItemSetAside(at_utc_ms=draft.at, item=command.item))


def postpone(draft: Draft, command: cmd.PostponeItem) -> None:
    """To another séance."""
    draft.state.expect_phase(Phase.OPEN)
    draft.state.item(command.item).expect(Move.POSTPONE)
    draft.happen(ev.ItemPostponed(at_utc_ms=draft.at, item=command.item))


def withdraw(draft: Draft, command: cmd.WithdrawItem) -> None:
    """Off the agenda; the urgency of a convocation cannot be dodged (CV4)."""
    draft.state.expect_phase(Phase.OPEN)
    item = draft.state.item(command.item)
    item.expect(Move.WITHDRAW)
    if item.agenda.type is ItemType.URGENCY:
        raise Unlawful("CV4", "the council decides on the urgency")
    draft.happen(ev.ItemWithdrawn(at_utc_ms=draft.at, item=command.item))


def note(draft: Draft, command: cmd.NoteItem) -> None:
    """Information, or a report of which the council takes note; elections and the urgency are decided, not noted."""
    draft.state.expect_phase(Phase.OPEN)
    item = draft.state.item(command.item)
    item.expect(Move.NOTE)
    if item.agenda.type is ItemType.URGENCY:
        raise Unlawful("CV4", "the council decides on the urgency")
    draft.happen(ev.ItemNoted(at_utc_ms=draft.at, item=command.item))


def ask_closed_doors(draft: Draft, command: cmd.AskClosedDoors) -> None:
    """Those who ask join those who asked before; the head of the body asks alone (HC2, HC3)."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    if register.doors.hold or register.vote_pending:
        raise Refusal("not now", code="huis_clos_impossible")
    there = {one.person for one in assembly.seated(register)}
    if not set(command.requesters) <= there or (command.by_head and register.roster.head not in there):
        raise Refusal("who asks must be there", code="elu_absent")
    asking = tuple(dict.fromkeys(register.doors.requesters + command.requesters))
    by_head = register.doors.by_head or command.by_head
    needed = needs_for_closed_doors(register.body)
    draft.happen(
        ev.ClosedDoorsAsked(
            at_utc_ms=draft.at,
            requesters=asking,
            by_head=by_head,
            needed=needed,
            admissible=by_head or len(asking) >= needed,
            reason=command.reason,
        )
    )
    if not command.reason.strip():
        draft.flag("HC6")


def decide_closed_doors(draft: Draft, command: cmd.DecideClosedDoors) -> None:
    """More than half of all voices, those that abstain included (HC2)."""
    register = draft.state
    register.expect_phase(Phase.OPEN)
    expect_rooms(register, "TL7")
    if register.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    if not register.doors.admissible:
        rule = "HC3" if register.body.is_intercommunal else "HC2"
        figures = {"demandeurs": len(register.doors.requesters)}
        raise Unlawful(rule, "closed doors were not asked for by enough members", **figures)
    quorum = assembly.snapshot(register)
    expect_quorum(quorum)
    voices = assembly.voices(register)
    tally = named_count(register, voices, command.tally, command.ballots)
    needed = more_than_half(len(voices))
    draft.happen(
        ev.ClosedDoorsDecided(
            at_utc_ms=draft.at,
            voices=voices,
            ballots=command.ballots,
            tally=tally,
            needed=needed,
            adopted=tally.for_ >= needed,
            quorum=quorum,
        )
    )


def confirm_public_out(draft: Draft, command: cmd.ConfirmPublicOut) -> None:
    """By the agent of each room (HC4)."""
    if not draft.state.doors.hold:
        raise Refusal("doors are not to be closed", code="pas_de_huis_clos")
    if not draft.state.room(command.room).opened:
        raise Refusal("this room is not open", code="salle_fermee", salle=command.room)
    draft.happen(ev.PublicOut(at_utc_ms=draft.at, room=command.room))


def reopen_doors(draft: Draft) -> None:
    """The public comes back."""
    if not draft.state.doors.hold:
        raise Refusal("doors are not closed", code="pas_de_huis_clos")
    draft.happen(ev.DoorsReopened(at_utc_ms=draft.at))
