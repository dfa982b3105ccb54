"""The engine's process over its socket: cuts, antenna, kill -9, clean stop, real files in and real packets out."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.model import Layout, Shot, SlateName, Title
from regie.media.waiting import FOLDER
from tests.system.engine_rig import LUMA, EngineProcess, Eyes, Follower, write_config
from tests.system.peers import full_decode_errors, packet_times, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

FRAME_S = 0.04


def full(source: str) -> Shot:
    return Shot(sources=(source,), layout=Layout.FULL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    write_config(folder)
    return folder


@pytest.fixture
def engine(folder: Path, tmp_path: Path) -> Iterator[EngineProcess]:
    process = EngineProcess(folder / "config.toml", tmp_path / "run")
    yield process
    process.close()


async def ready(engine: EngineProcess, *streams: str) -> Follower:
    """Connected, both clips live and warm."""
    follower = await Follower.of(engine, "status", *streams)
    await follower.until(
        lambda: (
            bool(follower.statuses)
            and all(
                s.state is SourceState.LIVE and s.decoding.value == "full"
                for s in follower.status.sources
                if s.id in LUMA
            )
        ),
        20,
    )
    return follower


def shows(eyes: Eyes, follower: Follower, stream: str, luma: float) -> float | None:
    """When the newest picture of that luma arrived first since the last look; None when there was none."""
    for arrival, _, seen in eyes.look(follower.of_stream(stream)):
        if abs(seen - luma) < 12:
            return arrival
    return None


async def _slate_first(engine: EngineProcess) -> None:
    follower = await Follower.of(engine, "status", "antenne")
    await follower.until(lambda: bool(follower.of_stream("antenne")))
    arrival, first = follower.of_stream("antenne")[0]
    assert arrival - engine.started < 3.0
    assert first.key
    await follower.until(lambda: bool(follower.statuses))
    antenna = follower.status.antenna
    assert (antenna.on, antenna.slate, antenna.recovering) == (False, SlateName.BEFORE, False)
    assert follower.status.counters.disk_free_gb > 0 and "disque_plein" not in codes(follower)
    await follower.until(lambda: bool(follower.sounds))
    assert not any(any(news.data) for news in follower.sounds if news.stream == "antenne")
    await follower.close()


def test_the_public_is_on_the_slate_within_3_s_of_the_start(engine: EngineProcess, folder: Path) -> None:
    asyncio.run(_slate_first(engine))
    # For who comes to the address of the live before it begins.
    waiting = folder / "var" / FOLDER
    wait_for((waiting / "master.m3u8").exists, 10, "a slate to wait on")
    names = re.findall(r"[\w-]+\.m\w+", (waiting / "index.m3u8").read_text())
    whole = waiting / "whole"
    whole.write_bytes(b"".join((waiting / name).read_bytes() for name in names))
    assert full_decode_errors(whole) == [] and len(packet_times(whole, "v")) == 50
    assert engine.end(signal.SIGTERM) == 0


async def _cuts(engine: EngineProcess) -> None:
    follower = await ready(engine, "programme")
    eyes = Eyes()
    names = list(LUMA)
    late = []
    for n in range(6):
        name = names[n % 2]
        loop = asyncio.get_running_loop()
        eyes.look(follower.of_stream("programme"))
        sent = loop.time()
        assert await follower.call(do.TakeShot(shot=full(name))) == ""
        found: list[float] = []

        def seen(found: list[float] = found, name: str = name) -> bool:
            arrival = shows(eyes, follower, "programme", LUMA[name])
            found += [] if arrival is None else [arrival]
            return bool(found)

        await follower.until(seen)
        late.append(found[0] - sent)
    # Two pictures, and one for the tick under way when the command came and the machine's own hiccups.
    assert sorted(late)[len(late) // 2] <= 2 * FRAME_S, late
    assert max(late) <= 5 * FRAME_S, late
    await follower.until(lambda: follower.status.programme == full(names[1]))
    await follower.close()


def test_a_cut_to_a_warm_source_is_on_air_within_two_pictures(engine: EngineProcess) -> None:
    asyncio.run(_cuts(engine))


async def _refusals(engine: EngineProcess) -> None:
    follower = await ready(engine)
    assert await follower.call(do.TakeShot(shot=full("nowhere"))) == "source_inconnue"
    assert await follower.call(do.TakeShot(shot=Shot(sources=()))) == "plan_invalide"
    assert await follower.call(do.SetOutput(output="nowhere", on=True)) == "sortie_inconnue"
    assert await follower.call(do.SetRecording(on=True)) == "seance_absente"
    assert await follower.call(do.SetPreview(shot=full("clair"))) == ""
    assert await follower.call(do.Cut(expected=full("gris"))) == "preparation_changee"
    assert await follower.call(do.Cut(expected=full("clair"))) == ""
    assert await follower.call(do.SetTitle(title=Title("Une élue", "adjointe"))) == ""
    await follower.until(
        lambda: follower.status.programme == full("clair") and follower.status.title is not None
    )
    await follower.until(lambda: len(follower.levels) > 3 and follower.levels[-1].programme[0] > -40)
    await follower.close()


def test_commands_are_carried_out_or_refused_with_a_code(engine: EngineProcess) -> None:
    asyncio.run(_refusals(engine))


async def _antenna(engine: EngineProcess, seances: Path) -> None:
    follower = await ready(engine, "antenne", "programme")
    assert await follower.call(do.TakeShot(shot=full("clair"))) == ""
    assert await follower.call(do.OpenSeance(seance="s1", directory=str(seances / "s1"))) == ""
    eyes = Eyes()
    await follower.until(lambda: bool(follower.of_stream("antenne")))
    assert shows(eyes, follower, "antenne", LUMA["clair"]) is None
    assert await follower.call(do.SetAntenna(on=True)) == ""
    loop = asyncio.get_running_loop()
    given = loop.time()
    await follower.until(lambda: shows(eyes, follower, "antenne", LUMA["clair"]) is not None, 5)
    assert 1.0 <= loop.time() - given <= 2.5, "a second of delay, and the next whole second"
    # The sound passes with it.
    await follower.until(lambda: any(follower.sounds[-1].data) and follower.sounds[-1].stream == "antenne")
    assert await follower.call(do.SetAntenna(on=False, slate=SlateName.CLOSED_DOORS)) == ""
    cut = loop.time()
    await follower.until(
        lambda: any(
            arrival > cut + FRAME_S and abs(luma - LUMA["clair"]) > 30
            for arrival, _, luma in eyes.look(follower.of_stream("antenne"))
        )
    )
    assert loop.time() - cut < 0.5
    at = [news.at for _, news in follower.of_stream("antenne")]
    assert at == list(range(at[0], at[0] + len(at) * 1920, 1920)), "the public stream has no hole"
    await follower.until(
        lambda: follower.status.recording.seconds > 2 and follower.status.webtv.segments > 1, 15
    )
    assert await follower.call(do.CloseSeance()) == ""
    await follower.until(lambda: follower.status.webtv.seance == "")
    await follower.until(lambda: follower.status.recording.verified is True, 15)
    await follower.close()


def test_antenna_on_and_off_around_the_delay_and_a_seance_on_disk(
    engine: EngineProcess, tmp_path: Path
) -> None:
    asyncio.run(_antenna(engine, tmp_path))
    hls = tmp_path / "s1" / "hls"
    for rendition in ("720p", "360p", "240p", "son"):
        assert "#EXT-X-ENDLIST" in (hls / rendition / "index.m3u8").read_text(encoding="utf-8")
    # From slate to programme and back to slate: an independent decoder sees one clean stream.
    (recording,) = (tmp_path / "s1" / "enregistrement").glob("*.mp4")
    assert full_decode_errors(recording) == []
    assert full_decode_errors(hls / "720p" / "index.m3u8") == []
    assert full_decode_errors(hls / "360p" / "index.m3u8") == []
    assert engine.end(signal.SIGTERM) == 0, engine.log()


async def _live(engine: EngineProcess, seances: Path) -> int:
    follower = await ready(engine, "antenne")
    await follower.call(do.TakeShot(shot=full("clair")))
    await follower.call(do.SetPreview(shot=Shot(sources=("gris", "clair"), layout=Layout.TWO)))
    await follower.call(do.SetInput(source="gris", muted=True))
    await follower.call(do.OpenSeance(seance="s1", directory=str(seances / "s1")))
    await follower.call(do.SetAntenna(on=True))
    await follower.until(
        lambda: follower.status.webtv.segments >= 2 and follower.status.recording.seconds >= 2, 20
    )
    segments = follower.status.webtv.segments
    await follower.close()
    return segments


async def _recovered(engine: EngineProcess) -> None:
    follower = await Follower.of(engine, "status", "antenne")
    await follower.until(lambda: bool(follower.of_stream("antenne")) and bool(follower.statuses))
    assert follower.of_stream("antenne")[0][0] - engine.started < 3.0
    status = follower.status
    assert (status.antenna.on, status.antenna.slate, status.antenna.recovering) == (
        False,
        SlateName.FAULT,
        True,
    )
    assert status.programme == full("clair")
    assert status.preview == Shot(sources=("gris", "clair"), layout=Layout.TWO)
    assert [i.muted for i in status.inputs if i.source == "gris"] == [True]
    assert status.webtv.seance == "s1" and status.recording.on
    await follower.until(lambda: any(a.code == "moteur_relance" for a in follower.status.alarms))
    await follower.until(lambda: follower.status.recording.seconds >= 1, 15)
    await follower.close()


def test_after_kill_9_twice_everything_is_found_again_and_the_public_has_the_fault_slate(
    engine: EngineProcess, folder: Path, tmp_path: Path
) -> None:
    segments = asyncio.run(_live(engine, tmp_path))
    engine.end(signal.SIGKILL)
    for number in (signal.SIGKILL, signal.SIGTERM):
        again = EngineProcess(folder / "config.toml", tmp_path / "run")
        try:
            # Nobody gave the antenna in between: it is still the one that was on when the first run died.
            asyncio.run(_recovered(again))
            assert again.end(number) == (0 if number is signal.SIGTERM else -signal.SIGKILL), again.log()
        finally:
            again.close()
    index = (tmp_path / "s1" / "hls" / "720p" / "index.m3u8").read_text(encoding="utf-8")
    assert index.count("#EXTINF") >= segments and "#EXT-X-DISCONTINUITY" in index
    assert "#EXT-X-ENDLIST" not in index, "the séance is not over"
    recordings = sorted((tmp_path / "s1" / "enregistrement").glob("*.mp4"))
    assert len(recordings) == 3


def codes(follower: Follower) -> list[str]:
    """The alarms that stand."""
    return [alarm.code for alarm in follower.status.alarms]


async def _silence(engine: EngineProcess) -> None:
    follower = await ready(engine)
    assert await follower.call(do.TakeShot(shot=full("clair"))) == ""
    assert await follower.call(do.SetAntenna(on=True)) == ""
    await follower.until(lambda: follower.levels[-1].antenna[1] > -40, 8)
    loop = asyncio.get_running_loop()
    for name in LUMA:
        assert await follower.call(do.SetInput(source=name, muted=True)) == ""
    await follower.until(lambda: follower.levels[-1].antenna[1] < -90, 5)
    silent = loop.time()
    await follower.until(lambda: "programme_muet" in codes(follower))
    assert loop.time() - silent < 5.0
    assert await follower.call(do.SetInput(source="gris", muted=False)) == ""
    await follower.until(lambda: "programme_muet" not in codes(follower))
    # Closed for a déport, it is heard by nobody though its fader is open, which it finds again.
    assert await follower.call(do.SetClosed(inputs=("gris",))) == ""
    await follower.until(lambda: follower.levels[-1].antenna[1] < -90, 5)
    assert [one.source for one in follower.status.inputs if one.closed] == ["gris"]
    assert await follower.call(do.SetClosed(inputs=())) == ""
    await follower.until(lambda: follower.levels[-1].antenna[1] > -60, 8)
    await follower.close()


def test_a_silent_programme_raises_the_alarm_within_5_s_and_sound_clears_it(engine: EngineProcess) -> None:
    asyncio.run(_silence(engine))


async def _thumbnails(engine: EngineProcess) -> None:
    follower = await ready(engine, "thumbnails")
    await follower.call(do.SetPreview(shot=full("gris")))
    await follower.call(do.Watch())
    wanted = {"gris", "clair", "bus.preview", "bus.programme"}
    await follower.until(lambda: wanted <= follower.thumbnails.keys())
    assert all(news.jpeg.startswith(b"\xff\xd8") for news in follower.thumbnails.values())
    await follower.close()


def test_thumbnails_come_while_somebody_watches(engine: EngineProcess) -> None:
    asyncio.run(_thumbnails(engine))


def test_a_stop_in_mid_session_is_clean_and_quick(engine: EngineProcess, tmp_path: Path) -> None:
    asyncio.run(_live(engine, tmp_path))
    assert engine.end(signal.SIGTERM, within_s=3.0) == 0
    assert '"level": "error"' not in engine.log()
    assert (engine.process.stdout is None) or engine.process.stdout.closed
    assert not (tmp_path / "run" / "engine.sock").exists()


def test_a_configuration_with_mistakes_ends_at_once(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[ville]\n", encoding="utf-8")
    engine = EngineProcess(bad, tmp_path / "run")
    try:
        assert engine.process.wait(10) == 2
    finally:
        engine.close()
