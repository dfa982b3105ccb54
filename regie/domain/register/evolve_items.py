"""What becomes of the items: called, debated, voted, proclaimed, mended. Part of :mod:`regie.domain.register.evolve`."""

from collections.abc import Callable
from typing import Any

import msgspec

from regie.domain.register import events as ev
from regie.domain.register.items import Item, ItemState, Recusal, Request, Vote
from regie.domain.register.remote import RoomId
from regie.domain.register.state import Register

replace = msgspec.structs.replace


def items(register: Register, event: ev.Act) -> Register | None:
    """Recusals, and an item's way through the séance but for its votes. None for other events."""
    match event:
        case ev.Recused():
            recusal = Recusal(event.seat, event.kind)
            return _item(
                register,
                event.item,
                lambda item: replace(
                    item, recusals=(*(one for one in item.recusals if one.seat != event.seat), recusal)
                ),
            )
        case ev.ItemCalled():
            # Items called by one act are dealt with together (VO14); anything else starts a new table.
            together = [name for name in register.current if register.item(name).called_ms == event.at_utc_ms]
            called = _item(
                register,
                event.item,
                lambda item: replace(
                    item, state=ItemState.CALLED, called=event.quorum, called_ms=event.at_utc_ms
                ),
            )
            return replace(called, current=(*together, event.item))
        case ev.DebateOpened():
            return _item(register, event.item, lambda item: replace(item, state=ItemState.DEBATE))
        case ev.ItemSetAside():
            return _item(register, event.item, lambda item: replace(item, state=ItemState.LISTED))
        case ev.ItemPostponed():
            return _item(
                register,
                event.item,
                lambda item: replace(
                    item,
                    state=ItemState.POSTPONED,
                    cause=event.rule,
                    agenda=replace(item.agenda, single_place=item.agenda.single_place or event.single_place),
                ),
            )
        case ev.ItemWithdrawn():
            return _item(register, event.item, lambda item: replace(item, state=ItemState.WITHDRAWN))
        case ev.ItemNoted():
            return _item(register, event.item, lambda item: replace(item, state=ItemState.NOTED))
        case _:
            return None


def mended(register: Register, event: ev.Act) -> Register | None:
    """Slips of the hand taken back. None for other events."""
    match event:
        case ev.RecusalLifted():
            return _item(
                register,
                event.item,
                lambda item: replace(
                    item, recusals=tuple(one for one in item.recusals if one.seat != event.seat)
                ),
            )
        case ev.RequestWithdrawn():
            # Who asked by mistake did not ask: the requests of that mode begin again with those who are left.
            request = Request(
                mode=event.mode,
                requesters=event.requesters,
                present=event.present,
                needed=event.needed,
                granted=event.granted,
            )
            left = (request,) if event.requesters else ()
            return _item(
                register,
                event.item,
                lambda item: replace(
                    item, requests=(*(one for one in item.requests if one.mode is not event.mode), *left)
                ),
            )
        case ev.ItemRestored():
            state = ItemState.CALLED if event.called else ItemState.LISTED
            return _item(register, event.item, lambda item: replace(item, state=state))
        case _:
            return None


def votes(register: Register, event: ev.Act) -> Register | None:
    """Requests, ballots, rounds and their results. None for other events."""
    match event:
        case ev.BallotRequested():
            request = Request(
                mode=event.mode,
                requesters=event.requesters,
                present=event.present,
                needed=event.needed,
                granted=event.granted,
            )
            return _item(register, event.item, lambda item: replace(item, requests=(*item.requests, request)))
        case ev.SecrecyWaived():
            return _item(register, event.item, lambda item: replace(item, waiver=event.waiver))
        case ev.VoteOpened():
            return _item(
                register,
                event.item,
                lambda item: replace(item, state=ItemState.VOTE_OPEN, votes=(*item.votes, event.vote)),
            )
        case ev.BallotsCast():
            return _item(register, event.item, lambda item: _cast(item, event))
        case ev.VoteClosed():
            return _item(register, event.item, lambda item: _closed(item, event))
        case ev.VoteChecked():
            return _item(register, event.item, lambda item: _checked(item, event.room, event.agrees))
        case ev.VoteAnnulled():
            return _item(
                register,
                event.item,
                lambda item: replace(
                    item, state=ItemState.DEBATE, votes=_last_vote(item, annulled=event.rule), checks=()
                ),
            )
        case ev.Proclaimed():
            state = ItemState.ADOPTED if event.adopted else ItemState.REJECTED
            done = _item(
                register,
                event.item,
                lambda item: replace(
                    item,
                    state=state,
                    number=event.number,
                    votes=_last_vote(item, proclaimed_ms=event.at_utc_ms),
                ),
            )
            return replace(done, deliberations=max(register.deliberations, event.number))
        case ev.CandidatesCalled():
            return _item(
                register,
                event.item,
                lambda item: replace(item, candidates=event.candidates, candidates_ms=event.at_utc_ms),
            )
        case ev.RoundHeld():
            return _item(
                register,
                event.item,
                lambda item: replace(item, rounds=(*item.rounds, (event.round, event.election))),
            )
        case ev.Appointed():
            done = _item(
                register,
                event.item,
                lambda item: replace(
                    item,
                    state=ItemState.ADOPTED,
                    appointed=event.candidate,
                    appointed_ms=event.at_utc_ms,
                    number=event.number,
                ),
            )
            return replace(done, deliberations=max(register.deliberations, event.number))
        case _:
            return None


def _cast(item: Item, event: ev.BallotsCast) -> Item:
    """A voice that was heard twice is the last one: what a clerk mistyped is retyped before the close."""
    seats = {ballot.seat for ballot in event.ballots}
    before = tuple(ballot for ballot in item.votes[-1].ballots if ballot.seat not in seats)
    return replace(item, votes=_last_vote(item, ballots=before + event.ballots))


def _closed(item: Item, event: ev.VoteClosed) -> Item:
    votes = _last_vote(
        item,
        voices=event.voices,
        ballots=event.ballots,
        tally=event.tally,
        outcome=event.outcome,
        absent=event.absent,
        closed_ms=event.at_utc_ms,
    )
    return replace(item, state=ItemState.VOTE_CLOSED, votes=votes, checks=())


def _checked(item: Item, room: RoomId, agrees: bool) -> Item:
    """Its last word counts."""
    return replace(item, checks=(*(one for one in item.checks if one[0] != room), (room, agrees)))


def _item(register: Register, name: str, change: Callable[[Item], Item]) -> Register:
    items = tuple(change(item) if item.id == name else item for item in register.items)
    return replace(register, items=items)


def _last_vote(item: Item, **changes: Any) -> tuple[Vote, ...]:
    return (*item.votes[:-1], replace(item.votes[-1], **changes))
