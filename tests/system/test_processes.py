"""One of our processes is killed in mid-session: what the others and the public see of it."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from regie.journal import read
from tests.system.peers import wait_for
from tests.system.served import Regie

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]


def segments(playlist: str) -> int:
    """How many segments it lists."""
    return playlist.count("#EXTINF")


def packets(file: Path) -> int:
    """Pictures in a recording, as ffprobe counts them."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v",
        "-count_packets",
        "-show_streams",
        "-of",
        "json",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    return int(json.loads(done.stdout)["streams"][0]["nb_read_packets"])


def _masks(regie: Regie) -> list[dict[str, str]]:
    folder = regie.seance_folder()
    return [
        json.loads(entry.payload) for entry in read(folder / "registre.sqlite") if entry.kind == "mask_opened"
    ]


def _answers(regie: Regie) -> bool:
    try:
        with keys_line(regie) as line:
            return press(line, type="tenir", mask="inconnu") == "masque_inconnu"
    except (ConnectionClosed, InvalidStatus):
        return False


@pytest.fixture(scope="module")
def regie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regie]:
    """One session for the whole module, on air."""
    made = Regie(tmp_path_factory.mktemp("regie"))
    try:
        wait_for(lambda: bool(made.engine()), 20, "the engine is there")
        made.seance("start")
        made.command(type="antenna", on=True)
        wait_for(lambda: segments(made.playlist()) >= 2, 20, "segments come out")
        yield made
    finally:
        made.close()


def test_without_control_the_programme_goes_on_and_the_pages_come_back(regie: Regie) -> None:
    before, state = segments(regie.playlist()), regie.state()
    regie.kill("control")
    wait_for(lambda: regie.state()["seance"] == state["seance"], 10, "the pages are back, still logged in")
    wait_for(lambda: bool(regie.engine()), 5, "they know the engine again")
    assert regie.engine()["antenna"]["on"], "the antenna was not touched"
    assert regie.engine()["epoch"] == state["moteur"]["epoch"]
    wait_for(lambda: segments(regie.playlist()) >= before + 2, 10, "segments went on")
    assert "#EXT-X-DISCONTINUITY\n" not in regie.playlist()


def keys_line(regie: Regie, cookie: str | None = None, origin: str | None = None) -> ClientConnection:
    """A page's connection for its keys."""
    session = cookie or regie.client.cookies["regie_session"]
    address = regie.url.replace("http", "ws") + "/api/v1/touches"
    return connect(
        address, origin=Origin(origin or regie.url), additional_headers={"Cookie": f"regie_session={session}"}
    )


def press(line: ClientConnection, **command: object) -> str:
    """One key; the code of its refusal."""
    line.send(json.dumps({"type": "commande", "id": 7, "commande": command}))
    answer = json.loads(line.recv(5))
    assert (answer["type"], answer["id"]) == ("reponse", 7)
    return str(answer["code"])


def test_a_key_that_hides_acts_while_control_hangs(regie: Regie) -> None:
    with keys_line(regie) as line:
        line.send('{"type":"ping","t":1.5}')
        assert json.loads(line.recv(5)) == {"type": "pong", "t": 1.5}
        os.kill(regie.pid("control"), signal.SIGSTOP)
        try:
            for _ in range(2):
                assert press(line, type="masquer", mask="seul", look_back_ms=0) == ""
            assert press(line, type="tenir", mask="inconnu") == "masque_inconnu"
        finally:
            os.kill(regie.pid("control"), signal.SIGCONT)
        wait_for(
            lambda: any(m["mask"] == "seul" for m in _masks(regie)), 10, "control writes it all the same"
        )
        (mask,) = regie.engine()["masks"]
        assert (mask["id"], mask["by"], mask.get("end")) == ("seul", "essai", None)
        regie.command(type="demasquer", mask="seul")
        # To show is not for these.
        line.send('{"type":"commande","id":1,"commande":{"type":"antenna","on":true}}')
        with pytest.raises(ConnectionClosed):
            line.recv(5)


def test_the_keys_line_is_for_who_may_hide_and_ends_with_the_session(regie: Regie) -> None:
    for code, stranger in (
        (4403, keys_line(regie, origin="http://ailleurs.example")),
        (4401, keys_line(regie, cookie="personne")),
    ):
        with stranger, pytest.raises(ConnectionClosed) as closed:
            stranger.recv(5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code
    other = regie.log_in()
    with contextlib.closing(other), keys_line(regie, other.cookies["regie_session"]) as line:
        line.send('{"type":"ping","t":0}')
        line.recv(5)
        other.delete("/api/v1/session").raise_for_status()
        with pytest.raises(ConnectionClosed):
            line.recv(10)
    before = regie.engine()["epoch"]
    regie.kill("keys")
    wait_for(lambda: _answers(regie), 15, "the keys are back, and pages come back to them")
    assert regie.engine()["epoch"] == before


def test_without_rtc_only_the_monitor_blinks(regie: Regie) -> None:
    epoch = regie.engine()["epoch"]
    connected = len(regie.said("link: connected", to="rtc"))
    regie.kill("rtc")
    wait_for(lambda: len(regie.said("link: connected", to="rtc")) > connected, 10, "rtc is back")
    assert regie.engine()["epoch"] == epoch and regie.engine()["antenna"]["on"]
    assert "#EXT-X-DISCONTINUITY\n" not in regie.playlist()


def test_without_engine_the_outputs_are_back_on_the_slate(regie: Regie) -> None:
    epoch, before = regie.engine()["epoch"], segments(regie.playlist())
    (recorded,) = (regie.seance_folder() / "enregistrement").glob("*.mp4")
    length = recorded.stat().st_size
    regie.kill("engine")
    took = wait_for(lambda: regie.engine().get("epoch", epoch) != epoch, 10, "a new engine is there")
    engine = regie.engine()
    assert took < 3.0
    assert (
        not engine["antenna"]["on"]
        and engine["antenna"]["slate"] == "panne"
        and engine["antenna"]["recovering"]
    )
    wait_for(lambda: segments(regie.playlist()) >= before + 3, 15, "the same playlist goes on")
    assert regie.playlist().count("#EXT-X-DISCONTINUITY\n") == 1
    assert regie.state()["seance"]["etat"] == "en_direct"
    assert recorded.stat().st_size >= length and packets(recorded) > 0, "what was recorded is readable"
    regie.command(type="antenna", on=True)
    wait_for(lambda: bool(regie.engine()["antenna"]["on"]), 5, "a person gives the antenna again")


def test_the_end_is_clean(regie: Regie) -> None:
    regie.seance("end")
    wait_for(lambda: "#EXT-X-ENDLIST" in regie.playlist(), 20, "the playlists are closed")
    assert regie.client.get("/api/v1/public").json()["seance"]["etat"] == "terminee"
    assert regie.stop() == 0
    assert not regie.said("did not stop: it is killed")
