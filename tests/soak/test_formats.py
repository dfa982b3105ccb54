"""The sizes and rates of the programme that the suite leaves out."""

from pathlib import Path

import pytest

from tests.system.test_formats import check_format

pytestmark = [pytest.mark.soak, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    ("size", "fps"), [((1280, 720), 25), ((1280, 720), 30), ((1920, 1080), 25), ((1920, 1080), 50)]
)
def test_a_session_of_each_other_format(tmp_path: Path, size: tuple[int, int], fps: int) -> None:
    check_format(tmp_path, size, fps)
