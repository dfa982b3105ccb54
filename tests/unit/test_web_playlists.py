"""Playlists as they are served: addresses, and delta updates that a player puts together again without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web_ui.playlists import SKIP_TARGETS, delta, is_over, last_removal_s, offering_deltas, with_prefix

pytestmark = pytest.mark.unit

NOW = 1_800_000_000
HEAD = (
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
)


def media_playlist(count: int, breaks: frozenset[int] = frozenset(), *, over: bool = False) -> str:
    """A media playlist of two-second segments, a new run (discontinuity and map) at each of ``breaks``."""
    lines = [HEAD, '#EXT-X-MAP:URI="r0-init.mp4"\n']
    for i in range(count):
        if i in breaks:
            lines.append(f'#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="r{i}-init.mp4"\n')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:2027-01-15T18:00:{i:02d}.000Z\n#EXTINF:2.000,\nr-{i}.m4s\n")
    return "".join(lines) + ("#EXT-X-ENDLIST\n" if over else "")


def _segments(playlist: str) -> list[str]:
    """The lines from the first segment on, cut after each address."""
    body = playlist[
        playlist.index("#EXT-X-MAP") if "#EXT-X-SKIP" not in playlist else playlist.index("SKIPPED") :
    ]
    parts, pending = [], ""
    for line in body.splitlines(keepends=True):
        if "SKIPPED" in line:
            continue
        pending += line
        if not line.startswith("#"):
            parts.append(pending)
            pending = ""
    return parts


def test_a_master_s_addresses_become_absolute() -> None:
    master = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="son",URI="son/index.m3u8"\n'
        "#EXT-X-STREAM-INF:BANDWIDTH=3000000\n720p/index.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=3000000\n/ailleurs/index.m3u8\nhttps://cdn.test/x.m3u8\n"
    )
    assert with_prefix(master, "/media/s1/").splitlines() == [
        "#EXTM3U",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="son",URI="/media/s1/son/index.m3u8"',
        "#EXT-X-STREAM-INF:BANDWIDTH=3000000",
        "/media/s1/720p/index.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=3000000",
        "/ailleurs/index.m3u8",
        "https://cdn.test/x.m3u8",
    ]


def test_a_live_playlist_offers_deltas_once() -> None:
    offered = offering_deltas(media_playlist(3))
    assert "#EXT-X-VERSION:9\n" in offered
    assert f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={2 * SKIP_TARGETS}\n" in offered
    assert offering_deltas(offered) == offered


@pytest.mark.parametrize("playlist", [media_playlist(3, over=True), "", "#EXTM3U\n", "nonsense"])
def test_what_is_over_or_unreadable_is_left_as_it_is(playlist: str) -> None:
    assert offering_deltas(playlist) == playlist
    assert delta(playlist, NOW) == playlist


def test_the_end_is_seen() -> None:
    assert is_over(media_playlist(1, over=True))
    assert not is_over(media_playlist(1))


def test_a_short_playlist_has_nothing_to_skip() -> None:
    offered = offering_deltas(media_playlist(SKIP_TARGETS))
    assert delta(offered, NOW) == offered


def test_four_hours_weigh_little() -> None:
    offered = offering_deltas(media_playlist(7200))
    assert f"#EXT-X-SKIP:SKIPPED-SEGMENTS={7200 - SKIP_TARGETS}\n" in delta(offered, NOW)
    assert len(delta(offered, NOW)) < len(offered) / 100


@given(
    count=st.integers(1, 200),
    breaks=st.frozensets(st.integers(1, 199), max_size=5),
    grown=st.integers(0, SKIP_TARGETS - 1),
)
def test_old_playlist_and_delta_make_the_new_one(count: int, breaks: frozenset[int], grown: int) -> None:
    old = _segments(offering_deltas(media_playlist(count, breaks)))
    new = offering_deltas(media_playlist(count + grown, breaks))
    update = delta(new, NOW)
    skipped = int(update.partition("SKIPPED-SEGMENTS=")[2].partition("\n")[0] or 0)
    assert skipped <= len(old)
    assert old[:skipped] + _segments(update) == _segments(new)
    assert update.startswith(new[: new.index("#EXT-X-MAP")])


def test_for_a_while_after_a_passage_was_taken_out_players_read_everything_again() -> None:
    """A delta would leave them with names that are gone."""
    announced = '#EXT-X-DATERANGE:ID="masque-1",CLASS="c",START-DATE="2027-01-15T07:59:00.000Z",DURATION=2.000,X-RETRAIT="{}"\n'
    at = announced.format("2027-01-15T08:00:00.123Z")
    playlist = offering_deltas(media_playlist(200).replace("#EXT-X-MAP", at + "#EXT-X-MAP", 1))
    assert last_removal_s(playlist) == NOW
    assert delta(playlist, NOW + 2) == playlist
    later = delta(playlist, NOW + 2 * SKIP_TARGETS + 1)
    assert "EXT-X-SKIP" in later and at in later
