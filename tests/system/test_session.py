"""A séance from its opening to its replay, on real sockets: what citizens get, and each process killed in the middle."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from hardware_mocks import marks
from tests.system.peers import full_decode_errors, packet_hashes, packet_times, probe, wait_for
from tests.system.session_rig import READY_S, Seen, Session
from tests.system.viewer import RtmpViewer

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    os.environ |= {"CLE_1": "secrete-1", "CLE_2": "secrete-2"}
    opened = Session(tmp_path_factory.mktemp("seance"))
    try:
        wait_for(
            lambda: all(s["state"] == "live" for s in opened.engine().get("sources", [{"state": ""}])),
            20,
            "cameras live",
        )
        opened.seance("start")
        opened.command(type="take", shot={"sources": ["cam1"], "layout": "plein"})
        opened.command(type="antenna", on=True)
        wait_for(lambda: opened.engine()["antenna"]["on"], 5, "the antenna is given")
        yield opened
    finally:
        opened.close()


def gaps(times: list[float], most: float) -> list[float]:
    """Where consecutive pictures are further apart than that."""
    times = sorted(times)
    return [a for a, b in zip(times, times[1:], strict=False) if b - a > most]


def kbps(medium: Path) -> float:
    """What a rendition really weighs, all its streams together, as ffprobe counts its packets."""
    packets = probe(medium, "packet=pts_time,size")["packets"]
    times = [float(packet["pts_time"]) for packet in packets]
    return sum(int(packet["size"]) for packet in packets) * 8 / (max(times) - min(times)) / 1000


def ends_on_a_slate(medium: Path) -> bool:
    """Is the last picture drawn, and none of the hall's cameras?"""
    group: list[av.Packet[av.VideoStream]] = []
    with av.open(str(medium)) as container:
        for packet in container.demux(video=0):
            group = [packet] if packet.is_keyframe else [*group, packet]
        *_, last = (
            frame for packet in group for frame in packet.decode() if isinstance(frame, av.VideoFrame)
        )
        luma = np.asarray(last.to_ndarray(format="gray"), np.uint8)
    return marks.read(luma) is None and float(luma.std()) > 5


def test_the_hall_reaches_every_output_in_order_and_in_step(session: Session) -> None:
    session.command(type="measure_sync", source="cam1", seconds=22)
    wait_for(lambda: session.segments() >= 13, 60, "26 seconds of WebTV")
    measured = session.engine()["sync"]
    assert not measured["running"] and measured["events"] >= 1
    assert abs(measured["offset_ms"]) <= 20, "the régie's own measure agrees"
    seen = Seen(session.snapshot(), seconds=15, start=4)
    times = [(t, mark.ms) for t, mark in seen.marks() if mark.camera == 1]
    assert len(times) > 15 * 25 * 0.9
    steps = [b - a for (_, a), (_, b) in zip(times, times[1:], strict=False)]
    assert min(steps) >= 0, "time never goes back"
    assert sum(step > 120 for step in steps) <= 3, "no hole is seen (a busy machine may lose a picture)"
    assert sum(step == 40 for step in steps) > 0.9 * len(steps)
    offsets = seen.lip_sync()
    assert offsets and all(abs(offset) <= 0.02 for offset in offsets), offsets
    for rendition, width in (("360p", 640), ("720p", 1280)):
        streams = {s["codec_type"]: s for s in probe(session.snapshot(rendition))["streams"]}
        assert (streams["video"]["codec_name"], streams["video"]["width"]) == ("h264", width)
        assert streams["audio"]["codec_name"] == "aac"
    assert {s["codec_type"] for s in probe(session.snapshot("son"))["streams"]} == {"audio"}
    assert 100 < kbps(session.snapshot("240p")) < 300, "a village's line carries it"
    assert 30 < kbps(session.snapshot("son")) < 80


def test_both_servers_receive_the_same_thing_and_the_recording_is_on(session: Session) -> None:
    for server in session.servers:
        wait_for(lambda server=server: server.received() > 300_000, 20, "both servers receive")  # type: ignore[misc]
    engine = session.engine()
    assert [o["state"] for o in engine["outputs"]] == ["live", "live"]
    assert engine["recording"]["on"]
    assert "secrete" not in session.client.get("/api/v1/etat").text
    assert "secrete" not in (session.folder / "regie.log").read_text("utf-8", errors="replace")


def test_a_dead_rtmp_server_is_nobody_elses_business_and_is_back_within_three_seconds(
    session: Session,
) -> None:
    first, second = session.servers
    segments = session.segments()
    first.kill()
    wait_for(lambda: session.engine()["outputs"][0]["state"] == "retrying", 5, "the loss is seen")
    assert session.engine()["outputs"][1]["state"] == "live"
    wait_for(lambda: session.segments() > segments + 1, 8, "the WebTV goes on")
    before = len(first.recordings())
    first.start()
    took = wait_for(lambda: len(first.recordings()) > before, 5, "back on the first server")
    assert took <= 3.0
    second.stop()
    received = second.recordings()[-1]
    second.start()
    wait_for(lambda: session.engine()["outputs"][1]["state"] == "live", 5, "back on the second server")
    assert not gaps(packet_times(received, "v"), 0.15)


def test_a_camera_lost_on_air_is_replaced_within_a_second_and_comes_back(session: Session) -> None:
    session.command(type="take", shot={"sources": ["cam4"], "layout": "plein"})
    wait_for(lambda: session.engine()["programme"]["sources"] == ["cam4"], 5, "cam4 on air")
    session.trouble("cam4", "stop", 4.0)
    wait_for(lambda: session.engine()["stand_in"] == "cam1", 2, "another camera stands in")
    assert any(a["code"] == "plan_de_secours" for a in session.engine()["alarms"])
    wait_for(lambda: session.engine()["stand_in"] is None, 12, "cam4 is back by itself")
    session.command(type="take", shot={"sources": ["cam1"], "layout": "plein"})
    segments = session.segments()
    wait_for(lambda: session.segments() > segments + 2, 12, "all of it has gone out")
    shown = [(t, mark) for t, mark in Seen(session.snapshot("360p")).marks() if mark.camera in (1, 4)]
    lost = [n for n in range(1, len(shown)) if (shown[n - 1][1].camera, shown[n][1].camera) == (4, 1)][0]
    stayed = shown[lost][0] - min(t for t, mark in shown[:lost] if mark == shown[lost - 1][1])
    assert stayed < 1.0, "the last picture stayed less than a second"


def test_another_controller_turns_the_camera_on_air_towards_the_public_and_nobody_sees_it(
    session: Session,
) -> None:
    """The hall paints its public in a colour that nothing else has; it is looked for in what citizens get."""
    area = session.described["cameras"][2]["public"]
    session.cameras(type="set_zones", camera="cam3", zones=[{"name": "Public", "corners": area}])
    wait_for(lambda: not session.camera("cam3")["excluded"], 10, "cam3 may be shown")
    shot = {"type": "take", "shot": {"sources": ["cam3"], "layout": "plein"}}
    wait_for(lambda: session.client.post("/api/v1/commandes", json=shot).is_success, 10, "it is taken")
    wait_for(lambda: session.camera("cam3")["on_air"], 5, "cam3 on air")
    wait_for(lambda: session.engine()["programme"]["sources"] == ["cam3"], 5, "the engine says so")
    segments = session.segments()
    wait_for(lambda: session.segments() > segments, 10, "cam3 was seen")
    wait_for(lambda: session.engine()["stand_in"] is None, 12, "and by itself")
    session.hall_does(do="ptz", camera="cam3", pan=-54.0, tilt=-9.0, zoom=1.5)
    wait_for(lambda: session.engine()["stand_in"] is not None, 3, "the programme left it")
    wait_for(lambda: session.camera("cam3")["zones"] == ["Public"], 5, "it looks at the public")
    refused = session.client.post("/api/v1/commandes", json={"type": "take", "shot": {"sources": ["cam3"]}})
    assert (refused.status_code, refused.json()["code"]) == (409, "source_exclue")
    assert any(a["code"] == "camera_vers_zone" for a in session.engine()["alarms"])
    session.hall_does(do="ptz", camera="cam3", pan=-12.0, tilt=-8.0, zoom=1.9)
    wait_for(lambda: session.engine()["stand_in"] is None, 12, "it is back by itself")
    session.command(type="take", shot={"sources": ["cam1"], "layout": "plein"})
    session.cameras(type="set_zones", camera="cam3", zones=[])
    wait_for(lambda: session.segments() > segments + 5, 25, "all of it has gone out")
    shown, marked = coloured(session.snapshot("360p"), area_u=200)
    assert marked == 0, "not one picture"
    cameras = [camera for n, camera in enumerate(shown) if n == 0 or camera != shown[n - 1]]
    assert cameras.count(3) >= 2, "it was shown before, and after"


def coloured(medium: Path, area_u: int) -> tuple[list[int], int]:
    """The camera on each picture that tells it, and how many pictures show the marked colour."""
    cameras, marked = [], 0
    with av.open(str(medium)) as container:
        for frame in container.decode(video=0):
            planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            mark = marks.read(planes[: frame.height])
            cameras += [mark.camera] if mark is not None else []
            marked += int(planes[frame.height : frame.height * 5 // 4].max() > area_u)
    return cameras, marked


def test_without_control_the_programme_goes_on_and_the_pages_come_back_as_they_were(session: Session) -> None:
    session.command(type="preview", shot={"sources": ["cam3", "cam2"], "layout": "deux"})
    wait_for(lambda: session.engine()["preview"]["layout"] == "deux", 3, "the preview is seen")
    before = session.engine()
    segments = session.segments()
    killed = session.kill("regie.app")
    wait_for(lambda: session._healthy(), 15, "the pages are back")
    wait_for(lambda: session.segments() >= segments + 3, 12, "segments all along")
    after = session.engine()
    assert after["epoch"] == before["epoch"], "the engine did not notice"
    assert (after["programme"], after["preview"]) == (before["programme"], before["preview"])
    assert after["antenna"]["on"]
    for output in after["outputs"]:
        known = next(one for one in before["outputs"] if one["id"] == output["id"])
        assert (output["state"], output["reconnects"]) == ("live", known["reconnects"])
    recorded = session.seance_folder / "enregistrement" / after["recording"]["file"]
    around_s = time.monotonic() - killed + 3
    assert after["recording"]["on"] and after["recording"]["seconds"] > before["recording"]["seconds"] + 3
    for medium in (session.snapshot(), recorded, *(server.recordings()[-1] for server in session.servers)):
        times = packet_times(medium, "v")
        assert not gaps([t for t in times if t > max(times) - around_s], 0.15), medium
    assert session.client.get("/api/v1/session").status_code == 200, "nobody has to log in again"


def test_without_rtc_nothing_else_moves(session: Session) -> None:
    before = session.engine()
    old = session.process("regie.rooms.rtc").pid
    session.kill("regie.rooms.rtc")

    def another() -> bool:
        try:
            return bool(session.process("regie.rooms.rtc").pid != old)
        except AssertionError:
            return False

    wait_for(another, 5, "a new rtc process")
    after = session.engine()
    assert after["epoch"] == before["epoch"]
    assert [o["reconnects"] for o in after["outputs"]] == [o["reconnects"] for o in before["outputs"]]


@pytest.fixture
def viewer(session: Session) -> Iterator[RtmpViewer]:
    """Somebody who watches the first server's picture."""
    watching = RtmpViewer(f"{session.servers[0].address()}/secrete-1")
    yield watching
    watching.close()


def test_without_the_engine_the_outputs_are_back_on_the_slate_within_three_seconds(
    session: Session, viewer: RtmpViewer
) -> None:
    wait_for(lambda: all(o["state"] == "live" for o in session.engine()["outputs"]), 10, "both servers live")
    wait_for(lambda: viewer.seen[-1].mark is not None, 10, "a viewer sees a camera")
    recorded = sorted((session.seance_folder / "enregistrement").glob("*.mp4"))[-1]
    written, held = session.engine()["recording"]["seconds"], packet_hashes(recorded)
    files = [len(server.recordings()) for server in session.servers]
    killed = session.kill("regie.media.engine")
    took = wait_for(
        lambda: all(len(s.recordings()) > n for s, n in zip(session.servers, files, strict=True)),
        8,
        "back on both servers",
    )
    assert took <= 3.0
    wait_for(lambda: any(one.is_slate for one in viewer.since(killed)), 8, "the viewer sees the slate")
    slate = next(one for one in viewer.since(killed) if one.is_slate)
    assert slate.at - killed <= 3.0
    wait_for(
        lambda: "#EXT-X-DISCONTINUITY\n" in session.playlist(), 10, "the WebTV goes on after a discontinuity"
    )
    assert session.playlist().count("#EXT-X-DISCONTINUITY\n") == 1
    wait_for(lambda: bool(session.engine()), 10, "control hears the engine again")
    engine = session.engine()
    assert session.state()["seance"]["etat"] == "en_direct"
    assert not engine["antenna"]["on"] and engine["antenna"]["recovering"]
    assert engine["antenna"]["slate"] == "panne"
    assert engine["programme"]["sources"] == ["cam1"], "it knows what was on air"
    assert not full_decode_errors(recorded), "what was recorded before is whole"
    assert packet_hashes(recorded)[: len(held)] == held, "to the byte"
    times = packet_times(recorded, "v")
    assert times[-1] - times[0] >= written - 0.1 > 20, "to the last second written"
    session.command(type="antenna", on=True)
    wait_for(lambda: session.engine()["antenna"]["on"], 5, "a person gives the antenna back")
    given = time.monotonic()
    wait_for(
        lambda: any(one.mark is not None for one in viewer.since(given)),
        10,
        "the camera is back on that screen",
    )
    assert viewer.ended == "", "on the connection it had"


def test_after_a_power_cut_everything_is_back_in_the_same_rewind_and_hides_what_was_hidden(
    session: Session,
) -> None:
    session.command(type="masquer", mask="coupure", look_back_ms=0)
    wait_for(
        lambda: any(line["id"] == "coupure" for line in session.state()["secret"]["masques"]),
        10,
        "the mask is in the register",
    )
    listed, segments = session.playlist(), session.segments()
    recordings = sorted((session.seance_folder / "enregistrement").glob("*.mp4"))
    held = packet_hashes(recordings[-1])
    files = [len(server.recordings()) for server in session.servers]
    session.cut_power()
    session.switch_on()
    took = wait_for(
        lambda: all(len(s.recordings()) > n for s, n in zip(session.servers, files, strict=True)),
        READY_S,
        "back on both servers",
    )
    print(f"on both servers {took:.1f} s after the power")
    wait_for(session._healthy, READY_S, "the pages are back")
    wait_for(lambda: bool(session.engine()), 10, "control hears the engine")
    state = session.state()
    engine = state["moteur"]
    assert state["seance"]["etat"] == "en_direct"
    assert (engine["antenna"]["on"], engine["antenna"]["slate"]) == (False, "panne")
    assert engine["antenna"]["recovering"] and engine["programme"]["sources"] == ["cam1"]
    wait_for(
        lambda: [m["id"] for m in session.engine()["masks"] if m.get("end") is None] == ["coupure"],
        10,
        "what was hidden still is",
    )
    wait_for(lambda: session.segments() >= segments + 2, 15, "the WebTV goes on")
    assert session.playlist().startswith(listed), "in the same playlist"
    assert session.playlist()[len(listed) :].count("#EXT-X-DISCONTINUITY\n") == 1
    assert packet_hashes(recordings[-1])[: len(held)] == held, "nothing recorded before is lost"
    wait_for(lambda: session.engine()["recording"]["on"], 10, "it records again")
    wait_for(lambda: all(o["state"] == "live" for o in session.engine()["outputs"]), 10, "both servers live")
    session.command(type="demasquer", mask="coupure")
    session.command(type="antenna", on=True)
    wait_for(lambda: session.engine()["antenna"]["on"], 5, "a person gives the antenna back")


def test_after_the_end_the_replay_is_at_the_same_address_and_the_recording_is_verified(
    session: Session,
) -> None:
    segments = session.segments()
    wait_for(lambda: session.segments() > segments + 2, 12, "some more of the séance")
    session.seance("end")
    wait_for(lambda: "#EXT-X-ENDLIST" in session.playlist(), 15, "the playlist is closed")
    wait_for(lambda: session.engine()["recording"]["verified"] is True, 15, "the recording is verified")
    public = session.client.get("/api/v1/public").json()
    assert public["seance"]["etat"] == "terminee"
    assert public["rejeu"] is not None
    assert session.client.get("/direct/index.m3u8").status_code == 200
    recordings = sorted((session.seance_folder / "enregistrement").glob("*.mp4"))
    assert len(recordings) == 3
    for file in recordings[1:]:  # the first was read after the kill of its engine
        assert not full_decode_errors(file)
    assert session.close() == 0
    for medium in (session.snapshot("360p"), *(server.recordings()[-1] for server in session.servers)):
        assert ends_on_a_slate(medium), medium


def test_the_register_of_the_seance_is_whole(session: Session) -> None:
    from regie.journal import verify

    report = verify(Path(session.seance_folder) / "registre.sqlite")
    assert not report.faults
    assert report.entries >= 3
