"""The confidentiality delay, and the only way out of the building.

Encoded pictures and PCM wait here ``delay`` samples of media time. At the exit, at the last instant, the gate is asked: a hidden
picture is replaced by a slate encoded with the same parameter sets, hidden sound by silence or a tone; then the sound is encoded
and everything leaves as :class:`Cleared`, pictures and sound in lock-step, stamped with the public timeline (programme + delay).

The public stream never stops: when nothing comes in, it goes on with a slate and silence on the same timeline.

:class:`DelayLine` owns no thread and no clock: :meth:`DelayLine.advance` is given the time. :class:`PublicThread` drives it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from regie.clock import MediaClock
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
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
from regie.media.gate import Gate
from regie.media.pcm import RAMP, PcmDelay, conceal
from regie.media.slate_gops import SlateGop
from regie.media.sound_encoder import AacEncoder

log = logging.getLogger(__name__)

GRACE = from_ms(400)
"""How long a picture may be missing before the public gets the slate."""
HEADROOM = 5 * SAMPLE_RATE
"""What the line can hold beyond its delay, while its thread is late."""
JUMP = 5 * SAMPLE_RATE
"""Later than that (the machine slept), the line jumps to now instead of sending everything in a burst."""

SoundTap = Callable[[Cleared[SoundBlock]], None]


class Slates(Protocol):
    """Where slate GOPs come from; must answer at once."""

    def gop(self, name: SlateName, tier: str) -> SlateGop:
        """The newest GOP of a slate in a rendition."""


class _Tier:
    """One rendition in the line: what waits, and where its chain of references stands.

    ``_intact``: the next P picture of the programme has its reference at the players, because everything since the last IDR left.
    """

    def __init__(self, name: str, tick: int, room: int, slates: Slates) -> None:
        self.name = name
        self.passing = False
        self.lost = 0
        self._tick = tick
        self._room = room
        self._slates = slates
        self._waiting: deque[EncodedPicture] = deque()
        self._refusing = False
        self._intact = False
        self._last_passed = -(1 << 62)
        self._slate: SlateGop | None = None
        self._asked: SlateName | None = None
        self._next_unit = 0

    def put(self, picture: EncodedPicture) -> None:
        """From the encoder's thread. A line that is full drops up to a keyframe, never half a GOP."""
        if len(self._waiting) >= self._room:
            self._refusing = True
        elif picture.key:
            self._refusing = False
        if self._refusing:
            self.lost += 1
            return
        self._waiting.append(picture)

    def complete(self, t: int) -> bool:
        """Has the picture of ``t`` come, or one after it?"""
        return bool(self._waiting) and self._waiting[-1].at >= t

    def leave(self, t: int, hidden: SlateName | None) -> tuple[bytes, bool] | None:
        """What leaves for the instant ``t``: an access unit and whether it is a key; None for a picture the mixer skipped."""
        picture = self._take(t)
        if hidden is None and picture is not None and (picture.key or self._intact):
            self._intact = self.passing = True
            self._last_passed = t
            self._slate = None
            return picture.data, picture.key
        if hidden is None and picture is None and self.passing and t - self._last_passed < GRACE:
            return None
        self.passing = False
        # Waiting for the programme's next keyframe, the public keeps the slate it has.
        return self._slate_unit(t, hidden or (self._asked if self._slate else None) or SlateName.FAULT)

    def _take(self, t: int) -> EncodedPicture | None:
        while self._waiting and self._waiting[0].at < t:
            self._waiting.popleft()
            self.lost += 1
            self._intact = False
        if self._waiting and self._waiting[0].at == t:
            return self._waiting.popleft()
        return None

    def _slate_unit(self, t: int, name: SlateName) -> tuple[bytes, bool]:
        self._intact = False
        slate = self._slate
        second_begins = t % SAMPLE_RATE == 0
        if slate is None or self._asked is not name or second_begins or self._next_unit >= len(slate.units):
            slate = self._slate = self._slates.gop(name, self.name)
            self._asked = name
            self._next_unit = 0
        unit = self._next_unit
        self._next_unit += 1
        return slate.units[unit], unit == 0

    def skip(self) -> None:
        """The timeline jumped."""
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._intact = self.passing = False
        self._slate = None


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
    ) -> None:
        """``tiers``: renditions and their pictures' duration (the same for all); the first one leads. ``aacs``: one a rate."""
        if delay % SAMPLE_RATE:
            raise ValueError(
                "the delay is a whole number of seconds, so that seconds stay seconds on the public timeline"
            )
        self.delay = delay
        self._tick = programme.tick
        room = (delay + HEADROOM) // self._tick
        self._tiers = {name: _Tier(name, tick, room, slates) for name, tick in tiers.items()}
        self._lead = next(iter(self._tiers.values()))
        self._pcm = PcmDelay(delay + HEADROOM, start=-delay)
        self._gate = gate
        self._aacs = tuple(aacs)
        self._reader = reader
        self._tap = tap
        self._on_arrival = on_arrival
        self._lock = threading.Lock()
        self._head = 0
        self.jumps = 0

    def picture(self, packet: Live[EncodedPicture]) -> None:
        """An encoded picture of the programme."""
        with self._lock:
            self._tiers[packet.value.tier].put(packet.value)
        if self._on_arrival is not None:
            self._on_arrival()

    def sound(self, block: Live[SoundBlock]) -> None:
        """A block of the programme's sound."""
        with self._lock:
            self._pcm.write(block.value.at, block.value.samples)
        if self._on_arrival is not None:
            self._on_arrival()

    @property
    def head(self) -> MediaTime:
        """Programme time of what leaves next: everything before it has left."""
        return MediaTime(self._head - self.delay)

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
        if now - self._head > JUMP + GRACE:
            self._jump(now)
        while self._head <= now:
            give_up = self._head + max(0, GRACE - self.delay)
            if now < give_up and not self._complete(self._head - self.delay):
                return give_up
            self._leave(self._head)
            self._head += self._tick
        return self._head

    def _complete(self, t: int) -> bool:
        with self._lock:
            if self._pcm.written_to < t + self._tick:
                return False
            return all(tier.complete(t) for tier in self._tiers.values())

    def _leave(self, u: int) -> None:
        """One instant of the public timeline: its picture in every rendition, then its sound."""
        t = u - self.delay
        hidden = self._gate.slate_for(t, t + self._tick)
        with self._lock:
            units = [(name, tier.leave(t, hidden)) for name, tier in self._tiers.items()]
            samples = self._pcm.read(self._tick)
        for name, unit in units:
            if unit is not None:
                data, key = unit
                self._reader.picture(clear(EncodedPicture(data, MediaTime(u), self._tick, key, name)))
        self._leave_sound(u, samples)
        if u % SAMPLE_RATE == 0:
            self._gate.forget_before(t - RAMP)

    def _leave_sound(self, u: int, samples: Sound) -> None:
        t = u - self.delay
        clean = conceal(samples, t, self._gate.hidden_sound(t - RAMP, t + self._tick + RAMP))
        if self._tap is not None:
            self._tap(clear(SoundBlock(clean, MediaTime(u))))
        for aac in self._aacs:
            for unit in aac.encode(clean):
                self._reader.sound(clear(unit))

    def _jump(self, now: int) -> None:
        self.jumps += 1
        self._head = now - now % self._tick
        with self._lock:
            for tier in self._tiers.values():
                tier.skip()
            self._pcm.skip_to(self._head - self.delay)
        for aac in self._aacs:
            aac.restart_at(MediaTime(self._head))
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
