"""What a source costs, decoded in full, at its keyframes, or not at all; how long it takes to wake; how long the mixer waits."""

import resource
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.results import Figure
from config.inputs import SourceConfig, SourceKind
from regie.board import Decoding
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime
from regie.media.frames import ProgrammeFormat, Source
from regie.media.rooms import RoomInbox
from regie.media.source import make_source

SOURCES = 4
SECONDS = 8
WAKES = 6
GOP = 50


def _film(path: Path, height: int) -> None:
    """A moving, grainy picture with sound; as hard as a fixed camera, not harder."""
    size = f"{height * 16 // 9}x{height}"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=10",
         "-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000:duration=10", "-vf", "noise=alls=6:allf=t",
         "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", str(GOP), "-b:v", "8M", "-pix_fmt", "yuv420p",
         "-c:a", "aac", "-ac", "2", str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


@contextmanager
def _sources(
    film: Path, wanted: ProgrammeFormat, clock: MediaClock, decoding: Decoding
) -> Iterator[list[Source]]:
    made = [
        make_source(
            SourceConfig(id=f"s{n}", nom=f"S{n}", genre=SourceKind.FILE, adresse=str(film)),
            wanted,
            clock,
            280,
            RoomInbox(frozenset()),
        )
        for n in range(SOURCES)
    ]
    for source in made:
        source.want(decoding)
        source.start()
    try:
        yield made
    finally:
        for source in made:
            source.stop()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Mixer:
    """Reads the sources at each tick, and remembers how long the longest reading took."""

    def __init__(self, clock: MediaClock, tick: int) -> None:
        self._clock = clock
        self._tick = tick
        self._stop = threading.Event()
        self.waits_us: list[float] = []

    def run(self, sources: Sequence[Source], seconds: float) -> float:
        """CPU seconds a second."""
        timer = SystemClock()
        first = self._clock.now() // self._tick + 1
        before, began = _cpu(), timer.monotonic_ns()
        for n in range(int(seconds * 48_000 / self._tick)):
            t = MediaTime((first + n) * self._tick)
            self._clock.wait_until(t, self._stop)
            for source in sources:
                asked = timer.monotonic_ns()
                source.picture_at(t)
                source.sound_at(t, self._tick)
                source.is_ready()
                self.waits_us.append((timer.monotonic_ns() - asked) / 1000)
        return (_cpu() - before) / ((timer.monotonic_ns() - began) / 1e9)


def _wakes(source: Source, mixer: _Mixer, clock: MediaClock) -> list[float]:
    """Milliseconds from the wish to be ready, at different places of the group of pictures."""
    found = []
    for n in range(WAKES):
        source.want(Decoding.KEYFRAMES)
        mixer.run([source], 0.6 + 0.31 * n)
        asked = clock.now()
        source.want(Decoding.FULL)
        while not source.is_ready():
            mixer.run([source], 0.04)
        found.append((clock.now() - asked) / 48)
    return sorted(found)


def run() -> Sequence[Figure]:
    """Measure; about a minute and a half."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for height in (720, 1080):
            film = Path(folder) / f"{height}.mp4"
            _film(film, height)
            wanted = ProgrammeFormat(height * 16 // 9, height, 25)
            clock = MediaClock(SystemClock())
            mixer = _Mixer(clock, wanted.tick)
            for decoding in (Decoding.FULL, Decoding.KEYFRAMES, Decoding.NONE):
                with _sources(film, wanted, clock, decoding) as sources:
                    mixer.run(sources, 2)
                    cpu = mixer.run(sources, SECONDS) / SOURCES
                    repeats = sum(s.status().repeats for s in sources) if decoding is Decoding.FULL else 0
                note = f"{SOURCES} files {height}p25, GOP {GOP}, sound decoded; repeated pictures: {repeats}"
                figures.append(
                    Figure(f"source {height}p {decoding.value}", round(cpu, 4), "cpu/s", note=note)
                )
            with _sources(film, wanted, clock, Decoding.KEYFRAMES) as sources:
                mixer.run(sources, 1)
                wakes = _wakes(sources[0], mixer, clock)
            figures.append(Figure(f"wake {height}p median", round(wakes[len(wakes) // 2], 1), "ms"))
            figures.append(Figure(f"wake {height}p longest", round(wakes[-1], 1), "ms"))
            waits = sorted(mixer.waits_us)
            figures.append(Figure(f"mixer reads {height}p median", round(waits[len(waits) // 2], 1), "us"))
            figures.append(
                Figure(f"mixer reads {height}p p99", round(waits[len(waits) * 99 // 100], 1), "us")
            )
    return figures
