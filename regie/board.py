"""The board of latest values: what is perishable (states, levels, counters), never the truth of the register.

The engine fills one :class:`EngineStatus`; control and pages read the newest and keep nothing.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from regie.domain.masks import MaskKind
from regie.domain.model import Shot, SlateName, SourceId, Title, Veil
from regie.domain.timeline import Epoch, MediaTime


class SourceState(StrEnum):
    """State of a source."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    DOWN = "down"


class Decoding(StrEnum):
    """How much of a source is decoded."""

    NONE = "none"
    KEYFRAMES = "keyframes"
    CATCHING_UP = "catching_up"
    FULL = "full"


class OutputState(StrEnum):
    """State of a destination."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    LIVE = "live"
    RETRYING = "retrying"


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A source as the multiview shows it. ``reason`` is a stable code; ``latency_ms`` from arrival to programme."""

    id: SourceId
    name: str
    kind: str
    state: SourceState
    decoding: Decoding = Decoding.NONE
    reason: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    latency_ms: int = 0
    has_sound: bool = False
    drops: int = 0
    repeats: int = 0
    reconnects: int = 0


class OutputStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A destination; ``host`` is what may be shown of its address (never the stream key)."""

    id: str
    name: str
    host: str
    state: OutputState
    reason: str = ""
    kbps: int = 0
    dropped: int = 0
    reconnects: int = 0
    since_ms: int = 0


class SoundOutputStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A mix on a sound card of this machine. ``waiting_ms``: what waits in the card; ``restarts``: times that it ran dry, or
    that what came too late was dropped."""

    id: str
    name: str
    mix: str
    playing: bool
    reason: str = ""
    waiting_ms: int = 0
    restarts: int = 0


class RecordingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The recording; ``verified`` is None until it was re-read after its end."""

    on: bool = False
    file: str = ""
    seconds: float = 0.0
    bytes: int = 0
    dropped: int = 0
    verified: bool | None = None
    reason: str = ""


class WebTvStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The HLS output: which séance, how many segments, how far the newest ends behind now."""

    seance: str = ""
    segments: int = 0
    seconds: float = 0.0
    behind_ms: int = 0
    reason: str = ""


class InputStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sound input of the mixer, a source or one microphone (``kind`` ``micro``); what it may be set to: :mod:`audio.settings`.

    ``source`` is its id. ``remote``: it has a mix of everything but itself. ``closed``: of somebody who withdrew from the item.
    """

    source: SourceId
    name: str = ""
    kind: str = ""
    remote: bool = False
    gain_db: float = 0.0
    muted: bool = False
    closed: bool = False
    delay_ms: int = 0
    pan: float = 0.0
    high_pass_hz: int = 0
    gate_db: float = -100.0
    solo: bool = False
    automix: bool = False
    levelled: bool = False
    sends: tuple[str, ...] = ("programme", "enregistrement", "salle")


class LoudnessLevels(msgspec.Struct, frozen=True, kw_only=True):
    """Loudness of the programme in LUFS: momentary, short term, integrated since the antenna was given; highest peak in dBTP."""

    momentary: float = -120.0
    short_term: float = -120.0
    integrated: float = -120.0
    true_peak: float = -120.0
    target: float = -16.0


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """Meters, in dBFS: peak and RMS of each input and of the programme (left, right), ten times a second.

    ``voices``: probability (0 to 1) that somebody speaks into a microphone; only those that may be speaking are there.
    ``automatic``: for each input, the gain in dB that the sharing leaves it and the one that the levelling adds.
    ``mixes``: peaks (left, right) of the other mixes that somebody listens to: ``salle``, ``enregistrement``, ``n-1.`` and a room.
    """

    inputs: dict[SourceId, tuple[float, float]] = {}
    programme: tuple[float, float] = (-120.0, -120.0)
    antenna: tuple[float, float] = (-120.0, -120.0)
    voices: dict[str, float] = {}
    automatic: dict[SourceId, tuple[float, float]] = {}
    mixes: dict[str, tuple[float, float]] = {}
    loudness: LoudnessLevels = LoudnessLevels()


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Health of the engine."""

    frames: int = 0
    skipped: int = 0
    encoder_queue: int = 0
    encoder_ms: float = 0.0
    encoder_dropped: int = 0
    mixer_ms: float = 0.0
    cpu: float = 0.0
    rss_mb: float = 0.0
    uplink_kbps: int = 0
    disk_free_gb: float = 0.0
    disk_hours: float = 0.0
    loop_lag_ms: float = 0.0


class DelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The confidentiality delay: asked for, held now, and whether that is enough to catch what was said (``needed_ms``).

    ``changing``: how it is being changed (``panneau``, ``etirement``, ``sortie``), empty when it is not; ``left_ms`` until the end.
    """

    target_ms: int = 0
    held_ms: int = 0
    needed_ms: int = 0
    safe: bool = True
    changing: str = ""
    left_ms: int = 0


class MaskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A mask as the engine applies it. ``start``, ``end`` in programme time, ``public_start``, ``public_end`` in public time.

    ``gone``: samples that had left when it was asked for. ``held``: its key is kept down; ``alone``: it was, and the page that held
    it is silent. ``frozen``: a held picture may stand for the hidden one. ``opened_ms``, ``closed_ms``: UTC ms of the acts.
    """

    id: str
    hides: MaskKind
    start: int
    public_start: int
    end: int | None = None
    public_end: int | None = None
    gone: int = 0
    held: bool = False
    alone: bool = False
    silent: bool = False
    frozen: bool = False
    by: str = ""
    item: str = ""
    reason: str = ""
    opened_ms: int
    closed_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """It hides all that comes."""
        return self.end is None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person must know; ``code`` is stable, ``subject`` the source or output it is about."""

    code: str
    subject: str = ""
    since_ms: int = 0
    severe: bool = True


class AntennaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What citizens get: the programme (``on``), or ``slate``. ``recovering`` after a crash, until a person gives the antenna."""

    on: bool = False
    slate: SlateName = SlateName.BEFORE
    recovering: bool = False
    since_ms: int = 0


class SyncStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of lip sync: ``offset_ms`` sound comes after picture, None until found; ``events``: beeps that were heard."""

    source: SourceId
    running: bool = False
    offset_ms: float | None = None
    events: int = 0


class RemovalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The last passage that was taken out after its publication: its id (empty when there was none), whether it is done, how long
    it took in ms from when it was asked, why not, and how many more wait."""

    id: str = ""
    done: bool = False
    ms: int = 0
    reason: str = ""
    waiting: int = 0


class EngineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine tells, as one value. ``frozen``: the next masks hold a picture instead of showing the slate.
    ``recess``: the séance is suspended: the programme is a slate for everybody, and no microphone is in any mix."""

    epoch: Epoch
    now: MediaTime
    width: int
    height: int
    fps: int
    programme: Shot
    preview: Shot
    transition_permille: int = 0
    pending: Shot | None = None
    stand_in: SourceId | None = None
    excluded: tuple[SourceId, ...] = ()
    veils: dict[SourceId, tuple[Veil, ...]] = {}
    recess: bool = False
    title: Title | None = None
    logo: bool = True
    antenna: AntennaStatus = AntennaStatus()
    sources: tuple[SourceStatus, ...] = ()
    outputs: tuple[OutputStatus, ...] = ()
    sound_outputs: tuple[SoundOutputStatus, ...] = ()
    recording: RecordingStatus = RecordingStatus()
    webtv: WebTvStatus = WebTvStatus()
    inputs: tuple[InputStatus, ...] = ()
    counters: Counters = Counters()
    delay: DelayStatus = DelayStatus()
    masks: tuple[MaskStatus, ...] = ()
    frozen: bool = False
    alarms: tuple[Alarm, ...] = ()
    sync: SyncStatus | None = None
    removal: RemovalStatus = RemovalStatus()


T = TypeVar("T")


class Latest(Generic[T]):
    """One slot that always holds the newest value; readers compare ``version`` to know whether it changed. Thread-safe."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._version = 0
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def put(self, value: T) -> None:
        """Replace the value; listeners are called in the caller's thread and must not block."""
        with self._lock:
            self._value = value
            self._version += 1
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def get(self) -> T:
        """The newest value."""
        with self._lock:
            return self._value

    def read(self) -> tuple[int, T]:
        """Version and value together."""
        with self._lock:
            return self._version, self._value

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of each change; the returned function ends it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop
