"""Ten thousand moves and zooms at random, by the technician, automation and a second controller: no zone on the programme.

``SOAK_MOVES`` (10 000 by default), in runs of five hundred, each from another seed, ``SOAK_SEED`` the first. A quarter of an
hour on an idle machine.
"""

import os
from pathlib import Path

import pytest

from tests import virtual_loop
from tests.unit.test_cameras_zones_air import SEATS, ZONES
from tests.unit.zone_rig import torment

pytestmark = pytest.mark.soak

MOVES = int(os.environ.get("SOAK_MOVES", "10000"))
FIRST = int(os.environ.get("SOAK_SEED", "100"))
RUN = 500


@pytest.mark.timeout(600 + MOVES)
def test_no_programme_picture_shows_a_zone_in_thousands_of_moves(tmp_path: Path) -> None:
    moves = pictures = 0
    for seed in range(FIRST, FIRST + max(1, MOVES // RUN)):
        folder = tmp_path / str(seed)
        stage = virtual_loop.run(
            lambda loop, to=folder, seed=seed: torment(loop, to, ZONES, min(RUN, MOVES), seed, SEATS)  # type: ignore[misc]
        )
        assert not stage.shown, f"seed {seed}: {stage.first}"
        moves += stage.moves
        pictures += stage.ticks
    print(f"{moves} moves, {pictures} programme pictures, no zone")
