"""A source of the mixer: a camera, a file, a stream. Whatever happens to it, it answers at once with what it has.

Threads of a source: ``src:<id>`` connects, demultiplexes, decodes the sound, and connects again when it is lost, with a new
:class:`~regie.media.reading.Reading` each time; ``dec:<id>`` decodes the pictures of one connection.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import cast

import av

from config.inputs import SourceConfig, SourceKind
from regie.board import Decoding, SourceState, SourceStatus
from regie.clock import MediaClock
from regie.domain.model import SourceId
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms, to_ms
from regie.errors import DeviceError
from regie.media.frames import Picture, ProgrammeFormat, Sound, Source
from regie.media.framesync import FrameSync
from regie.media.hearing import Dozing, SoundDecoder, to_stereo
from regie.media.pictures import PictureLane, VideoPacket
from regie.media.reading import Connected, OpenReading, reading_of
from regie.media.rooms import RoomInbox
from regie.media.soundring import SoundFeeder, SoundRing
from regie.media.stills import bars, still_source
from regie.media.timestamps import StreamTimes, Timeline

log = logging.getLogger(__name__)

STALE = from_ms(500)
"""A source silent for longer is stale; one that has few pictures a second is given two and a half of their intervals."""
CALM = SAMPLE_RATE
"""A stale source is live again once it has been coming for that long: one that trickles does not flicker on the board."""
FIRST_RETRY = 0.2
LAST_RETRY = 2.0
"""A camera that returns is back within three seconds, its opening included."""
STEADY = 2 * SAMPLE_RATE
"""A connection that lasted this long was a good one: the next loss starts again from the first retry."""
AHEAD = int(from_ms(200))
"""How far a file is read ahead of its time."""
_MEDIA_BASE = Fraction(1, SAMPLE_RATE)
_STOPPING = 1.0


DOZE = SAMPLE_RATE // 2
"""The sound of a room that nobody asked for during that long is not decoded."""
ROOM_SYNC_MS = 80
"""A room's frame-sync delay: conversation bears no more, and its keyframes do not fall with the cameras'."""


def make_source(
    config: SourceConfig,
    wanted: ProgrammeFormat,
    clock: MediaClock,
    sync_ms: int,
    rooms: RoomInbox,
    apart: tuple[int, ...] = (),
) -> Source:
    """The source of a configuration, not started yet.

    ``rooms``: where remote rooms' packets come. ``apart``: its channels that are microphones, numbered from 1.
    """
    if config.genre is SourceKind.BARS:
        return bars(config, wanted)
    if config.genre is SourceKind.STILL:
        return still_source(config, wanted)
    if config.genre in (SourceKind.ROOM, SourceKind.DOCUMENT):
        return StreamSource(
            config,
            wanted,
            clock,
            min(sync_ms, ROOM_SYNC_MS),
            rooms.reading,
            on_heard=partial(rooms.hear, config.id),
        )
    reading = partial(reading_of, channels=max((*apart, *config.canaux), default=0))
    return StreamSource(config, wanted, clock, sync_ms, reading, apart)


@dataclass(slots=True)
class _Connection:
    """What one connection is made of; replaced whole by the next."""

    reading: Connected
    timeline: Timeline
    since: MediaTime
    video: StreamTimes | None = None
    sound: StreamTimes | None = None
    lane: PictureLane | None = None
    sound_decoder: Dozing | None = None
    feeder: SoundFeeder | None = None
    came: dict[bool, int] = field(default_factory=dict)
    """When the last packet of the picture (True) and of the sound (False) came."""
    resumed: int | None = None
    """When it came again after its last silence."""
    interval: float = 0.0
    lead: float = 0.0


class StreamSource:
    """A source that is connected to: through FFmpeg, libsrt or NDI's library."""

    def __init__(
        self,
        config: SourceConfig,
        wanted: ProgrammeFormat,
        clock: MediaClock,
        sync_ms: int,
        open_reading: OpenReading = reading_of,
        apart: tuple[int, ...] = (),
        *,
        on_heard: Callable[[bool], None] | None = None,
    ) -> None:
        """``on_heard``: its sound is decoded only while somebody asks for it, which this is told."""
        self._config = config
        self._wanted = wanted
        self._clock = clock
        self._delay = int(from_ms(sync_ms))
        self._open_reading = open_reading
        self._sync = FrameSync(wanted.tick, self._delay)
        self._sync.counting = False
        self._apart = apart
        self._ring = SoundRing(len(apart) or 2)
        self._on_heard = on_heard
        self._heard = on_heard is None
        self._asked: int | None = None
        self._decoding = Decoding.KEYFRAMES
        self._connection: _Connection | None = None
        self._reason = ""
        self._told = SourceState.CONNECTING
        self._connections = 0
        self._past_losses = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"src:{config.id}", daemon=True)

    # What the mixer's thread calls.

    @property
    def id(self) -> SourceId:
        """Its name in shots and commands."""
        return self._config.id

    def picture_at(self, t: MediaTime) -> Picture | None:
        """The picture due at programme time ``t``; the last one when nothing newer came; None before the first."""
        return self._sync.at(t)

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        """Sound (2, samples) due from programme time ``t``; None when there is none."""
        self._asked = t
        self._listen()
        heard = self._ring.read(t - self._delay, samples)
        return (
            heard if heard is None or not self._apart else to_stereo(heard, tuple(range(1, len(heard) + 1)))
        )

    def channels_at(self, t: MediaTime, samples: int) -> Sound | None:
        """What each microphone says (those of ``apart``, in order), due from programme time ``t``; None when there is nothing."""
        return self._ring.read(t - self._delay, samples)

    def want(self, decoding: Decoding) -> None:
        """How much to decode from now on."""
        self._decoding = Decoding.FULL if decoding is Decoding.CATCHING_UP else decoding
        self._sync.counting = self._decoding is Decoding.FULL
        connection = self._connection
        if connection is not None and connection.lane is not None:
            connection.lane.want(self._decoding)

    def is_ready(self) -> bool:
        """Decoded in full, caught up, and alive."""
        connection = self._connection
        return (
            connection is not None
            and connection.lane is not None
            and connection.lane.caught_up
            and self._is_fresh(connection)
        )

    def status(self) -> SourceStatus:
        """For the board. A change of state is logged here, once."""
        connection = self._connection
        state, reason = self._state(connection)
        if state is not self._told:
            log.log(
                logging.INFO if state is SourceState.LIVE else logging.WARNING,
                "source %s is %s",
                self.id,
                state.value,
                extra={"source": self.id, "state": state.value, "reason": reason},
            )
            self._told = state
        lane = connection.lane if connection is not None else None
        width, height = lane.size if lane is not None else (0, 0)
        now = self._clock.now()
        heard = connection.came.get(False) if connection is not None else None
        return SourceStatus(
            id=self.id,
            name=self._config.nom,
            kind=self._config.genre.value,
            state=state,
            decoding=lane.decoding if lane is not None else Decoding.NONE,
            reason=reason,
            width=width,
            height=height,
            fps=round(SAMPLE_RATE / connection.interval, 1)
            if connection is not None and connection.interval
            else 0.0,
            latency_ms=to_ms(self._delay + int(connection.lead)) if connection is not None else 0,
            has_sound=heard is not None and now - heard < SAMPLE_RATE + AHEAD,
            drops=self._sync.drops + self._past_losses + (lane.lost if lane is not None else 0),
            repeats=self._sync.repeats,
            reconnects=max(self._connections - 1, 0),
        )

    def start(self) -> None:
        """Begin, in its own threads."""
        self._thread.start()

    def stop(self) -> None:
        """End. A source that says nothing may hold its thread until its time-out: it then ends by itself, later."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOPPING)

    def _is_fresh(self, connection: _Connection) -> bool:
        """Does the stream that matters still come?"""
        came = connection.came.get(connection.lane is not None)
        return came is not None and self._clock.now() - came <= _patience(connection)

    def _state(self, connection: _Connection | None) -> tuple[SourceState, str]:
        if connection is None:
            return (SourceState.DOWN, self._reason) if self._reason else (SourceState.CONNECTING, "")
        if not connection.came.get(connection.lane is not None):
            return (SourceState.DOWN, self._reason) if self._reason else (SourceState.CONNECTING, "")
        if not self._is_fresh(connection):
            return SourceState.STALE, "silence"
        if connection.resumed is not None and self._clock.now() - connection.resumed < CALM:
            return SourceState.STALE, "silence"
        lane = connection.lane
        if lane is None or self._decoding is Decoding.NONE or lane.shown:
            return SourceState.LIVE, ""
        if self._clock.now() - connection.since < 5 * SAMPLE_RATE:
            # Packets come, their first keyframe has not yet.
            return (SourceState.DOWN, self._reason) if self._reason else (SourceState.CONNECTING, "")
        return SourceState.STALE, "indecodable"

    # Thread src:<id>.

    def _run(self) -> None:
        retry = FIRST_RETRY
        while not self._stop.is_set():
            began = self._clock.now()
            connected = self._connections
            reason = self._live_once()
            self._reason = reason
            if self._stop.is_set():
                return
            if self._connections > connected and self._clock.now() - began > STEADY:
                retry = FIRST_RETRY
            self._stop.wait(retry)
            retry = min(retry * 2, LAST_RETRY)

    def _live_once(self) -> str:
        """One connection, from its opening to its loss; why it was lost."""
        reading = self._open_reading(self._config, self._stop)
        try:
            reading.open()
            connection = self._connect(reading)
            try:
                self._follow(connection)
            finally:
                self._disconnect(connection)
        except DeviceError as error:
            return error.stable_code
        except Exception:  # noqa: BLE001 - a bug in one source must not take it away for good: a new connection replaces it
            log.exception("source %s failed unexpectedly", self.id)
            return "erreur_interne"
        finally:
            reading.close()
        return "arret"

    def _connect(self, reading: Connected) -> _Connection:
        now = self._clock.now()
        timeline = Timeline(self._wanted.tick, paced=reading.paced, phase=self._sync.phase)
        connection = _Connection(reading, timeline, now)
        if reading.video is not None:
            connection.video = timeline.add(reading.video.time_base or _MEDIA_BASE, is_video=True)
            connection.lane = PictureLane(
                self.id,
                reading.video.codec_context,
                self._sync,
                self._wanted,
                lambda: self._clock.now() - self._delay,
                reading.waiting,
            )
        if reading.sound is not None:
            connection.sound = timeline.add(reading.sound.time_base or _MEDIA_BASE, is_video=False)
            decoder = SoundDecoder(reading.sound.codec_context, self._config.canaux, self._apart)
            connection.sound_decoder = Dozing(decoder)
            connection.feeder = SoundFeeder(self._ring)
        self._sync.flush()
        if connection.lane is not None:
            connection.lane.start(self._decoding)
        self._connection = connection
        self._connections += 1
        if connection.lane is not None:
            # A wish that came while the lane was being made.
            connection.lane.want(self._decoding)
        return connection

    def _disconnect(self, connection: _Connection) -> None:
        self._connection = None
        if connection.lane is not None:
            connection.lane.stop()
            self._past_losses += connection.lane.lost

    def _follow(self, connection: _Connection) -> None:
        """Read until the source is lost (DeviceError) or stopped."""
        for packet in connection.reading.packets():
            if packet is None:
                connection.timeline.loop()
                if connection.feeder is not None:
                    connection.feeder.restart()
                continue
            if connection.lane is not None and not connection.lane.alive:
                raise DeviceError("the decoding thread died", code="erreur_interne")
            arrival = self._clock.now()
            is_video = connection.reading.shows(packet)
            times = connection.video if is_video else connection.sound
            if times is None:
                continue
            stamp = connection.timeline.place(times, packet.dts, packet.pts, packet.duration, arrival)
            if connection.reading.paced and not self._clock.wait_until(stamp.decode - AHEAD, self._stop):
                return
            self._note(connection, is_video, arrival, stamp.decode)
            packet.time_base = _MEDIA_BASE
            packet.dts = stamp.decode
            if is_video:
                packet.pts = stamp.show
                assert connection.lane is not None
                connection.lane.put(cast("VideoPacket", packet))
            else:
                packet.pts = stamp.exact
                assert connection.sound_decoder is not None and connection.feeder is not None
                heard = cast("av.Packet[av.AudioStream]", packet)
                for at, block in connection.sound_decoder.feed(heard, self._is_heard(arrival)):
                    connection.feeder.push(at, block)

    def _listen(self) -> None:
        """Somebody asks for the sound."""
        if not self._heard and self._on_heard is not None:
            self._heard = True
            self._on_heard(True)

    def _is_heard(self, now: int) -> bool:
        if self._heard and self._on_heard is not None and (self._asked is None or now - self._asked >= DOZE):
            self._heard = False
            self._on_heard(False)
        return self._heard

    def _note(self, connection: _Connection, is_video: bool, arrival: int, at: int) -> None:
        """Cadence and lead, smoothed, for the status."""
        now = self._clock.now()
        last = connection.came.get(is_video)
        connection.came[is_video] = now
        if is_video != (connection.lane is not None):
            return
        if last is not None and now - last > _patience(connection):
            connection.resumed = now
        if not connection.reading.paced:
            # One that comes later than its turn is shown at once, not before it came.
            connection.lead += (max(at - arrival, -self._delay) - connection.lead) / 32
        if is_video and connection.video is not None and last is not None and connection.video.nominal:
            step = connection.video.nominal
            connection.interval += (step - connection.interval) / (8 if connection.interval else 1)


def _patience(connection: _Connection) -> int:
    """How long it may say nothing."""
    return max(STALE, int(connection.interval * 2.5))
