"""The sound desk of the engine: the bus of :mod:`audio.micbus` on our sources, with the commands and readings of the board."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from audio.intake import Feed
from audio.micbus import MicBus, Mixed
from audio.settings import BUSES, NO_GATE, Setting, Strip
from config.chamber import Microphone
from config.inputs import SourceKind
from config.schema import Sound as SoundConfig
from regie.board import InputStatus, Levels, LoudnessLevels
from regie.domain.commands import SetInput
from regie.domain.model import SourceId
from regie.domain.timeline import MediaTime
from regie.errors import Refusal
from regie.media.frames import Microphones, Source

MICROPHONE = "micro"
_RANGES: Mapping[str, tuple[float, float]] = {
    "gain_db": (-60.0, 20.0),
    "delay_ms": (-1000, 2000),
    "pan": (-1.0, 1.0),
    "high_pass_hz": (0, 400),
    "gate_db": (NO_GATE, 0.0),
}


class SoundDesk:
    """Settings may be changed from any thread; :meth:`block` is for the mixer's."""

    def __init__(
        self,
        sources: Mapping[SourceId, Source],
        inputs: Sequence[InputStatus],
        microphones: Sequence[Microphone] = (),
        sound: SoundConfig | None = None,
    ) -> None:
        """``inputs``: how the desk begins. A source whose channels are microphones is heard through them only."""
        self._target = (sound or SoundConfig()).sonie_lufs
        begins = {one.source: one for one in inputs}
        rows = _rows(microphones)
        self._inputs: dict[SourceId, InputStatus] = {}
        strips, feeds = [], {}
        for name, source in sources.items():
            if name in rows:
                assert isinstance(source, Microphones), f"{name} has no channels of its own"
                feeds[name] = _channels(source)
            else:
                feeds[name] = _stereo(source)
                begin = self._inputs[name] = begins.get(name, InputStatus(source=name))
                rests = begin.kind == SourceKind.ROOM.value
                strips.append(Strip(name, name, (0, 1), _setting(begin), begin.remote, rests))
        for micro in microphones:
            begin = self._inputs[micro.id] = begins.get(micro.id, InputStatus(source=micro.id))
            strips.append(Strip(micro.id, micro.source, (rows[micro.source][micro.canal],), _setting(begin)))
        self._microphones = [n for n, strip in enumerate(strips) if strip.is_microphone]
        self.bus = MicBus(strips, feeds, target_lufs=self._target)

    def block(self, t: int, n: int, wanted: Sequence[str] = (), *, tracks: bool = False) -> Mixed:
        """The mixes from ``t``; see :meth:`audio.micbus.MicBus.block`. Its tracks are the microphones only."""
        mixed = self.bus.block(t, n, wanted, tracks=tracks)
        return mixed if mixed.tracks is None else replace(mixed, tracks=mixed.tracks[self._microphones])

    def set(self, change: SetInput, since: int = 0) -> None:
        """Change what is given of one input; what that opens is heard from ``since``, when it is asked. Raises Refusal
        ``source_inconnue``, ``reglage_invalide``."""
        if change.source not in self.bus:
            raise Refusal(f"no sound input {change.source!r}", code="source_inconnue", source=change.source)
        given: dict[str, Any] = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if name != "source" and value is not None
        }
        for name, (low, high) in _RANGES.items():
            if name in given and not low <= given[name] <= high:
                raise Refusal(f"{name} {given[name]} is out of reach", code="reglage_invalide", reglage=name)
        if "sends" in given:
            unknown = set(given["sends"]) - set(BUSES)
            if unknown:
                raise Refusal("no such mix", code="reglage_invalide", reglage="sends")
            given["sends"] = frozenset(given["sends"])
        self.bus.set(change.source, since, **given)

    def close(self, names: Collection[SourceId], since: int = 0) -> None:
        """Close these inputs and no other; those that are not here are nobody's. ``since``: see :meth:`set`."""
        for name, setting in self.bus.settings().items():
            if setting.closed is not (name in names):
                self.bus.set(name, since, closed=name in names)

    def inputs(self) -> tuple[InputStatus, ...]:
        """Every input as it is set now."""
        return tuple(
            msgspec.structs.replace(
                self._inputs[name],
                gain_db=one.gain_db,
                muted=one.muted,
                closed=one.closed,
                delay_ms=one.delay_ms,
                pan=one.pan,
                high_pass_hz=one.high_pass_hz,
                gate_db=one.gate_db,
                solo=one.solo,
                automix=one.automix,
                levelled=one.levelled,
                sends=tuple(bus for bus in BUSES if bus in one.sends),
            )
            for name, one in self.bus.settings().items()
        )

    def levels(self) -> Levels:
        """The meters."""
        meter = self.bus.loudness
        return Levels(
            inputs=self.bus.input_levels(),
            programme=self.bus.programme_levels(),
            automatic=self.bus.automatic_gains(),
            mixes=self.bus.mix_levels(),
            loudness=LoudnessLevels(
                momentary=round(meter.momentary, 1),
                short_term=round(meter.short_term, 1),
                integrated=round(meter.integrated, 1),
                true_peak=round(meter.true_peak_db, 1),
                target=self._target,
            ),
        )


def channels_apart(microphones: Sequence[Microphone], source: SourceId) -> tuple[int, ...]:
    """The channels of a source (from 1) that are each a microphone, in the order of its rows; empty when it has none."""
    return tuple(micro.canal for micro in microphones if micro.source == source)


def _rows(microphones: Sequence[Microphone]) -> dict[SourceId, dict[int, int]]:
    sources = {micro.source for micro in microphones}
    return {
        source: {channel: row for row, channel in enumerate(channels_apart(microphones, source))}
        for source in sources
    }


def _stereo(source: Source) -> Feed:
    return lambda t, n: source.sound_at(MediaTime(t), n)


def _channels(source: Microphones) -> Feed:
    return lambda t, n: source.channels_at(MediaTime(t), n)


def _setting(begin: InputStatus) -> Setting:
    return Setting(
        gain_db=begin.gain_db,
        muted=begin.muted,
        closed=begin.closed,
        delay_ms=begin.delay_ms,
        pan=begin.pan,
        high_pass_hz=begin.high_pass_hz,
        gate_db=begin.gate_db,
        solo=begin.solo,
        automix=begin.automix,
        levelled=begin.levelled,
        sends=frozenset(begin.sends),
    )
