"""Marks that machines read on the hall's pictures: a strip of blocks with the camera and the time, and a square that flashes.

The strip lies at the bottom left: 4 bits of sync (1010), 4 of camera, 32 of milliseconds since the hall's epoch, 8 of CRC, each bit
a square block, white or black, as high as a ninetieth of the picture. It survives x264 and a downscale to 360p.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
SYNC = 0b1010
BITS = 48
WHITE, BLACK = 235, 16
FLASH_PERIOD_MS = 10_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What the strip says."""

    camera: int
    ms: int


def crc8(data: bytes) -> int:
    """CRC-8, polynomial 0x07."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def _word(camera: int, ms: int) -> int:
    body = ms & 0xFFFFFFFF
    check = crc8(bytes((camera & 0x0F,)) + body.to_bytes(4, "big"))
    return SYNC << 44 | (camera & 0x0F) << 40 | body << 8 | check


def _block(height: int) -> int:
    return height // 90


def strip_box(height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the strip, its quiet border and the flash included."""
    block = _block(height)
    return block, height - 6 * block, (2 + BITS + 8) * block, height - block


def draw(luma: Luma, camera: int, ms: int, flash: bool = False) -> None:
    """Write the strip on a luma plane, in place."""
    block = _block(luma.shape[0])
    left, top, right, bottom = strip_box(luma.shape[0])
    luma[top:bottom, left:right] = 40
    word = _word(camera, ms)
    bits = np.array([(word >> (BITS - 1 - n)) & 1 for n in range(BITS)], np.uint8)
    row = np.repeat(np.where(bits, WHITE, BLACK).astype(np.uint8), block)
    y = luma.shape[0] - 3 * block
    luma[y - block : y + block, 2 * block : 2 * block + len(row)] = row
    x = (2 + BITS + 2) * block
    luma[y - 2 * block : y + block, x : x + 4 * block] = WHITE if flash else BLACK


def flashing(luma: Luma) -> bool:
    """Is the square lit?"""
    block = _block(luma.shape[0])
    y, x = luma.shape[0] - 3 * block, (2 + BITS + 2) * block
    return float(luma[y - block : y, x + block : x + 3 * block].mean()) > 128


def read(luma: Luma) -> Mark | None:
    """Read the strip of a luma plane of any height; None when there is none or it is damaged."""
    height = luma.shape[0]
    scale = height / 90
    y = height - 3 * scale
    centres = ((2 + np.arange(BITS) + 0.5) * scale).astype(int)
    if centres[-1] + 1 >= luma.shape[1]:
        return None
    rows = luma[int(y - 0.5 * scale) : int(y + 0.5 * scale) + 1].astype(np.float32).mean(axis=0)
    half = max(1, int(scale // 4))
    values = np.array([rows[c - half : c + half + 1].mean() for c in centres])
    high, low = (values[0] + values[2]) / 2, (values[1] + values[3]) / 2
    if high - low < 60:
        return None
    word = 0
    for value in values:
        word = word << 1 | int(value > (high + low) / 2)
    camera, ms = word >> 40 & 0x0F, word >> 8 & 0xFFFFFFFF
    return Mark(camera, ms) if word == _word(camera, ms) else None
