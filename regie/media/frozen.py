"""Pictures that are held in the place of hidden ones: the last before a mask, as a GOP of each rendition.

What is held is a copy of something that the public may have. So it is asked for as long as it stands: once a mask, or the antenna,
hides the instant it comes from, or a removal is at work, it never stands again, and the slate does. Decoding and encoding last two
tenths of a second, in the thread ``frozen``; until then the slate stands too.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import av

from regie.domain.model import SlateName
from regie.domain.timeline import MediaTime
from regie.errors import RegieError
from regie.media.encoder import TierSpec
from regie.media.frames import EncodedPicture, Picture
from regie.media.gate import Gate
from regie.media.handoff import Ring
from regie.media.slate_gops import SlateGop, encode_gop

log = logging.getLogger(__name__)

KEPT = 4
"""Masks that wait in the delay one after the other, each with its picture; more of them show the slate."""
_POLL_S = 0.5


class Still:
    """The picture of the programme's instant ``at`` (lasting ``tick``), held: a GOP a rendition."""

    def __init__(self, at: MediaTime, tick: int, gops: Mapping[str, SlateGop], gate: Gate) -> None:
        self.at = at
        self.end = MediaTime(at + tick)
        self.gops = MappingProxyType(dict(gops))
        self._gate = gate
        self._revoked = False

    def may_leave(self) -> bool:
        """May the public still have it? Once no, always no."""
        if not self._revoked and self._gate.slate_for(self.at, self.end) is not None:
            self._revoked = True
        return not self._revoked

    def revoke(self) -> None:
        """It stands nowhere any more."""
        self._revoked = True


class FrozenPictures:
    """Makes held pictures, and tells which one may stand. Thread-safe; no call waits for a picture."""

    def __init__(self, specs: Sequence[TierSpec], gate: Gate) -> None:
        self._specs = tuple(specs)
        self._gate = gate
        self._lock = threading.Lock()
        self._stills: tuple[Still, ...] = ()
        self._revocations = 0
        self._wanted: Ring[tuple[int, tuple[EncodedPicture, ...]]] = Ring(KEPT)
        self._thread = threading.Thread(target=self._run, name="frozen", daemon=True)

    def start(self) -> None:
        """Begin to make what is wanted."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._wanted.close()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def want(self, units: Sequence[EncodedPicture]) -> None:
        """Have the last of these pictures ready; they follow each other, the first a keyframe."""
        if any(still.at == units[-1].at for still in self._stills):
            return
        self._wanted.put((self._revocations, tuple(units)))

    def before(self, since: int) -> Still | None:
        """The last picture that was over at ``since`` and may leave; None when none is ready."""
        found = [still for still in self._stills if still.end <= since and still.may_leave()]
        return max(found, key=lambda still: still.at, default=None)

    def review(self) -> None:
        """Ask for each whether it may still leave, before the gate forgets what has passed."""
        for still in self._stills:
            still.may_leave()

    def revoke(self) -> None:
        """None of those that are made, wanted or being made stands any more."""
        with self._lock:
            for still in self._stills:
                still.revoke()
            self._revocations += 1

    def _make(self, units: Sequence[EncodedPicture], revocations: int) -> None:
        last, frame = units[-1], _decoded(units)
        if frame is None:
            return
        picture = Picture(frame, MediaTime(0))
        gops = {spec.tier: encode_gop(spec, SlateName.MASKED, picture) for spec in self._specs}
        still = Still(last.at, last.duration, gops, self._gate)
        with self._lock:
            if revocations == self._revocations:
                self._stills = (*self._stills, still)[-KEPT:]

    def _run(self) -> None:
        while (wanted := self._wanted.get(_POLL_S)) is not None or not self._wanted.closed:
            if wanted is None:
                continue
            revocations, units = wanted
            try:
                self._make(units, revocations)
            except (av.error.FFmpegError, RegieError, ValueError) as error:
                # The slate stands instead.
                log.error("a picture could not be held: %s", type(error).__name__)


def _decoded(units: Sequence[EncodedPicture]) -> av.VideoFrame | None:
    """The last picture of a sequence that begins with a keyframe."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, av.VideoCodecContext)
    last = None
    for unit in units:
        for frame in codec.decode(av.Packet(unit.data)):
            last = frame
    for frame in codec.decode(None):
        last = frame
    return last
