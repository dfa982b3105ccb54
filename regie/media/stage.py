"""What is before the encoders: sources, mixer, who is decoded in full, thumbnails. One instance a run."""

from collections.abc import Callable
from functools import partial

import msgspec

from audio.settings import BUSES, RECORDING
from audio.settings import PROGRAMME as ON_AIR
from config.chamber import Microphone
from config.inputs import SourceConfig, SourceKind
from config.schema import Config
from regie.board import Decoding, InputStatus, SourceStatus
from regie.clock import MediaClock
from regie.domain.model import GRAINS, SourceId, Veil
from regie.domain.timeline import MediaTime
from regie.errors import Refusal
from regie.media.engine_state import EngineState
from regie.media.frames import Picture, ProgrammeFormat, Sound, SoundBlock, Source
from regie.media.mixer import Mixer
from regie.media.rooms import RoomInbox
from regie.media.sound_desk import MICROPHONE, channels_apart
from regie.media.source import make_source
from regie.media.sync_watch import SyncWatch
from regie.media.thumbnails import PREVIEW, PROGRAMME, Sink, Thumbnails
from regie.media.warmth import Warmth, Wishes


class Stage:
    """Sources and the mixer, on the run's clock."""

    def __init__(
        self,
        config: Config,
        media_clock: MediaClock,
        programme: ProgrammeFormat,
        picture_sink: Callable[[Picture], None],
        sound_sink: Callable[[SoundBlock], None],
        thumbnail_sink: Sink,
        left: EngineState,
        rooms: RoomInbox,
    ) -> None:
        """``left``: what the last run showed, taken up where its sources still exist."""
        self._picture_sink = picture_sink
        self._last: Picture | None = None
        self._always = frozenset(one.id for one in config.source if one.toujours_chaude)
        self._cameras: dict[SourceId, Source] = {
            one.id: make_source(
                one,
                programme,
                media_clock,
                config.programme.synchronisation_ms,
                rooms,
                channels_apart(config.micro, one.id),
            )
            for one in config.source
        }
        self.mixer = Mixer(
            programme,
            self._cameras,
            media_clock,
            self._picture,
            sound_sink,
            config.ville,
            left.programme,
            left.preview,
            _inputs(config, left),
            fade_ms=config.programme.fondu_ms,
            stand_ins=_stand_ins(config),
            excluded=left.excluded,
            veils=left.veils,
            fixed_veils=_fixed_veils(config),
            microphones=config.micro,
            sound=config.son,
        )
        self.mixer.set_logo(left.logo)
        self.mixer.set_recess(left.recess)
        self._title = left.title
        self._warmth = Warmth(tuple(self._cameras))
        buses = {PREVIEW: self.mixer.preview_picture, PROGRAMME: lambda: self._last}
        views = {one: partial(self.mixer.latest, one) for one in self._cameras}
        self.sync = SyncWatch(self.mixer.latest, self._listen, media_clock, programme.tick)
        self.thumbnails = Thumbnails(views, buses, media_clock, programme.tick, thumbnail_sink)

    @property
    def well(self) -> bool:
        """Is the mixer alive?"""
        return not self.mixer.failed

    def start(self) -> None:
        """The mixer first: it shows a slate until the sources come."""
        self.mixer.start()
        self.mixer.set_title(self._title)
        for source in self._cameras.values():
            source.start()
        self.thumbnails.start()

    def measure_sync(self, source: SourceId, seconds: int) -> None:
        """Begin a measure of lip sync. Raises Refusal ``source_inconnue``."""
        if source not in self._cameras:
            raise Refusal(f"no source {source!r}", code="source_inconnue", source=source)
        self.sync.start(source, seconds)

    def _listen(self, source: SourceId, t: MediaTime, samples: int) -> Sound | None:
        return self._cameras[source].sound_at(t, samples)

    def stop(self) -> None:
        """End every thread. Waits for them, in parallel with nothing: call it from a thread that may wait."""
        self.thumbnails.stop()
        self.sync.stop()
        self.mixer.stop()
        for source in self._cameras.values():
            source.stop()

    def mend(self) -> None:
        """Replace what may be replaced without anybody seeing it."""
        self.thumbnails.mend()

    def statuses(self) -> tuple[SourceStatus, ...]:
        """The sources, for the board."""
        return tuple(source.status() for source in self._cameras.values())

    def warm(self, load: float) -> None:
        """Decide who is decoded in full; about once a second. ``load``: share of the machine in use."""
        wishes = Wishes(self.mixer.needed(), self._always, self.thumbnails.watched, load)
        for source, decoding in self._warmth.decide(wishes).items():
            self._cameras[source].want(decoding)

    def warm_needed(self) -> None:
        """What was just asked for on a bus is decoded in full from now on, without waiting for the next decision."""
        for source in self.mixer.needed() & self._cameras.keys():
            self._cameras[source].want(Decoding.FULL)

    def _picture(self, picture: Picture) -> None:
        self._last = picture
        self._picture_sink(picture)


def _stand_ins(config: Config) -> tuple[SourceId, ...]:
    """Cameras that may replace a lost one on air, the configured one first. Neither bars nor stills: they tell citizens nothing."""
    kinds = (
        *(SourceKind.RTSP, SourceKind.MPEGTS, SourceKind.SRT, SourceKind.NDI),
        *(SourceKind.RTMP, SourceKind.HTTP),
    )
    cameras = [one.id for one in config.source if one.genre in kinds]
    return tuple(sorted(cameras, key=lambda one: one != config.programme.secours))


def _fixed_veils(config: Config) -> dict[SourceId, tuple[Veil, ...]]:
    """What the file blurs on cameras that do not turn."""
    found: dict[SourceId, tuple[Veil, ...]] = {}
    for framing in config.cadrage:
        for left, top, width, height in framing.flou:
            x, y = round(left * 10), round(top * 10)
            w, h = max(1, round(width * 10)), max(1, round(height * 10))
            veil = Veil(x, y, x + w, y + h, grain=max(1, w // GRAINS))
            found[framing.source] = (*found.get(framing.source, ()), veil)
    return found


def _inputs(config: Config, left: EngineState) -> tuple[InputStatus, ...]:
    """The desk as the last run left it; as the configuration says for inputs it did not have. Nobody listens to one alone."""
    kept = {one.source: one for one in left.inputs}
    return tuple(
        msgspec.structs.replace(
            kept.get(one.source, one), name=one.name, kind=one.kind, remote=one.remote, solo=False
        )
        for one in (*map(_source_input, config.source), *map(_microphone_input, config.micro))
    )


def _source_input(one: SourceConfig) -> InputStatus:
    """A room is one more speaker: its gain is shared with the chamber's microphones, and its voices come to their loudness."""
    return InputStatus(
        source=one.id,
        name=one.nom,
        kind=one.genre.value,
        remote=one.distant or one.genre is SourceKind.ROOM,
        gain_db=one.gain_db,
        # A room is heard once the floor is given to it.
        muted=one.muet or one.genre is SourceKind.ROOM,
        delay_ms=one.retard_son_ms,
        automix=one.genre is SourceKind.ROOM,
        levelled=one.nivellement or one.genre is SourceKind.ROOM,
        # What comes from the hall itself would howl in its loudspeakers.
        sends=BUSES if one.genre in (SourceKind.ROOM, SourceKind.FILE) else (ON_AIR, RECORDING),
    )


def _microphone_input(one: Microphone) -> InputStatus:
    return InputStatus(
        source=one.id,
        name=one.nom,
        kind=MICROPHONE,
        gain_db=one.gain_db,
        muted=one.muet,
        delay_ms=one.retard_ms,
        pan=one.panoramique,
        high_pass_hz=one.coupe_bas_hz,
        gate_db=one.porte_db,
        automix=one.automixage,
        levelled=one.nivellement,
        sends=(ON_AIR, RECORDING),
    )
