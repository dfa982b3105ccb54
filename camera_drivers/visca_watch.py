"""The questions that tell where a VISCA camera is. What a camera does not understand is not asked again."""

import asyncio

from camera_drivers import visca_answers
from camera_drivers import visca_commands as visca
from camera_drivers.base import CameraRefused, Position
from camera_drivers.quirks import Model
from camera_drivers.truth import Sighting, Truth
from camera_drivers.visca_commands import Inquiry
from camera_drivers.visca_io import Conversation

POWER_POLL = 5.0
STAND_BY = 3


class Watcher:
    """Asks, and tells the truth what came. Raises CameraLost when nothing comes."""

    def __init__(self, conversation: Conversation, truth: Truth) -> None:
        self._conversation = conversation
        self._truth = truth
        self._loop = asyncio.get_running_loop()
        self._power_due = 0.0
        self._standing_by = False
        self.unsupported: set[str] = set()
        """Names of the questions that this camera does not understand."""

    def start_again(self) -> None:
        """The camera is new, or back: perhaps with another firmware."""
        self.unsupported.clear()
        self._power_due = 0.0

    async def look(self, model: Model) -> None:
        """One round of questions."""
        if await self._stands_by():
            self._truth.asleep(self._loop.time(), "stand-by")
            return
        status = await self.ask(visca.PAN_TILT_STATUS) if model.reads_status else None
        place = await self.ask(visca.PAN_TILT_POSITION)
        lens = await self._lens(model)
        angles = visca_answers.pan_tilt(place, model) if place is not None else None
        if angles is None or lens is None:
            return
        head = visca_answers.pan_tilt_status(status) if status is not None else None
        self._truth.seen(
            self._loop.time(),
            Sighting(
                Position(*angles, lens.zoom, lens.focus),
                head.moving if head is not None else None,
                lens.busy,
                head is not None and head.failed,
            ),
        )

    async def ask(self, inquiry: Inquiry) -> bytes | None:
        """An answer; None from a camera that does not know the question or cannot answer now."""
        if inquiry.name in self.unsupported:
            return None
        try:
            return await self._conversation.do(inquiry)
        except CameraRefused as refusal:
            if not refusal.retry_later:
                self.unsupported.add(inquiry.name)
            return None

    async def _stands_by(self) -> bool:
        if self._loop.time() >= self._power_due:
            self._power_due = self._loop.time() + POWER_POLL
            power = await self.ask(visca.POWER)
            self._standing_by = power is not None and power[0] == STAND_BY
        return self._standing_by

    async def _lens(self, model: Model) -> visca_answers.LensStatus | None:
        block = await self.ask(visca.LENS_BLOCK) if model.reads_lens else None
        if block is not None:
            return visca_answers.lens_block(block, model)
        zoom = await self.ask(visca.ZOOM_POSITION)
        if zoom is None:
            # A camera whose zoom cannot be read is taken at its widest: the safe side for exclusion zones.
            return visca_answers.LensStatus(1.0, 0, False) if "zoom_position" in self.unsupported else None
        return visca_answers.LensStatus(visca_answers.zoom(zoom, model), 0, False)
