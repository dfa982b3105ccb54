"""Builds the engine's status and its alarms from the parts, about ten times a second, on the loop."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from config.schema import Config
from regie.board import Counters, EngineStatus, Levels
from regie.clock import Clock, MediaClock
from regie.domain.timeline import Epoch
from regie.media.alarms import Alarms, Condition
from regie.media.chain import Chain
from regie.media.desk import Desk
from regie.media.health import Health, LagGauge, disk_hours
from regie.media.report import (
    SETTLE_MS,
    Losses,
    LossWatch,
    disk_conditions,
    loop_conditions,
    microphone_conditions,
    original_conditions,
    output_conditions,
    public_conditions,
    recording_conditions,
    secrecy_conditions,
    sound_output_conditions,
    source_conditions,
    uplink_kbps,
)
from regie.media.rtmp import RtmpOutputs
from regie.media.seance_outputs import SeanceOutputs
from regie.media.sound_out import SoundOutputs
from regie.media.stage import Stage


@dataclass(frozen=True, slots=True)
class Parts:
    """What the status is made from."""

    chain: Chain
    stage: Stage
    desk: Desk
    rtmp: RtmpOutputs
    seance: SeanceOutputs
    lag: LagGauge
    sound_outputs: SoundOutputs


class Reporter:
    """Tells the state of the engine. ``health`` is measured elsewhere, about once a second."""

    def __init__(
        self, config: Config, epoch: Epoch, clock: Clock, media_clock: MediaClock, parts: Parts
    ) -> None:
        self._least_gb = config.enregistrement.espace_minimal_go
        self._original = config.original.actif
        self._epoch = epoch
        self._clock = clock
        self._media_clock = media_clock
        self._parts = parts
        self._alarms = Alarms(SETTLE_MS)
        self._losses = LossWatch()
        self.health = Health()

    def levels(self) -> Levels:
        """The meters, the public's own included."""
        levels = self._parts.stage.mixer.levels()
        return msgspec.structs.replace(levels, antenna=self._parts.chain.monitor.levels)

    def status(self) -> EngineStatus:
        """Everything, as of now."""
        parts, chain = self._parts, self._parts.chain
        now, now_ms = self._media_clock.now(), self._clock.monotonic_ns() // 1_000_000
        shown = parts.stage.mixer.snapshot()
        status = EngineStatus(
            epoch=self._epoch,
            now=now,
            width=chain.format.width,
            height=chain.format.height,
            fps=chain.format.fps,
            programme=shown.programme,
            preview=shown.preview,
            transition_permille=shown.transition_permille,
            pending=shown.pending,
            sync=parts.stage.sync.status,
            stand_in=shown.stand_in,
            excluded=shown.excluded,
            veils=shown.veils,
            recess=parts.stage.mixer.recess,
            title=shown.title,
            logo=shown.logo,
            antenna=parts.desk.antenna.status(now_ms),
            sources=parts.stage.statuses(),
            outputs=parts.rtmp.statuses(),
            sound_outputs=parts.sound_outputs.statuses(),
            recording=parts.seance.recording_status(),
            removal=parts.seance.removal_status(),
            webtv=parts.seance.webtv(now),
            inputs=shown.inputs,
            delay=chain.delay_status(),
            masks=parts.desk.masking.masks,
            frozen=parts.desk.masking.frozen,
        )
        status = msgspec.structs.replace(status, counters=self._counters(status))
        alarms = self._alarms.update(self._conditions(status, now_ms), now_ms)
        return msgspec.structs.replace(status, alarms=alarms)

    def _counters(self, status: EngineStatus) -> Counters:
        mixer = self._parts.stage.mixer.counters()
        queued, encoder_ms, dropped = self._parts.chain.encoder_counters()
        return Counters(
            frames=mixer.frames,
            skipped=mixer.skipped,
            mixer_ms=mixer.mixer_ms,
            encoder_queue=queued,
            encoder_ms=encoder_ms,
            encoder_dropped=dropped,
            cpu=self.health.cpu,
            rss_mb=self.health.rss_mb,
            uplink_kbps=uplink_kbps(status.outputs),
            disk_free_gb=self.health.disk_free_gb,
            disk_hours=disk_hours(self.health.disk_free_gb, self._parts.seance.bits_per_second),
            loop_lag_ms=self._parts.lag.worst_ms,
        )

    def _conditions(self, status: EngineStatus, now_ms: int) -> Iterator[Condition]:
        parts, counters = self._parts, status.counters
        on_air = frozenset(status.programme.sources)
        yield from source_conditions(status.sources, on_air)
        for source in on_air & frozenset(status.excluded):
            yield Condition("camera_vers_zone", source)
        if status.stand_in is not None:
            yield Condition("plan_de_secours", status.programme.sources[0])
        yield from output_conditions(status.outputs)
        yield from sound_output_conditions(status.sound_outputs)
        yield from disk_conditions(self.health, self._least_gb, status.recording, status.webtv)
        yield from recording_conditions(status.recording, parts.seance.recording)
        yield from microphone_conditions(parts.stage.mixer.sound.bus.faults.found)
        yield from public_conditions(parts.chain.monitor.seen)
        losses = Losses(counters.skipped, counters.encoder_dropped, parts.chain.line.lost)
        if self._losses.update(losses, now_ms):
            yield Condition("encodeur_en_retard", severe=False)
        yield from loop_conditions(counters.loop_lag_ms)
        if status.antenna.recovering:
            yield Condition("moteur_relance")
        yield from secrecy_conditions(status)
        yield from original_conditions(parts.seance.original_fault(wanted=self._original))
