"""No programme picture with an exclusion zone in view, whoever turns the cameras. Ten thousand moves: ``tests/soak``."""

from pathlib import Path

import pytest

from camera_drivers.zones import Zone
from regie.cameras import guard
from tests import virtual_loop
from tests.unit.zone_rig import torment

pytestmark = pytest.mark.unit

ZONES = {
    "cam1": [Zone("Public", ((30.0, -18.0), (58.0, -18.0), (58.0, 6.0), (30.0, 6.0)))],
    "cam2": [
        Zone("Agents", ((-60.0, -14.0), (-38.0, -20.0), (-30.0, 2.0), (-52.0, 8.0))),
        Zone("Porte", ((48.0, -10.0), (60.0, -10.0), (60.0, 10.0), (48.0, 10.0))),
    ],
}


def test_no_programme_picture_shows_a_zone(tmp_path: Path) -> None:
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, ZONES, moves=40, seed=5))
    assert not stage.shown, stage.first
    assert stage.moves >= 40 and stage.refused > 4 and stage.stood_in > 4, "the run must have been hard"


def test_the_pictures_are_really_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "clear", lambda *_: True)
    stage = virtual_loop.run(lambda loop: torment(loop, tmp_path, ZONES, moves=40, seed=1))
    assert stage.shown, "a fleet that hides nothing shows a zone before long"
