"""What a conference system tells, one vocabulary for all of them."""

from dataclasses import dataclass
from enum import StrEnum


class ButtonWord(StrEnum):
    """State of a microphone."""

    OFF = "ferme"
    ON = "ouvert"
    REQUEST = "demande"
    NEXT = "suivant"
    PRIORITY = "priorite"


@dataclass(frozen=True, slots=True)
class MicrophoneIs:
    """A microphone, by the system's own name for it, and its state now."""

    microphone: str
    state: ButtonWord


@dataclass(frozen=True, slots=True)
class AllClosed:
    """Every microphone is closed and no request stands: the system changed mode or was restarted."""


ConferenceEvent = MicrophoneIs | AllClosed
