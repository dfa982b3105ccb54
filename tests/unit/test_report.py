"""From states to conditions: what is an alarm, and when it is severe; what of a status is news."""

from pathlib import Path

import msgspec
import pytest

from regie.board import (
    EngineStatus,
    OutputState,
    OutputStatus,
    RecordingStatus,
    SourceState,
    SourceStatus,
    WebTvStatus,
)
from regie.domain.model import Shot
from regie.domain.timeline import Epoch, MediaTime
from regie.media.alarms import Condition
from regie.media.health import Health, HealthProbe, LagGauge, disk_hours
from regie.media.monitor import Seen
from regie.media.report import (
    Losses,
    LossWatch,
    disk_conditions,
    loop_conditions,
    original_conditions,
    output_conditions,
    public_conditions,
    recording_conditions,
    signature,
    source_conditions,
)

pytestmark = pytest.mark.unit


def source(state: SourceState, name: str = "cam1") -> SourceStatus:
    return SourceStatus(id=name, name=name, kind="rtsp", state=state)


def output(state: OutputState, reason: str = "") -> OutputStatus:
    return OutputStatus(id="yt", name="yt", host="h", state=state, reason=reason)


def test_a_lost_source_is_severe_only_on_air() -> None:
    sources = [source(SourceState.DOWN), source(SourceState.STALE, "cam2"), source(SourceState.LIVE, "cam3")]
    assert list(source_conditions(sources, frozenset({"cam2"}))) == [
        Condition("source_perdue", "cam1", severe=False),
        Condition("source_figee", "cam2", severe=True),
    ]


def test_a_loop_that_keeps_commands_waiting_is_an_alarm() -> None:
    assert list(loop_conditions(249.0)) == []
    assert list(loop_conditions(250.0)) == [Condition("moteur_lent", severe=False)]


def test_a_remote_room_that_is_expected_away_is_an_alarm_on_air_only() -> None:
    away = msgspec.structs.replace(source(SourceState.DOWN, "salle"), kind="salle", reason="salle_absente")
    assert list(source_conditions([away], frozenset())) == []
    assert list(source_conditions([away], frozenset({"salle"}))) == [
        Condition("source_perdue", "salle", severe=True)
    ]


@pytest.mark.parametrize(
    ("status", "alarm"),
    [
        (output(OutputState.LIVE), False),
        (output(OutputState.STOPPED), False),
        (output(OutputState.STOPPED, "cle_refusee"), True),
        (output(OutputState.RETRYING), True),
        (output(OutputState.CONNECTING), True),
    ],
)
def test_an_output_that_is_on_and_does_not_receive(status: OutputStatus, alarm: bool) -> None:
    assert bool(list(output_conditions([status]))) == alarm


@pytest.mark.parametrize(
    ("free", "reason", "code"),
    [
        (50.0, "", None),
        (3.0, "", "disque_presque_plein"),
        (0.1, "", "disque_plein"),
        (50.0, "disque_plein", "disque_plein"),
    ],
)
def test_the_disk(free: float, reason: str, code: str | None) -> None:
    found = disk_conditions(Health(disk_free_gb=free), 5.0, RecordingStatus(reason=reason), WebTvStatus())
    assert [c.code for c in found] == ([code] if code else [])


def test_the_recording() -> None:
    assert not list(recording_conditions(RecordingStatus(on=True), wanted=True))
    assert not list(recording_conditions(RecordingStatus(), wanted=False))
    assert [c.code for c in recording_conditions(RecordingStatus(), wanted=True)] == ["enregistrement_arrete"]
    spoilt = RecordingStatus(verified=False)
    assert [c.code for c in recording_conditions(spoilt, wanted=False)] == ["enregistrement_abime"]


def test_a_black_picture_is_not_said_twice() -> None:
    assert [c.code for c in public_conditions(Seen(silent=True, still=True, black=True))] == [
        "programme_muet",
        "image_noire",
    ]


def test_sound_that_is_heard_but_wrong_is_told_and_not_severe() -> None:
    told = list(public_conditions(Seen(one_sided=True, crushed=True)))
    assert [(c.code, c.severe) for c in told] == [("son_une_voie", False), ("son_sature", False)]


def test_a_sealed_original_that_is_not_made_is_told() -> None:
    assert [c.code for c in original_conditions("disque_plein")] == ["original_arrete"]
    assert list(original_conditions("")) == []


def test_losses_are_an_alarm_while_they_go_on() -> None:
    watch = LossWatch(hold_ms=1000)
    assert not watch.update(Losses(), 0)
    assert watch.update(Losses(encoder=1), 100)
    assert watch.update(Losses(encoder=1), 1000)
    assert not watch.update(Losses(encoder=1), 1100)


def test_rates_and_counters_are_not_news_but_states_are() -> None:
    shot = Shot(sources=("a",))
    status = EngineStatus(
        epoch=Epoch("r", 0), now=MediaTime(0), width=1, height=1, fps=25, programme=shot, preview=shot
    )
    later = msgspec.structs.replace(status, now=MediaTime(9), recording=RecordingStatus(seconds=3.0))
    assert signature(later) == signature(status)
    cut = msgspec.structs.replace(status, programme=Shot(sources=("b",)))
    assert signature(cut) != signature(status)


def test_a_disk_that_does_not_even_answer_is_a_full_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "exists", fails)
    assert HealthProbe(tmp_path).measure().disk_free_gb == 0.0


def test_health_of_a_folder_that_is_not_made_yet(tmp_path: Path) -> None:
    health = HealthProbe(tmp_path / "not" / "yet").measure()
    assert health.disk_free_gb > 0 and health.rss_mb > 1
    assert disk_hours(1.0, 8_000_000) == pytest.approx(0.298, abs=0.001)
    lag = LagGauge(keep=2)
    for seconds in (0.5, 0.001, -1.0):
        lag.late(seconds)
    assert lag.worst_ms == pytest.approx(1.0)
