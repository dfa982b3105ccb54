"""Confidentiality: from a key pressed to the mask in force, on an idle and on a busy machine; and what the delay costs.

A real engine process at 720p25, over its socket. « In force » is measured from the press to the engine's answer, which it gives
after the mask is in the gate. The cost is that of the exit alone: half a minute of packets and sound through a line on virtual
time, against as much of wall clock.
"""

import asyncio
import multiprocessing
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from regie.domain.commands import CloseMask, DelayBy, OpenMask
from regie.domain.timeline import SAMPLE_RATE
from tests.system.engine_rig import EngineProcess, Follower, write_config
from tests.unit.delay_rig import TICK, Rig, programme

PRESSES = 200
SPREAD_S = 0.0437
SECONDS = 30


def run() -> Sequence[Figure]:
    """The figures."""
    idle, busy = _presses(0), _presses(multiprocessing.cpu_count() * 2)
    note = f"{PRESSES} presses, engine at 720p25"
    steady, memory = _exit(None)
    stretched, _ = _exit(DelayBy.STRETCH)
    return [
        Figure("mask_in_force_p50", idle[len(idle) // 2], "ms", None, note),
        Figure("mask_in_force_p99", idle[int(len(idle) * 0.99)], "ms", 50.0, note),
        Figure(
            "mask_in_force_busy_p99",
            busy[int(len(busy) * 0.99)],
            "ms",
            50.0,
            note + ", every core taken twice over",
        ),
        Figure(
            "delay_cpu",
            steady,
            "cpu",
            0.02,
            "the exit, 320x180 and 160x90 packets, one AAC encode, 10 s held",
        ),
        Figure("delay_stretch_cpu", stretched, "cpu", None, "the same while the delay is stretched"),
        Figure("delay_memory", memory, "MB", None, "10 s held: PCM and packets of 400 kbit/s"),
    ]


def _spin() -> None:
    while True:
        pass


def _presses(spinners: int) -> list[float]:
    crowd = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(spinners)]
    with tempfile.TemporaryDirectory() as folder:
        engine = EngineProcess(write_config(Path(folder), delay_s=6), Path(folder) / "run")
        try:
            return sorted(asyncio.run(_press(engine, crowd)))
        finally:
            for one in crowd:
                if one.is_alive():
                    one.terminate()
            engine.end(within_s=20)


async def _press(engine: EngineProcess, crowd: Sequence[multiprocessing.Process]) -> list[float]:
    follower = await Follower.of(engine, "status")
    await follower.until(lambda: bool(follower.statuses), 30)
    await asyncio.sleep(3)
    for one in crowd:
        one.start()
    took = []
    for n in range(PRESSES):
        pressed = time.perf_counter()
        assert await follower.call(OpenMask(mask=f"m{n}")) == ""
        took.append((time.perf_counter() - pressed) * 1000)
        await follower.call(CloseMask(mask=f"m{n}"))
        await asyncio.sleep(SPREAD_S)
    await follower.close()
    return took


def _exit(by: DelayBy | None) -> tuple[float, float]:
    """Share of a core that the exit takes, and what it holds, in MB."""
    packets = programme(SECONDS)
    tracemalloc.start()
    rig = Rig(10)
    rig.feed([p for p in packets if p.at < 10 * SAMPLE_RATE])
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    if by is not None:
        rig.line.change(20, by, 0)
    waiting = [p for p in packets if p.at >= 10 * SAMPLE_RATE]
    begun = time.process_time()
    for now in range(0, SECONDS * SAMPLE_RATE, TICK):
        while waiting and waiting[0].at <= now + 10 * SAMPLE_RATE:
            rig.feed([waiting.pop(0)])
        rig.line.advance(now)
    return (time.process_time() - begun) / SECONDS, held
