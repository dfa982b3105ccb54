"""The séance itself: open, suspend, resume, close; who presides, who is secretary."""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.convocation import notice_places, posting_places, proof_findings
from regie.domain.register.draft import Draft
from regie.domain.register.guards import expect_quorum, expect_seated
from regie.domain.register.items import OPEN_STATES, ItemState
from regie.domain.register.remote import Link
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.errors import Refusal


def open_sitting(draft: Draft, command: cmd.OpenSitting) -> None:
    """Only with the quorum (QU4) and, in several places, with effective access everywhere (TC2, TC4, TC7)."""
    register = draft.state
    register.expect_phase(Phase.CONVENED)
    if register.several_places:
        _expect_access(register)
    expect_seated(register, command.president)
    quorum = assembly.snapshot(register)
    expect_quorum(quorum)
    draft.happen(ev.Opened(at_utc_ms=draft.at, president=command.president, quorum=quorum))
    for finding in proof_findings(
        register.members,
        register.proofs,
        register.postings,
        posting_places(register.specs),
        notice_places(register.specs),
    ):
        draft.flag(finding.rule)
    _flag_far(draft)


def _flag_far(draft: Draft) -> None:
    """Nothing forbids to preside from another room than the seat's; its link then holds the whole séance (Q21)."""
    register = draft.state
    room = assembly.room_of(register, register.president)
    if register.several_places and room and room != register.specs[0].id:
        draft.flag("Q21", room)


def _expect_access(register: Register) -> None:
    opened = [room for room in register.rooms if room.opened]
    if not opened:
        raise Unlawful("TC7", "no room is open")
    for room in opened:
        if not room.agent:
            raise Unlawful("TC4", "a room has no agent", salle=room.id)
        if not room.tested or room.link not in (Link.UP, Link.AUDIO):
            raise Unlawful("TC7", "a room has not passed its test", salle=room.id)
        if room.link is Link.AUDIO and not register.regime.audio_counts:
            raise Unlawful("TC3", "sound alone does not count", salle=room.id)
        if register.regime.live_required and not room.public_admitted:
            raise Unlawful("TC2", "a room does not admit the public", salle=room.id)
    if register.regime.live_required and not register.stream.up:
        raise Unlawful("TC2", "the live broadcast is down")


def suspend(draft: Draft) -> None:
    """A vote is proclaimed or annulled first: it does not straddle a suspension."""
    draft.state.expect_phase(Phase.OPEN)
    if draft.state.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    draft.happen(ev.Suspended(at_utc_ms=draft.at))


def resume(draft: Draft) -> None:
    """The quorum is checked again, of the séance and of what is on the table (QU4); no room may be missing (TL2, TL5)."""
    register = draft.state
    register.expect_phase(Phase.SUSPENDED)
    if register.adjourn_only:
        raise Unlawful("TL10", "who presides may only close")
    _expect_rooms_back(register)
    expect_seated(register, register.president)
    quorum = assembly.snapshot(register)
    expect_quorum(quorum)
    for item in register.on_the_table:
        quorum = assembly.snapshot(register, item)
        expect_quorum(quorum)
    draft.happen(ev.Resumed(at_utc_ms=draft.at, quorum=quorum))


def _expect_rooms_back(register: Register) -> None:
    if not register.several_places:
        return
    for room in register.rooms:
        if room.opened and room.link is Link.LOST:
            raise Unlawful("TL2", "a room is still missing", salle=room.id)
        if room.opened and room.link is Link.BACK:
            raise Unlawful("TL5", "a room has to be called first", salle=room.id)


def declare_no_quorum(draft: Draft) -> None:
    """The quorum is missing: what was not dealt with may be called again (QU7)."""
    register = draft.state
    if register.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    if register.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    quorum = assembly.snapshot(register)
    if quorum.enough:
        raise Refusal("the quorum is reached", code="quorum_atteint")
    remaining = tuple(
        item.id for item in register.items if item.state in OPEN_STATES or item.state is ItemState.LISTED
    )
    draft.happen(ev.QuorumFailed(at_utc_ms=draft.at, quorum=quorum, remaining=remaining))


def close(draft: Draft) -> None:
    """What remains is postponed; a vote is proclaimed or annulled first."""
    register = draft.state
    register.expect_phase(Phase.OPEN, Phase.SUSPENDED)
    if register.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    for item in register.items:
        if item.state in OPEN_STATES or item.state is ItemState.LISTED:
            draft.happen(ev.ItemPostponed(at_utc_ms=draft.at, item=item.id))
    draft.happen(ev.Closed(at_utc_ms=draft.at))


def pass_presidency(draft: Draft, command: cmd.PassPresidency) -> None:
    """VO20; when the president's room is lost his replacement may only adjourn (TL10)."""
    register = draft.state
    register.expect_phase(Phase.OPEN, Phase.SUSPENDED)
    if register.vote_pending:
        raise Refusal("a vote is open", code="vote_en_cours")
    expect_seated(register, command.president)
    only_to_adjourn = register.several_places and _is_cut_off(register, register.president)
    draft.happen(
        ev.PresidencyPassed(at_utc_ms=draft.at, president=command.president, only_to_adjourn=only_to_adjourn)
    )
    if not only_to_adjourn:
        _flag_far(draft)


def _is_cut_off(register: Register, person: Person) -> bool:
    room = assembly.room_of(register, person)
    return bool(room) and room in assembly.missing_rooms(register)


def appoint_secretaries(draft: Draft, command: cmd.AppointSecretaries) -> None:
    """Members who are there (PV1); after the close, who were: a name that was forgotten may still be entered."""
    register = draft.state
    register.expect_phase(Phase.OPEN, Phase.CLOSED)
    there = {one.seat for one in assembly.seated(register)}
    if register.phase is Phase.CLOSED:
        there = {register.roster.seat_of(stay.person) for stay in register.stays if not stay.void}
    if not command.secretaries or not set(command.secretaries) <= there:
        raise Unlawful("PV1", "a secretary is a member who is there")
    draft.happen(ev.SecretaryAppointed(at_utc_ms=draft.at, secretaries=command.secretaries))
