"""The WebTV over HTTP: caches, ranges, tags, other sites' pages, and nothing outside the séance's directory."""

import asyncio
import gzip
import os
from pathlib import Path

import pytest

from regie.domain.model import SeanceState
from tests.unit.test_web_playlists import media_playlist
from tests.unit.web_fakes import FakeSeance, Rig, make_rig
from web_ui.hotfiles import HotFiles
from web_ui.media import ENDED_PLAYLIST, IMMUTABLE, LIVE_PLAYLIST

pytestmark = pytest.mark.unit

MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=3000000\n720p/index.m3u8\n"
SEGMENT = bytes(range(256)) * 40


def _on_air(directory: Path, *, origins: tuple[str, ...] = ("*",)) -> Rig:
    rig = make_rig(directory, origins=origins)
    rig.media("master.m3u8").write_text(MASTER)
    rig.media("720p", "index.m3u8").write_text(media_playlist(200))
    rig.media("720p", "r1-00001-k3j2.m4s").write_bytes(SEGMENT)
    return rig


def test_before_the_seance_the_player_is_told_to_come_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            answer = await browser.get("/direct/index.m3u8")
            assert (answer.status_code, answer.json()["code"]) == (404, "pas_encore")
            assert answer.headers["retry-after"] == "2"
            assert answer.headers["cache-control"] == "no-store"
            rig.core.current = None
            answer = await browser.get("/direct/index.m3u8")
            assert (answer.status_code, answer.json()["code"]) == (404, "public.aucune_seance")

    asyncio.run(scenario())


def test_the_master_names_the_seance_s_files(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        async with rig.browser() as browser:
            for path in ("/direct/index.m3u8", "/media/2027-01-15-conseil/index.m3u8"):
                answer = await browser.get(path)
                assert answer.status_code == 200
                assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
                assert answer.headers["cache-control"] == LIVE_PLAYLIST
                assert "/media/2027-01-15-conseil/720p/index.m3u8" in answer.text.splitlines()

    asyncio.run(scenario())


def test_a_playlist_is_asked_again_by_tag_and_changes_when_it_grows(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        url = "/media/2027-01-15-conseil/720p/index.m3u8"
        async with rig.browser() as browser:
            first = await browser.get(url)
            assert first.headers["cache-control"] == LIVE_PLAYLIST
            assert "accept-encoding" in first.headers["vary"].lower()
            known = {"If-None-Match": first.headers["etag"]}
            same = await browser.get(url, headers=known)
            assert (same.status_code, same.content) == (304, b"")
            assert same.headers["etag"] == first.headers["etag"]
            grown = rig.media("720p", "index.new")
            grown.write_text(media_playlist(201))
            grown.replace(rig.media("720p", "index.m3u8"))
            more = await browser.get(url, headers=known)
            assert more.status_code == 200
            assert "r-200.m4s" in more.text

    asyncio.run(scenario())


def test_a_playlist_is_compressed_for_who_can_read_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        url = "/media/2027-01-15-conseil/720p/index.m3u8"
        async with rig.browser() as browser:
            packed = await browser.get(url, headers={"Accept-Encoding": "gzip"})
            plain = await browser.get(url, headers={"Accept-Encoding": "identity"})
            assert packed.headers["content-encoding"] == "gzip"
            assert "content-encoding" not in plain.headers
            assert packed.text == plain.text
            for answer in (packed, plain):
                assert answer.headers.get_list("vary") == ["Accept-Encoding"]
            assert int(packed.headers["content-length"]) < len(plain.content) / 4

    asyncio.run(scenario())


def test_a_player_that_knows_how_gets_only_what_is_new(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        url = "/media/2027-01-15-conseil/720p/index.m3u8"
        async with rig.browser() as browser:
            whole = await browser.get(url)
            update = await browser.get(url, params={"_HLS_skip": "YES"})
            assert "CAN-SKIP-UNTIL" in whole.text and "#EXT-X-SKIP" not in whole.text
            assert "#EXT-X-SKIP:SKIPPED-SEGMENTS=170" in update.text
            assert update.headers["etag"] != whole.headers["etag"]

    asyncio.run(scenario())


def test_a_playlist_that_is_over_is_kept_longer(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        rig.media("720p", "index.m3u8").write_text(media_playlist(3, over=True))
        async with rig.browser() as browser:
            answer = await browser.get("/media/2027-01-15-conseil/720p/index.m3u8")
            assert answer.headers["cache-control"] == ENDED_PLAYLIST

    asyncio.run(scenario())


def test_a_segment_never_changes_and_comes_whole_in_part_or_announced(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        url = "/media/2027-01-15-conseil/720p/r1-00001-k3j2.m4s"
        async with rig.browser() as browser:
            whole = await browser.get(url)
            assert (whole.status_code, whole.content) == (200, SEGMENT)
            assert whole.headers["cache-control"] == IMMUTABLE
            assert whole.headers["content-type"] == "video/iso.segment"
            assert "content-encoding" not in whole.headers
            assert whole.headers["accept-ranges"] == "bytes"
            head = await browser.head(url)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(SEGMENT))
            part = await browser.get(url, headers={"Range": "bytes=100-199"})
            assert (part.status_code, part.content) == (206, SEGMENT[100:200])
            assert part.headers["content-range"] == f"bytes 100-199/{len(SEGMENT)}"
            assert part.headers["cache-control"] == IMMUTABLE
            beyond = await browser.get(url, headers={"Range": "bytes=999999-"})
            assert beyond.status_code == 416

    asyncio.run(scenario())


def test_a_segment_that_is_withdrawn_is_no_longer_served_from_memory(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        url = "/media/2027-01-15-conseil/720p/r1-00001-k3j2.m4s"
        async with rig.browser() as browser:
            assert (await browser.get(url)).status_code == 200
            rig.media("720p", "r1-00001-k3j2.m4s").unlink()
            answer = await browser.get(url)
            assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "path",
    [
        "/media/2027-01-15-conseil/720p/../../registre.sqlite",
        "/media/2027-01-15-conseil/720p/..%2f..%2fregistre.sqlite",
        "/media/..%2f2027-01-15-conseil/720p/index.m3u8",
        "/media/%2e%2e/hls/comptes.json",
        "/media/2027-01-15-conseil/%2e%2e/master.m3u8",
        "/media/2027-01-15-conseil/720p/.hidden.m4s",
        "/media/2027-01-15-conseil/720p/index.m3u8%00.m4s",
        "/media/2027-01-15-conseil/720p/registre.sqlite",
        "/media/2027-01-15-conseil/720p/autre.m4s",
        "/media/autre/720p/index.m3u8",
        "/static/../accounts.py",
        "/static/%2e%2e/accounts.py",
        "/static/..%2faccounts.py",
        "/static//etc/passwd",
        "/static/js/",
    ],
)
def test_nothing_else_can_be_reached(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        rig.media("720p", ".hidden.m4s").write_bytes(b"x")
        (rig.services.seances_dir / "2027-01-15-conseil" / "registre.sqlite").write_bytes(b"register")
        async with rig.browser() as browser:
            answer = await browser.get(path)
            assert answer.status_code == 404, answer.text
            assert answer.json()["code"] in ("introuvable", "seance_inconnue")

    asyncio.run(scenario())


def test_any_site_may_embed_the_stream_by_default(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        async with rig.browser() as browser:
            for path in ("/direct/index.m3u8", "/media/2027-01-15-conseil/720p/r1-00001-k3j2.m4s"):
                answer = await browser.get(path, headers={"Origin": "https://journal.test"})
                assert answer.headers["access-control-allow-origin"] == "*"
                assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
                asked = await browser.options(path, headers={"Origin": "https://journal.test"})
                assert asked.status_code == 204
                assert "Range" in asked.headers["access-control-allow-headers"]

    asyncio.run(scenario())


def test_or_only_those_that_are_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path, origins=("https://ville.test",))
        async with rig.browser() as browser:
            for origin, allowed in (
                ("https://ville.test", "https://ville.test"),
                ("https://autre.test", None),
            ):
                answer = await browser.get("/direct/index.m3u8", headers={"Origin": origin})
                assert answer.headers.get("access-control-allow-origin") == allowed
                assert "origin" in answer.headers["vary"].lower()

    asyncio.run(scenario())


def test_recordings_are_for_the_staff(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        directory = rig.services.seances_dir / "2027-01-15-conseil" / "enregistrement"
        directory.mkdir(parents=True)
        (directory / "20270115T180000Z-r1.mp4").write_bytes(SEGMENT)
        (directory / "notes.txt").write_text("x")
        async with rig.logged_in() as browser:
            listed = (await browser.get("/api/v1/seances/2027-01-15-conseil/enregistrements")).json()
            assert [(one["fichier"], one["octets"]) for one in listed] == [
                ("20270115T180000Z-r1.mp4", len(SEGMENT))
            ]
            whole = await browser.get(listed[0]["adresse"])
            assert (whole.status_code, whole.content) == (200, SEGMENT)
            assert 'filename="20270115T180000Z-r1.mp4"' in whole.headers["content-disposition"]
            part = await browser.get(listed[0]["adresse"], headers={"Range": "bytes=0-9"})
            assert part.status_code == 206
            for wrong in ("notes.txt", "%2e%2e", "autre.mp4"):
                url = f"/api/v1/seances/2027-01-15-conseil/enregistrements/{wrong}"
                assert (await browser.get(url)).status_code == 404

    asyncio.run(scenario())


def test_what_is_hot_is_read_once_however_many_ask(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tmp_path / "a.m4s"
        file.write_bytes(SEGMENT)
        hot = HotFiles()
        found = await asyncio.gather(*(hot.bytes(file, 10**6) for _ in range(50)))
        assert {one.body for one in found if one} == {SEGMENT}
        assert hot.reads == 1

    asyncio.run(scenario())


def test_memory_of_hot_files_is_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    async def scenario() -> None:
        hot = HotFiles(limit=3 * len(SEGMENT))
        for i in range(10):
            (tmp_path / f"{i}.m4s").write_bytes(SEGMENT)
            await hot.bytes(tmp_path / f"{i}.m4s", 10**6)
            assert hot.weight <= 3 * len(SEGMENT)
        await hot.bytes(tmp_path / "9.m4s", 10**6)
        assert hot.reads == 10
        await hot.bytes(tmp_path / "0.m4s", 10**6)
        assert hot.reads == 11
        assert await hot.bytes(tmp_path / "0.m4s", 10) is None

    asyncio.run(scenario())


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        file, hot = tmp_path / "a.m3u8", HotFiles()
        for text in ("un", "deux"):
            file.write_text(text)
            os.utime(file, ns=(0, len(text)))
            found = await hot.text(file, "whole", str.upper)
            assert found is not None
            assert found.body == text.upper().encode()
            assert gzip.decompress(found.packed or b"") == found.body
            assert hot.weight == found.weight

    asyncio.run(scenario())


def test_a_past_seance_is_played_from_its_own_address(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = _on_air(tmp_path)
        rig.core.ended = (FakeSeance("2027-01-15-conseil", state=SeanceState.ENDED),)
        rig.core.current = FakeSeance("2027-02-12-conseil")
        async with rig.browser() as browser:
            (past,) = (await browser.get("/api/v1/seances")).json()
            assert (await browser.get(past["rejeu"])).status_code == 200

    asyncio.run(scenario())
