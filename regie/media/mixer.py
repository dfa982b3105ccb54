"""The mixer: one picture and one block of sound a tick, for ever, whatever becomes of the sources.

Its thread ``program`` wakes at each tick of the run's clock, lets the buses advance, picks each source's picture by time,
composes, and hands picture and sound to its sinks, which only enqueue. A late tick loses its picture, never its sound: sound is
counted in samples and stays continuous. Commands come from any thread and are seen at the next tick; an input that one of them
opens is heard from then on, and not in the sound that is still owed for before.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import av
import msgspec
import numpy as np

from audio.settings import RECORDING
from config.chamber import Microphone
from config.inputs import SourceKind
from config.schema import Sound as SoundConfig
from config.schema import Town
from regie.board import Decoding, InputStatus, Levels, SourceState
from regie.clock import MediaClock, SystemClock
from regie.domain.commands import SetInput
from regie.domain.model import Shot, SlateName, SourceId, Title, Veil
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.errors import Refusal, RegieError
from regie.media import bus, rescue
from regie.media.colour import yuv_of
from regie.media.compose import Composer, Overlay, Scene
from regie.media.frames import Picture, ProgrammeFormat, SoundBlock, Source
from regie.media.shown import Hidden, MixerCounters, Shown
from regie.media.slate_source import SlateBook, SlateSource
from regie.media.slates import wall_of
from regie.media.sound_desk import SoundDesk
from regie.media.titles import Layer, draw_logo, draw_title
from regie.media.veiling import Veiler
from regie.media.voices import Voices

log = logging.getLogger(__name__)

HOLD = from_ms(2500)
"""A source without a new picture keeps its last one that long (500 ms until stale, then two seconds), then gives way to a slate."""
ROOM_HOLD = from_ms(5000)
"""A remote room that lost its link is held longer: it is expected back."""
JUMP = 5 * SAMPLE_RATE
"""Later than that (the machine slept), the mixer goes on from now instead of catching up its sound."""
SMOOTHING = 0.05


class OtherMixes(Protocol):
    """Whoever listens to other mixes of the sound than the programme (a remote room: everybody but itself)."""

    def wanted(self) -> Sequence[str]:
        """Names of the mixes that somebody listens to, as :mod:`audio.settings` gives them."""

    def take(self, name: str, block: SoundBlock) -> None:
        """One block of a mix. Must not wait."""


class _Nobody:
    """Nobody listens."""

    def wanted(self) -> Sequence[str]:
        return ()

    def take(self, name: str, block: SoundBlock) -> None:
        pass


class Mixer:
    """See the module. ``programme`` and ``preview`` are taken up from the last run where their sources still exist."""

    def __init__(
        self,
        fmt: ProgrammeFormat,
        sources: Mapping[SourceId, Source],
        clock: MediaClock,
        picture_sink: Callable[[Picture], None],
        sound_sink: Callable[[SoundBlock], None],
        town: Town,
        programme: Shot | None = None,
        preview: Shot | None = None,
        inputs: tuple[InputStatus, ...] = (),
        *,
        fade_ms: int = 500,
        stand_ins: Sequence[SourceId] = (),
        excluded: Sequence[SourceId] = (),
        veils: Mapping[SourceId, tuple[Veil, ...]] | None = None,
        fixed_veils: Mapping[SourceId, tuple[Veil, ...]] | None = None,
        microphones: Sequence[Microphone] = (),
        sound: SoundConfig | None = None,
    ) -> None:
        """``stand_ins``: who may replace a lost source on air, best first; ``excluded``, ``veils``: see :meth:`exclude`;
        ``fixed_veils``: those that are always there, on cameras that do not turn."""
        self._fmt = fmt
        self._tick = fmt.tick
        self._clock = clock
        self._picture_sink = picture_sink
        self._sound_sink = sound_sink
        self._town = town
        self._fade_ms = fade_ms
        self._system = SystemClock()
        self._book = SlateBook(town, fmt, self._system)
        slates: dict[SourceId, Source] = {n.source_id: SlateSource(n, self._book) for n in SlateName}
        self._sources: dict[SourceId, Source] = {**sources, **slates}
        about = {source.id: source.status() for source in sources.values()}
        self._names = {name: status.name for name, status in about.items()}
        remote = (SourceKind.ROOM.value, SourceKind.DOCUMENT.value)
        self._rooms = frozenset(name for name, status in about.items() if status.kind in remote)
        before = Shot((SlateName.BEFORE.source_id,))
        first = Shot((next(iter(sources)),)) if sources else before
        self._buses = bus.Buses(self._known(programme) or before, self._known(preview) or first)
        wall = yuv_of(wall_of(town))
        self._composer = Composer(fmt, wall=wall)
        self._preview_composer = Composer(fmt, wall=wall)
        self.sound = SoundDesk(sources, inputs, microphones, sound)
        self.voices = Voices()
        self._latest: dict[SourceId, Picture | None] = {}
        self._stand_ins = tuple(one for one in stand_ins if one in sources)
        self._rescue = rescue.NONE
        self._hidden = Hidden(frozenset(excluded), dict(veils or {}))
        self._fixed_veils = dict(fixed_veils or {})
        self._veiler = Veiler(fmt)
        self.recess = False
        """Is the séance suspended? Set by :meth:`set_recess`."""
        self._title: Title | None = None
        self._title_layer, self._logo_layer = Layer(), Layer()
        self._logo: Overlay | None = None
        self._logo_wanted = True
        self._lock = threading.Lock()
        self._now = MediaTime(0)
        self._frames = self._skipped = 0
        self._mixer_ms = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="program", daemon=True)
        self.failed = False
        self.other_mixes: OtherMixes = _Nobody()
        self.apart_sink: Callable[[SoundBlock], None] | None = None
        """Takes the open microphones apart, each before its fader, then the two sides of the mix that goes with them
        (microphones + 2, n). Must not wait."""

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Draw the slates, then begin."""
        self._book.start()
        self.voices.start()
        try:
            self._logo = draw_logo(self._town, self._fmt)
        except RegieError as error:
            log.warning("the town's logo is left out: %s", error.stable_code)
        self.set_logo(self._logo_wanted)
        self._thread.start()

    def stop(self) -> None:
        """End; safe to call twice."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)
        self._book.stop()
        self.voices.stop()

    def _run(self) -> None:
        try:
            tick = self._clock.now() // self._tick + 1
            while self._clock.wait_until(tick * self._tick, self._stop):
                tick = self._follow(tick)
        except Exception:  # noqa: BLE001 - a dead mixer must be noticed by its owner, whatever killed it
            self.failed = True
            log.exception("the mixer died")

    def _follow(self, tick: int) -> int:
        """Make what is due; returns the next tick."""
        newest = self._clock.now() // self._tick
        if (newest - tick) * self._tick > JUMP:
            self._skipped += newest - tick
            tick = newest
        while tick < newest:
            self._skipped += 1
            self._sounds(MediaTime(tick * self._tick))
            tick += 1
        self.make(MediaTime(tick * self._tick))
        return tick + 1

    def make(self, t: MediaTime) -> None:
        """The sound and the picture due at ``t``. Called by the mixer's own thread; tests call it on virtual time."""
        began = self._system.monotonic_ns()
        self._sounds(t)
        self._picture_sink(Picture(self._compose(t), t))
        self._frames += 1
        self._mixer_ms += SMOOTHING * ((self._system.monotonic_ns() - began) / 1e6 - self._mixer_ms)

    # -- pictures ---------------------------------------------------------------------------------------------------

    def _compose(self, t: MediaTime) -> av.VideoFrame:
        with self._lock:
            self._now = t
            self._buses = buses = bus.step(self._buses, t, self._tick, self._is_ready)
            layers = [layer.at(t, self._tick) for layer in (self._logo_layer, self._title_layer)]
        self._latest = {name: source.picture_at(t) for name, source in self._sources.items()}
        if self.recess:
            return self._composer.render(
                self._scene(Shot((SlateName.PAUSE.source_id,)), t, None), None, 0, []
            )
        hidden, target = self._hidden, None
        if buses.transition is not None and buses.mix:
            target = self._scene(buses.transition.target, t, hidden)
        overlays = [layer for layer in layers if layer is not None]
        shown = self._rescued(buses.programme, t, hidden)
        return self._composer.render(self._scene(shown, t, hidden), target, buses.mix, overlays)

    def _rescued(self, programme: Shot, t: MediaTime, hidden: Hidden) -> Shot:
        """The programme's shot, or what stands in for a source that is lost."""

        def look(source: SourceId) -> rescue.Seen:
            one = self._sources[source]
            if source in hidden.sources:
                return rescue.Seen(live=False, ready=False)
            return rescue.Seen(one.status().state is SourceState.LIVE, one.is_ready())

        before = self._rescue
        self._rescue = rescue.step(before, programme, look, self._stand_ins, t)
        if self._rescue.warm not in (None, before.warm):
            self._sources[self._rescue.warm or ""].want(Decoding.FULL)
        if self._rescue.stand_in != before.stand_in:
            log.warning(
                "stand-in on air", extra={"lost": self._rescue.lost, "stand_in": self._rescue.stand_in}
            )
        return self._rescue.shot(programme)

    def _scene(self, shot: Shot, t: MediaTime, hidden: Hidden | None) -> Scene:
        """``hidden``: None shows everything, which only the technician sees."""
        return Scene(shot.layout, tuple(self._picture(source, t, hidden) for source in shot.sources))

    def latest(self, source: SourceId) -> Picture | None:
        """The picture of a source at the last tick. From any thread: only the mixer may ask the source itself."""
        return self._latest.get(source)

    def _picture(self, source: SourceId, t: MediaTime, hidden: Hidden | None) -> av.VideoFrame:
        """The picture of a source, or the slate that says it is missing."""
        picture = self._latest.get(source)
        late = picture is None or t - picture.at > (ROOM_HOLD if source in self._rooms else HOLD)
        if picture is None or late or (hidden is not None and source in hidden.sources):
            return self._book.picture(SlateName.FAULT, self._names.get(source, "")).frame
        if hidden is None:
            return picture.frame
        veils = (*self._fixed_veils.get(source, ()), *hidden.veils.get(source, ()))
        return self._veiler.veiled(picture.frame, veils)

    def _is_ready(self, shot: Shot) -> bool:
        """May a shot go on air? In a layout, a source that is away does not hold the others back: its pane says so."""
        states = [self._sources[source].is_ready() for source in shot.sources]
        if all(states):
            return True
        if not any(states) or len(states) == 1:
            return False
        late = [self._sources[s] for s, ready in zip(shot.sources, states, strict=True) if not ready]
        return all(source.status().state is not SourceState.LIVE for source in late)

    def preview_picture(self) -> Picture | None:
        """The preview bus, composed now, without titles; for one thread (thumbnails)."""
        with self._lock:
            shot, t = self._buses.preview, self._now
        return Picture(self._preview_composer.render(self._scene(shot, t, None)), t)

    # -- sound ------------------------------------------------------------------------------------------------------

    def _sounds(self, t: MediaTime) -> None:
        apart = self.apart_sink
        others = tuple(self.other_mixes.wanted())
        wanted = others if apart is None else (*others, RECORDING)
        mixed = self.sound.block(t, self._tick, wanted, tracks=apart is not None)
        if apart is not None and mixed.tracks is not None:
            apart(SoundBlock(np.concatenate((mixed.tracks, mixed.others[RECORDING])), t))
        self.voices.hear(self.sound.bus.heard)
        # Before the programme: who has a mix of its own at this instant does not hear the programme's.
        for name, samples in mixed.others.items():
            self.other_mixes.take(name, SoundBlock(samples, t))
        self._sound_sink(SoundBlock(mixed.programme, t))

    # -- commands ---------------------------------------------------------------------------------------------------

    def set_preview(self, shot: Shot) -> None:
        """Prepare a shot. Raises Refusal ``plan_invalide``, ``source_inconnue``."""
        bus.check_shot(shot, self._sources)
        with self._lock:
            self._buses = bus.set_preview(self._buses, shot)

    def exclude(
        self, sources: Sequence[SourceId], veils: Mapping[SourceId, tuple[Veil, ...]] | None = None
    ) -> None:
        """Sources that the programme must not show, and veils over what of the others nobody may recognise, from the next picture
        on; the technician still sees all of it on preview."""
        self._hidden = Hidden(frozenset(sources), dict(veils or {}))

    def set_recess(self, on: bool) -> None:
        """Suspended: from the next picture on the programme is the slate, and no microphone is in any mix, the rooms' included.

        The buses go on being driven, and are seen again when it is over.
        """
        self.recess = on
        self.sound.bus.hush(on, self._clock.now())

    def _may_show(self, shot: Shot) -> None:
        """Raise Refusal ``source_exclue``."""
        for source in shot.sources:
            if source in self._hidden.sources:
                raise Refusal(f"{source!r} must not be shown now", code="source_exclue", source=source)

    def cut(self, expected: Shot | None = None) -> None:
        """Preview to programme as soon as it is ready. Raises Refusal ``preparation_changee``, ``source_exclue``."""
        with self._lock:
            self._may_show(self._buses.preview)
            self._buses = bus.cut(self._buses, expected)

    def auto(self, duration_ms: int | None = None, expected: Shot | None = None) -> None:
        """Preview to programme by a fade. Raises Refusal ``preparation_changee``, ``transition_invalide``, ``source_exclue``."""
        duration = from_ms(self._fade_ms if duration_ms is None else duration_ms)
        with self._lock:
            self._may_show(self._buses.preview)
            self._buses = bus.auto(self._buses, duration, expected)

    def set_transition(self, permille: int) -> None:
        """The T-bar by hand. Raises Refusal ``transition_invalide``, ``source_exclue``."""
        with self._lock:
            if permille and self._buses.transition is None:
                self._may_show(self._buses.preview)
            self._buses = bus.set_transition(self._buses, permille)

    def take(self, shot: Shot) -> None:
        """A shot straight to programme as soon as it is ready. Raises Refusal ``plan_invalide``, ``source_inconnue``,
        ``source_exclue``."""
        bus.check_shot(shot, self._sources)
        self._may_show(shot)
        with self._lock:
            self._buses = bus.take(self._buses, shot)

    def set_title(self, title: Title | None) -> None:
        """Show a lower third, or take it off. Raises Refusal ``titre_vide``."""
        overlay = None if title is None else draw_title(title, self._town, self._fmt)
        with self._lock:
            if title != self._title:
                self._title = title
                self._title_layer.show(overlay)

    def set_logo(self, visible: bool) -> None:
        """Show or hide the logo."""
        with self._lock:
            self._logo_wanted = visible
            self._logo_layer.show(self._logo if visible else None)

    def set_input(self, change: SetInput) -> None:
        """Settings of one sound input. Raises Refusal ``source_inconnue``, ``reglage_invalide``."""
        self.sound.set(change, self._clock.now())

    def close_inputs(self, inputs: Sequence[SourceId]) -> None:
        """Sound inputs that nobody hears, whatever their own setting; the whole set."""
        self.sound.close(frozenset(inputs), self._clock.now())

    def declare_open(self, microphones: tuple[str, ...] | None) -> None:
        """The microphones that the conference system says are open: what is heard is compared with it."""
        self.sound.bus.faults.declared = None if microphones is None else frozenset(microphones)

    # -- state ------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Shown:
        """What is shown and heard now."""
        with self._lock:
            buses, title, logo = self._buses, self._title, self._logo_wanted
        hidden = self._hidden
        return Shown(
            buses.programme,
            buses.preview,
            buses.permille,
            buses.awaited,
            title,
            logo,
            self.sound.inputs(),
            self._rescue.stand_in,
            tuple(sorted(hidden.sources)),
            dict(hidden.veils),
        )

    def needed(self) -> frozenset[SourceId]:
        """The sources that must be decoded in full."""
        warm = self._rescue.warm
        with self._lock:
            return self._buses.needed() | ({warm} if warm is not None else set())

    def levels(self) -> Levels:
        """The meters."""
        return msgspec.structs.replace(self.sound.levels(), voices=self.voices.probabilities)

    def counters(self) -> MixerCounters:
        """Pictures made, pictures lost for lateness, time to make one."""
        return MixerCounters(self._frames, self._skipped, round(self._mixer_ms, 2))

    def _known(self, shot: Shot | None) -> Shot | None:
        """A shot of the last run, if all it shows still exists."""
        if shot is None:
            return None
        try:
            bus.check_shot(shot, self._sources)
        except Refusal:
            return None
        return shot
