"""What a room sends, put back in order: RTP packets to access units and Opus packets, on one clock. Pure: time is an argument.

aiortc's own buffers lose a picture's time on every picture, throw good sound away for one packet lost, and ask only once for what
is missing; these ask again until it is too late, then for a keyframe (RFC 4585 §6.2.1, §6.3.1; RFC 6184 for the payload, which
aiortc has already unpacked to Annex B).
"""

from collections.abc import Callable
from dataclasses import dataclass

ASK_AFTER_S = 0.01
"""Packets swap places on the way: nothing is missing before that."""
ASK_AGAIN_S = 0.06
HOLE_S = 0.35
"""A hole that old holds the picture too long: the stream goes on from its next keyframe."""
MAX_WAITING = 1024
SOUND_WAIT = 3
"""Packets of 20 ms that sound waits for one that is late."""
RESYNC_US = 5_000
"""A sender's report that moves a stream by less is the report's own jitter."""
_START = b"\x00\x00\x01"
_KEYS = frozenset({5, 7})


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit (Annex B), one frame of VP8 or one Opus packet. ``stamp``: its RTP time, unwrapped."""

    stamp: int
    data: bytes
    key: bool


def is_key(data: bytes) -> bool:
    """Does an access unit hold an IDR picture or its parameter sets?"""
    at = data.find(_START)
    while at >= 0 and at + 3 < len(data):
        if data[at + 3] & 0x1F in _KEYS:
            return True
        at = data.find(_START, at + 3)
    return False


def is_vp8_key(data: bytes) -> bool:
    """Is a frame of VP8 a key frame (RFC 6386 §9.1)? Its start code keeps the rest of another frame from looking like one."""
    return data[3:6] == b"\x9d\x01\x2a" and not data[0] & 1


@dataclass(frozen=True, slots=True)
class Form:
    """How the bytes of a codec say what they are: do they begin a picture, is that a keyframe? Where a codec cannot tell the first,
    anything may: after a hole only a keyframe is taken."""

    whole: Callable[[bytes], bool]
    key: Callable[[bytes], bool]


H264 = Form(lambda data: data.startswith((b"\x00\x00\x00\x01", _START)), is_key)
VP8 = Form(bool, is_vp8_key)


class Counter:
    """A counter of ``bits`` bits that turns, made into one that does not."""

    def __init__(self, bits: int) -> None:
        self._turn = 1 << bits
        self._last: int | None = None

    def unwrap(self, raw: int) -> int:
        """The number nearest to the last one that reads ``raw`` modulo a turn."""
        if self._last is None:
            self._last = raw
            return raw
        step = (raw - self._last) % self._turn
        if step >= self._turn // 2:
            step -= self._turn
        value = self._last + step
        self._last = max(self._last, value)
        return value


@dataclass(slots=True)
class _Packet:
    stamp: int
    marker: bool
    data: bytes


class PictureBuffer:
    """The pictures of one stream, whole and in order, from a keyframe on.

    ``wants_key`` is set when only a keyframe can help, and stays until one comes. ``lost`` counts pictures given up.
    """

    def __init__(self, form: Form = H264) -> None:
        self._form = form
        self._sequence, self._stamps = Counter(16), Counter(32)
        self._packets: dict[int, _Packet] = {}
        self._next: int | None = None
        self._newest = 0
        self._asked: dict[int, float] = {}
        self._hole_since: float | None = None
        self._last_stamp: int | None = None
        self.wants_key = True
        self.lost = 0

    def add(self, sequence: int, stamp: int, marker: bool, data: bytes, now: float) -> list[Unit]:
        """A packet came at ``now`` (seconds); returns the pictures that are whole."""
        number = self._sequence.unwrap(sequence)
        if self._next is None:
            self._next = self._newest = number
        if number - self._next > MAX_WAITING:
            self._begin_again(number)
        if number < self._next or number in self._packets:
            return []
        self._newest = max(self._newest, number)
        self._packets[number] = _Packet(self._stamps.unwrap(stamp), marker, data)
        self._asked.pop(number, None)
        return self._take(now)

    def missing(self, now: float) -> list[int]:
        """Sequence numbers to ask for now; gives the hole up, and asks for a keyframe, when it is too old."""
        if self._hole_since is not None and now - self._hole_since > HOLE_S:
            self._give_up()
        if self._next is None or self._hole_since is None:
            return []
        asked = []
        for number in range(self._next, self._newest):
            if number in self._packets:
                continue
            since = self._asked.setdefault(number, now - ASK_AGAIN_S + ASK_AFTER_S)
            if now - since >= ASK_AGAIN_S:
                self._asked[number] = now
                asked.append(number % (1 << 16))
        return asked

    def _take(self, now: float) -> list[Unit]:
        units: list[Unit] = []
        while (unit := self._whole()) is not None:
            if unit.key:
                self.wants_key = False
            if unit.data and not self.wants_key:
                units.append(unit)
        assert self._next is not None
        hole = bool(self._packets) and any(n not in self._packets for n in range(self._next, self._newest))
        self._hole_since = (self._hole_since or now) if hole else None
        return units

    def _whole(self) -> Unit | None:
        """The next picture, taken out, when all of it is there."""
        assert self._next is not None
        end = self._next
        stamp: int | None = None
        while (packet := self._packets.get(end)) is not None:
            # Padding between pictures carries the last one's time, no data, no marker.
            if not packet.data and not packet.marker and packet.stamp == self._last_stamp:
                if end == self._next:
                    del self._packets[end]
                    self._next = end = end + 1
                    continue
            elif stamp is None:
                stamp = packet.stamp
            elif packet.stamp != stamp:
                return self._cut(end, stamp)
            end += 1
            if packet.marker:
                return self._cut(end, stamp if stamp is not None else packet.stamp)
        return None

    def _cut(self, end: int, stamp: int) -> Unit:
        assert self._next is not None
        data = b"".join(self._packets.pop(n).data for n in range(self._next, end))
        self._next, self._last_stamp = end, stamp
        whole = self._form.whole(data)
        return Unit(stamp, data if whole else b"", whole and self._form.key(data))

    def _begin_again(self, number: int) -> None:
        """So much is missing that nothing of it will come: another stream begins."""
        self.lost += 1
        self.wants_key = True
        self._hole_since = None
        self._packets.clear()
        self._asked.clear()
        self._next = self._newest = number

    def _give_up(self) -> None:
        """Pass over the hole: to the first packet that begins a picture after it, or to what comes next."""
        assert self._next is not None
        self.lost += 1
        self.wants_key = True
        self._hole_since = None
        hole = next((n for n in range(self._next, self._newest + 1) if n not in self._packets), self._next)
        begins = [
            n for n in self._packets if n > hole and (p := self._packets.get(n - 1)) is not None and p.marker
        ]
        keep = min(begins, default=self._newest + 1)
        self._packets = {n: p for n, p in self._packets.items() if n >= keep}
        self._asked = {n: t for n, t in self._asked.items() if n >= keep}
        self._next = keep


class SoundBuffer:
    """The Opus packets of one stream in order; one that is late by more than three places is passed over (``lost``)."""

    def __init__(self) -> None:
        self._sequence, self._stamps = Counter(16), Counter(32)
        self._packets: dict[int, Unit] = {}
        self._next: int | None = None
        self.lost = 0

    def add(self, sequence: int, stamp: int, data: bytes) -> list[Unit]:
        """A packet came; returns those whose turn it is."""
        number = self._sequence.unwrap(sequence)
        if self._next is None:
            self._next = number
        if number < self._next or not data:
            return []
        self._packets[number] = Unit(self._stamps.unwrap(stamp), data, True)
        if number - self._next > 50:
            self._jump(number)
        units: list[Unit] = []
        while self._packets:
            unit = self._packets.pop(self._next, None)
            if unit is not None:
                units.append(unit)
            elif len(self._packets) >= SOUND_WAIT:
                self.lost += 1
            else:
                break
            self._next += 1
        return units

    def _jump(self, number: int) -> None:
        """A second is missing: waiting for each of its packets helps nobody."""
        first = min(self._packets)
        self.lost += first - (self._next or first)
        self._next = first if len(self._packets) >= SOUND_WAIT else number
        self._packets = {n: u for n, u in self._packets.items() if n >= self._next}


class PeerClock:
    """One offset for all the streams of a peer: from its clock to ours, in microseconds."""

    def __init__(self) -> None:
        self._offset: int | None = None

    def ours(self, theirs_us: int, now_us: int) -> int:
        """An instant of its clock on ours; the first one seen is taken for now."""
        if self._offset is None:
            self._offset = now_us - theirs_us
        return theirs_us + self._offset


class StreamClock:
    """RTP time of one stream to our microseconds: by its arrival until the sender's first report, then as the reports say, so that
    picture and sound of a peer are together (RFC 3550 §6.4.1)."""

    def __init__(self, rate: int, peer: PeerClock) -> None:
        self._rate = rate
        self._peer = peer
        self._base: tuple[int, int] | None = None
        self._newest: int | None = None

    def at_us(self, stamp: int, now_us: int) -> int:
        """When a unit was captured, on our clock. ``stamp`` is unwrapped."""
        if self._base is None:
            self._base = (stamp, now_us)
        self._newest = stamp
        base_stamp, base_us = self._base
        return base_us + (stamp - base_stamp) * 1_000_000 // self._rate

    def report(self, ntp: int, stamp: int, now_us: int) -> None:
        """The sender says that its NTP time ``ntp`` (32.32 bits) and this RTP time (32 bits) are the same instant."""
        near = self._newest
        if near is None:
            return
        turn = 1 << 32
        step = (stamp - near) % turn
        unwrapped = near + (step - turn if step >= turn // 2 else step)
        said = self._peer.ours((ntp * 1_000_000) >> 32, now_us)
        if abs(said - self.at_us(unwrapped, now_us)) > RESYNC_US:
            self._base = (unwrapped, said)
        self._newest = near
