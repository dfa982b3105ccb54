"""The pages' own line for the keys that hide: it acts while control hangs, for who may hide only, and is back when killed; a clean
end. What each kill costs a whole séance is in ``test_session.py``."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator

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


def test_the_end_is_clean(regie: Regie) -> None:
    regie.seance("end")
    wait_for(lambda: "#EXT-X-ENDLIST" in regie.playlist(), 20, "the playlists are closed")
    assert regie.client.get("/api/v1/public").json()["seance"]["etat"] == "terminee"
    assert regie.stop() == 0
    assert not regie.said("did not stop: it is killed")
