"""Who may give which command of the legal register: by role, and by room for the auxiliary of one. Pure.

The president alone proclaims. An auxiliary enters what is said and done; the one of a room, for the people of that room only.
"""

from collections.abc import Collection, Iterable, Mapping

from regie.domain.model import Role
from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.presence import last
from regie.domain.register.state import Register

PRESIDENT, AUXILIARY, TECHNICIAN, ADMIN = Role.PRESIDENT, Role.AUXILIARY, Role.TECHNICIAN, Role.ADMIN

_PROCLAIMING = (cmd.Proclaim, cmd.ProclaimAppointment)
_CONVENING = (cmd.Convene, cmd.ProveConvocation, cmd.AddItem, cmd.EndMandate)
_SITTING = (cmd.OpenSitting, cmd.SuspendSitting, cmd.ResumeSitting, cmd.CloseSitting)
_CONDUCTING = (cmd.CallItem,)
_LINKS = (cmd.ReportStream, cmd.ReportLinkLost, cmd.ReportLinkBack, cmd.UseAudio, cmd.OpenRoom)
_PRESIDING = (
    cmd.DeclareNoQuorum,
    cmd.PassPresidency,
    cmd.ReorderAgenda,
    cmd.OpenDebate,
    cmd.SetAside,
    cmd.PostponeItem,
    cmd.WithdrawItem,
    cmd.NoteItem,
    cmd.RestoreItem,
    cmd.AskClosedDoors,
    cmd.DecideClosedDoors,
    cmd.ReopenDoors,
    cmd.OpenVote,
    cmd.CloseVote,
    cmd.CorrectVote,
    cmd.AnnulVote,
    cmd.ResumeWithoutRoom,
    cmd.AskFloor,
    cmd.WaiveFloor,
    cmd.ReorderQueue,
    cmd.GiveFloor,
    cmd.TakeFloor,
    cmd.AllowTime,
    cmd.ExtendTime,
    cmd.Recuse,
)


def may_enter(roles: Collection[Role], command: cmd.AnyCommand) -> bool:
    """May somebody with these roles give this command?"""
    if isinstance(command, _PROCLAIMING):
        return PRESIDENT in roles
    enough = {AUXILIARY}
    if isinstance(command, _CONVENING):
        enough |= {ADMIN}
    elif isinstance(command, _SITTING):
        enough |= {PRESIDENT, TECHNICIAN, ADMIN}
    elif isinstance(command, _CONDUCTING):
        enough |= {PRESIDENT, TECHNICIAN}
    elif isinstance(command, _LINKS):
        enough |= {TECHNICIAN, ADMIN}
    elif isinstance(command, _PRESIDING):
        enough |= {PRESIDENT}
    return not enough.isdisjoint(roles)


def within_room(register: Register | None, command: cmd.AnyCommand, room: str) -> bool:
    """May the auxiliary of this room give this command? Only about the room itself and the people who are, or were last, in it."""
    if register is None:
        return False
    match command:
        case cmd.Arrive():
            return command.room == room
        case (
            cmd.OpenRoom()
            | cmd.AttestRoom()
            | cmd.AdmitPublic()
            | cmd.SetAgent()
            | cmd.ReportLinkLost()
            | cmd.ReportLinkBack()
            | cmd.CallRoomRoll()
            | cmd.ConfirmPublicOut()
            | cmd.CheckVote()
        ):
            return command.room == room
        case cmd.Leave() | cmd.UndoPresence() | cmd.ReportFrozen() | cmd.AskFloor() | cmd.WaiveFloor():
            return _of_room(register, (command.person,), room)
        case cmd.LodgeProxy():
            # The giver is away or leaving; the paper is handed over where the holder sits, or where the giver was.
            return any(
                _of_room(register, (one,), room) for one in (command.writing.giver, command.writing.holder)
            )
        case cmd.Recuse() | cmd.LiftRecusal():
            return _of_room(register, _occupants(register, (command.seat,)), room)
        case cmd.RequestBallot():
            return _of_room(register, command.requesters, room)
        case cmd.WithdrawRequest() | cmd.NoteAssistance():
            return _of_room(register, (command.person,), room)
        case cmd.CastBallots():
            by = _voters(register)
            voters = [by.get(ballot.seat, ballot.seat) for ballot in command.ballots]
            return _of_room(register, voters, room)
        case _:
            return False


def _of_room(register: Register, people: Iterable[str], room: str) -> bool:
    stays = [last(register.stays, person) for person in people]
    return bool(stays) and all(stay is not None and stay.room == room for stay in stays)


def _occupants(register: Register, seats: Iterable[str]) -> tuple[str, ...]:
    sitting = {one.seat: one.person for one in assembly.in_rooms(register)}
    return tuple(sitting.get(seat, seat) for seat in seats)


def _voters(register: Register) -> Mapping[str, str]:
    """Who casts the voice of each seat in the vote that is open."""
    return {
        voice.seat: voice.by
        for item in register.on_the_table
        if item.vote is not None
        for voice in assembly.final_voices(register, item, item.vote)
    }
