"""The rate that `regie check` tells is measured on the stamps."""

import pytest

from regie.media.probe import rate

pytestmark = pytest.mark.unit


def test_the_rate_is_that_of_the_stamps_even_when_a_picture_is_lost() -> None:
    times = [n / 25 for n in range(30) if n != 11]
    assert rate(times) == 25.0


def test_stamps_that_go_back_do_not_count() -> None:
    assert rate([n / 50 for n in range(20)] + [0.0] + [n / 50 for n in range(1, 20)]) == 50.0


def test_too_few_pictures_say_nothing() -> None:
    assert rate([n / 25 for n in range(5)]) == 0.0
    assert rate([1.0] * 40) == 0.0
