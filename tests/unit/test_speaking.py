"""Speaking time from the microphones: by seat and item, pauses included, coughs left out."""

from pathlib import Path

import pytest

from hardware_mocks.people import council
from hardware_mocks.script import Debate
from hardware_mocks.voices import RATE, Voices
from regie.directing.keeping import load_times, save_times
from regie.domain.director.state import Talk
from regie.domain.speaking import SpeakingTime, by, by_item

pytestmark = pytest.mark.unit


def talk(seat: str, began: int, last: int, confirmed: bool = True) -> Talk:
    return Talk(seat, began, last - began, last, confirmed, True)


def test_a_speech_counts_from_its_first_word_with_its_pauses() -> None:
    times = SpeakingTime()
    for last in range(500, 3001, 100):
        times = times.hear((talk("p1", 0, last),), "4")
    times = times.hear((talk("p1", 4000, 6000),), "4")  # took breath for a second
    times = times.hear((talk("p1", 20_000, 21_000),), "4")  # another speech
    (row,) = times.rows()
    assert (row.ms, row.speeches, row.item) == (7000, 2, "4")


def test_what_is_not_confirmed_does_not_count_and_items_are_apart() -> None:
    times = SpeakingTime().hear((talk("p1", 0, 300, False),), "1")
    assert times.rows() == ()
    times = times.hear((talk("p1", 0, 1000), talk("p2", 500, 1000)), "1")
    times = times.hear((talk("p1", 0, 2500),), "2")
    assert {(row.seat, row.item): row.ms for row in times.rows()} == {
        ("p1", "1"): 1000,
        ("p1", "2"): 1500,
        ("p2", "1"): 500,
    }
    told = by_item(times.hear((talk("p2", 9000, 9250),), "").rows(), ("2", "1"))
    assert list(told.items()) == [("2", 1500), ("1", 1500), ("", 250)], "in the order of the agenda"
    assert by(times.rows(), {"p1": "A", "p2": "A"}) == {"A": 3000}


def test_it_survives_a_restart(tmp_path: Path) -> None:
    save_times(tmp_path, SpeakingTime().hear((talk("p1", 0, 1000),), "1"))
    assert load_times(tmp_path).rows()[0].ms == 1000
    (tmp_path / "temps-de-parole.json").write_text("{")
    assert load_times(tmp_path) == SpeakingTime()


def test_the_hall_opens_microphones_before_the_words_and_closes_them_after() -> None:
    people = council(7)
    debate = Debate(people, 7, Voices(7, synthesiser=False))
    debate.start()
    try:
        said: dict[int, list[tuple[int, str]]] = {}
        heard: dict[int, int] = {}
        block = RATE // 25
        for n in range(25 * 60):
            for seat in debate.block(n * block, block):
                heard.setdefault(seat, n)
            for seat, state in debate.microphones(n * block).items():
                if not said.get(seat) or said[seat][-1][1] != state:
                    said.setdefault(seat, []).append((n, state))
    finally:
        debate.stop()
    for seat, first in heard.items():
        opened = next(n for n, state in said[seat] if state == "on")
        assert seat == 1 or 0 <= first - opened <= 25
