"""Commands of the legal register: one type an intention. Who may give which is checked outside; ``who`` and ``place`` only go on
record: the account that acts, and the room it acts from."""

from regie.domain.register.commands.attending import (
    Arrive,
    AuthenticateProxy,
    ContestProxy,
    CorrectStay,
    Leave,
    LodgeProxy,
    NoticeSubstitute,
    RevokeProxy,
    UndoPresence,
)
from regie.domain.register.commands.base import OnTheTable, RegisterCommand
from regie.domain.register.commands.connecting import (
    AdmitPublic,
    AttestRoom,
    CallRoomRoll,
    OpenRoom,
    ReportFrozen,
    ReportLinkBack,
    ReportLinkLost,
    ReportStream,
    ResumeWithoutRoom,
    SetAgent,
    UseAudio,
)
from regie.domain.register.commands.convening import (
    AddItem,
    Convene,
    EndMandate,
    ProveConvocation,
    ReorderAgenda,
)
from regie.domain.register.commands.discussing import (
    AskClosedDoors,
    CallItem,
    ConfirmPublicOut,
    DecideClosedDoors,
    NoteItem,
    OpenDebate,
    PostponeItem,
    Recuse,
    ReopenDoors,
    SetAside,
    WithdrawItem,
)
from regie.domain.register.commands.mending import LiftRecusal, RestoreItem, WithdrawRequest
from regie.domain.register.commands.presiding import (
    AppointSecretaries,
    CloseSitting,
    DeclareNoQuorum,
    OpenSitting,
    PassPresidency,
    ResumeSitting,
    SuspendSitting,
)
from regie.domain.register.commands.speaking import (
    AllowTime,
    AskFloor,
    ExtendTime,
    GiveFloor,
    ReorderQueue,
    TakeFloor,
    WaiveFloor,
)
from regie.domain.register.commands.voting import (
    AnnulVote,
    CallCandidates,
    CastBallots,
    CheckVote,
    CloseVote,
    CorrectVote,
    Count,
    HoldRound,
    NoteAssistance,
    OpenVote,
    Proclaim,
    ProclaimAppointment,
    RequestBallot,
    WaiveSecrecy,
)

AnyCommand = (
    Convene
    | ProveConvocation
    | AddItem
    | ReorderAgenda
    | EndMandate
    | NoticeSubstitute
    | OpenRoom
    | AttestRoom
    | AdmitPublic
    | SetAgent
    | ReportStream
    | Arrive
    | Leave
    | UndoPresence
    | CorrectStay
    | LodgeProxy
    | AuthenticateProxy
    | ContestProxy
    | RevokeProxy
    | OpenSitting
    | SuspendSitting
    | ResumeSitting
    | DeclareNoQuorum
    | CloseSitting
    | PassPresidency
    | AppointSecretaries
    | Recuse
    | CallItem
    | OpenDebate
    | SetAside
    | PostponeItem
    | WithdrawItem
    | NoteItem
    | LiftRecusal
    | WithdrawRequest
    | RestoreItem
    | RequestBallot
    | WaiveSecrecy
    | CallCandidates
    | HoldRound
    | ProclaimAppointment
    | OpenVote
    | CastBallots
    | CheckVote
    | NoteAssistance
    | CloseVote
    | CorrectVote
    | AnnulVote
    | Proclaim
    | AskClosedDoors
    | DecideClosedDoors
    | ConfirmPublicOut
    | ReopenDoors
    | ReportLinkLost
    | ReportLinkBack
    | CallRoomRoll
    | UseAudio
    | ResumeWithoutRoom
    | ReportFrozen
    | AskFloor
    | WaiveFloor
    | ReorderQueue
    | GiveFloor
    | TakeFloor
    | AllowTime
    | ExtendTime
)

__all__ = [
    "AddItem",
    "AdmitPublic",
    "AllowTime",
    "AnnulVote",
    "AnyCommand",
    "AppointSecretaries",
    "Arrive",
    "AskClosedDoors",
    "AskFloor",
    "AttestRoom",
    "AuthenticateProxy",
    "CallCandidates",
    "CallItem",
    "CallRoomRoll",
    "CastBallots",
    "CheckVote",
    "CloseSitting",
    "CloseVote",
    "ConfirmPublicOut",
    "ContestProxy",
    "Convene",
    "CorrectStay",
    "CorrectVote",
    "Count",
    "DecideClosedDoors",
    "DeclareNoQuorum",
    "EndMandate",
    "ExtendTime",
    "GiveFloor",
    "HoldRound",
    "Leave",
    "LiftRecusal",
    "LodgeProxy",
    "NoteAssistance",
    "NoteItem",
    "NoticeSubstitute",
    "OnTheTable",
    "OpenDebate",
    "OpenRoom",
    "OpenSitting",
    "OpenVote",
    "PassPresidency",
    "PostponeItem",
    "Proclaim",
    "ProclaimAppointment",
    "ProveConvocation",
    "Recuse",
    "RegisterCommand",
    "ReopenDoors",
    "ReorderAgenda",
    "ReorderQueue",
    "ReportFrozen",
    "ReportLinkBack",
    "ReportLinkLost",
    "ReportStream",
    "RequestBallot",
    "RestoreItem",
    "ResumeSitting",
    "ResumeWithoutRoom",
    "RevokeProxy",
    "SetAgent",
    "SetAside",
    "SuspendSitting",
    "TakeFloor",
    "UndoPresence",
    "UseAudio",
    "WaiveFloor",
    "WaiveSecrecy",
    "WithdrawItem",
    "WithdrawRequest",
]
