"""A long séance: memory stays flat, picture and sound stay together, nothing is lost on the way.

Length: ``SOAK_MINUTES`` (20 by default, 240 for a whole evening). Figures go to ``SOAK_CSV`` when it is set.
"""

import csv
import itertools
import os
import time
from pathlib import Path

import psutil
import pytest

from tests.system.peers import wait_for
from tests.system.session_rig import Seen, Session

pytestmark = pytest.mark.soak

MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
WARM_UP_S = 300.0
TURN_S = 10.0
SAMPLE_S = 1.0
"""Often: memory is given back every twenty seconds, and a slower look would see now the crests, now the troughs."""
KEPT_S = 120.0
STOPS_S = (2.0, 0.5, 2.0)
MODULES = ("regie.media.engine", "regie.app", "regie.rooms.rtc", "regie.keys")
MOST_AN_HOUR = 1.0
"""Growth in per cent, the goal of the design."""
MOST_SKIPPED = 0.001
"""Of the pictures; more is a machine that was busy elsewhere, of which the figures say nothing."""
SHOTS = (
    {"sources": ["cam1"], "layout": "plein"},
    {"sources": ["cam2"], "layout": "plein"},
    {"sources": ["cam3", "cam2"], "layout": "deux"},
    {"sources": ["cam1", "cam4"], "layout": "pip"},
    {"sources": ["cam1", "cam2", "cam3", "cam4"], "layout": "quatre"},
)


def kept(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least of each two minutes: a slate redrawn takes 45 MB for a moment, what grows is what stays below."""
    turns = itertools.groupby(samples, lambda s: int(s[0] // KEPT_S))
    return [min(turn, key=lambda s: s[1]) for _, turn in ((n, list(t)) for n, t in turns)]


def growth(samples: list[tuple[float, float]]) -> tuple[float, float]:
    """Least squares of memory over time, in per cent of its mean an hour, and its standard error: steps of a megabyte up and down
    over a quarter of an hour are no growth, and are not told from it by the slope alone."""
    n = len(samples)
    mean_t, mean_m = sum(t for t, _ in samples) / n, sum(m for _, m in samples) / n
    below = sum((t - mean_t) ** 2 for t, _ in samples)
    slope = sum((t - mean_t) * (m - mean_m) for t, m in samples) / below
    left = sum((m - mean_m - slope * (t - mean_t)) ** 2 for t, m in samples)
    unit = 3600 / mean_m * 100
    return slope * unit, (left / (n - 2) / below) ** 0.5 * unit


def disturb(process: psutil.Process) -> None:
    """Make the worst happen: what came while the process was stopped is decoded at once. Memory must come down again."""
    for stopped_s in STOPS_S:
        process.suspend()
        time.sleep(stopped_s)
        process.resume()
        time.sleep(5.0)


def work(session: Session, turn: int) -> None:
    """What a technician does: prepare, cut or fade, a title now and then."""
    session.command(type="watch")
    session.command(type="preview", shot=SHOTS[turn % len(SHOTS)])
    if turn % 3:
        session.command(type="cut")
    else:
        session.command(type="auto", duration_ms=400)
    title = {"name": f"Élue {turn}", "function": "Conseillère municipale"} if turn % 2 else None
    session.command(type="title", title=title)


@pytest.mark.timeout(MINUTES * 60 + 300)
def test_an_evening(tmp_path: Path) -> None:
    os.environ |= {"CLE_1": "a", "CLE_2": "b"}
    session = Session(tmp_path)
    memory: dict[str, list[tuple[float, float]]] = {module: [] for module in MODULES}
    try:
        wait_for(
            lambda: all(s["state"] == "live" for s in session.engine().get("sources", [{"state": ""}])),
            30,
            "live",
        )
        session.seance("start")
        session.command(type="take", shot=SHOTS[0])
        session.command(type="antenna", on=True)
        wait_for(lambda: session.segments() >= 14, 60, "the first half minute")
        at_start = Seen(session.snapshot(), seconds=22, start=4).lip_sync()
        disturb(session.process(MODULES[0]))
        begun = time.monotonic()
        processes = {module: session.process(module) for module in MODULES}
        first = session.engine()
        half = int(MINUTES * 60 / TURN_S / 2)
        for turn in itertools.count():
            if time.monotonic() - begun > MINUTES * 60:
                break
            work(session, turn)
            if turn == half:
                disturb(processes[MODULES[0]])
            while (now := time.monotonic() - begun) < (turn + 1) * TURN_S:
                for module, process in processes.items():
                    memory[module].append((now, process.memory_info().rss / 2**20))
                time.sleep(SAMPLE_S)
        last = session.engine()
        session.command(type="title", title=None)
        session.command(type="take", shot=SHOTS[0])
        ending = session.segments()
        wait_for(lambda: session.segments() >= ending + 14, 60, "the last half minute")
        recorded = Seen(session.snapshot("360p"), seconds=26, start=(ending - 1) * 2.0)
        at_end = recorded.lip_sync()
        report(memory, at_start, at_end, first, last)
        assert psutil.Process(session.regie.pid).is_running()
    finally:
        code = session.close()
    assert code == 0
    assert at_start and at_end
    assert max(abs(o) for o in (*at_start, *at_end)) <= 0.02
    for module, samples in memory.items():
        steady = kept([s for s in samples if s[0] > min(WARM_UP_S, MINUTES * 60 / 3)])
        assert len(steady) >= 3, "SOAK_MINUTES is too short to tell growth"
        slope, error = growth(steady)
        assert slope - 2 * error <= MOST_AN_HOUR, (module, slope, error)
    counted = {key: last["counters"][key] - first["counters"][key] for key in ("frames", "skipped")}
    assert counted["skipped"] <= MOST_SKIPPED * counted["frames"], counted


def report(
    memory: dict[str, list[tuple[float, float]]],
    at_start: list[float],
    at_end: list[float],
    first: dict[str, dict[str, int]],
    last: dict[str, dict[str, int]],
) -> None:
    """The figures, where asked."""
    file = os.environ.get("SOAK_CSV")
    if not file:
        return
    with Path(file).open("a", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        for module, samples in memory.items():
            steady = kept([s for s in samples if s[0] > min(WARM_UP_S, MINUTES * 60 / 3)])
            table.writerow(
                [
                    module,
                    "minutes",
                    MINUTES,
                    "first MB",
                    round(samples[0][1], 1),
                    "after warm-up MB",
                    round(steady[0][1], 1),
                ]
                + [
                    "last MB",
                    round(samples[-1][1], 1),
                    "%/h and its error",
                    *(round(one, 2) for one in growth(steady)),
                ]
            )
        table.writerow(
            [
                "lip sync ms",
                "start",
                *(round(o * 1000, 1) for o in at_start),
                "end",
                *(round(o * 1000, 1) for o in at_end),
            ]
        )
        for key in ("frames", "skipped", "encoder_dropped"):
            table.writerow([key, last["counters"][key] - first["counters"][key]])
