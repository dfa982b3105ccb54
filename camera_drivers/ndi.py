"""An NDI camera as the rest of the régie sees it: turned by metadata on the connection of its picture (NDI SDK, « PTZ control »).

NDI tells neither where the camera looks nor when it got there: no acknowledgement, no completion, no inquiry. So a framing is a
memory of the camera (100 of them), arrival is the end of the time that a move is known to take at most, and a camera that somebody
else turns is not seen. :class:`Capabilities` says so (``reads_position``, ``absolute``).

Signs (SDK): the speed of pan is positive to the *left*, that of tilt upwards, that of zoom inwards.
"""

import asyncio
import contextlib
import logging
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from typing import Any

from camera_drivers.base import (
    CameraError,
    CameraLost,
    CameraRefused,
    CameraState,
    Capabilities,
    PlainHead,
    Position,
    Report,
    Speeds,
)
from camera_drivers.deadman import DeadMan
from camera_drivers.geometry import Lens
from camera_drivers.ndi_library import NdiMissing, library, locate, parse

log = logging.getLogger(__name__)

BACKOFF = (0.2, 5.0)
LOCATING = 3.0
POLL = 0.1
MEMORIES = 100
STOPS = 3
"""A stop has no acknowledgement: it is said again, three times in all."""
STOPPING = 0.5
"""Seconds after which a camera told to stop stands still."""
TRAVEL = 4.0


class NdiCamera(PlainHead):
    """One camera. Made on a running loop; :meth:`run` must run for anything to be known of it."""

    def __init__(self, address: str, *, travel: float = TRAVEL) -> None:
        """``address``: see :mod:`camera_drivers.ndi_library`; ``travel``: seconds of its longest recall at full speed, settling
        included, measured on the spot. Raises ValueError for an address that cannot be one."""
        self._loop = asyncio.get_running_loop()
        self._address = parse(address)
        self._travel = travel
        self.dead_man = DeadMan(self.stop)
        self.lens = Lens(70.0)
        self.model, self.firmware = "NDI", ""
        self._listener: Callable[[], None] = lambda: None
        self._state = CameraState.UNKNOWN
        self._since = self._loop.time()
        self._arrives: float | None = None
        self._becomes = CameraState.READY
        self._detail = ""
        self._receiver: Any = None
        self._turns = False
        self._driving = False
        self._stop_owed = False
        self._tally: tuple[bool, bool] | None = None
        self._memory: int | None = None

    # -- Camera -----------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What is known now. ``eta`` counts down to the estimated arrival."""
        left = None if self._arrives is None else max(0.0, self._arrives - self._loop.time())
        return Report(
            self._state, self._since, eta=left, model=self.model, detail=self._detail, memory=self._memory
        )

    def listen(self, listener: Callable[[], None]) -> None:
        """Have this called at each thing newly known; it must not block."""
        self._listener = listener

    def watch_closely(self, every: float | None) -> None:
        """Nothing can be asked of it."""

    def foresee(self, target: Position, speed: float) -> float | None:
        """It does not go to angles."""
        return None

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            reads_position=False,
            absolute=False,
            presets=MEMORIES if self._turns else 0,
            tally=True,
            preset_speed=self._turns,
        )

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        """Refused: where it looks is not known in angles."""
        raise CameraRefused("an NDI camera goes to its memories only")

    async def drive(self, speeds: Speeds) -> None:
        """Move at a speed; to be said again at least every 300 ms, or the camera is stopped."""
        if speeds.still:
            await self.stop()
            return
        self._must_turn()
        self.dead_man.hold()
        self._say("recv_ptz_pan_tilt_speed", -speeds.pan, speeds.tilt)
        self._say("recv_ptz_zoom_speed", speeds.zoom)
        self._driving, self._arrives, self._memory = True, None, None
        if self._state is not CameraState.MOVING:
            self._become(CameraState.MOVING)

    async def stop(self) -> None:
        """Stop everything. Nothing confirms it: it is said three times on a connection that loses nothing."""
        self.dead_man.release()
        self._stop_owed = True
        self._must_turn()
        for _ in range(STOPS):
            self._say("recv_ptz_pan_tilt_speed", 0.0, 0.0)
            self._say("recv_ptz_zoom_speed", 0.0)
        self._stop_owed = False
        if self._driving or self._state is CameraState.MOVING:
            self._driving = False
            self._moves_for(STOPPING, CameraState.READY)

    async def set_tally(self, red: bool, green: bool) -> None:
        """The whole state of the lamp, sent when it changes and again on each connection."""
        wanted = (red, green)
        if wanted != self._tally:
            self._tally = wanted
            if self._receiver is not None:
                self._send_tally(wanted)

    async def store_preset(self, number: int) -> None:
        """Keep the present framing in the camera's own memory, counted from 1."""
        self._must_turn()
        self._say("recv_ptz_store_preset", _index(number))
        self._memory = number
        self._listener()

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        """Go to a memory of the camera; ``speed`` from 0 (slowest) to 1."""
        self._must_turn()
        self.dead_man.release()
        speed = min(1.0, max(0.05, speed))
        self._say("recv_ptz_recall_preset", _index(number), speed)
        self._driving, self._memory = False, number
        self._moves_for(self._travel / speed, CameraState.ARRIVED)

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, watch, connect again, for ever; ends by cancellation. A drive under way is stopped.

        Where NDI's library is missing it says so once, and the camera stays lost.
        """
        pause = BACKOFF[0]
        try:
            while True:
                try:
                    await self._connect()
                    pause = BACKOFF[0]
                    await self._watch()
                except NdiMissing as error:
                    log.warning("NDI cannot be used: %s", error)
                    self._lose(error.code)
                    await asyncio.Event().wait()
                except CameraError as error:
                    self._lose(error.code)
                finally:
                    await self._disconnect()
                await asyncio.sleep(pause)
                pause = min(BACKOFF[1], 2 * pause)
        finally:
            self.dead_man.close()

    async def _connect(self) -> None:
        # Both wait: for announcements, and for the library's own threads.
        source = await asyncio.to_thread(locate, self._address, LOCATING)
        ndi = library()
        asked = ndi.RecvCreateV3()
        asked.bandwidth = ndi.RECV_BANDWIDTH_METADATA_ONLY
        asked.ndi_recv_name = "régie, tourelle"
        receiver = await asyncio.to_thread(ndi.recv_create_v3, asked)
        if receiver is None:
            raise CameraLost("no receiver")
        self._receiver = receiver
        ndi.recv_connect(receiver, source)
        until = self._loop.time() + LOCATING
        while ndi.recv_get_no_connections(receiver) == 0:
            if self._loop.time() >= until:
                raise CameraLost("it does not answer")
            await asyncio.sleep(POLL / 2)

    async def _watch(self) -> None:
        ndi = library()
        if self._tally is not None:
            self._send_tally(self._tally)
        while ndi.recv_get_no_connections(self._receiver):
            self._hear()
            if self._state in (CameraState.UNKNOWN, CameraState.LOST) and self._turns:
                if self._stop_owed:
                    await self.stop()
                self._become(CameraState.READY)
            self._arrive()
            await asyncio.sleep(POLL)
        raise CameraLost("it left")

    def _arrive(self) -> None:
        """The time that its move takes at most is over."""
        if self._arrives is not None and self._loop.time() >= self._arrives:
            self._arrives = None
            self._become(self._becomes)

    def _hear(self) -> None:
        """What it says of itself, without waiting."""
        ndi = library()
        while True:
            kind, _, _, metadata = ndi.recv_capture_v3(self._receiver, 0)
            if kind == ndi.FRAME_TYPE_METADATA:
                text = str(metadata.data)
                ndi.recv_free_metadata(self._receiver, metadata)
                self.model = product(text) or self.model
            elif kind == ndi.FRAME_TYPE_STATUS_CHANGE:
                self._turns = bool(ndi.recv_ptz_is_supported(self._receiver))
            elif kind != ndi.FRAME_TYPE_SOURCE_CHANGE:
                return

    async def _disconnect(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        ndi = library()
        if self._driving:
            ndi.recv_ptz_pan_tilt_speed(receiver, 0.0, 0.0)
            ndi.recv_ptz_zoom_speed(receiver, 0.0)
        await asyncio.shield(asyncio.to_thread(ndi.recv_destroy, receiver))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _must_turn(self) -> None:
        if self._receiver is None or self._state is CameraState.LOST:
            raise CameraLost("it does not answer")
        if not self._turns:
            raise CameraRefused(
                "this NDI source cannot be turned", retry_later=self._state is CameraState.UNKNOWN
            )

    def _say(self, what: str, *values: float) -> None:
        if not getattr(library(), what)(self._receiver, *values):
            raise CameraLost("the connection took nothing")

    def _send_tally(self, wanted: tuple[bool, bool]) -> None:
        ndi = library()
        lamp = ndi.Tally()
        lamp.on_program, lamp.on_preview = wanted
        ndi.recv_set_tally(self._receiver, lamp)

    def _moves_for(self, seconds: float, then: CameraState) -> None:
        self._arrives, self._becomes = self._loop.time() + seconds, then
        self._become(CameraState.MOVING)

    def _lose(self, why: str) -> None:
        if self._state is not CameraState.LOST:
            log.warning("camera lost: %s", self.model)
            self._stop_owed = self._stop_owed or self._driving
            self._driving, self._arrives, self._memory = False, None, None
            self.dead_man.release()
            self._turns = False
            self._become(CameraState.LOST)
        self._detail = why

    def _become(self, state: CameraState) -> None:
        self._state, self._since, self._detail = state, self._loop.time(), ""
        self._listener()


def _index(number: int) -> int:
    if not 1 <= number <= MEMORIES:
        raise CameraRefused(f"it has memories 1 to {MEMORIES}")
    return number - 1


def product(metadata: str) -> str:
    """Maker and model in a ``<ndi_product …/>`` that a camera sends when one connects; empty for anything else."""
    with contextlib.suppress(Xml.ParseError):
        element = Xml.fromstring(metadata)
        if element.tag == "ndi_product":
            names = (
                element.get("manufacturer", ""),
                element.get("model_name") or element.get("short_name", ""),
            )
            return " ".join(name for name in names if name)
    return ""
