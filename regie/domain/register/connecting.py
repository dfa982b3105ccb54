"""Rooms: opened, tested, lost, back; the broadcast (TC and TL)."""

from regie.domain.register import assembly, presiding
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.attending import leave
from regie.domain.register.draft import Draft
from regie.domain.register.presence import Cause, there_now
from regie.domain.register.remote import Link, Room
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.errors import Refusal


def _room(draft: Draft, name: str, *links: Link) -> Room:
    """The room, which must be opened and in one of these states. Raises Refusal."""
    if draft.state.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    room = draft.state.room(name)
    if not room.opened:
        raise Refusal("this room is not open", code="salle_fermee", salle=name)
    if links and room.link not in links:
        raise Refusal(f"the link is {room.link.value}", code=f"liaison_{room.link.value}", salle=name)
    return room


def open_room(draft: Draft, command: cmd.OpenRoom) -> None:
    """Only a room that a deliberation designated (TC1)."""
    register = draft.state
    if register.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    if register.room(command.room).opened:
        raise Refusal("this room is open", code="salle_ouverte", salle=command.room)
    spec = next(one for one in register.specs if one.id == command.room)
    if not spec.legal_basis.strip() and not register.regime.exceptional:
        raise Unlawful("TC1", "no deliberation designates this room", salle=command.room)
    if register.is_open:
        raise Unlawful("TC7", "rooms are open and tested before the session begins", salle=command.room)
    draft.happen(ev.RoomOpened(at_utc_ms=draft.at, room=command.room))


def attest_room(draft: Draft, command: cmd.AttestRoom) -> None:
    """TC7."""
    _room(draft, command.room)
    draft.happen(ev.RoomTested(at_utc_ms=draft.at, room=command.room, passed=command.passed))


def admit_public(draft: Draft, command: cmd.AdmitPublic) -> None:
    """TC2; once the séance is public, a room that closes its doors is flagged."""
    _room(draft, command.room)
    draft.happen(ev.PublicAdmitted(at_utc_ms=draft.at, room=command.room, admitted=command.admitted))
    register = draft.state
    if register.is_open and not command.admitted and not register.doors.hold:
        draft.flag("TC2", command.room)


def set_agent(draft: Draft, command: cmd.SetAgent) -> None:
    """TC4."""
    _room(draft, command.room)
    draft.happen(ev.AgentChanged(at_utc_ms=draft.at, room=command.room, there=command.there))
    if draft.state.is_open and not command.there:
        draft.flag("TC4", command.room)


def report_stream(draft: Draft, command: cmd.ReportStream) -> None:
    """TC2, TL9: the broadcast is mandatory in several places since August 2022."""
    register = draft.state
    draft.happen(ev.StreamChanged(at_utc_ms=draft.at, up=command.up))
    if register.is_open and register.several_places and register.regime.live_required and not command.up:
        draft.flag("TL9")


def _expect_several(register: Register) -> None:
    if not register.several_places:
        raise Refusal("the session is held in one place", code="lieu_unique")


def link_lost(draft: Draft, command: cmd.ReportLinkLost) -> None:
    """A vote that is not proclaimed is void (TL3); the president's own room suspends the séance (TL10)."""
    _expect_several(draft.state)
    _room(draft, command.room, Link.UP, Link.AUDIO, Link.BACK)
    if command.since_ms > draft.at:
        raise Refusal("a loss begins in the past", code="heure_incoherente")
    for item in draft.state.on_the_table:
        vote = item.vote
        if vote is not None and vote.proclaimed_ms is None:
            draft.happen(ev.VoteAnnulled(at_utc_ms=draft.at, item=item.id, rule="TL3"))
    draft.happen(ev.LinkLost(at_utc_ms=draft.at, room=command.room, since_ms=command.since_ms))
    register = draft.state
    if register.phase is Phase.OPEN and assembly.room_of(register, register.president) == command.room:
        draft.happen(ev.Suspended(at_utc_ms=draft.at, rule="TL10"))


def link_back(draft: Draft, command: cmd.ReportLinkBack) -> None:
    """After a short cut the floor is given back; after a long one, or a suspension, the room is called (TL5).

    A room that was left out comes back empty: its members arrive again one by one.
    """
    register = draft.state
    room = _room(draft, command.room, Link.LOST, Link.LEFT_OUT, Link.AUDIO)
    lasted = draft.at - room.lost_ms if room.lost_ms is not None else 0
    long = lasted > register.house.suspend_after_ms or register.phase is Phase.SUSPENDED
    call_needed = room.link is Link.LOST and register.is_open and long
    draft.happen(ev.LinkBack(at_utc_ms=draft.at, room=room.id, call_needed=call_needed))


def call_room_roll(draft: Draft, command: cmd.CallRoomRoll) -> None:
    """Who does not answer has left by a technical incident (TL5)."""
    _room(draft, command.room, Link.BACK)
    known = _members_of(draft.state, command.room)
    if not set(command.present) <= set(known):
        raise Refusal("somebody answered who was not there: enter the arrival", code="elu_absent")
    for person in known:
        if person not in command.present:
            leave(draft, person, Cause.INCIDENT, draft.at)
    draft.happen(ev.RoomRollCalled(at_utc_ms=draft.at, room=command.room, present=command.present))


def _members_of(register: Register, room: str) -> tuple[Person, ...]:
    return tuple(stay.person for stay in there_now(register.stays) if stay.room == room)


def use_audio(draft: Draft, command: cmd.UseAudio) -> None:
    """Where the law still accepts sound alone, with a reason (TC3)."""
    _expect_several(draft.state)
    _room(draft, command.room, Link.UP, Link.LOST, Link.BACK)
    if not draft.state.regime.audio_counts or not command.reason.strip():
        raise Unlawful("TC3", "sound alone does not count, or its reason is missing", salle=command.room)
    draft.happen(ev.AudioFallback(at_utc_ms=draft.at, room=command.room, reason=command.reason))


def resume_without(draft: Draft, command: cmd.ResumeWithoutRoom) -> None:
    """After the delay of the house rules, with a reason, and with the quorum among those connected (TL6)."""
    register = draft.state
    room = _room(draft, command.room, Link.LOST)
    register.expect_phase(Phase.SUSPENDED)
    lasted = draft.at - (room.lost_ms if room.lost_ms is not None else draft.at)
    connected = assembly.snapshot(register)
    if assembly.room_of(register, register.president) == room.id:
        raise Unlawful("TL10", "the president is in that room")
    if lasted < register.house.give_up_after_ms or not command.reason.strip() or not connected.reached:
        raise Unlawful(
            "TL6",
            "too early, without reason, or without quorum",
            secondes=lasted // 1000,
            presents=connected.weight,
            requis=connected.needed,
        )
    for person in _members_of(register, room.id):
        leave(draft, person, Cause.INCIDENT, draft.at)
    draft.happen(ev.RoomLeftOut(at_utc_ms=draft.at, room=room.id, reason=command.reason))
    draft.flag("TL6", room.id, command.reason)
    if not assembly.missing_rooms(draft.state):
        presiding.resume(draft)


def report_frozen(draft: Draft, command: cmd.ReportFrozen) -> None:
    """Somebody's picture, frozen for more than a minute: an exit, declared by the agent (TL8)."""
    _expect_several(draft.state)
    if command.lasted_ms <= draft.state.house.frozen_person_ms:
        raise Unlawful("TL8", "too short to be an exit", secondes=command.lasted_ms // 1000)
    leave(draft, command.person, Cause.INCIDENT, draft.at)
