"""What citizens are told at each moment of a séance, and how the pages are served: no cookie, nothing from elsewhere."""

import asyncio
from pathlib import Path

import pytest

from regie.board import AntennaStatus
from regie.domain.model import SeanceState, SlateName
from tests.unit.web_fakes import FakeSeance, make_rig, status
from web_ui.texts import Texts

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("state", "antenna", "watchable", "sentence", "direct", "replay"),
    [
        (SeanceState.COMING, AntennaStatus(), False, "public.a_venir", False, False),
        (SeanceState.COMING, AntennaStatus(), True, "public.a_venir", True, False),
        (SeanceState.LIVE, AntennaStatus(on=True), True, "public.en_direct", True, False),
        (
            SeanceState.LIVE,
            AntennaStatus(slate=SlateName.CLOSED_DOORS),
            True,
            "public.panneau.huis_clos",
            True,
            False,
        ),
        (SeanceState.LIVE, None, True, "public.panneau.panne", True, False),
        (SeanceState.PAUSED, AntennaStatus(slate=SlateName.PAUSE), True, "public.suspendue", True, False),
        (
            SeanceState.PAUSED,
            AntennaStatus(slate=SlateName.QUORUM),
            True,
            "public.panneau.quorum",
            True,
            False,
        ),
        (SeanceState.ENDED, AntennaStatus(slate=SlateName.END), True, "public.terminee_rejeu", False, True),
        (SeanceState.ENDED, AntennaStatus(slate=SlateName.END), False, "public.terminee", False, False),
    ],
)
def test_the_state_is_said_in_words(
    tmp_path: Path,
    state: SeanceState,
    antenna: AntennaStatus | None,
    watchable: bool,
    sentence: str,
    direct: bool,
    replay: bool,
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.core.become(state)
        rig.board.status.put(status(antenna=antenna) if antenna else None)
        if watchable:
            rig.media("master.m3u8").write_text("#EXTM3U\n")
        async with rig.browser() as browser:
            body = (await browser.get("/api/v1/public")).json()
        assert body["phrase"] == Texts.load().say(sentence)
        assert body["direct"] == ("/direct/index.m3u8" if direct else None)
        assert body["rejeu"] == ("/media/2027-01-15-conseil/index.m3u8" if replay else None)
        assert body["seance"]["etat"] == state
        assert body["antenne"]["en_direct"] is (antenna is not None and antenna.on)
        assert body["ville"]["nom"] == "Saint-Exemple"
        assert [one["id"] for one in body["renditions"]] == ["720p", "360p", "240p", "son"]

    asyncio.run(scenario())


def test_without_a_seance_the_page_still_has_something_to_say(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.core.current = None
        async with rig.browser() as browser:
            body = (await browser.get("/api/v1/public")).json()
        assert body["seance"] is None
        assert body["phrase"] == Texts.load().say("public.aucune_seance")

    asyncio.run(scenario())


def test_the_public_state_is_light_to_ask_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.board.status.put(status())
        async with rig.browser() as browser:
            first = await browser.get("/api/v1/public")
            assert first.headers["cache-control"] == "public, max-age=2"
            known = {"If-None-Match": first.headers["etag"]}
            # The engine's counters move all the time; what the public sees does not.
            rig.board.status.put(status(now=48_000))
            assert (await browser.get("/api/v1/public", headers=known)).status_code == 304
            rig.core.become(SeanceState.LIVE)
            assert (await browser.get("/api/v1/public", headers=known)).status_code == 200

    asyncio.run(scenario())


def test_past_seances_and_one_of_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.core.ended = (
            FakeSeance("2026-12-11", state=SeanceState.ENDED, opened_utc=1000, ended_utc=4600),
            FakeSeance("2026-11-06", state=SeanceState.ENDED),
        )
        async with rig.browser() as browser:
            past = (await browser.get("/api/v1/seances")).json()
            assert [(one["id"], one["duree_s"]) for one in past] == [
                ("2026-12-11", 3600),
                ("2026-11-06", None),
            ]
            one = await browser.get("/api/v1/seances/2026-12-11")
            assert one.json() == past[0]
            assert (await browser.get("/api/v1/seances/2027-01-15-conseil")).json()["etat"] == "a_venir"
            missing = await browser.get("/api/v1/seances/1999")
            assert (missing.status_code, missing.json()["code"]) == (404, "seance_inconnue")
            assert (await browser.get("/seances/2026-12-11")).status_code == 200
            assert (await browser.get("/seances/1999")).status_code == 404

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "path", ["/", "/embed", "/seances", "/connexion", "/api/v1/public", "/static/texts.json"]
)
def test_public_pages_set_no_cookie_and_allow_nothing_from_elsewhere(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert "http" not in policy
            framed = "*" if path == "/embed" else "'none'"
            assert policy.endswith(f"frame-ancestors {framed}")
            assert ("x-frame-options" in answer.headers) is (path != "/embed")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"

    asyncio.run(scenario())


def test_refusals_carry_the_same_protection(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            for path in ("/nulle-part", "/api/v1/etat"):
                assert "content-security-policy" in (await browser.get(path)).headers

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "media_type", "cache"),
    [
        ("css/tokens.css", "text/css; charset=utf-8", "no-cache"),
        ("js/common/http.js", "text/javascript; charset=utf-8", "no-cache"),
        ("texts.json", "application/json", "no-cache"),
        ("vendor/hls.light.min.mjs", "text/javascript; charset=utf-8", "public, max-age=86400"),
        ("vendor/hls.js.LICENSE", "text/plain; charset=utf-8", "public, max-age=86400"),
        ("fonts/atkinson-400.woff2", "font/woff2", "public, max-age=86400"),
    ],
)
def test_static_files_have_their_type_and_are_asked_again_by_tag(
    tmp_path: Path, name: str, media_type: str, cache: str
) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            answer = await browser.get(f"/static/{name}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
            assert answer.headers["cache-control"] == cache
            packed = answer.headers.get("content-encoding") == "gzip"
            assert packed is not name.endswith("woff2")
            known = {"If-None-Match": answer.headers["etag"]}
            assert (await browser.get(f"/static/{name}", headers=known)).status_code == 304

    asyncio.run(scenario())


def test_the_town_s_logo_is_served_when_there_is_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        logo = tmp_path / "blason.png"
        logo.write_bytes(b"\x89PNG")
        rig = make_rig(tmp_path / "data", logo=logo)
        async with rig.browser() as browser:
            url = (await browser.get("/api/v1/public")).json()["ville"]["logo"]
            answer = await browser.get(url)
            assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
        async with make_rig(tmp_path / "none").browser() as browser:
            assert (await browser.get("/api/v1/public")).json()["ville"]["logo"] is None
            assert (await browser.get("/ville/logo")).status_code == 404

    asyncio.run(scenario())


def test_the_console_sends_to_the_log_in_and_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            for page in ("/regie", "/regie/multivue", "/regie/zones"):
                answer = await browser.get(page)
                assert (answer.status_code, answer.headers["location"]) == (303, f"/connexion?suite={page}")
                assert answer.headers["cache-control"] == "no-store"

    asyncio.run(scenario())
