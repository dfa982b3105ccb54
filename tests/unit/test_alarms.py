"""Alarms keep their beginning, wait until they settle, and are told once."""

import logging

import pytest

from regie.board import Alarm
from regie.media.alarms import Alarms, Condition

pytestmark = pytest.mark.unit


def test_an_alarm_keeps_its_beginning_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    alarms = Alarms()
    lost = Condition("source_perdue", "cam1")
    with caplog.at_level(logging.INFO):
        for t in (1000, 1500, 2000):
            assert alarms.update([lost], t) == (
                Alarm(code="source_perdue", subject="cam1", since_ms=t - 1000),
            )
        assert alarms.update([], 2500) == ()
        assert alarms.update([lost], 3000)[0].since_ms == 0
    assert [r.getMessage() for r in caplog.records] == [
        "alarm source_perdue begins",
        "alarm source_perdue is over",
        "alarm source_perdue begins",
    ]


def test_what_does_not_last_is_no_alarm() -> None:
    alarms = Alarms({"sortie_perdue": 2000})
    lost = Condition("sortie_perdue", "a", severe=False)
    assert alarms.update([lost], 0) == ()
    assert alarms.update([], 1000) == ()
    assert alarms.update([lost], 1500) == ()
    assert alarms.update([lost], 3499) == ()
    assert alarms.update([lost], 3500) == (
        Alarm(code="sortie_perdue", subject="a", since_ms=2000, severe=False),
    )


def test_two_subjects_are_two_alarms() -> None:
    standing = Alarms().update([Condition("source_perdue", "b"), Condition("source_perdue", "a")], 5)
    assert [a.subject for a in standing] == ["a", "b"]
