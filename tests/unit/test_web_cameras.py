"""The cameras through the API and the event stream: who may, what arrives, what is refused."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from camera_drivers.base import Speeds
from camera_drivers.zones import Zone
from regie.cameras import commands as do
from regie.cameras.book import Book
from regie.cameras.news import CamerasStatus
from regie.domain.presets import Preset
from regie.errors import Refusal
from tests.unit.test_web_live import _console, _hear, _say
from tests.unit.web_fakes import make_rig, served

pytestmark = pytest.mark.unit

API = "/api/v1/cameras"
MAYOR = Preset(id="p1", camera="cam1", name="Maire", pan=1.0, tilt=-2.0, zoom=3.0, places=("p01",))


def test_state_commands_and_thumbnails(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as technician:
            assert (await technician.get(API)).json()["cameras"][0]["state"] == "ready"
            assert (await technician.get(f"{API}/livre")).json()["presets"] == []
            sent = {"type": "recall", "preset": "p1", "seconds": 3}
            assert (await technician.post(f"{API}/commandes", json=sent)).status_code == 200
            area = {"name": "Public", "corners": [[0, 0], [10, 0], [10, 10]]}
            zones = {"type": "set_zones", "camera": "cam1", "zones": [area]}
            assert (await technician.post(f"{API}/commandes", json=zones)).status_code == 200
            flat = zones | {"zones": [area | {"corners": [[0, 0], [1, 1]]}]}
            assert (await technician.post(f"{API}/commandes", json=flat)).status_code == 422
            assert (await technician.get(f"{API}/prereglages/p1/vignette")).content == b"\xff\xd8jpeg"
            assert (await technician.get(f"{API}/prereglages/p2/vignette")).status_code == 404
            assert (await technician.get(f"{API}/cam1/panorama")).json()["pan"] == [-90.0, 90.0]
            assert (await technician.get(f"{API}/cam1/panorama.jpg")).content == b"\xff\xd8wide"
            assert (await technician.get(f"{API}/cam2/panorama.jpg")).status_code == 404
            rig.cameras.failure = Refusal("no", code="camera_a_l_antenne", camera="cam1")
            refused = await technician.post(f"{API}/commandes", json=sent)
            assert (refused.status_code, refused.json()["code"]) == (409, "camera_a_l_antenne")
        async with rig.logged_in("president") as president:
            assert (await president.get(API)).status_code == 200
            assert (await president.post(f"{API}/commandes", json=sent)).status_code == 403
        assert rig.cameras.asked[:2] == [
            do.Recall(preset="p1", seconds=3),
            do.SetZones(camera="cam1", zones=(Zone("Public", ((0, 0), (10, 0), (10, 10))),)),
        ]

    asyncio.run(scenario())


def test_a_book_goes_out_and_comes_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.cameras.kept = Book(version=4, presets=(MAYOR,))
        async with rig.logged_in() as technician:
            taken = (await technician.get(f"{API}/export")).json()
            assert taken["vignettes"] == {"p1": base64.b64encode(b"\xff\xd8jpeg").decode()}
            rig.cameras.kept = Book()
            assert (await technician.post(f"{API}/import", json=taken)).status_code == 200
            assert rig.cameras.kept == Book(version=4, presets=(MAYOR,))
            for spoilt in (taken | {"vignettes": {"p1": "?"}}, taken | {"vignettes": {"p1": "AAAA"}}):
                answer: httpx.Response = await technician.post(f"{API}/import", json=spoilt)
                assert answer.json()["code"] == "livre_invalide"

    asyncio.run(scenario())


def test_a_joystick_on_the_event_stream(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host:
            async with _console(rig, host) as console:
                await _drive_and_ask(console)
                rig.board.cameras.put(CamerasStatus(book=7))
                while (await _hear(console, "cameras"))["book"] != 7:
                    pass
            async with asyncio.timeout(5):
                await rig.cameras.gone.wait()
            assert rig.cameras.driven == [("cam1", Speeds(0.5, 0.0, -1.0)), ("cam1", Speeds())]
            assert rig.cameras.asked == [do.Stop(camera="cam1")]
            async with _console(rig, host, "president") as president:
                await _say(president, type="piloter", id=4, camera="cam1", pan=1)
                assert (await _hear(president, "reponse"))["code"] == "interdit"

    async def _drive_and_ask(console: ClientConnection) -> None:
        await _say(console, type="piloter", id=1, camera="cam1", pan=0.5, zoom=-1)
        await _say(console, type="piloter", id=2, camera="cam1")
        await _say(console, type="camera", id=3, commande={"type": "stop", "camera": "cam1"})
        assert (await _hear(console, "reponse"))["id"] == 3, "a drive is answered only when it is refused"

    asyncio.run(scenario())
