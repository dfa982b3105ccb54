"""Late removal at length: any passage, and a process killed at each of the things that it does to a file."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.test_removing import LENGTHS, STARTS, any_passage, killed_every, original

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

__all__ = ["original"]
_ranks = itertools.count()


def test_killed_at_every_instant(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_every(1, original, tmp_path, monkeypatch)


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STARTS, LENGTHS)
def test_any_passage_at_all(original: Path, tmp_path: Path, start: int, length: int) -> None:
    any_passage(original, tmp_path / f"s{next(_ranks)}", start, length)
