"""What of a picture may not be recognised, made unrecognisable: each rectangle is brought down to a few patches of colour.

What is lost is lost: the patches are all that is left of what was there. The source's picture is not written to.
"""

from collections.abc import Sequence

import av
import cv2

from regie.domain.model import Veil
from regie.media.colour import Planes, planes_of
from regie.media.compose import Pane
from regie.media.frames import ProgrammeFormat
from regie.media.stock import Stock


class Veiler:
    """Draws veils, on pictures of its own. One thread uses it."""

    def __init__(self, fmt: ProgrammeFormat) -> None:
        self._stock = Stock(fmt.width, fmt.height)

    def veiled(self, frame: av.VideoFrame, veils: Sequence[Veil]) -> av.VideoFrame:
        """A copy of a picture of the programme's size with its veils; the picture itself when there is none."""
        if not veils:
            return frame
        copy = self._stock.copy(frame)
        planes = planes_of(copy)
        for veil in veils:
            draw(planes, veil)
        return copy


def draw(planes: Planes, veil: Veil) -> None:
    """Veil a rectangle of a picture, in place."""
    height, width = planes[0].shape
    pane = _pane(veil, width, height)
    grain = max(2.0, veil.grain * width / 1000)
    cells = max(1, int(pane.width / grain)), max(1, int(pane.height / grain))
    for plane in pane.of(planes):
        patches = cv2.resize(plane, cells, interpolation=cv2.INTER_AREA)
        cv2.resize(patches, plane.shape[::-1], dst=plane, interpolation=cv2.INTER_LINEAR)


def _pane(veil: Veil, width: int, height: int) -> Pane:
    """Even pixels, rounded outwards; never less than two."""
    left, top = veil.left * width // 2000 * 2, veil.top * height // 2000 * 2
    right, bottom = -(-veil.right * width // 2000) * 2, -(-veil.bottom * height // 2000) * 2
    left, top = min(left, width - 2), min(top, height - 2)
    return Pane(left, top, max(2, min(right, width) - left), max(2, min(bottom, height) - top))
