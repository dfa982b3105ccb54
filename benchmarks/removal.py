"""Late removal: a passage of ten seconds, a minute old, taken out of a séance of growing length; hidden, then clean everywhere.

Two sizes of pictures, two sounds, the recording: all on the disk. The work should not depend on the length of the séance.
"""

import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from regie.clock import SystemClock
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media.frames import EncodedPicture
from regie.media.hls import HlsOutput
from regie.media.recording import Recorder
from regie.media.removing import HLS, RECORDINGS, Remover
from tests.encoded import feed, forever, nobody, programme, slates

MINUTES = (20, 60)
PASSAGE_S, AGE_S = 10, 60
NOON = 1_795_348_800_000_000_000


def run() -> Sequence[Figure]:
    """The figures."""
    figures: list[Figure] = []
    for minutes in MINUTES:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            directory = Path(folder)
            _write(directory, minutes * 60)
            hidden_s, clean_s = _remove(directory, minutes * 60)
        note = f"{PASSAGE_S} s, {AGE_S} s old, in {minutes} min; two renditions, sound only, recording"
        figures += [
            Figure(f"hidden_{minutes}min", hidden_s, "s", 5.0, note),
            Figure(f"clean_{minutes}min", clean_s, "s", 5.0, note),
        ]
    return figures


def _write(directory: Path, seconds: int) -> None:
    """A séance as the outputs write it, as fast as they can."""
    stream = programme(8, 300_000)
    hls = HlsOutput(directory / HLS, stream.tiers, 2, Epoch("r1", NOON), ring=4096)
    recorder = Recorder(directory / RECORDINGS / "r.mp4", stream.main, Epoch("r1", NOON), ring=4096)
    hls.start()
    recorder.start()
    for packet in forever(stream):
        if packet.at >= seconds * SAMPLE_RATE:
            break
        feed(hls, packet)
        feed(recorder, packet)
        # Not faster than the disk, which a real séance never is.
        if isinstance(packet, EncodedPicture) and packet.at % SAMPLE_RATE == 0:
            while (
                hls.status(packet.at).behind_ms > 12_000
                or recorder.status().seconds < packet.at / SAMPLE_RATE - 6
            ):
                SystemClock().monotonic_ns()
    if not (hls.close(ended=True, timeout=60) and recorder.close(verify_it=False, timeout=60)):
        raise RuntimeError("the disk did not follow")


def _wait_for(hls: HlsOutput, recorder: Recorder, at: int) -> None:
    tick = threading.Event()
    while hls.status(at).seconds < at / SAMPLE_RATE - 6 or recorder.status().seconds < at / SAMPLE_RATE - 6:
        tick.wait(0.005)


def _remove(directory: Path, seconds: int) -> tuple[float, float]:
    at_ms = NOON // 1_000_000 + (seconds - AGE_S) * 1000
    removal = Removal(id="bench", start_ms=at_ms, end_ms=at_ms + PASSAGE_S * 1000)
    remover = Remover(directory, slates(), SystemClock(), nobody)
    begun_ms, begun = SystemClock().utc_ns() // 1_000_000, time.monotonic()
    remover.intend(removal)
    done = remover.run(removal)
    took = time.monotonic() - begun
    return ((done.hidden_ms or 0) - begun_ms) / 1000, took
