"""What the engine tells of itself: the status as one value, and what is wrong. Built from the parts, owns nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audio.faults import Fault, FaultKind
from regie.board import (
    EngineStatus,
    OutputState,
    OutputStatus,
    RecordingStatus,
    SoundOutputStatus,
    SourceState,
    SourceStatus,
    WebTvStatus,
)
from regie.domain.model import SourceId
from regie.media.alarms import Condition
from regie.media.disk import FULL
from regie.media.health import Health
from regie.media.monitor import Seen

LAST_GB = 0.3
"""Free space under which nothing can be counted on any more."""

SLOW_LOOP_MS = 250.0
"""A loop that late keeps commands waiting as long: who presses a key sees nothing come."""

EXPECTED_AWAY = frozenset({"salle_absente", "salle_partie"})
"""A remote room that is not there yet, or shares nothing: who keeps the rooms says what is wrong with them."""
SETTLE_MS = {
    "source_perdue": 3000,
    "sortie_perdue": 2000,
    "enregistrement_arrete": 2000,
    "sortie_son_absente": 3000,
    "moteur_lent": 6000,
}
"""How long these must last before they are alarms: a restart, a first connection or a hiccup is none."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Pictures lost since the start: skipped by the mixer, refused by an encoder, late in the delay line."""

    skipped: int = 0
    encoder: int = 0
    line: int = 0


class LossWatch:
    """Are pictures being lost now? They are for ``hold_ms`` after each loss."""

    def __init__(self, hold_ms: int = 5000) -> None:
        self._hold_ms = hold_ms
        self._before = Losses()
        self._until = -1

    def update(self, losses: Losses, now_ms: int) -> bool:
        """Note the counters; True while pictures are being lost."""
        if losses != self._before:
            self._until = now_ms + self._hold_ms
        self._before = losses
        return now_ms < self._until


def source_conditions(sources: Sequence[SourceStatus], on_air: frozenset[SourceId]) -> Iterator[Condition]:
    """Sources that fail; it is severe when citizens may see it."""
    for source in sources:
        severe = source.id in on_air
        if not severe and source.reason in EXPECTED_AWAY:
            continue
        if source.state is SourceState.STALE:
            yield Condition("source_figee", source.id, severe)
        elif source.state is not SourceState.LIVE:
            yield Condition("source_perdue", source.id, severe)


def output_conditions(outputs: Sequence[OutputStatus]) -> Iterator[Condition]:
    """Destinations that are on and do not receive."""
    for output in outputs:
        failing = output.state in (OutputState.CONNECTING, OutputState.RETRYING)
        if failing or (output.state is OutputState.STOPPED and output.reason):
            yield Condition("sortie_perdue", output.id)


def sound_output_conditions(outputs: Sequence[SoundOutputStatus]) -> Iterator[Condition]:
    """Cards of the building that do not play; citizens hear nothing of it."""
    for output in outputs:
        if not output.playing:
            yield Condition("sortie_son_absente", output.id, severe=False)


def disk_conditions(
    health: Health, least_gb: float, recording: RecordingStatus, webtv: WebTvStatus
) -> Iterator[Condition]:
    """A disk that is full, or soon."""
    if FULL in (recording.reason, webtv.reason) or health.disk_free_gb < LAST_GB:
        yield Condition("disque_plein")
    elif health.disk_free_gb < least_gb:
        yield Condition("disque_presque_plein", severe=False)


def recording_conditions(recording: RecordingStatus, wanted: bool) -> Iterator[Condition]:
    """A recording that should go on and does not, or does not verify."""
    if wanted and (not recording.on or recording.reason not in ("", FULL)):
        yield Condition("enregistrement_arrete")
    if recording.verified is False:
        yield Condition("enregistrement_abime", severe=False)


def microphone_conditions(faults: Sequence[Fault]) -> Iterator[Condition]:
    """Microphones that do not say what they should."""
    for fault in faults:
        yield Condition(fault.kind.value, fault.name, fault.kind is FaultKind.SILENT)


def public_conditions(seen: Seen) -> Iterator[Condition]:
    """What citizens see or hear that is wrong."""
    for present, code, severe in (
        (seen.silent, "programme_muet", True),
        (seen.one_sided, "son_une_voie", False),
        (seen.crushed, "son_sature", False),
        (seen.black, "image_noire", True),
        (seen.still and not seen.black, "image_figee", True),
    ):
        if present:
            yield Condition(code, severe=severe)


def loop_conditions(lag_ms: float) -> Iterator[Condition]:
    """An engine that carries out commands late."""
    if lag_ms >= SLOW_LOOP_MS:
        yield Condition("moteur_lent", severe=False)


def secrecy_conditions(status: EngineStatus) -> Iterator[Condition]:
    """What weakens confidentiality: a held mask that nobody holds any more, a delay too short to catch anything."""
    for mask in status.masks:
        if mask.is_open and mask.alone:
            yield Condition("masque_sans_operateur", mask.id)
    if status.antenna.on and not status.delay.safe:
        yield Condition("retard_insuffisant", severe=False)


def original_conditions(fault: str) -> Iterator[Condition]:
    """The sealed original was allowed and is not being made: its key cannot be read, or its disk refuses."""
    if fault:
        yield Condition("original_arrete")


def signature(status: EngineStatus) -> tuple[object, ...]:
    """What of a status is news when it changes; the rest (rates, times, counters) may wait for the next second."""
    recording, webtv = status.recording, status.webtv
    return (
        (
            status.programme,
            status.preview,
            status.transition_permille,
            status.pending,
            status.stand_in,
            status.excluded,
            status.veils,
            status.sync,
            status.title,
            status.logo,
        ),
        (status.antenna.on, status.antenna.slate, status.antenna.recovering),
        tuple((s.id, s.state, s.decoding, s.reason, s.has_sound) for s in status.sources),
        tuple((o.id, o.state, o.reason) for o in status.outputs),
        (recording.on, recording.file, recording.reason, recording.verified, webtv.seance, webtv.reason),
        status.inputs,
        tuple((a.code, a.subject, a.severe) for a in status.alarms),
        (status.delay.safe, status.delay.target_ms, status.delay.changing),
        status.masks,
    )


def uplink_kbps(outputs: Sequence[OutputStatus]) -> int:
    """What all destinations together receive."""
    return sum(output.kbps for output in outputs)
