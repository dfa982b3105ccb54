"""Health and metrics: what a supervisor and Prometheus read."""

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from regie.board import Counters, SourceState, SourceStatus
from tests.unit.web_fakes import Rig, make_rig, status
from web_ui.app import Background
from web_ui.hub import Hub
from web_ui.metrics import LoopLag
from web_ui.texts import Texts

pytestmark = pytest.mark.unit


async def _health(rig: Rig) -> tuple[int, list[str]]:
    async with rig.browser() as browser:
        answer = await browser.get("/healthz")
    assert answer.json()["etat"] == ("ok" if answer.status_code == 200 else "panne")
    return answer.status_code, answer.json()["causes"]


def test_health_follows_the_engine(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        assert await _health(rig) == (503, ["moteur_absent"])
        rig.board.status.put(status())
        assert await _health(rig) == (200, [])
        rig.clock.advance(2.9)
        assert await _health(rig) == (200, [])
        rig.clock.advance(0.1)
        assert await _health(rig) == (503, ["moteur_muet"])
        rig.board.status.put(status())
        assert await _health(rig) == (200, [])
        rig.board.status.put(None)
        assert await _health(rig) == (503, ["moteur_absent"])

    asyncio.run(scenario())


def test_a_dead_task_is_seen_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async def fails() -> None:
            raise ZeroDivisionError

        async def lives() -> None:
            await asyncio.Event().wait()

        background = Background(lives, fails)
        background.start()
        assert background.reason() is None
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert background.reason() == "flux_arrete"
        await background.stop()

    asyncio.run(scenario())
    assert "died" in caplog.text


def test_pages_that_answer_late_are_an_alarm_for_some_seconds(tmp_path: Path) -> None:
    rig = make_rig(tmp_path)
    lag = LoopLag(rig.clock)
    hub = Hub(rig.services, Texts.load(), lambda: lag.alarms)

    async def told() -> list[str]:
        with hub.client() as client:
            assert client is not None
            state, *_ = await client.take()
            return [alarm["code"] for alarm in json.loads(state)["alarmes"]]

    for late in (0.2, 0.3, 0.2, 0.3):
        lag.late(late)
    assert asyncio.run(told()) == []
    lag.late(0.25)
    assert asyncio.run(told()) == ["pages_lentes"]
    for _ in range(20):
        lag.late(0.001)
    assert asyncio.run(told()) == []


async def _scrape(rig: Rig) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    async with rig.browser("127.0.0.1") as browser:
        answer = await browser.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_say_what_the_board_says(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        assert (await _scrape(rig))[("regie_engine_up", ())] == 0
        rig.board.status.put(
            status(
                counters=Counters(frames=1500, skipped=2, encoder_queue=3, encoder_ms=12.5, uplink_kbps=4100),
                sources=(
                    SourceStatus(
                        id="cam1", name="Salle", kind="rtsp", state=SourceState.LIVE, latency_ms=280
                    ),
                    SourceStatus(id="cam2", name="Pupitre", kind="srt", state=SourceState.DOWN, reconnects=4),
                ),
            )
        )
        seen = await _scrape(rig)
        for name, labels, value in (
            ("regie_engine_up", {}, 1),
            ("regie_frames_total", {}, 1500),
            ("regie_frames_skipped_total", {}, 2),
            ("regie_encoder_queue", {}, 3),
            ("regie_encoder_seconds", {}, 0.0125),
            ("regie_uplink_bits_per_second", {}, 4_100_000),
            ("regie_antenna_on", {}, 1),
            ("regie_consoles", {}, 0),
            ("regie_source_state", {"source": "cam1", "state": "live"}, 1),
            ("regie_source_state", {"source": "cam2", "state": "live"}, 0),
            ("regie_source_state", {"source": "cam2", "state": "down"}, 1),
            ("regie_source_latency_seconds", {"source": "cam1"}, 0.28),
            ("regie_source_reconnects_total", {"source": "cam2"}, 4),
            ("regie_output_state", {"output": "ville", "state": "retrying"}, 1),
        ):
            assert seen[(name, tuple(sorted(labels.items())))] == value, name
        assert any(name == "process_resident_memory_bytes" for name, _ in seen)
        assert any(name == "regie_control_loop_lag_seconds_count" for name, _ in seen)

    asyncio.run(scenario())


def test_refused_logins_are_counted(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            for _ in range(3):
                await browser.post("/api/v1/session", json={"nom": "technicien", "mot_de_passe": "non"})
        assert (await _scrape(rig))[("regie_logins_refused_total", ())] == 3

    asyncio.run(scenario())


def test_two_applications_do_not_share_their_counters(tmp_path: Path) -> None:
    async def scenario() -> None:
        one, two = make_rig(tmp_path / "one"), make_rig(tmp_path / "two")
        one.board.status.put(status())
        assert (await _scrape(one))[("regie_engine_up", ())] == 1
        assert (await _scrape(two))[("regie_engine_up", ())] == 0

    asyncio.run(scenario())
