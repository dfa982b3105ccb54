"""Veils, on pixels: nothing finer than a patch is left under them, nothing is touched beside them or in the camera's picture."""

import av
import numpy as np
import pytest
from pydantic import ValidationError

from config.schema import Config
from regie.domain.model import Veil
from regie.media.colour import blank, planes_of
from regie.media.frames import ProgrammeFormat
from regie.media.stage import _fixed_veils
from regie.media.veiling import Veiler
from tests.unit.mixer_rig import content

pytestmark = pytest.mark.unit

FORMATS = (ProgrammeFormat(1280, 720, 25), ProgrammeFormat(1920, 1080, 25), ProgrammeFormat(320, 180, 25))


def noisy(fmt: ProgrammeFormat) -> av.VideoFrame:
    """Every pixel black or white, as different from its neighbours as can be."""
    frame, draw = blank(fmt.width, fmt.height), np.random.default_rng(1)
    for plane in planes_of(frame):
        plane[:] = draw.choice((16, 235), plane.shape)
    return frame


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_is_under_a_veil_is_gone_and_the_rest_as_it_was(fmt: ProgrammeFormat) -> None:
    frame = noisy(fmt)
    before = content(frame)
    veil = Veil(400, 250, 600, 650, grain=50)
    copy = Veiler(fmt).veiled(frame, (veil,))
    assert content(frame) == before, "the decoder still refers to it"
    for plane, was in zip(planes_of(copy), planes_of(frame), strict=True):
        height, width = plane.shape
        rows, columns = (
            slice(height * 250 // 1000, height * 650 // 1000),
            slice(width * 4 // 10, width * 6 // 10),
        )
        under = plane[rows, columns].astype(int)
        assert under.std() < 25 and np.abs(np.diff(under, axis=1)).max() < 20, "no detail is left"
        beside = np.ones(plane.shape, bool)
        beside[max(0, rows.start - 2) : rows.stop + 2, max(0, columns.start - 2) : columns.stop + 2] = False
        assert (plane[beside] == was[beside]).all()


def test_a_strip_at_the_edge_is_as_coarse_as_the_whole_veil() -> None:
    fmt = FORMATS[0]
    copy = Veiler(fmt).veiled(
        noisy(fmt), (Veil(980, 0, 1000, 1000, grain=170), Veil(0, 990, 1000, 1000, grain=250))
    )
    y = planes_of(copy)[0]
    assert np.ptp(y[:700, 1256:].astype(int), axis=1).max() == 0, "one patch across"
    assert np.ptp(y[712:, :1200].astype(int), axis=0).max() <= 1, "one patch down"


def test_without_veils_it_is_the_picture_itself_and_each_copy_is_its_own() -> None:
    fmt = FORMATS[2]
    frame, veiler = noisy(fmt), Veiler(fmt)
    assert veiler.veiled(frame, ()) is frame
    held = veiler.veiled(frame, (Veil(0, 0, 500, 500, grain=100),))
    kept = content(held)
    for _ in range(5):
        veiler.veiled(frame, (Veil(500, 500, 1000, 1000, grain=100),))
    assert content(held) == kept, "a slow encoder's picture does not change"


def test_what_the_file_blurs_on_a_camera_that_does_not_turn() -> None:
    def config(*blurred: tuple[float, ...]) -> Config:
        return Config.model_validate(
            {
                "ville": {"nom": "Saint-Exemple"},
                "source": [{"id": "large", "nom": "Salle", "genre": "mire"}],
                "cadrage": [{"source": "large", "large": True, "flou": blurred}],
            }
        )

    assert _fixed_veils(config((10, 62.5, 8, 20), (0, 0, 0.04, 100))) == {
        "large": (Veil(100, 625, 180, 825, grain=20), Veil(0, 0, 1, 1000, grain=1))
    }
    for wrong in ((95, 0, 8, 20), (0, 0, 0, 20), (-1, 0, 8, 20), (0, 0, 8)):
        with pytest.raises(ValidationError):
            config(wrong)
    turning = {"source": "large", "protocole": "visca", "adresse": "10.0.0.2"}
    with pytest.raises(ValidationError, match="tourne"):
        Config.model_validate(config((0, 0, 8, 20)).model_dump(mode="json") | {"camera": [turning]})
