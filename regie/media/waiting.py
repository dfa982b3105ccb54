"""What the address of the live gives before its first segments, for players that are not our page: two seconds of slate on the
disk, which control lists again and again (``web_ui/waiting.py``), so that a player waits on a picture instead of failing."""

import hashlib
import logging
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from regie.domain.timeline import SAMPLE_RATE, frame_samples
from regie.media import disk
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample, fragment, initialisation
from regie.media.fragments import sound_bitrate, tracks
from regie.media.frames import TierFormat
from regie.media.h264 import length_prefixed, parameter_sets
from regie.media.playlist import AAC_LC, Variant, master, seconds
from regie.media.slate_gops import SlateGop
from regie.media.sound_encoder import FRAME, AacEncoder

log = logging.getLogger(__name__)

FOLDER = "attente"
"""In the folder of the data."""
SEGMENT_S = 2
_KEPT = 3
"""A player may still fetch what it was told a minute ago."""


class WaitingTv:
    """Keeps ``directory`` up to date with a slate: ``master.m3u8``, ``index.m3u8`` of one segment, and their files."""

    def __init__(self, directory: Path, tier: TierFormat) -> None:
        self._directory = directory
        self._tier = tier
        self._sounds = _silence(tier)
        self._shown: SlateGop | None = None
        self._names: list[tuple[str, str]] = []

    def shows(self, gop: SlateGop) -> bool:
        """Is this what is on the disk?"""
        return gop is self._shown

    def show(self, gop: SlateGop) -> None:
        """Write it; waits for the disk. What cannot be written is logged: nothing that is live depends on it."""
        self._shown = gop
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._write(gop)
        except OSError as error:
            log.warning("the slate of before the live cannot be written: %s", disk.reason(error))

    def _write(self, gop: SlateGop) -> None:
        tier, sets = self._tier, parameter_sets(gop.units[0])
        names = (
            self._file("init", "mp4", initialisation(tracks(tier, sets))),
            self._file("panneau", "m4s", self._segment(gop)),
        )
        peak = tier.bitrate + sound_bitrate(tier)
        variant = Variant(
            "index.m3u8", f"{sets.codec},{AAC_LC}", peak, peak, tier.width, tier.height, tier.fps
        )
        disk.replace(self._directory / "index.m3u8", _index(*names))
        disk.replace(self._directory / "master.m3u8", master((variant,)))
        self._names = [*self._names, names][-_KEPT:]
        kept = {name for one in self._names for name in one}
        for old in self._directory.glob("*.m*4*"):
            if old.name not in kept:
                old.unlink(missing_ok=True)

    def _segment(self, gop: SlateGop) -> bytes:
        tick = frame_samples(self._tier.fps)
        units = islice(cycle(enumerate(gop.units)), SEGMENT_S * self._tier.fps)
        pictures = [Sample(length_prefixed(unit), tick, key=n == 0) for n, unit in units]
        return fragment(1, (Run(PICTURES, 0, pictures), Run(SOUNDS, 0, self._sounds)))

    def _file(self, what: str, kind: str, data: bytes) -> str:
        name = f"{what}-{hashlib.blake2b(data, digest_size=8).hexdigest()}.{kind}"
        path = self._directory / name
        if not path.exists():
            disk.create(path, data)
        return name


def _silence(tier: TierFormat) -> tuple[Sample, ...]:
    """As many whole units as fit in the segment."""
    encoder = AacEncoder(sound_bitrate(tier))
    try:
        units = list(encoder.encode(np.zeros((2, (SEGMENT_S + 1) * SAMPLE_RATE), np.float32)))
    finally:
        encoder.close()
    # The first one is the encoder's priming.
    return tuple(Sample(unit.data, FRAME) for unit in units[1 : 1 + SEGMENT_S * SAMPLE_RATE // FRAME])


def _index(initial: str, segment: str) -> str:
    return (
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{SEGMENT_S}\n"
        f'#EXT-X-MAP:URI="{initial}"\n#EXTINF:{seconds(SEGMENT_S * SAMPLE_RATE)},\n{segment}\n'
    )
