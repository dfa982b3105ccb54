"""HLS playlists as text: golden ones, and what holds whatever happens."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.timeline import SAMPLE_RATE
from regie.media.playlist import MediaPlaylist, Segment, Variant, date_time, master, resume, seconds

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_040_000_000

GOLDEN = """\
#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:3
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="a-init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.040Z
#EXTINF:2.000000,
a-0.m4s
#EXTINF:1.500000,
#EXT-X-GAP
a-trou.m4s
#EXTINF:2.000000,
a-1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="b-init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:01:00.040Z
#EXTINF:0.960000,
b-0.m4s
"""


def golden() -> MediaPlaylist:
    playlist = MediaPlaylist(3)
    playlist.begin_run("a-init.mp4", NOON)
    playlist.add(Segment("a-0.m4s", 96_000))
    playlist.add(Segment("a-trou.m4s", 72_000, hole=True))
    playlist.add(Segment("a-1.m4s", 96_000))
    playlist.begin_run("b-init.mp4", NOON + 60_000_000_000)
    playlist.add(Segment("b-0.m4s", 46_080))
    return playlist


def test_a_playlist_reads_as_written_down() -> None:
    assert golden().text() == GOLDEN
    assert golden().text(ended=True) == GOLDEN + "#EXT-X-ENDLIST\n"


def test_what_was_listed_is_taken_up_unchanged() -> None:
    again = MediaPlaylist(3)
    kept = resume(golden().text(ended=True), again, frozenset({"a-0.m4s", "a-1.m4s", "b-0.m4s"}))
    assert again.text() == GOLDEN
    assert again.samples == golden().samples
    assert kept == ["a-0.m4s", "a-trou.m4s", "a-1.m4s", "b-0.m4s"]


def test_a_segment_without_its_file_ends_what_is_taken_up() -> None:
    again = MediaPlaylist(3)
    assert resume(GOLDEN, again, frozenset({"a-0.m4s", "b-0.m4s"})) == ["a-0.m4s", "a-trou.m4s"]


@pytest.mark.parametrize(
    "text", ["", "garbage\nlines", "#EXTM3U\n#EXTINF:x,\na.m4s\n", "#EXTINF:2.0,\n../../etc/x\n"]
)
def test_a_text_that_is_not_ours_gives_an_empty_playlist(text: str) -> None:
    again = MediaPlaylist(3)
    assert resume(text, again, frozenset({"a.m4s", "../../etc/x"})) == []
    assert len(again) == 0


def test_master_names_sizes_codecs_and_rates() -> None:
    text = master(
        [
            Variant("720p/index.m3u8", "avc1.42c01f,mp4a.40.2", 3_900_000, 2_700_000, 1280, 720, 25),
            Variant("son/index.m3u8", "mp4a.40.2", 65_000, 65_000),
        ]
    )
    assert text == (
        "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=3900000,AVERAGE-BANDWIDTH=2700000,"
        'CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000\n720p/index.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=65000,AVERAGE-BANDWIDTH=65000,CODECS="mp4a.40.2"\nson/index.m3u8\n'
    )


@given(st.lists(st.integers(1, 3 * SAMPLE_RATE), min_size=1, max_size=400))
def test_printed_durations_never_drift_from_the_samples(durations: list[int]) -> None:
    printed = sum(float(seconds(d)) for d in durations)
    assert abs(printed - sum(durations) / SAMPLE_RATE) <= len(durations) * 0.6e-6


def test_instants_are_utc_with_milliseconds() -> None:
    assert date_time(NOON) == "2026-11-22T12:00:00.040Z"


class Life(NamedTuple):
    """One run of the engine: what it lists, how much of it readers saw when it died, how many files a power cut took."""

    segments: list[tuple[int, bool]]
    published: int
    lost: int


lives = st.builds(
    Life,
    st.lists(st.tuples(st.integers(1, 3 * SAMPLE_RATE), st.booleans()), max_size=6),
    st.integers(0, 6),
    st.integers(0, 3),
)


@given(st.lists(lives, min_size=1, max_size=5))
def test_whatever_the_crashes_the_playlist_is_legal_and_only_grows(plan: list[Life]) -> None:
    seen, files = "", list[str]()
    for run, life in enumerate(plan):
        playlist = MediaPlaylist(3)
        resume(seen, playlist, frozenset(files))
        if seen:
            taken_up = playlist.text()
            assert seen.startswith(taken_up)
            assert seen == taken_up or plan[run - 1].lost
            seen = taken_up
        if life.segments:
            playlist.begin_run(f"r{run}-init.mp4", NOON + run)
        for n, (samples, hole) in enumerate(life.segments):
            name = f"r{run}-{n}.m4s"
            files += [] if hole else [name]
            playlist.add(Segment(name, samples, hole=hole))
            if n < life.published:
                assert playlist.text().startswith(seen)
                seen = playlist.text()
                check_legal(seen, files)
        del files[len(files) - min(life.lost, len(files)) :]


def check_legal(text: str, files: list[str]) -> None:
    """RFC 8216: what a player relies on."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert text.endswith("\n")
    target = int(next(line for line in lines if line.startswith("#EXT-X-TARGETDURATION:")).partition(":")[2])
    names = [line for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names))
    tags: list[str] = []
    first = True
    for line in lines[6:]:
        if line.startswith("#"):
            tags.append(line)
            continue
        (duration,) = [tag for tag in tags if tag.startswith("#EXTINF:")]
        assert round(float(duration[8:-1])) <= target
        assert ("#EXT-X-GAP" in tags) or line in files
        has_map = any(tag.startswith("#EXT-X-MAP:") for tag in tags)
        assert has_map or not first
        assert tags.count("#EXT-X-DISCONTINUITY") == int(has_map and not first)
        assert any(tag.startswith("#EXT-X-PROGRAM-DATE-TIME:") for tag in tags) == has_map
        first, tags = False, []
    assert not tags
