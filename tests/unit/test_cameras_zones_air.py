"""No programme picture shows an exclusion zone, or somebody who objects to it, whoever turns the cameras.

Ten thousand moves: ``tests/soak``.
"""

import asyncio
from pathlib import Path

import pytest

from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.zones import Zone
from regie.cameras import commands as do
from regie.cameras import guard
from regie.domain.commands import TakeShot
from regie.domain.model import Shot
from regie.errors import Refusal
from regie.media.veiling import Veiler
from tests import virtual_loop
from tests.unit.zone_rig import Stage, torment

pytestmark = pytest.mark.unit

SEATS = {"cam1": [(-20.0, -9.0, 6.0)], "cam3": [(12.0, -10.0, 6.0), (-30.0, -6.0, 7.0)]}
"""Close shots of those who object to being filmed."""
ZONES = {
    "cam1": [Zone("Public", ((30.0, -18.0), (58.0, -18.0), (58.0, 6.0), (30.0, 6.0)))],
    "cam2": [
        Zone("Agents", ((-60.0, -14.0), (-38.0, -20.0), (-30.0, 2.0), (-52.0, 8.0))),
        Zone("Porte", ((48.0, -10.0), (60.0, -10.0), (60.0, 10.0), (48.0, 10.0))),
    ],
}


def test_no_programme_picture_shows_a_zone(tmp_path: Path) -> None:
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, ZONES, moves=40, seed=5, seats=SEATS))
    assert not stage.shown, stage.first
    assert stage.moves >= 40 and stage.refused > 4 and stage.stood_in > 4, "the run must have been hard"


def test_the_pictures_are_really_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "clear", lambda *_: True)
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, ZONES, moves=40, seed=1))
    assert stage.shown, "a fleet that hides nothing shows a zone before long"


def test_no_programme_picture_lets_somebody_be_recognised_who_objects_to_it(tmp_path: Path) -> None:
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, {}, moves=40, seed=1, seats=SEATS))
    assert not stage.shown, stage.first
    assert stage.moves >= 40 and stage.stood_in > 4 and stage.veiled > 10, (
        "wide shots were on air, and others"
    )


def test_a_veil_that_is_not_drawn_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Veiler, "veiled", lambda self, frame, veils: frame)
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, {}, moves=40, seed=1, seats=SEATS))
    assert stage.shown, "his stripes are fine, and yet they are seen"


def test_his_place_is_learnt_by_his_close_preset_and_holds_through_a_restart(tmp_path: Path) -> None:
    async def run(loop: virtual_loop.VirtualLoop) -> None:
        stage = Stage(loop, tmp_path, {}, {"cam1": [(20.0, -9.0, 6.0)]})
        filming = loop.create_task(stage.film())
        await asyncio.sleep(0.5)
        fleet, air = stage.fleet()
        running = loop.create_task(fleet.run())
        await asyncio.sleep(4.0)
        await air.call(TakeShot(shot=Shot(("cam2",))))
        await asyncio.sleep(1.0)
        close = do.GoTo(camera="cam1", pan=20.0, tilt=-9.0, zoom=6.0)
        await fleet.carry_out(close)
        await asyncio.sleep(5.0)
        learnt = do.StorePreset(camera="cam1", name="Agent", places=("cam1-0",))
        await fleet.carry_out(learnt)
        (view,) = fleet.presets()
        assert (
            not view.usable and view.zones == ("Agent 0",) and fleet.book().seats["cam1"][0].name == "Agent 0"
        )
        with pytest.raises(Refusal) as refusal:
            await fleet.carry_out(do.StorePreset(camera="cam1", name="Voisin", places=("p1",)))
        assert refusal.value.stable_code == "prereglage_zone"
        await asyncio.sleep(1.0)
        assert stage.mixer.snapshot().excluded == ("cam1",) and not fleet.usable_on_air("cam1")
        stage.shown = 0
        await fleet.carry_out(do.GoTo(camera="cam1", pan=0.0, tilt=-9.0, zoom=1.0))
        await asyncio.sleep(5.0)
        await fleet.carry_out(do.StorePreset(camera="cam1", name="Salle", room=True))
        assert fleet.presets()[-1].usable and fleet.usable_on_air("cam1")
        assert stage.mixer.snapshot().excluded == () and fleet.status().cameras[0].veiled
        await air.call(TakeShot(shot=Shot(("cam1",))))
        await asyncio.sleep(2.0)
        assert stage.veiled and not stage.shown, stage.first
        # Control dies; the camera does not answer the next one for a while, then is found elsewhere.
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        stage.lenses["cam1"].silent = True
        fleet, air = stage.fleet()
        running = loop.create_task(fleet.run())
        await asyncio.sleep(2.0)
        assert stage.mixer.snapshot().veils.keys() == {"cam1"} and not stage.mixer.snapshot().excluded
        await asyncio.sleep(2.0)
        assert "cam1" in stage.mixer.snapshot().excluded, "it never answered"
        stage.lenses["cam1"].silent = False
        await asyncio.sleep(10.0)
        assert not stage.mixer.snapshot().excluded and not stage.shown, stage.first
        for task in (running, filming):
            task.cancel()
        await asyncio.gather(running, filming, return_exceptions=True)

    virtual_loop.run(run)


def test_a_camera_turned_unseen_is_not_shown_again_on_what_it_told_before(tmp_path: Path) -> None:
    """Another controller turns it as it was about to be let back, nobody having asked it since."""

    async def run(loop: virtual_loop.VirtualLoop) -> None:
        stage = Stage(loop, tmp_path, ZONES)
        filming = loop.create_task(stage.film())
        await asyncio.sleep(0.5)
        fleet, air = stage.fleet()
        running = loop.create_task(fleet.run())
        await asyncio.sleep(4.0)
        await fleet.carry_out(do.SetZones(camera="cam1", zones=tuple(ZONES["cam1"])))
        await air.call(TakeShot(shot=Shot(("cam2",))))
        turret = stage.lenses["cam1"].turret
        for n in range(12):
            turret.move_to(-20.0, -8.0, 4.0)
            await asyncio.sleep(3.0 + 0.05 * n)
            turret.move_to(44.0, -6.0, 4.0)
            await asyncio.sleep(0.9)  # at the zone, whose picture comes 0.28 s later
            assert "cam1" in stage.mixer.snapshot().excluded, n
        for task in (running, filming):
            task.cancel()
        await asyncio.gather(running, filming, return_exceptions=True)

    virtual_loop.run(run)


def test_control_outlives_limits_that_fail_in_a_way_that_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[ViscaCamera] = set()

    async def set_limits(self: ViscaCamera, pan: object, tilt: object) -> None:
        asked.add(self)
        raise ValueError("-40103 does not fit 4 nibbles")

    async def run(loop: virtual_loop.VirtualLoop) -> None:
        fleet, _ = Stage(loop, tmp_path, ZONES).fleet()
        running = loop.create_task(fleet.run())
        await asyncio.sleep(4.0)
        for camera in ("cam1", "cam2"):
            await fleet.carry_out(do.SetZones(camera=camera, zones=tuple(ZONES[camera])))
            await asyncio.sleep(3.0)
        assert len(asked) == 2 and not running.done(), "the second camera's were still tried"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    monkeypatch.setattr(ViscaCamera, "set_limits", set_limits)
    virtual_loop.run(run)
