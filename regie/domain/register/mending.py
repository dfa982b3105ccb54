"""Mistakes of the hand taken back, other than presences: recusals, requests for a ballot, items that were ended.

Nothing is erased: each is one more act, and what a vote relied on cannot be taken back.
"""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.draft import Draft
from regie.domain.register.items import Item, ItemState, Move
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase
from regie.domain.register.votes import Mode, quarter, third
from regie.errors import Refusal


def _expect_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("what is taken back needs a reason", code="motif_manquant")


def _expect_before_vote(item: Item) -> None:
    if item.state not in (ItemState.LISTED, ItemState.CALLED, ItemState.DEBATE):
        raise Refusal("a vote relies on it", code=f"point_{item.state.value}", point=item.id)


def lift_recusal(draft: Draft, command: cmd.LiftRecusal) -> None:
    """Until the vote opens; a declared interest that nobody is recused for will be flagged when it does (DP1)."""
    item = draft.state.item(command.item)
    _expect_reason(command.reason)
    if draft.state.phase is Phase.CLOSED or command.seat not in item.recused:
        raise Refusal("no such recusal", code="deport_inconnu", point=item.id)
    _expect_before_vote(item)
    draft.happen(ev.RecusalLifted(at_utc_ms=draft.at, item=item.id, seat=command.seat, reason=command.reason))


def withdraw_request(draft: Draft, command: cmd.WithdrawRequest) -> None:
    """Counted again without that member (VO3, VO4); one that was granted in several places has postponed the item (TC10)."""
    register, item = draft.state, draft.state.item(command.item)
    register.expect_phase(Phase.OPEN)
    item.expect(Move.ASK)
    asking = item.requesters(command.mode)
    if command.person not in asking:
        raise Refusal("did not ask", code="demande_inconnue", point=item.id)
    left = tuple(person for person in asking if person != command.person)
    present = len(assembly.snapshot(register, item).present)
    needed = (third if command.mode is Mode.SECRET else quarter)(present)
    draft.happen(
        ev.RequestWithdrawn(
            at_utc_ms=draft.at,
            item=item.id,
            mode=command.mode,
            person=command.person,
            requesters=left,
            present=present,
            needed=needed,
            granted=bool(left) and len(left) >= needed,
        )
    )


_ENDED_BY_HAND = (ItemState.NOTED, ItemState.WITHDRAWN, ItemState.POSTPONED)


def restore_item(draft: Draft, command: cmd.RestoreItem) -> None:
    """Back on the table while nothing else was called, else among those to be called; what a rule postponed stays postponed."""
    register, item = draft.state, draft.state.item(command.item)
    register.expect_phase(Phase.OPEN)
    _expect_reason(command.reason)
    if item.state not in _ENDED_BY_HAND:
        raise Refusal("this item was not ended by hand", code=f"point_{item.state.value}", point=item.id)
    if item.cause:
        raise Unlawful(item.cause, "a rule postponed this item", point=item.id)
    alone = item.id in register.current and not register.on_the_table
    called = alone and item.called is not None and item.vote is None
    draft.happen(ev.ItemRestored(at_utc_ms=draft.at, item=item.id, reason=command.reason, called=called))
