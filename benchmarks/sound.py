"""What the sound desk costs with forty microphones, and what it costs to know who speaks."""

import resource
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from audio.automix import SUB
from audio.micbus import CANDIDATES, Heard, MicBus
from audio.settings import HEADPHONES, RECORDING, ROOM, Setting, Strip
from audio.vad import VoiceDetectors
from benchmarks.results import Figure

MICROPHONES = 40
TICK = 1920
SECONDS = 20
VOICES = 4
RATE = 48_000


def _hall() -> NDArray[np.float32]:
    """Ten seconds of forty microphones in noise, four of them in turn with something like speech (microphones, n)."""
    random = np.random.default_rng(1)
    count = 10 * RATE
    lines = random.normal(0, 3e-4, (MICROPHONES, count)).astype(np.float32)
    beat = np.sin(np.arange(count) / 4000)
    for n in range(VOICES):
        lines[9 * n] += (random.normal(0, 0.1, count) * np.maximum(0, np.roll(beat, n * 5000))).astype(
            np.float32
        )
    return lines


def _cost(work: Callable[[int], object], times: int) -> tuple[float, float, float]:
    """CPU a call, median and 99th percentile of its duration, in milliseconds."""
    for n in range(20):
        work(n)
    before = resource.getrusage(resource.RUSAGE_SELF)
    took = []
    for n in range(20, 20 + times):
        began = time.perf_counter()
        work(n)
        took.append(time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu / times * 1e3, float(np.median(took)) * 1e3, float(np.percentile(took, 99)) * 1e3


def run() -> Sequence[Figure]:
    """Per tick of 40 ms: all microphones with high-pass, gate, sharing and levelling, and every mix."""
    lines = _hall()
    setting = Setting(automix=True, levelled=True, high_pass_hz=80, gate_db=-60.0)
    strips = [Strip(f"m{n}", "hall", (n,), setting) for n in range(MICROPHONES)]
    last = lines.shape[1] // TICK - 1

    def said(t: int, n: int) -> NDArray[np.float32]:
        start = t % (last * TICK)
        return lines[:, start : start + n]

    bus = MicBus(strips, {"hall": said})
    ticks = SECONDS * RATE // TICK
    cpu, median, worst = _cost(lambda n: bus.block(n * TICK, TICK), ticks)
    every = (HEADPHONES, RECORDING, ROOM)
    cpu_all, _, _ = _cost(lambda n: bus.block(n * TICK, TICK, every, tracks=True), ticks)
    detectors = VoiceDetectors()
    names = tuple(f"m{n}" for n in range(CANDIDATES))
    rows = lines[np.arange(CANDIDATES) * 9]
    listening, _, _ = _cost(
        lambda n: detectors.feed(Heard(names, rows[:, n % last * TICK :][:, :TICK])), ticks // 2
    )
    share = TICK / RATE * 1e3
    note = f"{MICROPHONES} microphones, ticks of 40 ms"
    return [
        Figure("sound desk, CPU", cpu / share, "core", 0.05, note),
        Figure("sound desk, a tick, median", median, "ms", 2.0, note),
        Figure("sound desk, a tick, p99", worst, "ms", None, note),
        Figure("sound desk with every mix and the tracks, CPU", cpu_all / share, "core", None, note),
        Figure(
            "speech detection, CPU",
            listening / share,
            "core",
            0.15,
            f"{CANDIDATES} candidates of {MICROPHONES}",
        ),
        Figure(
            "sound desk, latency",
            bus.ahead / RATE * 1e3,
            "ms",
            None,
            "look-ahead of the limiter, made up for",
        ),
        Figure("sub-block of the gains", SUB / RATE * 1e3, "ms", None, "closing time of a microphone"),
    ]
