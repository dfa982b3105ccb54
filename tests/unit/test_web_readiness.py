"""The check before a séance over HTTP, the first giving of the antenna, and the recordings read again at the end."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import httpx
import pytest

from regie.board import AntennaStatus, DelayStatus, InputStatus, Levels, RecordingStatus, WebTvStatus
from regie.domain.commands import SetAntenna
from tests.encoded import programme
from tests.unit.test_recording import record
from tests.unit.web_fakes import Rig, make_rig, status
from web_ui.readiness_api import FILE_NAME
from web_ui.recordings import DIGESTS

pytestmark = pytest.mark.unit

SEANCE = "2027-01-15-conseil"
FILLING = DelayStatus(target_ms=10_000, held_ms=4000, safe=False)
GIVE = "/api/v1/controle/antenne"


def _before(rig: Rig, **changes: object) -> None:
    """The engine before the antenna is given, the delay still filling."""
    whole: dict[str, Any] = {"antenna": AntennaStatus(), "outputs": (), "delay": FILLING} | changes
    rig.board.status.put(status(**whole))


def _input(name: str) -> InputStatus:
    return InputStatus(source=name, kind="micro")


async def _ask(asked: Awaitable[httpx.Response]) -> Any:
    answer = await asked
    assert answer.status_code == 200, answer.text
    return answer.json()


def _phrase(told: Any, code: str) -> str:
    found: str = next(one["phrase"] for one in told["lignes"] if one["code"] == code)
    return found


def test_while_a_line_is_red_the_antenna_takes_two_steps_and_the_second_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        _before(rig)
        (rig.services.seances_dir / SEANCE).mkdir(parents=True)
        async with rig.logged_in() as browser:
            told = (await browser.get("/api/v1/controle")).json()
            assert told["attendu"] and "retard" in told["rouges"]
            line = next(one for one in told["lignes"] if one["code"] == "retard")
            assert (line["etat"], line["phrase"]) == ("rouge", "4 s tenues : il se remplit encore.")
            assert line["faire"] == "Attendre la lampe « sûr »."
            refused = await browser.post(GIVE, json={})
            assert (refused.status_code, refused.json()["code"]) == (409, "controle_rouge")
            assert "Retard" in refused.json()["message"] and rig.engine.commands == []
            assert (await browser.post(GIVE, json={"outre": True})).status_code == 200
        assert rig.engine.commands == [SetAntenna(on=True)]
        kept = json.loads((rig.services.seances_dir / SEANCE / FILE_NAME).read_bytes())
        assert (kept["outre"], kept["compte"]) == (True, "technicien")
        assert {one["code"] for one in kept["lignes"] if one["light"] == "rouge"} == set(told["rouges"])

    asyncio.run(scenario())


def test_a_return_to_the_air_never_waits_for_the_check(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        _before(rig, antenna=AntennaStatus(recovering=True))
        async with rig.logged_in() as browser:
            assert (await browser.post(GIVE, json={})).status_code == 200
        assert rig.engine.commands == [SetAntenna(on=True)]

    asyncio.run(scenario())


def test_the_microphones_are_tried_one_after_the_other_and_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        _before(rig, inputs=(_input("m1"), _input("m2")))
        async with rig.logged_in() as browser:
            rig.board.levels.put(Levels(inputs={"m1": (-12.0, -20.0), "m2": (-80.0, -90.0)}))
            assert (
                _phrase(await _ask(browser.get("/api/v1/controle")), "micros")
                == "Entendus : 1 ; restent : m2."
            )
            rig.board.levels.put(Levels(inputs={"m2": (-12.0, -20.0)}))
            assert (
                _phrase(await _ask(browser.get("/api/v1/controle")), "micros") == "Chacun a été entendu (2)."
            )
            assert "m1, m2" in _phrase(await _ask(browser.post("/api/v1/controle/micros")), "micros")

    asyncio.run(scenario())


def test_what_is_being_recorded_is_read_again_and_another_file_anew(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        folder = rig.services.seances_dir / SEANCE / "enregistrement"
        folder.mkdir(parents=True)
        record(tmp_path / "whole.mp4", programme().packets)
        whole = tmp_path / "whole.mp4"
        # The last fragment is being written: that is no fault.
        (folder / "a.mp4").write_bytes(whole.read_bytes()[:-1000])
        webtv = WebTvStatus(seance=SEANCE, segments=3)
        _before(rig, recording=RecordingStatus(on=True, file="a.mp4", seconds=9), webtv=webtv)
        async with rig.logged_in() as browser:
            before = await _ask(browser.get("/api/v1/controle"))
            assert _phrase(before, "enregistrement") == "9 s enregistrées, pas encore relues."
            after = await _ask(browser.post("/api/v1/controle/enregistrement"))
            assert "relues sans défaut" in _phrase(after, "enregistrement")
            _before(rig, recording=RecordingStatus(on=True, file="b.mp4", seconds=1), webtv=webtv)
            assert "pas encore relues" in _phrase(
                await _ask(browser.get("/api/v1/controle")), "enregistrement"
            )
            (folder / "b.mp4").write_bytes(b"no recording at all")
            bad = await _ask(browser.post("/api/v1/controle/enregistrement"))
            assert _phrase(bad, "enregistrement") == "Ce qui est enregistré ne se relit pas."

    asyncio.run(scenario())


def test_a_recording_has_the_digest_of_what_it_is_now(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        folder = rig.services.seances_dir / SEANCE / "enregistrement"
        folder.mkdir(parents=True)
        file = folder / "20270115T180000Z-r1.mp4"
        record(file, programme().packets)
        address = f"/api/v1/seances/{SEANCE}/enregistrements"
        async with rig.logged_in() as browser:
            assert (await _ask(browser.get(address)))[0]["sha256"] is None
            made = await _ask(browser.post(f"{address}/{file.name}/empreinte"))
            assert made["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
            assert (made["defauts"], round(made["duree_s"])) == ([], 6)
            assert (await _ask(browser.get(address))) == [made]
            with file.open("ab") as more:
                more.write(b"a passage was taken out")
            changed = (await _ask(browser.get(address)))[0]
            assert (changed["sha256"], changed["defauts"]) == (None, None)
            cut = await _ask(browser.post(f"{address}/{file.name}/empreinte"))
            assert cut["defauts"] and cut["sha256"] != made["sha256"]
            (folder.parent / DIGESTS).write_bytes(b"not json")
            assert (await _ask(browser.get(address)))[0]["sha256"] is None
            assert (await browser.post(f"{address}/autre.mp4/empreinte")).status_code == 404

    asyncio.run(scenario())
