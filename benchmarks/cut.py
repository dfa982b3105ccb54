"""Cut: from the command's sending to the first packet of the new picture, over the engine's socket.

A real engine process at 720p25, two clips kept warm, hot cuts at moments spread over the picture's period.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.model import Layout, Shot
from tests.system.engine_rig import LUMA, EngineProcess, Eyes, Follower, write_config

CUTS = 120
FRAME_MS = 40.0
SPREAD_S = 0.2317
"""Between two cuts: prime to the picture's period, so that commands fall everywhere in it."""


def run() -> Sequence[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder))
        engine = EngineProcess(config, Path(folder) / "run")
        try:
            late = asyncio.run(_measure(engine))
        finally:
            engine.end()
    late.sort()
    note = f"{len(late)} hot cuts between warm sources, 720p25"
    return [
        Figure("cut_p50", late[len(late) // 2], "ms", None, note),
        Figure("cut_p99", late[int(len(late) * 0.99)], "ms", 2 * FRAME_MS, note),
        Figure("cut_max", late[-1], "ms", None, note),
    ]


async def _measure(engine: EngineProcess) -> list[float]:
    follower = await Follower.of(engine, "status", "programme")
    await follower.until(
        lambda: (
            bool(follower.statuses)
            and all(
                s.state is SourceState.LIVE and s.decoding.value == "full"
                for s in follower.status.sources
                if s.id in LUMA
            )
        ),
        30,
    )
    sent: list[tuple[float, float]] = []
    names = list(LUMA)
    for n in range(CUTS):
        name = names[n % 2]
        sent.append((time.monotonic(), LUMA[name]))
        await follower.call(do.TakeShot(shot=Shot(sources=(name,), layout=Layout.FULL)))
        await asyncio.sleep(SPREAD_S)
    await asyncio.sleep(1)
    await follower.close()
    seen = Eyes().look(follower.of_stream("programme", "720p"))
    return [_lateness(seen, at, luma) for at, luma in sent]


def _lateness(seen: list[tuple[float, int, float]], sent: float, luma: float) -> float:
    arrival = next(arrival for arrival, _, shown in seen if arrival >= sent and abs(shown - luma) < 12)
    return (arrival - sent) * 1000
