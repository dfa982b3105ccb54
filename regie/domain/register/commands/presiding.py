"""The séance itself."""

from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.roster import Person


class OpenSitting(RegisterCommand, frozen=True, kw_only=True, tag="open_sitting"):
    """The president opens the séance."""

    president: Person


class SuspendSitting(RegisterCommand, frozen=True, kw_only=True, tag="suspend_sitting"):
    """The president suspends the séance."""


class ResumeSitting(RegisterCommand, frozen=True, kw_only=True, tag="resume_sitting"):
    """The president resumes the séance; the quorum is checked."""


class DeclareNoQuorum(RegisterCommand, frozen=True, kw_only=True, tag="declare_no_quorum"):
    """The president notes that the quorum is missing and ends the séance, to call it again."""


class CloseSitting(RegisterCommand, frozen=True, kw_only=True, tag="close_sitting"):
    """The president closes the séance; what remains is postponed."""


class PassPresidency(RegisterCommand, frozen=True, kw_only=True, tag="pass_presidency"):
    """Somebody else presides."""

    president: Person


class AppointSecretaries(RegisterCommand, frozen=True, kw_only=True, tag="appoint_secretaries"):
    """The council names its secretaries."""

    secretaries: tuple[Person, ...]
