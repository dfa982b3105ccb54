"""The séance itself."""

from typing import ClassVar

from regie.domain.register.events.base import Act, Count
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person


class Opened(Act, frozen=True, kw_only=True):
    """The president opened the séance, the quorum being what ``quorum`` says."""

    KIND: ClassVar[str] = "sitting_opened"
    president: Person
    quorum: Snapshot


class Suspended(Act, frozen=True, kw_only=True):
    """The séance is suspended; ``rule`` when one asked for it."""

    KIND: ClassVar[str] = "sitting_suspended"
    rule: str = ""


class Resumed(Act, frozen=True, kw_only=True):
    """The séance goes on, the quorum checked again."""

    KIND: ClassVar[str] = "sitting_resumed"
    quorum: Snapshot


class QuorumFailed(Act, frozen=True, kw_only=True):
    """The quorum was not there: the séance ends, ``remaining`` items may be called again (QU7)."""

    KIND: ClassVar[str] = "quorum_failed"
    quorum: Snapshot
    remaining: tuple[str, ...]


class QuorumLost(Act, frozen=True, kw_only=True):
    """Fewer are present than the quorum: no further item may be called (QU6)."""

    KIND: ClassVar[str] = "quorum_lost"
    count: Count


class QuorumRegained(Act, frozen=True, kw_only=True):
    """The quorum is back (QU6)."""

    KIND: ClassVar[str] = "quorum_regained"
    count: Count


class Closed(Act, frozen=True, kw_only=True):
    """The president closed the séance."""

    KIND: ClassVar[str] = "sitting_closed"


class PresidencyPassed(Act, frozen=True, kw_only=True):
    """Somebody else presides (VO20); ``only_to_adjourn`` when the president's room was lost (TL10)."""

    KIND: ClassVar[str] = "presidency_passed"
    president: Person
    only_to_adjourn: bool = False


class SecretaryAppointed(Act, frozen=True, kw_only=True):
    """The council named its secretaries (PV1)."""

    KIND: ClassVar[str] = "secretary_appointed"
    secretaries: tuple[Person, ...]


class Flagged(Act, frozen=True, kw_only=True):
    """Something went on that a rule warns of: which one, about what, and the reason that was typed."""

    KIND: ClassVar[str] = "rule_flagged"
    rule: str
    subject: str = ""
    reason: str = ""
