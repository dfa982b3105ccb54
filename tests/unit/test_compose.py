"""Layouts, fades and overlays, measured on the pixels; no picture that is not ours is ever written to."""

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace

from regie.domain.model import Layout
from regie.media.colour import blank, planes_of
from regie.media.compose import (
    DARK_YUV,
    PIP_EDGE_YUV,
    Composer,
    Overlay,
    Pane,
    Scene,
    blend,
    panes,
    scaled,
    untouched,
)
from regie.media.frames import ProgrammeFormat
from tests.unit.mixer_rig import FORMAT, colour_at, content, flat, ramp

pytestmark = pytest.mark.unit

WALL = (40, 120, 140)
FORMATS = [FORMAT, ProgrammeFormat(1920, 1080, 25)]
COLOURS = [(60, 90, 160), (110, 140, 100), (160, 60, 200), (210, 170, 70)]


def full(frame: av.VideoFrame) -> Scene:
    return Scene(Layout.FULL, (frame,))


def four_colours(count: int = 4, fmt: ProgrammeFormat = FORMAT) -> tuple[av.VideoFrame, ...]:
    return tuple(flat(*colour, fmt=fmt) for colour in COLOURS[:count])


def patch(at: Pane, luma: int, alpha: float) -> Overlay:
    """A rectangle of one grey, through which ``1 - alpha`` of the picture is seen."""
    shapes = [(at.height, at.width), *[(at.height // 2, at.width // 2)] * 2]
    colour = tuple(
        np.full(shape, round(value * alpha), np.uint8)
        for shape, value in zip(shapes, (luma, 128, 128), strict=True)
    )
    keep = tuple(np.full(shape, round(255 * (1 - alpha)), np.uint8) for shape in shapes)
    return Overlay(at, (colour[0], colour[1], colour[2]), (keep[0], keep[1], keep[2]))


# -- places -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("layout", list(Layout))
def test_panes_are_sixteen_ninths_even_and_inside(layout: Layout, fmt: ProgrammeFormat) -> None:
    places = panes(layout, fmt.width, fmt.height)
    assert len(places) == layout.seats
    for pane in places:
        assert pane.width * 9 == pane.height * 16
        assert all(value % 2 == 0 for value in (pane.x, pane.y, pane.width, pane.height))
        assert 0 <= pane.x and pane.x + pane.width <= fmt.width
        assert 0 <= pane.y and pane.y + pane.height <= fmt.height


@pytest.mark.parametrize("fmt", FORMATS)
def test_two_panes_are_a_mirror_and_do_not_touch(fmt: ProgrammeFormat) -> None:
    left, right = panes(Layout.TWO, fmt.width, fmt.height)
    assert left.x == fmt.width - right.x - right.width
    assert left.y == right.y and abs(2 * left.y + left.height - fmt.height) <= 2
    assert right.x - left.x - left.width >= 8


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_inset_lies_in_the_safe_area_clear_of_the_lower_third(fmt: ProgrammeFormat) -> None:
    inset = panes(Layout.PIP, fmt.width, fmt.height)[1]
    assert inset.x + inset.width <= fmt.width * 0.95
    assert inset.y + inset.height <= fmt.height * 0.95
    assert inset.x >= fmt.width * 0.69


# -- a full picture -----------------------------------------------------------------------------------------------------


def test_a_full_shot_is_the_decoded_picture_itself_with_its_type_reset() -> None:
    frame = flat(90)
    frame.pict_type = PictureType.I
    shown = Composer(FORMAT).render(full(frame))
    assert shown is frame
    assert shown.pict_type == PictureType.NONE


def test_a_mix_of_nothing_is_the_programme_and_of_all_the_target() -> None:
    one, other = flat(50), flat(200)
    composer = Composer(FORMAT)
    assert composer.render(full(one), full(other), 0) is one
    assert composer.render(full(one), full(other), 1000) is other
    assert composer.render(full(one), overlays=[(patch(Pane(0, 0, 4, 4), 235, 1), 0)]) is one


# -- layouts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("layout", [Layout.PIP, Layout.TWO, Layout.DOCUMENT, Layout.FOUR])
def test_each_source_fills_its_pane_and_nothing_else(layout: Layout, fmt: ProgrammeFormat) -> None:
    frame = Composer(fmt, wall=WALL).render(Scene(layout, four_colours(layout.seats, fmt)))
    places = panes(layout, fmt.width, fmt.height)
    line = 6
    for pane, colour in zip(places, COLOURS, strict=False):
        for x in (pane.x + line, pane.x + pane.width - 1 - line):
            assert colour_at(frame, x, pane.y + line) == colour
            if layout is not Layout.PIP or pane.width < fmt.width:
                assert colour_at(frame, x, pane.y + pane.height - 1 - line) == colour
    if layout is Layout.TWO:
        left, right = places
        for x, y in [(0, 0), (left.x + left.width + 4, fmt.height // 2), (fmt.width - 1, fmt.height - 1)]:
            assert colour_at(frame, x, y) == WALL
        assert colour_at(frame, left.x, left.y) == COLOURS[0]
        assert colour_at(frame, left.x - 1, left.y) == WALL
        assert colour_at(frame, right.x + right.width, right.y + 2) == WALL


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_document_is_large_and_its_speaker_beside_it_hides_nothing(fmt: ProgrammeFormat) -> None:
    document, speaker = panes(Layout.DOCUMENT, fmt.width, fmt.height)
    assert document.width >= 0.7 * fmt.width and speaker.width >= 0.24 * fmt.width
    assert document.x + document.width < speaker.x, "side by side"
    assert speaker.x + speaker.width < fmt.width and document.y + document.height < fmt.height


def test_the_inset_has_an_edge_of_two_pixels() -> None:
    frame = Composer(FORMAT).render(Scene(Layout.PIP, four_colours(2)))
    inset = panes(Layout.PIP, 1280, 720)[1]
    middle = inset.y + inset.height // 2
    across = [colour_at(frame, inset.x + dx, middle) for dx in (-3, -2, -1, 0)]
    assert across == [COLOURS[0], PIP_EDGE_YUV, PIP_EDGE_YUV, COLOURS[1]]


def test_four_pictures_are_parted_by_a_cross() -> None:
    frame = Composer(FORMAT, wall=WALL).render(Scene(Layout.FOUR, four_colours()))
    assert [colour_at(frame, x, 100) for x in (637, 638, 641, 642)] == [COLOURS[0], WALL, WALL, COLOURS[1]]
    assert [colour_at(frame, 900, y) for y in (357, 358, 361, 362)] == [COLOURS[1], WALL, WALL, COLOURS[3]]


@pytest.mark.parametrize(
    ("layout", "count", "empty"),
    [
        (Layout.TWO, 1, 1),
        (Layout.DOCUMENT, 1, 1),
        (Layout.FOUR, 1, 3),
        (Layout.FOUR, 3, 3),
        (Layout.FOUR, 2, 2),
    ],
)
def test_an_empty_seat_shows_the_wall_not_the_picture_before(layout: Layout, count: int, empty: int) -> None:
    composer = Composer(FORMAT)
    composer.render(Scene(layout, four_colours(layout.seats)))
    frame = composer.render(Scene(layout, four_colours(count)))
    pane = panes(layout, 1280, 720)[empty]
    assert colour_at(frame, pane.x + pane.width // 2, pane.y + pane.height // 2) == DARK_YUV


def test_an_inset_without_a_source_leaves_the_main_picture_whole() -> None:
    frame = Composer(FORMAT).render(Scene(Layout.PIP, four_colours(1)))
    assert all((plane == value).all() for plane, value in zip(planes_of(frame), COLOURS[0], strict=True))


@pytest.mark.parametrize("layout", [Layout.PIP, Layout.TWO, Layout.DOCUMENT, Layout.FOUR])
def test_a_pane_shows_its_picture_whole_neither_cropped_nor_stretched(layout: Layout) -> None:
    picture = ramp()
    frame = Composer(FORMAT).render(Scene(layout, (picture,) * layout.seats))
    luma, blue = planes_of(picture)[:2]
    pane = panes(layout, 1280, 720)[-2 if layout is Layout.FOUR else -1]
    for part in (0.02, 0.25, 0.5, 0.75, 0.98):
        x, y = pane.x + round(pane.width * part), pane.y + round(pane.height * part)
        assert abs(colour_at(frame, x, y)[0] - int(luma[0, round(1279 * part)])) <= 2
        assert abs(colour_at(frame, x, y)[1] - int(blue[round(359 * part), 0])) <= 2


# -- fades --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mix", [1, 100, 250, 500, 750, 999])
def test_a_fade_shows_as_much_of_each_as_asked(mix: int) -> None:
    one, other = (30, 60, 200), (220, 190, 50)
    frame = Composer(FORMAT).render(full(flat(*one)), full(flat(*other)), mix)
    for plane, a, b in zip(planes_of(frame), one, other, strict=True):
        wanted = a + (b - a) * mix / 1000
        assert abs(plane.astype(int) - wanted).max() <= 0.51


def test_a_fade_between_two_layouts_mixes_what_each_shows() -> None:
    composer = Composer(FORMAT, wall=WALL)
    two, four = Scene(Layout.TWO, four_colours(2)), Scene(Layout.FOUR, four_colours())
    apart = [composer.render(scene) for scene in (two, four)]
    mixed = composer.render(two, four, 300)
    for plane, a, b in zip(planes_of(mixed), *(planes_of(frame) for frame in apart), strict=True):
        wanted = a.astype(float) * 0.7 + b.astype(float) * 0.3
        assert abs(plane - wanted).max() <= 0.51


# -- overlays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("alpha", "level"), [(1, 1000), (0.6, 1000), (1, 500), (0.6, 250), (0.0, 1000)])
def test_an_overlay_is_blended_on_its_rectangle_alone(alpha: float, level: int) -> None:
    at = Pane(100, 500, 400, 120)
    frame = Composer(FORMAT).render(full(flat(80, 100, 170)), overlays=[(patch(at, 235, alpha), level)])
    weight = alpha * level / 1000
    assert abs(colour_at(frame, 300, 560)[0] - (80 + 155 * weight)) <= 2
    assert abs(colour_at(frame, 300, 560)[2] - (170 - 42 * weight)) <= 2
    luma = planes_of(frame)[0].copy()
    at.of((luma, *planes_of(frame)[1:]))[0][:] = 80
    assert (luma == 80).all()


def test_where_an_overlay_lets_all_through_nothing_changes() -> None:
    picture = ramp()
    frame = Composer(FORMAT).render(full(picture), overlays=[(patch(Pane(0, 0, 1280, 720), 235, 0.0), 1000)])
    assert content(frame) == content(picture)


def test_an_overlay_weakened_to_almost_nothing_is_almost_not_there() -> None:
    own = flat(80)
    blend(planes_of(own), patch(Pane(0, 0, 64, 64), 235, 1), 4)
    assert abs(planes_of(own)[0].astype(int) - 80).max() <= 1


# -- whose pictures -----------------------------------------------------------------------------------------------------


def test_pictures_of_the_sources_are_never_written_to() -> None:
    sources = tuple(ramp() for _ in range(4))
    before = [content(frame) for frame in sources]
    composer = Composer(FORMAT)
    title = [(patch(Pane(64, 560, 600, 100), 20, 0.9), 700)]
    for layout in Layout:
        scene = Scene(layout, sources[: layout.seats])
        for other in Layout:
            composer.render(scene, Scene(other, sources[: other.seats]), 400, title)
        composer.render(scene, overlays=title)
    assert [content(frame) for frame in sources] == before


def test_a_picture_somebody_still_holds_is_left_alone() -> None:
    composer = Composer(FORMAT)
    title = [(patch(Pane(0, 0, 64, 64), 200, 1), 1000)]
    held = composer.render(full(flat(50)), overlays=title)
    before = content(held)
    seen = [id(composer.render(full(flat(150)), overlays=title)) for _ in range(9)]
    assert content(held) == before
    assert len(set(seen)) == 1


def test_a_view_on_a_plane_holds_the_picture_too() -> None:
    composer = Composer(FORMAT)
    title = [(patch(Pane(0, 0, 64, 64), 200, 1), 1000)]
    luma = planes_of(composer.render(full(flat(50)), overlays=title))[0]
    for _ in range(4):
        composer.render(full(flat(150)), overlays=title)
    assert luma[700, 1000] == 50


def test_own_pictures_say_their_colours() -> None:
    frame = Composer(FORMAT).render(Scene(Layout.TWO, four_colours(2)))
    assert (frame.format.name, frame.width, frame.height) == ("yuv420p", 1280, 720)
    assert frame.colorspace == Colorspace.ITU709
    assert frame.color_range == ColorRange.MPEG


def test_a_smaller_copy() -> None:
    small = scaled(ramp(), 640, 360)
    assert (small.width, small.height) == (640, 360)
    assert abs(colour_at(small, 320, 10)[0] - 126) <= 2
    frame = blank(16, 16)
    assert untouched(frame) is frame
