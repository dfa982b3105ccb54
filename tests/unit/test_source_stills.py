"""Stills and bars: drawn once, upright, in proportion."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.inputs import SourceConfig, SourceKind
from regie.board import SourceState
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime
from regie.errors import DeviceError
from regie.media.colour import image_of, planes_of
from regie.media.frames import ProgrammeFormat
from regie.media.rooms import RoomInbox
from regie.media.source import make_source
from regie.media.stills import draw_bars, load_still
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

WANTED = ProgrammeFormat(320, 180, 25)


def test_bars_are_the_colours_they_should_be() -> None:
    image = image_of(draw_bars(WANTED))
    seen = [image.getpixel((20 + 40 * n, 60)) for n in range(8)]
    names = [
        (191, 191, 191),
        (191, 191, 0),
        (0, 191, 191),
        (0, 191, 0),
        (191, 0, 191),
        (191, 0, 0),
        (0, 0, 191),
        (0, 0, 0),
    ]
    for got, expected in zip(seen, names, strict=True):
        assert isinstance(got, tuple)
        assert all(abs(a - b) <= 3 for a, b in zip(got, expected, strict=True))
    ramp = planes_of(draw_bars(WANTED))[0][-1]
    assert (int(ramp[0]), int(ramp[-1])) == (16, 235) and (np.diff(ramp.astype(int)) >= 0).all()


def test_a_portrait_stays_upright_and_in_proportion(tmp_path: Path) -> None:
    upright = Image.new("RGB", (100, 200), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "p.jpg", exif=exif, quality=95)
    out = image_of(load_still(str(tmp_path / "p.jpg"), WANTED))
    red = np.asarray(out)[:, :, 0] > 128
    assert red.any(axis=1).sum() == 180
    assert abs(int(red.any(axis=0).sum()) - 90) <= 2


def test_transparency_is_black(tmp_path: Path) -> None:
    Image.new("RGBA", (320, 180), (255, 255, 255, 0)).save(tmp_path / "t.png")
    assert int(planes_of(load_still(str(tmp_path / "t.png"), WANTED))[0].max()) == 16


def test_what_is_not_a_picture_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"rien")
    for path, code in (
        (tmp_path / "x.png", "format_inconnu"),
        (tmp_path / "y.png", "introuvable"),
        (tmp_path, "introuvable"),
    ):
        with pytest.raises(DeviceError) as caught:
            load_still(str(path), WANTED)
        assert caught.value.stable_code == code


@pytest.mark.parametrize(("genre", "name"), [(SourceKind.BARS, None), (SourceKind.STILL, "p.png")])
def test_as_sources(genre: SourceKind, name: str | None, tmp_path: Path) -> None:
    Image.new("RGB", (50, 50), (0, 255, 0)).save(tmp_path / "p.png")
    config = SourceConfig(id="x", nom="X", genre=genre, adresse=str(tmp_path / name) if name else None)
    source = make_source(config, WANTED, MediaClock(SystemClock()), 280, RoomInbox(frozenset()))
    assert source.status().state is SourceState.CONNECTING
    source.start()
    wait_for(source.is_ready, 5, "drawn")
    one, two = source.picture_at(MediaTime(0)), source.picture_at(MediaTime(1920))
    assert one is not None and two is not None and one.frame is two.frame and two.at == 1920
    assert source.status().state is SourceState.LIVE
    assert source.sound_at(MediaTime(0), 1920) is None
    source.stop()
    source.stop()


def test_a_missing_still_is_down() -> None:
    config = SourceConfig(id="x", nom="X", genre=SourceKind.STILL, adresse="nulle/part.png")
    source = make_source(config, WANTED, MediaClock(SystemClock()), 280, RoomInbox(frozenset()))
    source.start()
    wait_for(lambda: source.status().state is SourceState.DOWN, 5, "down")
    assert source.status().reason == "introuvable"
    source.stop()
