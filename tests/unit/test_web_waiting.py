"""The slate's playlist numbered by the clock, and what comes after it."""

import asyncio
from pathlib import Path

import pytest

from regie.domain.model import SeanceState
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample, fragment
from regie.media.waiting import FOLDER as ENGINE_FOLDER
from regie.media.waiting import SEGMENT_S as ENGINE_SEGMENT_S
from tests.unit.test_web_playlists import media_playlist
from tests.unit.web_fakes import FakeSeance, Rig, make_rig
from web_ui.media import FOLDER, WAITING
from web_ui.waiting import SEGMENT_S, following, retimed, waiting

pytestmark = pytest.mark.unit

SLATE = (
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"
    '#EXT-X-MAP:URI="init-a.mp4"\n#EXTINF:2.000000,\npanneau-b.m4s\n'
)


def _kept(rig: Rig) -> None:
    folder = rig.services.config.serveur.dossier / FOLDER
    folder.mkdir()
    (folder / "index.m3u8").write_text(SLATE)
    (folder / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex.m3u8\n")
    (folder / "panneau-b.m4s").write_bytes(b"slate")


def test_the_engine_and_the_pages_mean_the_same_slate() -> None:
    assert (FOLDER, SEGMENT_S) == (ENGINE_FOLDER, ENGINE_SEGMENT_S)


def test_the_slate_is_listed_as_a_live_that_slides() -> None:
    initial, one = '#EXT-X-MAP:URI="init-a.mp4"\n', "#EXTINF:2.000000,\npanneau-b.m4s?n="
    head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"
    assert waiting(SLATE, 902) == (
        f"{head}#EXT-X-MEDIA-SEQUENCE:900\n{initial}{one}900\n{one}901\n{one}902\n"
    )


def test_each_segment_goes_on_where_the_one_before_ended() -> None:
    runs = [Run(track, 7, [Sample(b"tfdt\x01\0\0\0inside", 960)]) for track in (PICTURES, SOUNDS)]
    moved = [Run(run.track, 7 + 5 * 96_000, run.samples) for run in runs]
    assert retimed(fragment(1, runs), 1_296_005) == fragment(1, moved)


def test_the_live_goes_on_from_the_slate_s_last_number() -> None:
    after = following(media_playlist(2, over=True), "/media/x/720p/", SLATE, 902)
    assert "#EXT-X-MEDIA-SEQUENCE:900\n#EXT-X-MAP" in after
    assert "panneau-b.m4s?n=902\n#EXT-X-MAP" in after, "the same parameters, and time goes on"
    assert (
        after.count("MEDIA-SEQUENCE") == 1 and "PLAYLIST-TYPE" not in after and "DISCONTINUITY" not in after
    )
    assert [line for line in after.splitlines() if not line.startswith("#")] == [
        *(f"panneau-b.m4s?n={n}" for n in (900, 901, 902)),
        "/media/x/720p/r-0.m4s?n=903",
        "/media/x/720p/r-1.m4s?n=903",
    ]
    assert after.endswith("#EXT-X-ENDLIST\n")


def test_one_address_before_and_after_the_opening(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        _kept(rig)
        async with rig.browser() as browser:
            master = await browser.get("/direct/index.m3u8")
            assert master.status_code == 200 and f"{WAITING}index.m3u8" in master.text.splitlines()
            first = await browser.get(f"{WAITING}index.m3u8")
            assert "#EXT-X-MEDIA-SEQUENCE:899999998\n" in first.text
            assert first.headers["access-control-allow-origin"] == "*"
            assert (await browser.get(f"{WAITING}panneau-b.m4s?n=1")).content == b"slate"
            assert (await browser.get(f"{WAITING}autre.m4s")).status_code == 404
            rig.clock.advance(2)
            assert "#EXT-X-MEDIA-SEQUENCE:899999999\n" in (await browser.get(f"{WAITING}index.m3u8")).text
            rig.media("master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n")
            rig.media("720p", "index.m3u8").write_text(media_playlist(2))
            after = (await browser.get(f"{WAITING}index.m3u8")).text
            assert (
                "#EXT-X-MEDIA-SEQUENCE:899999999\n" in after
                and f"{WAITING}2027-01-15-conseil/720p/r-1.m4s?n=900000002" in after
            )
            rig.media("720p", "r-1.m4s").write_bytes(b"live")
            last = await browser.get(after.splitlines()[-1])
            assert (last.content, last.headers["cache-control"]) == (b"live", "no-store")
            rig.media("720p", "r-1.m4s").unlink()
            assert (await browser.get(after.splitlines()[-1])).status_code == 404, "it was taken out"
            assert (await browser.get(f"{WAITING}2027-01-15-conseil/../r-1.m4s")).status_code == 404
            assert "720p/index.m3u8" in (await browser.get("/direct/index.m3u8")).text

    asyncio.run(scenario())


def test_a_seance_that_is_over_has_no_slate_of_before(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        _kept(rig)
        rig.core.current = FakeSeance("s", state=SeanceState.ENDED)
        async with rig.browser() as browser:
            assert (await browser.get("/direct/index.m3u8")).status_code == 404
            rig.core.current = None
            assert (await browser.get(f"{WAITING}index.m3u8")).status_code == 404

    asyncio.run(scenario())
