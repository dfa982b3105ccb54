"""Commands: one type an intention.

``EngineCommand`` go to the engine (pictures and sound); ``SeanceCommand`` go through the journal first. Every command may be
repeated without harm: it says the wanted state, not a change, except CUT and AUTO which carry the shot they were meant for.
"""

from enum import StrEnum

import msgspec

from regie.domain.masks import MaskKind
from regie.domain.model import Shot, SlateName, SourceId, Title, Veil
from regie.domain.removal import Removal


class _Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of the commands: a frozen value with a tag on the wire."""


class SetPreview(_Command, frozen=True, tag="preview"):
    """Put a shot on the preview bus."""

    shot: Shot


class Cut(_Command, frozen=True, tag="cut"):
    """Preview to programme at once; the buses swap. ``expected`` is the preview the operator saw: a mismatch is refused."""

    expected: Shot | None = None


class Auto(_Command, frozen=True, tag="auto"):
    """Preview to programme by a fade of ``duration_ms`` (configured value when None)."""

    duration_ms: int | None = None
    expected: Shot | None = None


class SetTransition(_Command, frozen=True, tag="transition"):
    """The T-bar by hand: 0 is all programme, 1000 completes the transition and swaps the buses."""

    permille: int


class TakeShot(_Command, frozen=True, tag="take"):
    """Hot cut: a shot straight to programme, preview untouched."""

    shot: Shot


class SetTitle(_Command, frozen=True, tag="title"):
    """Show a lower third (fade in), change it, or take it off (None, fade out)."""

    title: Title | None = None


class SetLogo(_Command, frozen=True, tag="logo"):
    """Show or hide the town's logo."""

    visible: bool


class SetAntenna(_Command, frozen=True, tag="antenna"):
    """Give the programme to the public (on), from what is live now, or put the public on a slate (off).

    Off acts at once, on what leaves now; with ``at_once`` false it acts on what is live now: the public still receives what was
    said before, which is what the end of a séance or its suspension asks for. Without a ``slate`` the public keeps the one it
    has, or gets that of a suspension after the programme.
    """

    on: bool
    slate: SlateName | None = None
    at_once: bool = True


class SetOutput(_Command, frozen=True, tag="output"):
    """Start or stop one RTMP destination."""

    output: str
    on: bool


class SetRecording(_Command, frozen=True, tag="recording"):
    """Start or stop the recording."""

    on: bool


class SetInput(_Command, frozen=True, tag="input"):
    """Settings of one sound input (a source or a microphone); what is not given stays. See :class:`audio.settings.Setting`."""

    source: SourceId
    gain_db: float | None = None
    muted: bool | None = None
    delay_ms: int | None = None
    pan: float | None = None
    high_pass_hz: int | None = None
    gate_db: float | None = None
    solo: bool | None = None
    automix: bool | None = None
    levelled: bool | None = None
    sends: tuple[str, ...] | None = None


class SetClosed(_Command, frozen=True, tag="closed"):
    """These sound inputs are heard by nobody, in no mix, and no other is closed so; their own settings stay."""

    inputs: tuple[SourceId, ...]


class DeclareOpen(_Command, frozen=True, tag="declare_open"):
    """What the conference system says: these microphones are open, and no other; None when there is nobody to say."""

    microphones: tuple[str, ...] | None


class MeasureSync(_Command, frozen=True, tag="measure_sync"):
    """Measure how far a source's sound is from its picture, on flashes and beeps (the sync page), for so many seconds."""

    source: SourceId
    seconds: int = 12


class SetExcluded(_Command, frozen=True, tag="exclude"):
    """Sources that must not be shown on programme, whatever is asked (a camera that looks at an exclusion zone): another shot, or
    the slate, takes their place at the next picture. ``veils``: what of the others is shown so that nobody is recognised in it. The
    whole, each time."""

    sources: tuple[SourceId, ...]
    veils: dict[SourceId, tuple[Veil, ...]] = {}


class SetRecess(_Command, frozen=True, tag="recess"):
    """The séance is suspended (on): no microphone is in any mix, and the programme, that of the rooms included, is the slate of a
    suspension. What the buses and the desk are set to stays."""

    on: bool


class OpenMask(_Command, frozen=True, tag="masquer"):
    """Hide, at once, from ``look_back_ms`` before what the operator was hearing.

    ``mask`` is an id made by who asks: repeated, it changes nothing. ``closes``: only what has already been said (« les N dernières
    secondes »); else it stays open until :class:`CloseMask`. ``held``: by a key that is kept down; the page renews it
    (:class:`KeepMask`), and when it falls silent the mask stays and an alarm is raised. ``heard_ms``: how late the operator hears.
    ``since_ms``: from that instant of the act (UTC ms) on, in the place of a look-back: what the régie proposed.
    ``silent``: silence instead of a tone. ``by``, ``item`` and ``at`` (programme time of the press) are filled in by the régie.
    """

    mask: str
    hides: MaskKind = MaskKind.BOTH
    look_back_ms: int = 3000
    heard_ms: int = 300
    since_ms: int | None = None
    closes: bool = False
    held: bool = False
    silent: bool = False
    reason: str = ""
    item: str = ""
    by: str = ""
    at: int | None = None


class KeepMask(_Command, frozen=True, tag="tenir"):
    """The key of a held mask is still down, renewed every second; or it was let go at once, and the mask stays (``held`` false)."""

    mask: str
    held: bool = True


class SetFrozen(_Command, frozen=True, tag="figer"):
    """What the next masks put in the place of the picture: the last one before them, held (on), or the slate (off)."""

    on: bool


class CloseMask(_Command, frozen=True, tag="demasquer"):
    """What is said from ``end`` on (programme time; from now on when None) may leave. The régie writes it first (``by``: who)."""

    mask: str
    end: int | None = None
    by: str = ""


class DelayBy(StrEnum):
    """How the delay goes to another length, with a broadcast delay unit's word for it.

    ``SLATE``: build behind a slate until all of it is held (« wait for safe »). ``STRETCH``: build, or drain, by playing sound and
    picture a little slower, or faster (« rebuild », « ramp to zero »). ``EXIT``: what is held is played to its end, then the public
    joins what is live (« wait and exit »).
    """

    SLATE = "panneau"
    STRETCH = "etirement"
    EXIT = "sortie"


class SetDelay(_Command, frozen=True, tag="retard"):
    """Change the confidentiality delay to ``seconds`` (0 to 60), while live and without a hole."""

    seconds: int
    by: DelayBy = DelayBy.SLATE


class OpenSeance(_Command, frozen=True, tag="open_seance"):
    """Bind the outputs to a séance: its public id and its directory. Idempotent; resumes what is already on disk."""

    seance: str
    directory: str
    recording: bool = True


class CloseSeance(_Command, frozen=True, tag="close_seance"):
    """End of the séance: end slate, flush, close playlists and recording, verify them."""


class RemovePassage(_Command, frozen=True, tag="retirer"):
    """Take a passage out of what was already published, everywhere the régie holds it. Asked again, it is done once."""

    removal: Removal


class Watch(_Command, frozen=True, tag="watch"):
    """Somebody looks at the multiview: send thumbnails and keep sources warm while the machine can. Lease of 5 s, renew it."""

    on: bool = True


class RequestKeyframe(_Command, frozen=True, tag="keyframe"):
    """A viewer needs a keyframe of a rendition; the engine limits the rate."""

    tier: str


MaskCommand = OpenMask | KeepMask | CloseMask

EngineCommand = (
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
    | DeclareOpen
    | MeasureSync
    | SetClosed
    | SetExcluded
    | SetRecess
    | OpenMask
    | KeepMask
    | CloseMask
    | SetFrozen
    | SetDelay
    | OpenSeance
    | CloseSeance
    | RemovePassage
    | Watch
    | RequestKeyframe
)


class PrepareSeance(_Command, frozen=True, tag="prepare"):
    """A new séance: title, and when it is due (UTC seconds)."""

    title: str
    due_utc: int


class StartSeance(_Command, frozen=True, tag="start"):
    """The president opens the séance."""


class PauseSeance(_Command, frozen=True, tag="pause"):
    """The séance is suspended."""


class ResumeSeance(_Command, frozen=True, tag="resume"):
    """The séance goes on."""


class EndSeance(_Command, frozen=True, tag="end"):
    """The president closes the séance."""


SeanceCommand = PrepareSeance | StartSeance | PauseSeance | ResumeSeance | EndSeance
