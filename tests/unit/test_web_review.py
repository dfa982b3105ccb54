"""The second pass over HTTP: what is marked goes to whoever holds the séance; no replay before its list is validated."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from config.outputs import Replay
from regie.board import WebTvStatus
from regie.domain.commands import RemovePassage
from regie.domain.model import SeanceState
from regie.domain.removal import Removal
from regie.media.removed import kept, save
from tests.unit.test_redact import NOON, original
from tests.unit.web_fakes import FakeSeance, Rig, make_rig, status
from web_ui.media import LEAVING_S

pytestmark = pytest.mark.unit

SEANCE = "2027-01-15-conseil"
ROOT = f"/api/v1/relecture/{SEANCE}"
PASSAGE = {
    "debut_ms": NOON // 1_000_000 + 3000,
    "fin_ms": NOON // 1_000_000 + 4500,
    "motif": "--nom",
    "point": "7",
}
__all__ = ["original"]


def rig_with(directory: Path, source: Path | None, state: SeanceState = SeanceState.ENDED) -> Rig:
    rig = make_rig(directory)
    ended = rig.clock.utc_ns() // 10**9 - 2 * LEAVING_S
    rig.core.current = FakeSeance(SEANCE, state=state, opened_utc=ended - 8, ended_utc=ended)
    if source is not None:
        shutil.copytree(source, rig.services.seances_dir / SEANCE)
    return rig


async def replay(browser: httpx.AsyncClient) -> tuple[str | None, int, int]:
    public = (await browser.get("/api/v1/public")).json()
    master = await browser.get(f"/media/{SEANCE}/index.m3u8")
    playlist = await browser.get(f"/media/{SEANCE}/180p/index.m3u8")
    return public["rejeu"], master.status_code, playlist.status_code


def test_a_passage_of_a_seance_that_is_over_and_its_validation(tmp_path: Path, original: Path) -> None:
    async def scenario() -> None:
        rig = rig_with(tmp_path, original)
        async with rig.logged_in() as browser:
            assert await replay(browser) == (f"/media/{SEANCE}/index.m3u8", 200, 200)
            old = (await browser.get(f"/media/{SEANCE}/180p/index.m3u8")).text.splitlines()
            stale = rig.services.seances_dir / SEANCE / "export" / "seance.m4a"
            stale.parent.mkdir()
            stale.touch()
            answer = await browser.post(f"{ROOT}/passages", json=PASSAGE)
            assert answer.status_code == 200, answer.text
            assert rig.engine.commands == []
            assert not stale.exists(), "what was made ready held the passage"
            (done,) = kept(rig.services.seances_dir / SEANCE)
            assert (done.who, done.reason, done.item) == ("technicien", "--nom", "7")
            assert (done.start_ms, done.end_ms) == (PASSAGE["debut_ms"], PASSAGE["fin_ms"])
            assert await replay(browser) == (None, 404, 404)
            assert (await browser.get(f"/api/v1/seances/{SEANCE}/masques")).status_code == 404
            review = (await browser.get(ROOT)).json()
            assert (review["a_jour"], review["rejeu_public"], review["en_cours"]) == (False, False, 0)
            assert [row["how"] for row in review["passages"]] == ["retrait"]
            # Who validates sees what will be public.
            seen = (await browser.get(review["lecture"])).text
            assert "X-RETRAIT" in seen
            names = [line for line in seen.splitlines() if line.endswith(".m4s")]
            assert (await browser.get(review["lecture"].replace("index.m3u8", names[1]))).status_code == 200
            (gone,) = [n for n in old if n.endswith(".m4s") and n not in names][:1]
            answer = await browser.get(f"/media/{SEANCE}/180p/{gone}")
            assert (answer.status_code, answer.json()["code"]) == (410, "passage_retire")
            assert (await browser.post(f"{ROOT}/validation")).status_code == 200
            assert await replay(browser) == (f"/media/{SEANCE}/index.m3u8", 200, 200)
            told = await browser.get(f"/api/v1/seances/{SEANCE}/masques")
            assert [(one["debut_s"], one["fin_s"]) for one in told.json()] == [(3.0, 4.5)]
            assert "nom" not in told.text.replace("nombre", "")
            # One more passage, and it must be validated again.
            later = Removal(id="aa", start_ms=0, end_ms=1, asked_ms=1, done_ms=2)
            save(rig.services.seances_dir / SEANCE, later)
            assert (await replay(browser))[0] is None
            assert (await browser.get(f"{ROOT}/onde")).content
            assert (await browser.get(f"{ROOT}/masques.csv?public=true")).text.count("\r\n") == 3
            assert (await browser.post(f"{ROOT}/export")).status_code == 200
            assert "seance.m4a" in (await browser.get(ROOT)).json()["exports"]
            assert (await browser.get(f"{ROOT}/export/seance.m4a")).status_code == 200

    asyncio.run(scenario())


def test_while_the_engine_holds_it_the_engine_does_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = rig_with(tmp_path, None, SeanceState.LIVE)
        rig.board.status.put(status(webtv=WebTvStatus(seance=SEANCE)))
        async with rig.logged_in() as browser:
            answer = await browser.post(f"{ROOT}/passages", json=PASSAGE)
            assert answer.status_code == 200
            (command,) = rig.engine.commands
            assert isinstance(command, RemovePassage)
            assert (command.removal.id, command.removal.who) == (answer.json()["id"], "technicien")
            backwards = PASSAGE | {"fin_ms": PASSAGE["debut_ms"]}
            answer = await browser.post(f"{ROOT}/passages", json=backwards)
            assert (answer.status_code, answer.json()["code"]) == (409, "passage_invalide")
            save(rig.services.seances_dir / SEANCE, command.removal)
            answer = await browser.post(f"{ROOT}/validation")
            assert answer.json()["code"] == "retrait_en_cours"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("rule", "shown"), [(Replay.AT_ONCE, True), (Replay.MASKS, True), (Replay.VALIDATED, False)]
)
def test_when_a_replay_without_masks_is_public(
    tmp_path: Path, original: Path, rule: Replay, shown: bool
) -> None:
    async def scenario() -> None:
        rig = rig_with(tmp_path, original)
        webtv = rig.services.config.webtv.model_copy(update={"rejeu": rule})
        services = replace(rig.services, config=rig.services.config.model_copy(update={"webtv": webtv}))
        rig.app.state.services = services
        async with rig.browser() as browser:
            assert ((await browser.get("/api/v1/public")).json()["rejeu"] is not None) == shown

    asyncio.run(scenario())


def test_only_operators(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = rig_with(tmp_path, None)
        for name in ("president", "auxiliaire"):
            async with rig.logged_in(name) as browser:
                assert (await browser.get(ROOT)).status_code == 403
                assert (await browser.post(f"{ROOT}/passages", json=PASSAGE)).status_code == 403
        async with rig.logged_in() as browser:
            assert (await browser.get(ROOT.replace(SEANCE, "autre"))).status_code == 404
            assert (await browser.get(f"{ROOT}/media/../../registre.sqlite")).status_code == 404

    asyncio.run(scenario())
