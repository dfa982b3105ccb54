"""From what a source says of its time to :data:`MediaTime`. Pure.

A source counts in its own time base, on its own crystal, and may lie. :class:`Timeline` keeps one *offset* for the whole source
(so that its picture and its sound keep their relation) and one *correction* a stream (for jumps), such that

* what a stream yields is strictly increasing in decoding order, near the instant it arrived, whatever the source says;
* a 33-bit wrap is invisible; a jump of more than a second, forward or back, is closed up, and by exactly the same amount in both
  streams when both jump;
* drift is followed by slewing the offset at most 500 parts per million, or by a step when it is hopeless;
* at the anchor, pictures are aligned on the programme's ticks, which is where they are the farthest from being repeated or
  dropped by jitter.

How the offset is chosen: the delay of a packet is its arrival minus its stamp. Its least value over half a second is what the
network cannot hide; the offset follows the least delay of the *latest* stream, so that neither is late.
"""

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction

from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms

JUMP = SAMPLE_RATE
"""A step of the stamps that neither their cadence nor the arrivals explain is a jump beyond this."""
TWIN_JUMP = 5 * SAMPLE_RATE
"""The other stream of a source that jumped is expected to jump alike within this."""
SETTLE = SAMPLE_RATE
"""After the anchor, a burst (what the server or the probing had kept) may lower the offset at once."""
BUCKET = SAMPLE_RATE // 2
BUCKETS = 4
DEADBAND = int(from_ms(10))
STEP = int(from_ms(150))
SOUND_GRAIN = int(from_ms(5))
"""By what the offset of a source without pictures moves: it has no tick to stay on."""
SLEW_PPM = 500
LATE_READING = int(from_ms(300))
"""A source that we pace ourselves and that is later than this starts anew from now."""
WRAP_BITS = 33


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a packet goes. ``decode`` increases strictly; ``show`` adds the reordering of B-pictures to it; ``exact`` is what the
    stamps say, which may step back when the offset does (sound drops what it already has)."""

    decode: MediaTime
    show: MediaTime
    exact: MediaTime


@dataclass(slots=True)
class StreamTimes:
    """What is known of one stream's time; all in samples but ``_raw``."""

    time_base: Fraction
    is_video: bool
    correction: int = 0
    first: int | None = None
    last: int | None = None
    last_at: int | None = None
    arrival: int = 0
    nominal: int = 0
    _raw: int | None = None
    _turns: int = 0
    minima: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=BUCKETS + 1))

    def samples(self, ticks: int) -> int:
        """Ticks of the time base in samples, rounded down."""
        return ticks * SAMPLE_RATE * self.time_base.numerator // self.time_base.denominator

    def unwrap(self, raw: int) -> int:
        """The stamp with the turns of a 33-bit 90 kHz counter undone (other bases do not turn)."""
        if self.time_base != Fraction(1, 90_000):
            return raw
        turn = 1 << WRAP_BITS
        if self._raw is not None:
            step = raw - self._raw
            if step < -turn // 2:
                self._turns += 1
            elif step > turn // 2:
                self._turns -= 1
        self._raw = raw
        return raw + self._turns * turn

    def reorder(self, dts: int | None, pts: int | None) -> int:
        """How long after its decoding a packet is shown; what is not plausible (a second, or before) counts for nothing."""
        if dts is None or pts is None:
            return 0
        ticks = pts - dts
        if self.time_base == Fraction(1, 90_000):
            half = 1 << (WRAP_BITS - 1)
            ticks = (ticks + half) % (2 * half) - half
        late = self.samples(ticks)
        return late if 0 <= late <= SAMPLE_RATE else 0

    def note_delay(self, delay: int, arrival: int) -> bool:
        """Keep the least delay of each half second. True when a half second has just ended."""
        bucket = arrival // BUCKET
        if self.minima and self.minima[-1][0] == bucket:
            if delay < self.minima[-1][1]:
                self.minima[-1] = (bucket, delay)
            return False
        self.minima.append((bucket, delay))
        return True

    def bounds(self, arrival: int) -> tuple[int, int] | None:
        """Least and greatest of the least delays of the last two seconds; None before there is enough to tell."""
        bucket = arrival // BUCKET
        known = [delay for b, delay in self.minima if bucket - BUCKETS <= b < bucket]
        return (min(known), max(known)) if len(known) >= BUCKETS - 1 else None


class Timeline:
    """Time of one connection to a source. ``paced``: we set the pace (a file), arrivals tell nothing."""

    def __init__(self, tick: int, *, paced: bool = False, phase: int = 0) -> None:
        self.tick = tick
        self.phase = phase
        self.paced = paced
        self.offset: int | None = None
        self.jumps = 0
        self.steps = 0
        self._streams: list[StreamTimes] = []
        self._settled_at = 0
        self._aligned = False
        self._goal: int | None = None
        self._slewed_at = 0
        self._budget = 0
        self._jump: tuple[StreamTimes, int, int] | None = None

    def add(self, time_base: Fraction, *, is_video: bool) -> StreamTimes:
        """A stream of this source."""
        stream = StreamTimes(time_base, is_video)
        self._streams.append(stream)
        return stream

    def loop(self) -> None:
        """The source begins again from its beginning (a file): what comes continues where the picture, or the sound, ended."""
        lead = next((s for s in self._streams if s.is_video and s.last is not None), None) or next(
            (s for s in self._streams if s.last is not None), None
        )
        if lead is None or lead.last is None or lead.first is None:
            return
        length = lead.last + max(lead.nominal, 1) - lead.first
        for stream in self._streams:
            stream.correction += length
            if stream.first is not None:
                stream.first += length

    def place(
        self, stream: StreamTimes, dts: int | None, pts: int | None, duration: int | None, arrival: MediaTime
    ) -> Stamp:
        """Where a packet goes that arrived at ``arrival``. Never raises, whatever the stamps are."""
        said = dts if dts is not None else pts
        source = self._source_time(stream, said, arrival)
        self._note_cadence(stream, source, duration)
        self._follow(stream, source, arrival)
        assert self.offset is not None
        exact = decode = source + self.offset
        if stream.last_at is not None and decode <= stream.last_at:
            decode = stream.last_at + 1
        stream.last_at = decode
        return Stamp(MediaTime(decode), MediaTime(decode + stream.reorder(dts, pts)), MediaTime(exact))

    def _source_time(self, stream: StreamTimes, said: int | None, arrival: int) -> int:
        """The stamp in samples, its jumps closed up; guessed from the cadence when the packet has none."""
        gap = max(arrival - stream.arrival, 0)
        stream.arrival = arrival
        if said is None:
            return 0 if stream.last is None else stream.last + (stream.nominal or self.tick)
        source = stream.samples(stream.unwrap(said)) + stream.correction
        if stream.last is None:
            return source
        step = source - stream.last
        if abs(step - stream.nominal) > JUMP and abs(step - gap) > JUMP:
            shift = stream.last + max(stream.nominal, min(gap, JUMP)) - source
            if self._jump is not None:
                twin, twin_shift, when = self._jump
                if twin is not stream and arrival - when <= TWIN_JUMP and abs(shift - twin_shift) <= JUMP:
                    shift = twin_shift
            self._jump = (stream, shift, arrival)
            stream.correction += shift
            self.jumps += 1
            return source + shift
        return source

    def _note_cadence(self, stream: StreamTimes, source: int, duration: int | None) -> None:
        if duration is not None and 0 < (samples := stream.samples(duration)) <= SAMPLE_RATE:
            stream.nominal = samples
        elif stream.last is not None and 0 < source - stream.last <= SAMPLE_RATE:
            stream.nominal = source - stream.last
        stream.last = source
        if stream.first is None:
            stream.first = source

    def _follow(self, stream: StreamTimes, source: int, arrival: int) -> None:
        """Keep the offset such that packets are neither late nor early."""
        delay = arrival - source
        if self.offset is None:
            self.offset = delay
            self._settled_at = arrival + SETTLE
            self._slewed_at = arrival
        if self.paced:
            if delay - self.offset > LATE_READING:
                self._step(delay)
        else:
            ended = stream.note_delay(delay, arrival)
            if delay < self.offset - JUMP:
                self._step(delay)
            elif arrival < self._settled_at:
                self._settle()
            elif ended:
                self._control(arrival)
            self._slew(arrival)
        if stream.is_video and not self._aligned:
            self.offset += (self.phase - source - self.offset) % self.tick
            self._aligned = True

    def _settle(self) -> None:
        assert self.offset is not None
        least = max(min(delay for _, delay in s.minima) for s in self._streams if s.minima)
        if least > self.offset + DEADBAND or least < self.offset - self.tick - DEADBAND:
            self.offset = least
            self._aligned = False

    def _control(self, arrival: int) -> None:
        """Once each half second: aim at an offset where the latest stream is just in time.

        It moves by whole ticks, and only when it is off by one: in between, pictures stay on the ticks, so that picture and sound
        are together to the millisecond and not to half a tick. The frame-sync delay is there to bear that much. Sound alone is
        followed closer: it must stay with the pictures of others.
        """
        assert self.offset is not None
        known = [(s, bounds) for s in self._streams if (bounds := s.bounds(arrival)) is not None]
        if not known:
            return
        if self._part(known):
            return
        grain = self.tick if any(s.is_video for s in self._streams) else SOUND_GRAIN
        latest = max(low for _, (low, _) in known)
        soonest = max(high for _, (_, high) in known)
        if latest > self.offset + grain:
            goal = self.offset + -(-(latest - self.offset) // grain) * grain
        elif soonest < self.offset - 2 * grain:
            goal = self.offset - (self.offset - soonest - grain // 2) // grain * grain
        else:
            return
        if abs(goal - self.offset) > STEP:
            self._step(goal)
        else:
            self._goal = goal

    def _part(self, known: list[tuple[StreamTimes, tuple[int, int]]]) -> bool:
        """Sound whose stamps are more than a second away from the picture's has no relation to keep: put it with the picture."""
        pictures = [low for s, (low, _) in known if s.is_video]
        if not pictures:
            return False
        parted = False
        for stream, (low, _) in known:
            if not stream.is_video and abs(low - pictures[0]) > JUMP:
                shift = low - pictures[0]
                stream.correction += shift
                if stream.last is not None:
                    stream.last += shift
                stream.minima.clear()
                self.jumps += 1
                parted = True
        return parted

    def _step(self, goal: int) -> None:
        self.offset = goal
        self._goal = None
        self._aligned = False
        self.steps += 1

    def _slew(self, arrival: int) -> None:
        elapsed = max(arrival - self._slewed_at, 0)
        self._slewed_at = arrival
        if self._goal is None or self.offset is None:
            return
        self._budget += min(elapsed, SAMPLE_RATE) * SLEW_PPM
        move, self._budget = divmod(self._budget, 1_000_000)
        left = self._goal - self.offset
        if abs(left) <= move:
            self.offset, self._goal = self._goal, None
        else:
            self.offset += move if left > 0 else -move
