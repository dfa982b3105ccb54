"""How far sound is from picture, measured on a flash and a beep made together. Pure.

The signal: something that lights up in the picture and a short 1 kHz beep, at the same instant, every few seconds (a phone that
plays the régie's sync page, held before the camera and the microphone). Time is in samples at 48 kHz.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
BEEP = RATE * 40 // 1000
HERTZ = 1000
REACH = RATE // 2
"""Sound is looked for within half a second of each flash."""
RISE = 40.0
"""Grey levels that a part of the picture must gain from one picture to the next."""
PURITY = 0.1
"""Share of a 40 ms stretch's energy that lies at 1 kHz, from which it may be a beep: speech seldom holds a pure tone that long."""
CERTAIN = 0.25
"""Purity that the beeps of a reading reach together."""
TOGETHER = RATE * 20 // 1000
"""Offsets closer than this tell the same thing."""
BEEPS_A_SECOND = 4

Grid = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """``offset``: samples that sound comes after picture (negative: before); ``events``: flashes that had their beep."""

    offset: int
    events: int


def grid(luma: NDArray[np.uint8], rows: int = 18, columns: int = 32) -> Grid:
    """Mean grey of each cell of a picture, by one pixel in four: enough to see something light up."""
    height, width = luma.shape[0] // rows * rows, luma.shape[1] // columns * columns
    cells = luma[:height:4, :width:4].astype(np.float32)
    cells = cells[: cells.shape[0] // rows * rows, : cells.shape[1] // columns * columns]
    shape = (rows, cells.shape[0] // rows, columns, cells.shape[1] // columns)
    means: Grid = cells.reshape(shape).mean(axis=(1, 3))
    return means


def flashes(times: Sequence[int], grids: Sequence[Grid]) -> list[int]:
    """When a part of the picture lit up, and was dark again soon after: a cut or a person who walks by is none."""
    found: list[int] = []
    last: dict[int, int] = {}
    for n in range(1, len(grids) - 4):
        gained = grids[n] - grids[n - 1]
        cell = int(np.argmax(gained))
        after = [float(grids[n + k].flat[cell]) for k in range(1, 5)]
        small = float((gained > RISE / 2).mean()) < 0.5
        falls = min(after) < float(grids[n - 1].flat[cell]) + RISE / 2
        # Something else that blinks (a lamp, a screen) hides no flash of another place of the picture.
        new = cell not in last or times[n] - last[cell] > RATE
        if gained.flat[cell] >= RISE and falls and small and new:
            last[cell] = times[n]
            found.append(times[n])
    return found


def measure(flash_times: Sequence[int], sound: NDArray[np.float32], sound_start: int) -> Reading | None:
    """The offset on which most beeps agree; None when there is none. ``sound``: mono.

    Among speech and things that blink, each beep is tried with each flash within reach: only a flash and a beep made together
    keep the same distance.
    """
    pairs = [
        (at + sound_start - flash, purity)
        for at, purity in _beeps(sound)
        for flash in flash_times
        if abs(at + sound_start - flash) <= REACH
    ]
    if not pairs:
        return None
    offsets, purities = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    near = np.abs(offsets[:, None] - offsets[None, :]) <= TOGETHER
    best = near[int(np.argmax(near @ purities))]
    if float(purities[best].sum()) < CERTAIN:
        return None
    return Reading(round(float(np.average(offsets[best], weights=purities[best]))), int(best.sum()))


def _beeps(sound: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Where stretches as long as a beep are purest at its pitch, and how pure: the clearest first."""
    if len(sound) <= BEEP:
        return []
    tone = np.exp(-2j * np.pi * HERTZ * np.arange(len(sound)) / RATE)
    pitched = np.cumsum(np.concatenate(([0], sound * tone)))
    energy = np.cumsum(np.concatenate(([0], sound.astype(np.float64) ** 2)))
    at_pitch = 2 * np.abs((pitched[BEEP:] - pitched[:-BEEP]) / BEEP) ** 2
    purity = at_pitch / np.maximum((energy[BEEP:] - energy[:-BEEP]) / BEEP, 1e-9)
    found: list[tuple[int, float]] = []
    for _ in range(BEEPS_A_SECOND * (len(sound) // RATE + 1)):
        at = int(np.argmax(purity))
        if purity[at] < PURITY:
            break
        found.append((at, float(purity[at])))
        purity[max(0, at - BEEP) : at + BEEP] = 0
    return found
