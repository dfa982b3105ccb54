"""The named slates: different, readable, in the town's colours, with the right time."""

import threading
from datetime import UTC

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import Town
from regie.domain.model import SlateName
from regie.media.colour import contrast, planes_of
from regie.media.frames import ProgrammeFormat
from regie.media.slate_source import SlateBook, SlateSource
from regie.media.slates import MINUTE_NS, READABLE, WORDS, palette, slate_file, slate_image

pytestmark = pytest.mark.unit

FORMAT = ProgrammeFormat(1280, 720, 25)
TOWN = Town(nom="Valmont-sur-Loire", couleur="#1d4e89")
NOON = 43_200 * 10**9


def pixels(
    name: SlateName, at: int = NOON, subject: str = ""
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(slate_image(name, TOWN, FORMAT, at, subject=subject, zone=UTC), np.uint8)


def test_each_slate_is_its_own_and_says_why() -> None:
    seen = {name: pixels(name) for name in SlateName}
    for one in SlateName:
        assert WORDS[one].reason and WORDS[one].following
        for other in SlateName:
            if one is not other:
                assert (seen[one] != seen[other]).any()


def test_the_towns_colour_is_the_ground() -> None:
    assert tuple(pixels(SlateName.BEFORE)[200, 1200]) in {(0x1D, 0x4E, 0x89), palette(TOWN).mark}


def test_a_minute_later_only_the_clock_has_changed() -> None:
    changed = np.argwhere((pixels(SlateName.PAUSE) != pixels(SlateName.PAUSE, NOON + MINUTE_NS)).any(axis=2))
    assert len(changed) > 0
    assert changed[:, 0].min() > FORMAT.height * 0.8 and changed[:, 1].min() > FORMAT.width * 0.7
    assert (pixels(SlateName.PAUSE) == pixels(SlateName.PAUSE, NOON + MINUTE_NS - 1)).all()


def test_the_source_at_fault_is_named() -> None:
    assert (pixels(SlateName.FAULT) != pixels(SlateName.FAULT, subject="Plan large")).any()


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_colours_of_a_town_give_text_that_can_be_read(ground: str, text: str) -> None:
    colours = palette(Town(nom="Ville", couleur=ground, couleur_texte=text))
    assert contrast(colours.ground, colours.text) >= READABLE
    assert contrast(colours.band, colours.band_text) >= READABLE


def test_a_slate_is_a_picture_file_for_the_pages() -> None:
    assert slate_file(SlateName.END, TOWN, FORMAT, NOON).startswith(b"\x89PNG")


class FixedClock:
    """Noon, for ever."""

    def monotonic_ns(self) -> int:
        return 0

    def utc_ns(self) -> int:
        return NOON


def test_the_book_always_has_a_picture_and_draws_an_unknown_subject_in_its_thread() -> None:
    book = SlateBook(TOWN, ProgrammeFormat(640, 360, 25), FixedClock())
    book.start()
    try:
        plain = book.picture(SlateName.FAULT)
        assert book.picture(SlateName.FAULT, "Tribune") is plain, "the plain one stands in, nobody waits"
        drawn = threading.Event()

        def wait() -> None:
            while book.picture(SlateName.FAULT, "Tribune") is plain and not drawn.is_set():
                drawn.wait(0.01)
            drawn.set()

        waiter = threading.Thread(target=wait)
        waiter.start()
        assert drawn.wait(10)
        waiter.join()
        named = book.picture(SlateName.FAULT, "Tribune")
        assert (planes_of(named.frame)[0] != planes_of(plain.frame)[0]).any()
        source = SlateSource(SlateName.PAUSE, book)
        assert source.id == "slate.suspension" and source.is_ready()
    finally:
        book.stop()


def test_the_book_does_not_grow_without_end() -> None:
    book = SlateBook(TOWN, ProgrammeFormat(640, 360, 25), FixedClock())
    book._draw_all()
    for n in range(1000):
        book.picture(SlateName.FAULT, f"Source {n}")
    assert len(book._wanted) <= 32 + len(SlateName)
