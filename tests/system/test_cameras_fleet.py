"""The fleet against simulated cameras: presets, lock of the programme, joystick, lamps, exclusion zones."""

import asyncio
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_drivers.base import CameraState, FocusMode, Speeds
from camera_drivers.zones import Zone
from regie.cameras import commands as do
from regie.cameras.book import BookFile
from regie.domain.commands import TakeShot
from regie.domain.model import Shot
from regie.errors import Refusal
from tests.system.camera_rig import JPEG, Chamber, play

pytestmark = pytest.mark.system

BENCH = Zone("Public", ((30.0, -20.0), (60.0, -20.0), (60.0, 10.0), (30.0, 10.0)))
"""To the right; with a field of 62 degrees a camera shows it from 0 on, its margin included, at its widest."""

FRAME_SYNC_S = 0.28
"""What a picture waits in the mixer before it is shown."""


async def refused(code: str, asked: object) -> None:
    with pytest.raises(Refusal) as refusal:
        await asked  # type: ignore[misc]
    assert refusal.value.stable_code == code


async def go(c: Chamber, camera: str = "cam1", **where: float) -> None:
    await c.fleet.carry_out(do.GoTo(camera=camera, **where))
    await c.arrives(camera)


def test_a_preset_is_stored_with_its_thumbnail_and_recalled_and_shown_where_it_is(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        await go(c, pan=-12, tilt=4, zoom=3)
        await c.fleet.carry_out(do.StorePreset(camera="cam1", name="Maire", places=("p1",)))
        (view,) = c.fleet.presets()
        stored = view.preset
        assert (stored.name, stored.places, view.scope.value, view.usable) == (
            "Maire",
            ("p1",),
            "place",
            True,
        )
        assert abs(stored.pan + 12) < 0.05 and abs(stored.zoom - 3) < 0.02
        assert c.camera().preset == stored.id
        await go(c, pan=5)
        assert c.camera().preset is None
        await c.fleet.recall(stored.id, seconds=2.0)
        lasted = await c.until(lambda: c.camera().state is CameraState.ARRIVED)
        assert 1.0 < lasted < 4.0, "slower than it could, to be there in two seconds"
        assert c.camera().preset == stored.id and c.camera().target is not None
        await c.until(lambda: c.fleet.presets()[0].thumbnail is not None)
        assert c.fleet.picture(stored.id) == JPEG
        await c.fleet.carry_out(do.MirrorPreset(preset=stored.id, memory=7))
        assert 6 in c.simulated().head.presets and c.fleet.presets()[0].preset.memory == 7
        await go(c, pan=5)
        await c.fleet.carry_out(do.RecallMemory(camera="cam1", memory=7))
        await c.until(lambda: c.camera().state is CameraState.ARRIVED and c.camera().preset == stored.id)
        await refused("camera_refus", c.fleet.carry_out(do.RecallMemory(camera="cam1", memory=200)))
        await refused("place_inconnue", c.fleet.carry_out(do.EditPreset(preset=stored.id, places=("p9",))))
        await c.fleet.carry_out(do.EditPreset(preset=stored.id, name="La maire"))
        kept = BookFile(tmp_path / "cameras").load()
        assert [one.name for one in kept.presets] == ["La maire"]
        assert json.loads((tmp_path / "cameras" / "livre.json").read_bytes())["presets"][0]["memory"] == 7
        await c.fleet.carry_out(do.DeletePreset(preset=stored.id))
        assert not c.fleet.presets() and c.fleet.picture(stored.id) is None

    play(tmp_path, scene)


def test_on_air_nothing_moves_it_until_it_is_allowed_and_a_cut_takes_the_joystick_away(
    tmp_path: Path,
) -> None:
    async def scene(c: Chamber) -> None:
        console = object()
        c.fleet.drive(console, "cam1", Speeds(pan=0.2))
        with pytest.raises(Refusal, match="another console"):
            c.fleet.drive(object(), "cam1", Speeds(pan=0.2))
        await c.until(lambda: c.looks()[0] > 1)
        await c.air.call(TakeShot(shot=Shot(("cam1",))))
        with pytest.raises(Refusal) as refusal:
            c.fleet.drive(console, "cam1", Speeds(pan=0.2))
        assert refusal.value.stable_code == "camera_a_l_antenne"
        await c.until(lambda: not c.simulated().head.moving)
        await refused("camera_a_l_antenne", c.fleet.carry_out(do.GoTo(camera="cam1", pan=9)))
        assert c.camera().locked
        await c.fleet.carry_out(do.AllowMove(camera="cam1"))
        await go(c, pan=9)
        await c.fleet.carry_out(do.AllowMove(camera="cam1", on=False))
        await refused("camera_a_l_antenne", c.fleet.carry_out(do.GoTo(camera="cam1", pan=1)))
        c.engine.on_air("large", preview="cam1")
        await c.until(lambda: not c.camera().locked)

    play(tmp_path, scene)


def test_a_seat_is_given_by_the_camera_that_is_free(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        for camera, pan in (("cam1", -12.0), ("cam2", 8.0)):
            await go(c, camera, pan=pan)
            await c.fleet.carry_out(do.StorePreset(camera=camera, name=camera, places=("p1",)))
            await go(c, camera, pan=0)
        await refused("place_sans_plan", c.fleet.carry_out(do.RecallPlace(place="p2")))
        c.engine.on_air("cam2")
        await c.fleet.carry_out(do.RecallPlace(place="p1"))
        await c.arrives()
        status = c.engine.status.get()
        assert abs(c.looks()[0] + 12) < 0.1 and status is not None and status.preview.sources == ("cam1",)
        c.engine.on_air("cam1")
        await c.fleet.carry_out(do.RecallPlace(place="p1", prepare=False))
        await c.arrives("cam2")
        assert abs(c.looks("cam2")[0] - 8) < 0.1
        c.engine.on_air("cam1", "cam2")
        await refused("aucune_camera_libre", c.fleet.carry_out(do.RecallPlace(place="p1")))

    play(tmp_path, scene)


def test_a_console_that_falls_silent_or_leaves_stops_the_camera(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        console = object()
        c.fleet.drive(console, "cam2", Speeds(tilt=0.3))
        await c.until(lambda: c.simulated("cam2").head.moving)
        assert await c.until(lambda: not c.simulated("cam2").head.moving, 3.0) < 1.5
        c.fleet.drive(console, "cam2", Speeds(tilt=-0.3))
        await c.until(lambda: c.simulated("cam2").head.moving)
        c.fleet.let_go(console)
        assert await c.until(lambda: not c.simulated("cam2").head.moving, 3.0) < 0.3 + 0.7
        await c.until(lambda: c.camera("cam2").state is CameraState.READY)

    play(tmp_path, scene)


def test_lamps_follow_the_programme_through_cuts_without_a_flicker(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        def lamps() -> list[int]:
            return [m[6] for m in c.simulated().received if m.startswith(b"\x81\x01\x7e\x01\x0a\x00")]

        await c.until(lambda: lamps() == [3])
        for programme, preview in (("cam1", "cam2"), ("cam1", "large"), ("large", "cam1"), ("cam1", "large")):
            c.engine.on_air(programme, preview=preview)
            await asyncio.sleep(0.15)
        await c.until(lambda: c.simulated().head.red)
        assert lamps() == [3, 2, 3, 2]

    play(tmp_path, scene)


def test_a_framing_that_shows_a_zone_is_never_for_the_programme(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        await go(c, pan=-20)
        await c.fleet.carry_out(do.SetZones(camera="cam1", zones=(BENCH,)))
        assert c.fleet.usable_on_air("cam1")
        await c.fleet.carry_out(do.GoTo(camera="cam1", pan=40))
        assert c.engine.excluded[-1][1] == ("cam1",), "hidden before it moves"
        await c.arrives()
        assert c.camera().zones == ("Public",) and not c.fleet.usable_on_air("cam1")
        await refused("source_exclue", c.air.call(TakeShot(shot=Shot(("cam1",)))))
        await refused("prereglage_zone", c.fleet.carry_out(do.StorePreset(camera="cam1", name="Bancs")))
        await c.fleet.carry_out(do.StorePreset(camera="cam1", name="Bancs", on_air=False))
        assert not c.fleet.presets()[0].usable and c.fleet.presets()[0].zones == ("Public",)
        await go(c, pan=-20)
        await c.until(lambda: c.engine.excluded[-1][1] == ())
        assert c.fleet.usable_on_air("cam1")

    play(tmp_path, scene)


def test_on_air_a_drive_stops_at_the_edge_and_another_controller_takes_the_camera_off(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        await go(c, pan=-20)
        await c.fleet.carry_out(do.SetZones(camera="cam1", zones=(BENCH,)))
        await c.until(lambda: c.fleet.usable_on_air("cam1"))
        c.engine.on_air("cam1")
        await c.until(lambda: c.camera().locked)
        await c.fleet.carry_out(do.AllowMove(camera="cam1"))
        await refused("camera_zone", c.fleet.carry_out(do.GoTo(camera="cam1", pan=30)))
        with pytest.raises(Refusal) as refusal:
            for _ in range(400):
                c.fleet.drive(c, "cam1", Speeds(pan=0.15))
                await asyncio.sleep(0.05)
        assert refusal.value.stable_code == "camera_zone"
        await c.until(lambda: not c.simulated().head.moving)
        # A camera that could not tell in time where it was is off the air until it has.
        await c.until(lambda: not c.camera().zones and not c.camera().excluded)
        assert -20 < c.looks()[0] < 0
        motor = c.simulated().head.pan
        await c.until(lambda: motor.high < 8704.0, 30.0)
        motor.high = 8704.0  # the other controller took the backstop away
        loop = asyncio.get_running_loop()
        shown_at: list[float] = []
        c.simulated().head.on_move = lambda pan, tilt, zoom: shown_at.append(loop.time()) if pan > 0 else None
        c.simulated().move_by_hand(50, 0)
        await c.until(lambda: c.camera().excluded and bool(shown_at), 5.0)
        taken_off, sources = c.engine.excluded[-1]
        assert sources == ("cam1",)
        assert taken_off < shown_at[0] + FRAME_SYNC_S, "before a picture that shows the zone was due"

    play(tmp_path, scene)


def test_a_camera_scans_its_panorama_and_goes_back_where_it_was(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        await go(c, pan=-15, zoom=2)
        c.engine.on_air("cam1")
        await refused("camera_a_l_antenne", c.fleet.carry_out(do.ScanPanorama(camera="cam1")))
        c.engine.on_air("large")
        await asyncio.sleep(0.7)
        await c.fleet.carry_out(do.ScanPanorama(camera="cam1", pan=(-10, 10), tilt=(0, 0)))
        await c.until(lambda: c.camera().scan is not None)
        await refused("balayage_en_cours", c.fleet.carry_out(do.ScanPanorama(camera="cam1")))
        await c.until(lambda: c.fleet.panorama("cam1") is not None)
        found = c.fleet.panorama("cam1")
        assert found is not None and found.pan == pytest.approx((-41, 41), abs=0.1)
        await c.until(lambda: c.camera().scan is None and abs(c.looks()[0] + 15) < 0.1)
        image = cv2.imdecode(np.frombuffer(c.fleet.panorama_image("cam1") or b"", np.uint8), cv2.IMREAD_COLOR)
        assert image is not None and image.shape[1] == 82 * 8 and abs(int(image[150, 328, 0]) - 120) < 4

    play(tmp_path, scene)


def test_exposure_and_white_balance_are_held_and_copied(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        one, other = c.simulated("cam1"), c.simulated("cam2")
        one.image |= {0x43: 0x6A, 0x4B: 0x11}
        await c.fleet.carry_out(do.HoldImage(camera="cam1", focus=True))
        assert (one.image[0x35], one.image[0x39], one.head.focus_auto) == (5, 3, False)
        await c.fleet.carry_out(do.CopyImage(source="cam1", target="cam2"))
        assert other.image == one.image and other.head.focus_auto
        await c.fleet.carry_out(do.HoldImage(camera="cam1", on=False))
        assert (one.image[0x35], one.image[0x39], one.head.focus_auto) == (0, 0, True)
        await c.fleet.carry_out(do.Focus(camera="cam1", mode=FocusMode.ONCE))
        assert (one.head.focus, one.head.focus_auto, one.image[0x39]) == (0x2200, False, 0)
        await c.fleet.carry_out(do.Focus(camera="cam1", mode=FocusMode.AUTO))
        assert one.head.focus_auto
        await c.fleet.carry_out(do.FreezeRecalls(camera="cam1"))
        assert bytes.fromhex("8101 7e04 3b02 ff") in one.received

    play(tmp_path, scene)


def test_limits_of_the_head_are_set_as_a_backstop(tmp_path: Path) -> None:
    async def scene(c: Chamber) -> None:
        await go(c, pan=-40)
        await c.fleet.carry_out(do.SetZones(camera="cam1", zones=(BENCH,)))
        high = c.simulated().head.pan
        await c.until(lambda: high.high < 8704.0, 30.0)
        assert high.high / 51.2 < 0.0
        await c.fleet.carry_out(do.SetZones(camera="cam1", zones=()))
        await c.until(lambda: high.high == 8704.0)

    play(tmp_path, scene)
