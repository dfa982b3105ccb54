"""The confidentiality delay, and the only way out of the building.

Encoded pictures and PCM wait here. At the exit, at the last instant, the gate is asked: a hidden picture is replaced by a slate
encoded with the same parameter sets, hidden sound by silence or a tone; then the sound is encoded and everything leaves as
:class:`Cleared`, pictures and sound in lock-step, stamped with the public timeline (programme + delay).

The public stream never stops: when nothing comes in, it goes on with a slate and silence on the same timeline. The delay itself
may change meanwhile, as :mod:`regie.domain.pacing` says: behind a slate, or by letting the same pictures and a stretched sound last
a little longer or shorter; no picture is ever encoded for that.

:class:`DelayLine` owns no thread and no clock: :meth:`DelayLine.advance` is given the time. :class:`PublicThread` drives it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from regie.clock import MediaClock
from regie.domain.commands import DelayBy
from regie.domain.model import SlateName
from regie.domain.pacing import Course, Pace, Step
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.frames import (
    Cleared,
    EncodedPicture,
    Live,
    ProgrammeFormat,
    PublicReader,
    Sound,
    SoundBlock,
    clear,
)
from regie.media.frozen import FrozenPictures, Still
from regie.media.gate import Gate, HiddenSound
from regie.media.pcm import BEHIND, RAMP, PcmDelay, conceal, faded_in, faded_out
from regie.media.renditions import GRACE, Slates, Tier
from regie.media.sound_encoder import AacEncoder
from regie.media.stretch import MOST, REACH, Stretcher

log = logging.getLogger(__name__)

HEADROOM = 5 * SAMPLE_RATE
"""What the line can hold beyond its delay, while its thread is late."""
JUMP = 5 * SAMPLE_RATE
"""Later than that (the machine slept), the line jumps to now instead of sending everything in a burst."""
KEPT = 6 * SAMPLE_RATE
"""How long what has left is kept: a mask that comes late holds a picture of before it."""
SURE = SAMPLE_RATE
"""Masks are remembered that long after their end: whatever is asked once a second has seen each of them."""

_Units = list[tuple[str, tuple[bytes, bool] | None]]
SoundTap = Callable[[Cleared[SoundBlock]], None]


class DelayLine:
    """Live in, Cleared out, ``delay`` later. ``tap`` gets the sound that leaves, before its encoding.

    ``picture`` and ``sound`` are called from any thread and never wait; ``advance`` from one thread only.
    """

    def __init__(
        self,
        programme: ProgrammeFormat,
        delay: int,
        tiers: Mapping[str, int],
        slates: Slates,
        gate: Gate,
        aacs: Sequence[AacEncoder],
        reader: PublicReader,
        tap: SoundTap | None = None,
        on_arrival: Callable[[], None] | None = None,
        stretch_percent: int = 8,
        frozen: FrozenPictures | None = None,
    ) -> None:
        """``tiers``: renditions and their pictures' duration (the same for all); the first one leads. ``aacs``: one a rate.
        ``frozen``: the pictures that may be held in the place of hidden ones."""
        self._tick = programme.tick
        self._pace = Pace(self._tick, delay, stretch_percent)
        self._course = Course(delay)
        self._frozen = frozen
        lead = next(iter(tiers))
        self._tiers = {
            name: Tier(name, tick, self._room(delay), slates, KEPT if frozen and name == lead else 0)
            for name, tick in tiers.items()
        }
        self._lead = self._tiers[lead]
        self._pcm = PcmDelay(delay + HEADROOM, start=-delay)
        self._stretcher = Stretcher(self._hear)
        self._gate = gate
        self._aacs = tuple(aacs)
        self._reader = reader
        self._tap = tap
        self._on_arrival = on_arrival
        self._lock = threading.Lock()
        self._apart: deque[SoundBlock] = deque()
        self.tracks: SoundTap | None = None
        """Takes the microphones apart as they leave, silent wherever the programme's sound is hidden."""
        self._resumed = False
        self.jumps = 0

    def picture(self, packet: Live[EncodedPicture]) -> None:
        """An encoded picture of the programme."""
        with self._lock:
            self._tiers[packet.value.tier].put(packet.value)
        if self._on_arrival is not None and self._pace.held < GRACE:
            self._on_arrival()

    def sound(self, block: Live[SoundBlock]) -> None:
        """A block of the programme's sound."""
        with self._lock:
            self._pcm.write(block.value.at, block.value.samples)
        if self._on_arrival is not None and self._pace.held < GRACE:
            self._on_arrival()

    def apart(self, block: Live[SoundBlock]) -> None:
        """The microphones of the same instants, each apart (microphones, n)."""
        with self._lock:
            if len(self._apart) >= self._room(max(self._pace.target, self._pace.held)):
                self._apart.popleft()
            self._apart.append(block.value)

    def change(self, seconds: int, by: DelayBy, live: int) -> None:
        """Go to another delay, while live; ``live`` is the programme's time now. Raises Refusal."""
        with self._lock:
            self._pace.ask(seconds, by, live)
            longest = max(self._pace.target, self._pace.held)
            self._pcm.grow(longest + HEADROOM)
            for tier in self._tiers.values():
                tier.room = max(tier.room, self._room(longest))

    def gop_before(self, t: int) -> tuple[EncodedPicture, ...]:
        """Of the first rendition: what leads to the last picture that ends at ``t`` at the latest, its keyframe first."""
        with self._lock:
            return self._lead.gop_before(t)

    @property
    def head(self) -> MediaTime:
        """Programme time of what leaves next: everything before it has left, or never will."""
        return MediaTime(self._pace.read)

    @property
    def heard_to(self) -> MediaTime:
        """Programme time after which no sound has left yet: while it is stretched, it may be a little ahead of the picture."""
        return MediaTime(self._pace.read + (MOST if self._stretcher.active else 0))

    @property
    def target(self) -> int:
        """The delay asked for, in samples."""
        return self._pace.target

    @property
    def held(self) -> int:
        """The delay held, in samples: what the public receives is that old."""
        return self._pace.held

    @property
    def changing(self) -> tuple[DelayBy | None, int]:
        """How the delay is being changed, and the samples until it is done."""
        return self._pace.by, self._pace.remaining()

    @property
    def course(self) -> Course:
        """Which instant of the programme each public instant shows."""
        return self._course

    @property
    def passing(self) -> bool:
        """Did the last instant that left show the programme, not a slate?"""
        return self._lead.passing

    @property
    def lost(self) -> int:
        """Pictures that came too late or did not fit, all renditions together."""
        return sum(tier.lost for tier in self._tiers.values())

    @property
    def sound_lost(self) -> int:
        """Samples that came too late or did not fit."""
        return self._pcm.lost

    def advance(self, now: int) -> int:
        """Let out all that is due at ``now`` (media time). Returns when it wants to be called again, at the latest."""
        pace = self._pace
        if now - pace.head > JUMP + GRACE:
            self._jump(now)
        while pace.head <= now:
            self._leap()
            give_up = pace.head + max(0, GRACE - pace.held)
            if now < give_up and not self._complete(pace.read):
                return give_up
            with self._lock:
                step = pace.step()
                self._course.note(step)
            self._leave(step)
        return pace.head

    def _leap(self) -> None:
        with self._lock:
            resumes = self._pace.leap()
        if resumes is not None:
            self._skip_to(resumes)

    def _room(self, delay: int) -> int:
        return (delay + HEADROOM) // self._tick

    def _complete(self, t: int) -> bool:
        ahead = REACH if self._stretcher.active or self._pace.stretching else 0
        with self._lock:
            if self._pcm.written_to < t + self._tick + ahead:
                return False
            return all(tier.complete(t) for tier in self._tiers.values())

    def _leave(self, step: Step) -> None:
        """One instant of the public timeline: its picture in every rendition, then its sound."""
        if step.shows is None:
            units, sound = self._hold(step, self._pace.read)
        else:
            units, sound = self._show(step, step.shows)
        for name, unit in units:
            if unit is not None:
                data, key = unit
                self._reader.picture(clear(EncodedPicture(data, MediaTime(step.head), step.lasts, key, name)))
        self._leave_sound(step.head, sound)
        if (step.shows or 0) % SAMPLE_RATE == 0:
            if self._frozen is not None:
                self._frozen.review()
            self._gate.forget_before(self._pace.read - BEHIND - RAMP - SURE)

    def _show(self, step: Step, t: int) -> tuple[_Units, Sound]:
        hidden = self._hidden(t)
        with self._lock:
            units = [(name, tier.leave(t, hidden)) for name, tier in self._tiers.items()]
        if step.lasts != self._tick:
            sound = self._stretcher.block(t, self._tick, step.lasts)
        else:
            sound = self._stretcher.rest(t, self._tick)
        with self._lock:
            self._pcm.read(self._tick)
        self._leave_apart(step, t)
        if self._resumed:
            self._resumed, sound = False, faded_in(sound)
        if self._pace.leaving:
            sound = faded_out(sound)
        return units, sound

    def _hidden(self, t: int) -> SlateName | Still | None:
        """What stands for the picture of ``t``; None when it may leave."""
        slate = self._gate.slate_for(t, t + self._tick)
        if slate is not SlateName.MASKED or self._frozen is None:
            return slate
        since = self._gate.frozen_since(t, t + self._tick)
        return (self._frozen.before(since) if since is not None else None) or slate

    def _hold(self, step: Step, t: int) -> tuple[_Units, Sound]:
        """The programme waits before ``t``; the public has a slate."""
        slate = self._gate.slate_for(t, t + self._tick) or SlateName.DELAY
        with self._lock:
            units: _Units = [(name, tier.slate(step.head, slate)) for name, tier in self._tiers.items()]
        self._stretcher.forget()
        self._resumed = True
        return units, np.zeros((2, step.lasts), np.float32)

    def _hear(self, t: int, n: int) -> Sound:
        """Sound of the programme that waits, or has just left, with nothing hidden in it."""
        with self._lock:
            samples = self._pcm.peek(t, n)
        return conceal(samples, t, self._gate.hidden_sound(t - RAMP, t + n + RAMP))

    def _leave_apart(self, step: Step, t: int) -> None:
        """In the place of what the public hears meanwhile: cut where it goes faster, with a gap where it goes slower."""
        with self._lock:
            while self._apart and self._apart[0].at < t:
                self._apart.popleft()
            block = self._apart.popleft() if self._apart and self._apart[0].at == t else None
        if block is None or self.tracks is None:
            return
        hidden = self._gate.hidden_sound(t - RAMP, t + self._tick + RAMP)
        clean = conceal(block.samples, t, HiddenSound((*hidden.silence, *hidden.tone), ()))
        self.tracks(clear(SoundBlock(clean[:, : step.lasts], MediaTime(step.head))))

    def _leave_sound(self, u: int, clean: Sound) -> None:
        if self._tap is not None:
            self._tap(clear(SoundBlock(clean, MediaTime(u))))
        for aac in self._aacs:
            for unit in aac.encode(clean):
                self._reader.sound(clear(unit))

    def _skip_to(self, t: int) -> int:
        self._stretcher.forget()
        self._resumed = True
        with self._lock:
            self._pcm.skip_to(t)
            return sum(tier.skip_to(t) for tier in self._tiers.values())

    def _jump(self, now: int) -> None:
        self.jumps += 1
        with self._lock:
            self._pace.jump(now)
        gone = self._skip_to(self._pace.read)
        self._lead.lost += gone
        for aac in self._aacs:
            aac.restart_at(MediaTime(self._pace.head))
        log.warning("the delay line was late by seconds and jumped to now")


class PublicThread:
    """Drives a delay line on the run's clock, in the thread ``public``. ``failed`` when it died of an error."""

    def __init__(self, clock: MediaClock) -> None:
        self._clock = clock
        self._line: DelayLine | None = None
        self._arrived = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="public", daemon=True)
        self.failed = False

    def arrived(self) -> None:
        """Something came in: with a short delay it may be what the line waits for."""
        self._arrived.set()

    def start(self, line: DelayLine) -> None:
        """Begin to let out."""
        self._line = line
        self._thread.start()

    def stop(self) -> None:
        """End at once; what waits is lost."""
        self._stop.set()
        self._arrived.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        assert self._line is not None
        try:
            while not self._stop.is_set():
                self._arrived.clear()
                due = self._line.advance(self._clock.now())
                seconds = self._clock.seconds_until(due)
                if seconds > 0:
                    self._arrived.wait(seconds)
        except Exception:  # noqa: BLE001 - a dead exit must be noticed by its owner, whatever killed it
            self.failed = True
            log.exception("the public thread died")
