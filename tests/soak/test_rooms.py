"""Ten rooms received at 720p, the four on screen decoded, the others kept alive without: the programme loses no frame, and memory
stays flat.

Length: ``SOAK_MINUTES`` (20 by default). ``SOAK_ROOMS``: how many (10). The rooms are one program beside the régie, on the same
machine; what they send was encoded beforehand, so that it is the régie that is measured.
"""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import sync_playwright

from tests.soak.test_memory import MINUTES, MODULES, MOST_AN_HOUR, SAMPLE_S, WARM_UP_S, disturb, growth, kept
from tests.system.peers import wait_for
from tests.system.rooms_rig import FLAGS, Regie, joined, moved, pictures

pytestmark = pytest.mark.soak

ROOMS = tuple(f"s{n}" for n in range(1, int(os.environ.get("SOAK_ROOMS", "10")) + 1))
GRIDS = (ROOMS[:4], ROOMS[-4:], ROOMS[-6:-2] if len(ROOMS) > 5 else ROOMS[:4])
LOST_SHARE = 0.002
"""Pictures of the programme that a machine busy with other things may lose."""


@contextmanager
def simulated(regie: Regie, folder: Path) -> Iterator[None]:
    """Rooms that join, and are let in."""
    options = ["--loop", "--url", f"http://127.0.0.1:{regie.port}"]
    for room in ROOMS:
        file = folder / f"invitation-{room}"
        link = regie.client.post(f"/api/v1/salles/{room}/invitation").json()["lien"]
        file.write_text(link.partition("#")[2], encoding="utf-8")
        options += ["--invitation", str(file), "--name", room]
    process = subprocess.Popen([sys.executable, "-m", "hardware_mocks.councillor", *options])
    try:
        for room in ROOMS:
            wait_for(lambda name=room: regie.room(name)["phase"] == "attente", 60, f"{room} waits")  # type: ignore[misc]
            regie.act("admettre", room=room)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.timeout(MINUTES * 60 + 300)
def test_ten_rooms_four_of_them_on_screen(tmp_path: Path) -> None:
    regie = Regie(tmp_path, more=ROOMS)
    memory: dict[str, list[tuple[float, float]]] = {module: [] for module in MODULES}
    try:
        with simulated(regie, tmp_path):
            seen(regie)
            processes = {module: regie.child(module) for module in MODULES}
            for grid in GRIDS:
                # Every room's decoder, each behind for a while: what its pools need then they keep.
                regie.take(*grid)
                wait_for(lambda shown=grid: set(shown) <= decoded(regie), 30, "the four are decoded")  # type: ignore[misc]
                disturb(processes[MODULES[0]])
            first, begun = regie.engine()["counters"], time.monotonic()
            for turn in itertools.count():
                now = time.monotonic() - begun
                if now > MINUTES * 60:
                    break
                grid = GRIDS[turn % len(GRIDS)]
                regie.take(*grid)
                wait_for(lambda shown=grid: set(shown) <= decoded(regie), 30, "the four are decoded")  # type: ignore[misc]
                for module, process in processes.items():
                    memory[module].append((now, process.memory_info().rss / 2**20))
                time.sleep(max(0.0, begun + (turn + 1) * SAMPLE_S - time.monotonic()))
            last = regie.engine()["counters"]
            seen(regie)
    finally:
        regie.close()
    made, lost = last["frames"] - first["frames"], last["skipped"] - first["skipped"]
    steady = {
        m: kept([s for s in samples if s[0] > min(WARM_UP_S, MINUTES * 60 / 3)])
        for m, samples in memory.items()
    }
    for module, samples in steady.items():
        assert len(samples) >= 3, "SOAK_MINUTES is too short to tell growth"
        slope, error = growth(samples)
        print(f"{module}: {samples[0][1]:.0f} to {samples[-1][1]:.0f} MB, {slope:+.1f} ± {error:.1f} %/h")
    print(
        f"{made} pictures, {lost} skipped, {last['encoder_dropped']} dropped by the encoder", os.getloadavg()
    )
    for module, samples in steady.items():
        slope, error = growth(samples)
        assert slope - 2 * error <= MOST_AN_HOUR, (module, slope, error)
    assert lost + last["encoder_dropped"] <= LOST_SHARE * made


def test_a_laptop_that_slept_comes_back_as_the_same_room(tmp_path: Path) -> None:
    """Its browser stops as a whole for twenty seconds, longer than a connection lives without news of it."""
    regie = Regie(tmp_path)
    try:
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = joined(regie, browser)
            regie.act("donner_parole")
            wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen")
            browsers = [p for p in psutil.Process().children(recursive=True) if "chromium" in p.name()]
            for process in browsers:
                process.suspend()
            wait_for(lambda: regie.room()["coupee_ms"] is not None, 10, "the loss is noticed")
            time.sleep(20)
            for process in browsers:
                process.resume()
            took = wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen again")
            print(f"back {took:.1f} s after waking")
            before = pictures(page)
            wait_for(lambda: moved(page, before), 30, "it sees again")
            assert regie.room()["parole"] and regie.room()["phase"] == "admise"
            browser.close()
    finally:
        regie.close()


def seen(regie: Regie) -> None:
    """Each room is live, if not all at the same instant."""
    for room in ROOMS:
        wait_for(lambda one=room: regie.source(one)["state"] == "live", 60, f"{room} is seen")  # type: ignore[misc]


def decoded(regie: Regie) -> set[str]:
    """The rooms of which every picture is decoded."""
    return {room for room in ROOMS if regie.source(room)["decoding"] == "full"}
