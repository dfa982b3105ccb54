"""From the mixer's pictures and sound to the public: encoders, delay line, fan-out, monitor, wired together.

It comes up on a slate within a fraction of a second, before any source is opened, and goes on whatever the mixer does.
"""

import logging
from collections.abc import Mapping

from config.schema import Config
from regie.board import DelayStatus
from regie.clock import Clock, MediaClock
from regie.domain.commands import DelayBy
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime, to_ms
from regie.media.delay import DelayLine, PublicThread, SoundTap
from regie.media.encoder import PictureSink, TierEncoder, TierSpec
from regie.media.fanout import Fanout
from regie.media.frames import (
    Cleared,
    EncodedPicture,
    Live,
    Picture,
    ProgrammeFormat,
    SoundBlock,
    TierFormat,
)
from regie.media.frozen import FrozenPictures
from regie.media.gate import Gate
from regie.media.monitor import OutputMonitor
from regie.media.pcm import RAMP
from regie.media.restarts import RestartBudget
from regie.media.slate_gops import DrawSlate, SlateGop, SlateGops
from regie.media.sound_encoder import AacEncoder

log = logging.getLogger(__name__)

SMALL = "360p"
TINY = "240p"
MAIN_SOUND = "main"
SOUND_ONLY = "son"
_MONITOR = "monitor"
_SMALL_SIZE = (640, 360)
_TINY_SIZE = (426, 240)
_SMALL_PRESET = "superfast"
"""At 360p it looks like ``veryfast`` (0.1 dB less) for six tenths of its cost."""
_NEW_ENCODERS = 3
"""Within a minute; beyond, the process ends and a fresh one starts."""
_NEW_MONITORS = 3
"""Within a minute; beyond, the public stream goes on without being watched."""


def tier_specs(config: Config) -> tuple[TierSpec, ...]:
    """The renditions of the configuration, best first."""
    programme = config.programme
    fps = programme.images_par_seconde
    # One slice costs a tenth less than two; two are needed where one core would not keep up.
    heavy = programme.hauteur > 720 or fps > 30
    main = TierSpec(
        f"{programme.hauteur}p",
        programme.largeur,
        programme.hauteur,
        fps,
        programme.debit_kbps * 1000,
        programme.preset,
        2 if heavy else 1,
    )
    small = TierSpec(SMALL, *_SMALL_SIZE, fps, config.webtv.debit_360p_kbps * 1000, _SMALL_PRESET)
    if not config.webtv.debit_240p_kbps:
        return main, small
    return main, small, TierSpec(TINY, *_TINY_SIZE, fps, config.webtv.debit_240p_kbps * 1000, _SMALL_PRESET)


class Chain:
    """The way of the programme to the public, for one run of the engine."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        media_clock: MediaClock,
        draw: DrawSlate,
        slate: SlateName,
        delay_s: int | None = None,
    ) -> None:
        """``delay_s``: the delay that the run before had, the configured one when None."""
        programme = config.programme
        self.format = ProgrammeFormat(programme.largeur, programme.hauteur, programme.images_par_seconde)
        self._clock = clock
        self._media_clock = media_clock
        self._specs = tier_specs(config)
        self._slate = slate
        self._bitrates = {
            MAIN_SOUND: programme.debit_son_kbps * 1000,
            SOUND_ONLY: config.webtv.debit_son_seul_kbps * 1000,
        }
        self._aacs = {name: AacEncoder(rate, name) for name, rate in self._bitrates.items()}
        self.gate = Gate(slate)
        self.fanout = Fanout()
        self._slates = SlateGops(self._specs, draw, clock)
        self._frozen = FrozenPictures(self._specs, self.gate)
        self._public = PublicThread(media_clock)
        self._live_taps: tuple[PictureSink, ...] = ()
        self._sound_taps: tuple[SoundTap, ...] = ()
        self.delay = (programme.retard_s if delay_s is None else delay_s) * SAMPLE_RATE
        self._needed_ms = config.confidentialite.needed_ms
        self.line = DelayLine(
            self.format,
            self.delay,
            {spec.tier: self.format.tick for spec in self._specs},
            self._slates,
            self.gate,
            tuple(self._aacs.values()),
            self.fanout,
            tap=self._tap_sound,
            on_arrival=self._public.arrived,
            stretch_percent=config.confidentialite.etirement_pourcent,
            frozen=self._frozen,
        )
        self._encoders = {spec.tier: self._encoder(spec) for spec in self._specs}
        self._new_encoders = RestartBudget(_NEW_ENCODERS, clock)
        self._new_monitors = RestartBudget(_NEW_MONITORS, clock)
        self._dropped_before = 0
        self.monitor = self._monitor()
        self.fanout.add(_MONITOR, self.monitor)

    @property
    def tiers(self) -> Mapping[str, TierFormat]:
        """What muxers must know of each rendition, best first, sound only last."""
        formats = {spec.tier: self._format(spec) for spec in self._specs}
        alone = TierFormat(
            SOUND_ONLY, 0, 0, 0, self._bitrates[SOUND_ONLY], None, self._aacs[SOUND_ONLY].template, SOUND_ONLY
        )
        return {**formats, SOUND_ONLY: alone}

    def _format(self, spec: TierSpec) -> TierFormat:
        # What is chosen to spare data does not spend a third of it on the fine sound.
        heard = SOUND_ONLY if spec.tier == TINY else MAIN_SOUND
        video, sound = self._encoders[spec.tier].template, self._aacs[heard].template
        return TierFormat(spec.tier, spec.width, spec.height, spec.fps, spec.bitrate, video, sound, heard)

    @property
    def main(self) -> TierFormat:
        """The best rendition."""
        return self.tiers[self._specs[0].tier]

    def slate(self, name: SlateName) -> SlateGop | None:
        """A slate in the best rendition, as it was drawn last."""
        return self._slates.newest(name, self._specs[0].tier)

    @property
    def bits_per_second(self) -> int:
        """What the public stream weighs, all renditions together."""
        return sum(spec.bitrate for spec in self._specs) + sum(self._bitrates.values())

    @staticmethod
    def public_epoch(epoch: Epoch, held: int) -> Epoch:
        """The run's epoch for what leaves: public time 0 is programme time minus the delay ``held`` (samples).

        Instants stay those of the act, as long as the delay does not change.
        """
        return Epoch(epoch.run, epoch.utc_ns - held * 1_000_000_000 // SAMPLE_RATE)

    def start(self) -> None:
        """Put the public on the slate. Raises ParameterSetsDiffer when slates cannot stand in for the programme."""
        self._slates.prepare(self._slate)
        self._slates.check({tier: encoder.parameter_sets for tier, encoder in self._encoders.items()})
        self.monitor.start()
        self._public.start(self.line)
        for encoder in self._encoders.values():
            encoder.start()
        self._slates.start()
        self._frozen.start()

    def stop(self) -> None:
        """End every thread; what waits in the delay is lost."""
        for encoder in self._encoders.values():
            encoder.stop()
        self._public.stop()
        self.monitor.stop()
        self._slates.stop()
        self._frozen.stop()
        for aac in self._aacs.values():
            aac.close()

    def picture(self, picture: Picture) -> None:
        """Sink of the mixer's pictures."""
        for encoder in self._encoders.values():
            encoder.put(picture)

    def sound(self, block: SoundBlock) -> None:
        """Sink of the mixer's sound."""
        self.line.sound(Live(block))

    def apart(self, block: SoundBlock) -> None:
        """Sink of the microphones apart."""
        self.line.apart(Live(block))

    def tap_live(self, sink: PictureSink) -> None:
        """Also hand every live packet to ``sink``, in the encoder's thread."""
        self._live_taps = (*self._live_taps, sink)

    def tap_public_sound(self, tap: SoundTap) -> None:
        """Also hand what leaves, before its encoding, to ``tap``, in the public thread."""
        self._sound_taps = (*self._sound_taps, tap)

    def ask_key(self, tier: str) -> bool:
        """An IDR soon in this rendition; False when there is none of that name."""
        encoder = self._encoders.get(tier)
        if encoder is not None:
            encoder.ask_key()
        return encoder is not None

    def antenna_off(self, slate: SlateName, *, at_once: bool) -> None:
        """The public gets this slate: from what leaves now, or (``at_once`` false) from what is live now."""
        start = self.line.head + RAMP if at_once else self._media_clock.now()
        self.gate.antenna_off(slate, MediaTime(start))

    def antenna_on(self) -> None:
        """The public gets the programme, from the next second of what is live: nothing said before was meant for it."""
        now = self._media_clock.now()
        self.gate.antenna_on(MediaTime(-(-now // SAMPLE_RATE) * SAMPLE_RATE))

    def hold_picture(self, start: MediaTime) -> None:
        """Have the last picture before what is hidden around ``start`` ready to be held. Does not wait for it."""
        units = self.line.gop_before(self.gate.hidden_since(start) or start)
        if units:
            self._frozen.want(units)

    def let_go(self) -> None:
        """No picture is held any more: what was may have to go."""
        self._frozen.revoke()

    def set_delay(self, seconds: int, by: DelayBy) -> None:
        """Another delay, while live. Raises Refusal."""
        self.line.change(seconds, by, self._media_clock.now())

    def ask_keys(self) -> None:
        """An IDR soon in every rendition."""
        for encoder in self._encoders.values():
            encoder.ask_key()

    def delay_status(self) -> DelayStatus:
        """The delay asked for and held now. What leaves in time is ``held`` old; what is late is older, not safer."""
        by, left = self.line.changing
        return DelayStatus(
            target_ms=to_ms(self.line.target),
            held_ms=to_ms(self.line.held),
            needed_ms=self._needed_ms,
            safe=to_ms(self.line.held) >= self._needed_ms,
            changing="" if by is None else by.value,
            left_ms=to_ms(left),
        )

    def encoder_counters(self) -> tuple[int, float, int]:
        """Pictures that wait for the main encoder, its mean time in ms, pictures that no encoder could take."""
        main = self._encoders[self._specs[0].tier]
        dropped = self._dropped_before + sum(e.dropped for e in self._encoders.values())
        return main.queued, main.mean_ms, dropped

    def mend(self) -> bool:
        """Replace what died by a new one. False when that does not help any more, or when the exit itself died."""
        self._mend_monitor()
        for spec in self._specs:
            if self._encoders[spec.tier].failed and not self._replace(spec):
                return False
        return not self._public.failed

    def _replace(self, spec: TierSpec) -> bool:
        if not self._new_encoders.spend():
            return False
        log.warning("encoder of %s is replaced", spec.tier)
        self._dropped_before += self._encoders[spec.tier].dropped
        fresh = self._encoder(spec)
        fresh.start()
        self._encoders[spec.tier] = fresh
        return True

    def _mend_monitor(self) -> None:
        dead = self.monitor.failed or _MONITOR in self.fanout.failed
        if not dead or not self._new_monitors.spend():
            return
        log.error("the monitor of the public stream died and is replaced")
        self.monitor.stop()
        self.monitor = self._monitor()
        self.monitor.start()
        self.fanout.add(_MONITOR, self.monitor)

    def _monitor(self) -> OutputMonitor:
        extradata = self._aacs[MAIN_SOUND].template.codec_context.extradata or b""
        return OutputMonitor(SMALL, extradata, lambda: self.line.passing)

    def _encoder(self, spec: TierSpec) -> TierEncoder:
        return TierEncoder(spec, (self.line.picture, self._tap_live))

    def _tap_live(self, packet: Live[EncodedPicture]) -> None:
        for tap in self._live_taps:
            tap(packet)

    def _tap_sound(self, block: Cleared[SoundBlock]) -> None:
        for tap in self._sound_taps:
            tap(block)
