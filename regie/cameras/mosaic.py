"""From the pictures of a scan to one panorama, linear in angles: a process of its own, so that control stays light and prompt.

``python -m regie.cameras.mosaic FOLDER``: reads ``vues.json`` and the JPEGs that it names, writes ``panorama.jpg`` beside them.
Column ``x`` looks at pan ``left + x / per_degree``, row ``y`` at tilt ``high - y / per_degree``.
"""

import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from regie.cameras.scan import Scan, View

PER_DEGREE = 8
QUALITY = 82
SHARPNESS = 4
"""How soon the picture whose middle is nearest takes over: people move between two pictures, and must not look like ghosts."""
EMPTY = 40
"""Grey of what no picture shows."""

Plane = NDArray[np.float32]


def compose(scan: Scan, pictures: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The panorama (BGR). Where pictures overlap, each counts by how far the point is from its edge."""
    width = round((scan.pan[1] - scan.pan[0]) * PER_DEGREE)
    height = round((scan.tilt[1] - scan.tilt[0]) * PER_DEGREE)
    pan = np.radians(scan.pan[0] + (np.arange(width, dtype=np.float32) + 0.5) / PER_DEGREE)
    tilt = np.radians(scan.tilt[1] - (np.arange(height, dtype=np.float32) + 0.5) / PER_DEGREE)
    total = np.zeros((height, width, 3), np.float32)
    weights = np.full((height, width, 1), 1e-9, np.float32)
    for view in scan.views:
        x, y = _place(view, pan[None, :], tilt[:, None])
        inside = np.clip(1.0 - np.maximum(np.abs(x), np.abs(y)), 0.0, 1.0)[:, :, None] ** SHARPNESS
        picture = pictures[view.file]
        rows, columns = picture.shape[:2]
        seen = cv2.remap(
            picture, (x + 1) * (columns - 1) / 2, (1 - y) * (rows - 1) / 2, cv2.INTER_LINEAR
        ).astype(np.float32)
        total += inside * seen
        weights += inside
    blended = np.where(weights > 1e-8, total / weights, EMPTY)
    return np.asarray(np.clip(blended, 0, 255), np.uint8)


def _place(view: View, pan: Plane, tilt: Plane) -> tuple[Plane, Plane]:
    """Where directions are in a picture: −1 to 1 from left to right and from bottom to top; far outside for those behind."""
    turn, lean = pan - np.radians(view.pan), np.radians(view.tilt)
    right = np.cos(tilt) * np.sin(turn)
    level = np.cos(tilt) * np.cos(turn)
    rise = np.broadcast_to(np.sin(tilt), level.shape)
    forward = level * np.cos(lean) + rise * np.sin(lean)
    above = rise * np.cos(lean) - level * np.sin(lean)
    ahead = forward > 0.05
    depth = np.where(ahead, forward, 1.0)
    x = np.where(ahead, right / depth / view.across, 9.0)
    y = np.where(ahead, above / depth / view.up, 9.0)
    return x.astype(np.float32), y.astype(np.float32)


def main(folder: Path) -> int:
    """Make the panorama of a folder."""
    cv2.setNumThreads(1)
    scan = msgspec.json.decode((folder / "vues.json").read_bytes(), type=Scan)
    pictures: dict[str, NDArray[np.uint8]] = {}
    for view in scan.views:
        picture = cv2.imread(str(folder / view.file))
        if picture is None:
            return 1
        pictures[view.file] = np.asarray(picture, np.uint8)
    done = cv2.imwrite(
        str(folder / "panorama.jpg"), compose(scan, pictures), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
