"""Lower thirds and logo: where they are, how they come and go, what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import Town
from regie.domain.model import Title
from regie.domain.timeline import from_ms
from regie.errors import Refusal, RegieError
from regie.media.colour import blank, fill, planes_of
from regie.media.compose import WHOLE, Overlay, blend
from regie.media.frames import ProgrammeFormat
from regie.media.titles import FADE, SAFE, Layer, draw_logo, draw_title

pytestmark = pytest.mark.unit

FORMAT = ProgrammeFormat(1280, 720, 25)
TOWN = Town(nom="Valmont-sur-Loire", couleur="#1d4e89")
TICK = FORMAT.tick
words = st.text(st.characters(codec="utf-8", categories=("L", "Nd", "Zs", "Pd", "Po")), max_size=70)


def within_safe_area(overlay: Overlay, fmt: ProgrammeFormat) -> bool:
    at = overlay.at
    left, top = fmt.width * SAFE, fmt.height * SAFE
    return (
        at.x >= left - 2
        and at.y >= top - 2
        and at.x + at.width <= fmt.width - left + 2
        and at.y + at.height <= fmt.height - top + 2
    )


@settings(max_examples=40, deadline=None)
@given(words, words, words)
def test_any_name_stays_in_the_safe_area(name: str, function: str, group: str) -> None:
    try:
        overlay = draw_title(Title(name, function, group), TOWN, FORMAT)
    except Refusal as refusal:
        assert refusal.stable_code == "titre_vide"
        return
    assert within_safe_area(overlay, FORMAT)
    assert overlay.at.x % 2 == overlay.at.y % 2 == overlay.at.width % 2 == overlay.at.height % 2 == 0


@pytest.mark.parametrize("fmt", [FORMAT, ProgrammeFormat(1920, 1080, 25)])
def test_letters_are_read_at_360p_and_the_towns_colour_is_the_edge(fmt: ProgrammeFormat) -> None:
    overlay = draw_title(Title("Hélène Lefèvre", "Adjointe à la culture", "Valmont ensemble"), TOWN, fmt)
    luma = overlay.colour[0]
    lines = np.flatnonzero((luma > 150).any(axis=1))
    lit = np.split(lines, np.flatnonzero(np.diff(lines) > 1) + 1)
    assert max(len(line) for line in lit) >= 0.03 * fmt.height, "capitals of letters 4.5 % high"
    edge, inside = overlay.colour[1][10, 1], overlay.colour[1][10, 40]
    assert edge > inside + 5, "a blue edge on a dark panel"


def test_it_is_drawn_over_its_rectangle_only() -> None:
    overlay = draw_title(Title("Claire Aubry"), TOWN, FORMAT)
    frame = blank(FORMAT.width, FORMAT.height)
    planes = planes_of(frame)
    fill(planes, (100, 128, 128))
    blend(planes, overlay, WHOLE)
    changed = np.argwhere(planes[0] != 100)
    (y0, x0), (y1, x1) = changed.min(axis=0), changed.max(axis=0)
    at = overlay.at
    assert at.x <= x0 and at.y <= y0 and x1 < at.x + at.width and y1 < at.y + at.height


def test_an_empty_title_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        draw_title(Title("  "), TOWN, FORMAT)
    assert refusal.value.stable_code == "titre_vide"


def test_it_comes_and_goes_in_a_quarter_of_a_second() -> None:
    layer, overlay = Layer(), draw_title(Title("A"), TOWN, FORMAT)
    layer.show(overlay)
    levels = [shown[1] if (shown := layer.at(n * TICK, TICK)) else 0 for n in range(1, 10)]
    assert levels == [min(WHOLE, WHOLE * n * TICK // FADE) for n in range(1, 10)]
    assert from_ms(250) == FADE
    layer.show(None)
    leaving = [shown[1] if (shown := layer.at(n * TICK, TICK)) else 0 for n in range(10, 20)]
    assert leaving == sorted(leaving, reverse=True) and leaving[-1] == 0
    assert layer.at(30 * TICK, TICK) is None


def test_a_new_title_waits_until_the_old_one_is_gone() -> None:
    layer = Layer()
    first, second = draw_title(Title("Une"), TOWN, FORMAT), draw_title(Title("Deux"), TOWN, FORMAT)
    layer.show(first)
    for n in range(1, 10):
        layer.at(n * TICK, TICK)
    layer.show(second)
    seen = [shown[0] if (shown := layer.at(n * TICK, TICK)) else None for n in range(10, 30)]
    change = seen.index(second)
    assert all(one is first or one is None for one in seen[:change])
    assert all(one is second for one in seen[change:])


def test_a_logo_is_top_right_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    overlay = draw_logo(TOWN, FORMAT)
    assert within_safe_area(overlay, FORMAT)
    assert overlay.at.x > FORMAT.width / 2 and overlay.at.y < FORMAT.height / 4
    broken = tmp_path / "logo.png"
    broken.write_bytes(b"not an image")
    for path in (broken, tmp_path / "absent.png"):
        with pytest.raises(RegieError) as error:
            draw_logo(TOWN.model_copy(update={"logo": path}), FORMAT)
        assert error.value.stable_code == "logo_illisible"
