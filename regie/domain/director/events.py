"""What the director is told. One closed union; with their instants, what a recorded session keeps for replay."""

from enum import StrEnum

import msgspec

from regie.domain.model import Shot, SourceId


class Button(StrEnum):
    """What a conference system says of a microphone."""

    OFF = "ferme"
    ON = "ouvert"
    REQUEST = "demande"
    NEXT = "suivant"
    PRIORITY = "priorite"

    @property
    def open(self) -> bool:
        """Is it heard?"""
        return self in (Button.ON, Button.PRIORITY)


class Discretion(StrEnum):
    """What the séance forbids to show. A ballot by show of hands forbids close shots, the two others show nobody."""

    NONE = "aucune"
    VOTE = "vote"
    ROLL_CALL = "appel_nominal"
    SECRET_BALLOT = "scrutin_secret"
    CLOSED_DOORS = "huis_clos"

    @property
    def blind(self) -> bool:
        """Is nobody to be shown?"""
        return self in (Discretion.SECRET_BALLOT, Discretion.CLOSED_DOORS)


class CameraIs(StrEnum):
    """A camera as its own answers tell it."""

    ARRIVED = "arrivee"
    MOVING = "en_mouvement"
    ELSEWHERE = "modifiee"
    LOST = "perdue"


class _Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="e"):
    """Base of what it is told."""


class ButtonSaid(_Told, frozen=True, tag="bouton"):
    """A conference system's microphone changed."""

    microphone: str
    button: Button


class ButtonsLost(_Told, frozen=True, tag="boutons_perdus"):
    """The conference system is away: what it said no longer holds, voices alone count."""


class Voices(_Told, frozen=True, tag="voix"):
    """Probability of speech at each microphone; one that is not named is silent. Ten times a second."""

    voices: dict[str, float]


class CameraSaid(_Told, frozen=True, tag="camera"):
    """A camera moved, arrived, was moved by somebody, or is lost. ``framing``: where it is, or where it goes."""

    source: SourceId
    state: CameraIs
    framing: str | None = None
    eta_ms: int | None = None


class SourcesLive(_Told, frozen=True, tag="sources"):
    """The sources that give a picture now."""

    sources: frozenset[SourceId]


class OnAir(_Told, frozen=True, tag="programme"):
    """What the engine has on programme."""

    shot: Shot


class DiscretionIs(_Told, frozen=True, tag="discretion"):
    """What the séance forbids to show, from now on. ``called``: in a roll call, the seat whose voice is awaited."""

    discretion: Discretion
    called: str | None = None


class AbsentAre(_Told, frozen=True, tag="absents"):
    """Seats that must not be framed: absent, or withdrawn from this item."""

    seats: frozenset[str]


class ExcludedAre(_Told, frozen=True, tag="exclus"):
    """Seats and microphones that a person took out of the automation."""

    seats: frozenset[str] = frozenset()
    microphones: frozenset[str] = frozenset()


class ForbiddenAre(_Told, frozen=True, tag="interdits"):
    """Framings that a zone of exclusion forbids."""

    framings: frozenset[str]


class DocumentIs(_Told, frozen=True, tag="document"):
    """A document is shown to the council from this source; None when it is over."""

    source: SourceId | None = None


class QueueIs(_Told, frozen=True, tag="file"):
    """Seats that the president's list has, in its order; they come before those who only pressed a button."""

    seats: tuple[str, ...] = ()


class ModeAsked(_Told, frozen=True, tag="mode"):
    """A person chose the mode: ``auto``, ``semi`` or ``manuel``; the last two last."""

    mode: str


class Acted(_Told, frozen=True, tag="acte"):
    """A person did something to the picture: the director stands back for a while."""


class Kept(_Told, frozen=True, tag="garder"):
    """A person keeps the mode: no countdown back to auto."""


class SeatChosen(_Told, frozen=True, tag="place"):
    """A person wants this seat on air: semi, for a while."""

    seat: str


class Tick(_Told, frozen=True, tag="tic"):
    """Time passed."""


Told = (
    ButtonSaid
    | ButtonsLost
    | Voices
    | CameraSaid
    | SourcesLive
    | OnAir
    | DiscretionIs
    | AbsentAre
    | ExcludedAre
    | ForbiddenAre
    | DocumentIs
    | QueueIs
    | ModeAsked
    | Acted
    | Kept
    | SeatChosen
    | Tick
)
