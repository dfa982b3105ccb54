"""What a platform is told to cut: to the tenth of a second, of its own video."""

from datetime import UTC
from pathlib import Path

import pytest

from regie.board import OutputState, OutputStatus
from regie.domain.notice import Airing, notice
from regie.domain.removal import Removal
from regie.media.airings import FILE, AiringLog, airings

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_000


def output(state: OutputState, since_ms: int = 0, id_: str = "yt") -> OutputStatus:
    return OutputStatus(id=id_, name="Plateforme", host="live.test", state=state, since_ms=since_ms)


def test_an_output_that_comes_and_goes_is_so_many_airings(tmp_path: Path) -> None:
    log = AiringLog(tmp_path)
    log.note([output(OutputState.CONNECTING)], NOON)
    log.note([output(OutputState.LIVE, 300)], NOON + 1000)
    log.note([output(OutputState.LIVE, 1310)], NOON + 2000)
    log.note([output(OutputState.RETRYING)], NOON + 9000)
    log.note([output(OutputState.LIVE, 200)], NOON + 12_000)
    # Lost and found again between two looks.
    log.note([output(OutputState.LIVE, 100)], NOON + 20_000)
    found = [(a.start_ms - NOON, a.end_ms and a.end_ms - NOON) for a in airings(tmp_path)]
    assert found == [(700, 9000), (11_800, 19_900), (19_900, None)]
    with (tmp_path / FILE).open("ab") as lines:
        lines.write(b'{"output": "y')
    assert len(airings(tmp_path)) == 3


def test_each_platform_is_told_its_own_times() -> None:
    own = [
        Airing(output="yt", name="Vidéo", start_ms=NOON, end_ms=NOON + 60_000),
        Airing(output="yt", name="Vidéo", start_ms=NOON + 70_000),
        Airing(output="fb", name="Réseau", start_ms=NOON + 50_000),
        Airing(output="late", name="Après", start_ms=NOON + 600_000),
    ]
    removal = Removal(id="aa", start_ms=NOON + 55_040, end_ms=NOON + 72_010, reason="nom d'un agent")
    text = notice("Valmont", own, [removal], UTC)
    assert "de 00:00:55,0 à 00:01:00,0" in text and "de 00:00:00,0 à 00:00:02,1" in text
    assert "de 00:00:05,0 à 00:00:22,1" in text
    assert text.count("À l'attention de") == 2 and "Après" not in text
    # Why it was hidden is not for them.
    assert "agent" not in text and "Valmont" in text
    assert notice("Valmont", own, [], UTC) == ""
