"""Who may do what. Pure: roles and intentions in, yes or no out."""

from collections.abc import Collection
from enum import Enum
from typing import assert_never

from regie.domain.commands import (
    Auto,
    CloseMask,
    Cut,
    EndSeance,
    KeepMask,
    MeasureSync,
    OpenMask,
    PauseSeance,
    PrepareSeance,
    ResumeSeance,
    SeanceCommand,
    SetAntenna,
    SetDelay,
    SetFrozen,
    SetInput,
    SetLogo,
    SetOutput,
    SetPreview,
    SetRecording,
    SetTitle,
    SetTransition,
    StartSeance,
    TakeShot,
    Watch,
)
from regie.domain.model import Role

# What a person may ask of the engine. Binding it to a séance is the core's business (it names a directory), asking for
# keyframes the monitor's.
OperatorCommand = (
    SetPreview
    | Cut
    | Auto
    | SetTransition
    | TakeShot
    | SetTitle
    | SetLogo
    | SetAntenna
    | SetOutput
    | SetRecording
    | SetInput
    | MeasureSync
    | OpenMask
    | KeepMask
    | CloseMask
    | SetDelay
    | SetFrozen
    | Watch
)

STAFF = frozenset(Role)
OPERATORS = frozenset({Role.TECHNICIAN, Role.ADMIN})
CLERKS = frozenset({Role.AUXILIARY, Role.ADMIN})
PRESIDING = frozenset({Role.PRESIDENT}) | OPERATORS


class Right(Enum):
    """What a route demands of who asks."""

    PUBLIC = "public"
    OWN_SESSION = "own session, even while its password must be changed"
    STAFF = "any role"
    OPERATE = "operator"
    CLERK = "secretary's auxiliary, or administrator"
    OBSERVE = "operator, or a machine of the local network"
    ADMINISTER = "administrator"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of which one is enough."""
        match self:
            case Right.OPERATE | Right.OBSERVE:
                return OPERATORS
            case Right.CLERK:
                return CLERKS
            case Right.ADMINISTER:
                return frozenset({Role.ADMIN})
            case Right.PUBLIC | Right.OWN_SESSION | Right.STAFF:
                return STAFF
            case _:
                assert_never(self)


def may(roles: Collection[Role], command: OperatorCommand | SeanceCommand) -> bool:
    """May somebody with these roles give this command?"""
    match command:
        case Watch():
            enough = STAFF
        case OpenMask() | KeepMask() | CloseMask() | SetAntenna(on=False):
            # To hide is everybody's, as far as the configuration lets them: see ``masking_roles``.
            enough = STAFF
        case StartSeance() | PauseSeance() | ResumeSeance() | EndSeance():
            enough = PRESIDING
        case (
            SetPreview()
            | Cut()
            | Auto()
            | SetTransition()
            | TakeShot()
            | SetTitle()
            | SetLogo()
            | SetAntenna()
            | SetOutput()
            | SetRecording()
            | SetInput()
            | MeasureSync()
            | SetDelay()
            | SetFrozen()
            | PrepareSeance()
        ):
            enough = OPERATORS
        case _:
            assert_never(command)
    return not enough.isdisjoint(roles)
