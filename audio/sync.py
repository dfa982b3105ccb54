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
PROMINENCE = 6.0
"""How far above its surroundings a beep must stand."""

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
    for n in range(1, len(grids) - 4):
        gained = grids[n] - grids[n - 1]
        cell = np.unravel_index(int(np.argmax(gained)), gained.shape)
        after = [float(grids[n + k][cell]) for k in range(1, 5)]
        small = float((gained > RISE / 2).mean()) < 0.5
        falls = min(after) < float(grids[n - 1][cell]) + RISE / 2
        if gained[cell] >= RISE and falls and small and (not found or times[n] - found[-1] > RATE):
            found.append(times[n])
    return found


def measure(flash_times: Sequence[int], sound: NDArray[np.float32], sound_start: int) -> Reading | None:
    """Median offset of the beeps that go with these flashes; None when there is none. ``sound``: mono."""
    if not flash_times or len(sound) <= BEEP:
        return None
    tone = np.exp(-2j * np.pi * HERTZ * np.arange(len(sound)) / RATE)
    total = np.cumsum(np.concatenate(([0], sound * tone)))
    energy = np.abs(total[BEEP:] - total[:-BEEP]) / BEEP
    offsets = []
    for flash in flash_times:
        low, high = flash - sound_start - REACH, flash - sound_start + REACH
        if low < 0 or high > len(energy):
            continue
        near = energy[low:high]
        if near.max() > PROMINENCE * max(float(np.median(near)), 1e-6):
            offsets.append(int(np.argmax(near)) - REACH)
    return Reading(round(float(np.median(offsets))), len(offsets)) if offsets else None
