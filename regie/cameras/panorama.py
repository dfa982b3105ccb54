"""A camera scans its own panorama, on which the technician draws the exclusion zones.

It turns at its widest, takes a picture at each stop, and goes back to where it was. The pictures are put together by
:mod:`regie.cameras.mosaic`. ``<dossier>/cameras/panoramas/<source>.{jpg,json}``.
"""

import asyncio
import logging
import math
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from camera_drivers.base import Capabilities, Position
from camera_drivers.geometry import Lens
from regie.cameras.news import Panorama, Progress
from regie.cameras.pictures import Pictures
from regie.cameras.scan import Scan, View
from regie.cameras.unit import Unit
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.errors import DeviceError, Refusal

log = logging.getLogger(__name__)

OVERLAP = 0.25
"""Share of a picture that the next one shows again."""
USUAL_PAN, USUAL_TILT = (-120.0, 120.0), (-30.0, 20.0)
"""Where people are, unless the technician asks for more."""
ARRIVAL_S = 20.0
MOSAIC_S = 60.0
POLL_S = 0.1


def stops(
    lens: Lens, can: Capabilities, pan: tuple[float, float] | None, tilt: tuple[float, float] | None
) -> list[Position]:
    """Where to look, row by row, back and forth; what is asked is kept within the camera's reach."""
    across, up = lens.field(1.0)
    pans = _spread(_within(pan or USUAL_PAN, can.pan), across)
    tilts = _spread(_within(tilt or USUAL_TILT, can.tilt), up)
    rows = [[Position(p, t, 1.0) for p in pans] for t in tilts]
    return [stop for n, row in enumerate(rows) for stop in (row if n % 2 == 0 else row[::-1])]


def _within(asked: tuple[float, float], reach: tuple[float, float]) -> tuple[float, float]:
    return min(max(asked[0], reach[0]), reach[1]), max(min(asked[1], reach[1]), reach[0])


def _spread(between: tuple[float, float], field: float) -> list[float]:
    """Centres of the pictures that cover an interval of centres."""
    low, high = between
    count = max(1, math.ceil((high - low) / (field * (1 - OVERLAP))) + 1) if high > low else 1
    return [low + (high - low) * n / max(1, count - 1) for n in range(count)] if count > 1 else [low]


class Surveyor:
    """Scans, one at a time a camera. ``move`` turns a camera, through the lock and the zones."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        pictures: Pictures,
        move: Callable[[Unit, Position], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._pictures = pictures
        self._move = move
        self._changed = changed
        self._running: dict[SourceId, asyncio.Task[None]] = {}
        self.progress: dict[SourceId, Progress] = {}
        self.failures: dict[SourceId, str] = {}
        """Stable code of why the last scan of a camera stopped short."""

    def start(
        self,
        unit: Unit,
        pan: tuple[float, float] | None,
        tilt: tuple[float, float] | None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin; ``done`` is called at its end, however it ends. Raises Refusal."""
        if unit.source in self._running:
            raise Refusal("it scans already", code="balayage_en_cours", camera=unit.source)
        here = unit.report().position
        if here is None:
            raise Refusal("its place is not known", code="camera_perdue", camera=unit.source)
        route = stops(unit.lens, unit.there().capabilities(), pan, tilt)
        self.failures.pop(unit.source, None)
        task = asyncio.create_task(self._scan(unit, route, here), name=f"panorama {unit.source}")
        self._running[unit.source] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._ended(unit.source)
            done()

        task.add_done_callback(ended)

    def stop(self, camera: SourceId) -> None:
        """Give a scan up."""
        if camera in self._running:
            self._running[camera].cancel()

    async def close(self) -> None:
        """Give them all up."""
        for task in tuple(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def found(self, camera: SourceId) -> Panorama | None:
        """The last panorama of a camera; reads the disk."""
        try:
            return msgspec.json.decode(self._path(camera, "json").read_bytes(), type=Panorama)
        except (OSError, msgspec.MsgspecError):
            return None

    def image(self, camera: SourceId) -> bytes | None:
        """Its image (JPEG); reads the disk."""
        try:
            return self._path(camera, "jpg").read_bytes()
        except OSError:
            return None

    def _path(self, camera: SourceId, suffix: str) -> Path:
        return self._folder / "panoramas" / f"{camera}.{suffix}"

    def _ended(self, camera: SourceId) -> None:
        self._running.pop(camera, None)
        self.progress.pop(camera, None)
        self._changed()

    async def _scan(self, unit: Unit, route: list[Position], before: Position) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="regie-panorama-") as made:
                await self._survey(unit, route, Path(made))
            await self._move(unit, before)
        except (Refusal, DeviceError) as error:
            self.failures[unit.source] = error.stable_code
            log.warning("a panorama stopped short", extra={"camera": unit.source, "code": error.stable_code})
        except OSError:
            self.failures[unit.source] = "livre_non_ecrit"
            log.warning("a panorama cannot be written", extra={"camera": unit.source})

    async def _survey(self, unit: Unit, route: list[Position], folder: Path) -> None:
        across, up = unit.lens.tangents(1.0)
        views: list[View] = []
        for n, stop in enumerate(route):
            self.progress[unit.source] = Progress(n, len(route))
            self._changed()
            await self._move(unit, stop)
            here = await self._arrival(unit, stop)
            jpeg = await self._pictures.fresh(unit.source)
            name = f"{n}.jpg"
            await asyncio.to_thread((folder / name).write_bytes, jpeg)
            views.append(View(name, here.pan, here.tilt, across, up))
        half = tuple(angle / 2 for angle in unit.lens.field(1.0))
        pans, tilts = [view.pan for view in views], [view.tilt for view in views]
        scan = Scan(
            (max(-180.0, min(pans) - half[0]), min(180.0, max(pans) + half[0])),
            (max(-90.0, min(tilts) - half[1]), min(90.0, max(tilts) + half[1])),
            tuple(views),
        )
        await self._put_together(unit.source, scan, folder)

    async def _arrival(self, unit: Unit, stop: Position) -> Position:
        loop = asyncio.get_running_loop()
        until = loop.time() + ARRIVAL_S
        while loop.time() < until:
            report = unit.report()
            if unit.rests and report.position is not None:
                return report.position
            await asyncio.sleep(POLL_S)
        raise DeviceError("the camera does not arrive", code="camera_perdue", camera=unit.source)

    async def _put_together(self, camera: SourceId, scan: Scan, folder: Path) -> None:
        (folder / "vues.json").write_bytes(msgspec.json.encode(scan))
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "regie.cameras.mosaic", str(folder)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(MOSAIC_S):
                code = await child.wait()
        except TimeoutError:
            code = 1
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if code:
            raise DeviceError(
                "the panorama cannot be put together", code="panorama_impossible", camera=camera
            )
        taken = Panorama(
            camera=camera, pan=scan.pan, tilt=scan.tilt, taken_utc_ms=self._clock.utc_ns() // 1_000_000
        )
        self._path(camera, "jpg").parent.mkdir(parents=True, exist_ok=True)
        for suffix, data in (
            ("jpg", (folder / "panorama.jpg").read_bytes()),
            ("json", msgspec.json.encode(taken)),
        ):
            partial = self._path(camera, f"{suffix}.new")
            partial.write_bytes(data)
            partial.replace(self._path(camera, suffix))
