"""``decide``: what a command makes happen, or why it may not. Pure: the instant is an argument."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from regie.domain.register import (
    assembly,
    attending,
    connecting,
    convening,
    designating,
    discussing,
    mending,
    presiding,
    speaking,
    voting,
)
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.draft import Draft
from regie.domain.register.regimes import RegimeId
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.errors import Refusal


class Decision(msgspec.Struct, frozen=True):
    """What happens, in order. Warnings are among the events: what a rule flags stays in the register."""

    events: tuple[ev.Act, ...]

    @property
    def warnings(self) -> tuple[ev.Flagged, ...]:
        """Rules that warned."""
        return tuple(event for event in self.events if isinstance(event, ev.Flagged))


def decide(register: Register | None, command: cmd.AnyCommand, at_ms: int) -> Decision:
    """What a command makes happen at ``at_ms`` (UTC milliseconds).

    Raises Unlawful, with the rule, when the law forbids it; Refusal when it makes no sense now. An act older than the newest one
    is refused: what comes late is a correction.
    """
    if register is not None and at_ms < register.last_ms:
        raise Refusal("a later act is already recorded", code="heure_passee")
    if isinstance(command, cmd.Convene):
        return Decision(convening.convene(register, command, at_ms))
    if register is None:
        raise Refusal("the council is not convened", code="seance_absente")
    _expect_meant(register, command)
    draft = Draft(register, command, at_ms)
    try:
        HANDLERS[type(command)](draft, command)
    except Unlawful as refusal:
        refusal.cite(register.regime_id is RegimeId.EPCI_3DS)
        raise
    _note_quorum(register, draft)
    return Decision(tuple(draft.events))


def _expect_meant(register: Register, command: cmd.AnyCommand) -> None:
    """What was meant for an item is not done to another one, because what should have come between was refused."""
    if not isinstance(command, cmd.OnTheTable) or not command.items:
        return
    table = tuple(item.id for item in register.on_the_table) or register.current
    if set(command.items) != set(table):
        raise Refusal("another item is on the table", code="point_different")


def _note_quorum(before: Register, draft: Draft) -> None:
    """Both instants of a quorum lost and regained (QU6)."""
    after = draft.state
    if not (before.phase is Phase.OPEN and after.phase is Phase.OPEN):
        return
    had, has = assembly.snapshot(before).enough, assembly.snapshot(after).enough
    if had and not has:
        draft.happen(ev.QuorumLost(at_utc_ms=draft.at, count=assembly.count(after)))
    elif has and not had:
        draft.happen(ev.QuorumRegained(at_utc_ms=draft.at, count=assembly.count(after)))


def _alone(act: Callable[[Draft], None]) -> Callable[[Draft, Any], None]:
    """An act whose command says nothing more than itself."""
    return lambda draft, command: act(draft)


HANDLERS: Mapping[type[cmd.RegisterCommand], Callable[[Draft, Any], None]] = {
    cmd.ProveConvocation: convening.prove,
    cmd.AddItem: convening.add_item,
    cmd.ReorderAgenda: convening.reorder,
    cmd.EndMandate: convening.end_mandate,
    cmd.NoticeSubstitute: attending.notice_substitute,
    cmd.Arrive: attending.arrive,
    cmd.Leave: attending.depart,
    cmd.UndoPresence: attending.undo,
    cmd.CorrectStay: attending.correct_stay,
    cmd.LodgeProxy: attending.lodge,
    cmd.AuthenticateProxy: attending.authenticate,
    cmd.ContestProxy: attending.contest,
    cmd.RevokeProxy: attending.revoke,
    cmd.OpenRoom: connecting.open_room,
    cmd.AttestRoom: connecting.attest_room,
    cmd.AdmitPublic: connecting.admit_public,
    cmd.SetAgent: connecting.set_agent,
    cmd.ReportStream: connecting.report_stream,
    cmd.ReportLinkLost: connecting.link_lost,
    cmd.ReportLinkBack: connecting.link_back,
    cmd.CallRoomRoll: connecting.call_room_roll,
    cmd.UseAudio: connecting.use_audio,
    cmd.ResumeWithoutRoom: connecting.resume_without,
    cmd.ReportFrozen: connecting.report_frozen,
    cmd.OpenSitting: presiding.open_sitting,
    cmd.SuspendSitting: _alone(presiding.suspend),
    cmd.ResumeSitting: _alone(presiding.resume),
    cmd.DeclareNoQuorum: _alone(presiding.declare_no_quorum),
    cmd.CloseSitting: _alone(presiding.close),
    cmd.PassPresidency: presiding.pass_presidency,
    cmd.AppointSecretaries: presiding.appoint_secretaries,
    cmd.Recuse: discussing.recuse,
    cmd.CallItem: discussing.call,
    cmd.OpenDebate: _alone(discussing.open_debate),
    cmd.SetAside: discussing.set_aside,
    cmd.PostponeItem: discussing.postpone,
    cmd.WithdrawItem: discussing.withdraw,
    cmd.NoteItem: discussing.note,
    cmd.LiftRecusal: mending.lift_recusal,
    cmd.WithdrawRequest: mending.withdraw_request,
    cmd.RestoreItem: mending.restore_item,
    cmd.AskClosedDoors: discussing.ask_closed_doors,
    cmd.DecideClosedDoors: discussing.decide_closed_doors,
    cmd.ConfirmPublicOut: discussing.confirm_public_out,
    cmd.ReopenDoors: _alone(discussing.reopen_doors),
    cmd.RequestBallot: voting.request,
    cmd.OpenVote: voting.open_vote,
    cmd.CastBallots: voting.cast,
    cmd.CloseVote: voting.close,
    cmd.CorrectVote: voting.correct,
    cmd.CheckVote: voting.check,
    cmd.AnnulVote: voting.annul,
    cmd.NoteAssistance: discussing.note_assistance,
    cmd.Proclaim: _alone(voting.proclaim),
    cmd.WaiveSecrecy: designating.waive,
    cmd.CallCandidates: designating.call_candidates,
    cmd.HoldRound: designating.hold_round,
    cmd.ProclaimAppointment: designating.proclaim,
    cmd.AskFloor: speaking.ask,
    cmd.WaiveFloor: speaking.waive,
    cmd.ReorderQueue: speaking.reorder,
    cmd.GiveFloor: speaking.give,
    cmd.TakeFloor: _alone(speaking.take),
    cmd.AllowTime: speaking.allow,
    cmd.ExtendTime: speaking.extend,
}
"""Who judges each command; the convocation, which may come before any register, is judged apart."""
