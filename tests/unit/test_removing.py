"""A passage taken out afterwards: gone from every rendition and from the recording, the rest untouched, whatever is killed when."""

import os
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regie.board import MaskStatus
from regie.clock import SystemClock
from regie.domain.masks import MaskKind
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media import disk
from regie.media.boxes import fragment, instant, read_instant
from regie.media.fanout import Fanout
from regie.media.hls import TOMBSTONE, HlsOutput
from regie.media.playlist import date_time, entries, utc_ns
from regie.media.recording import Recorder
from regie.media.removed import STORE, kept, owed, pending
from regie.media.removing import HLS, RECORDINGS, Remover
from regie.media.removing_recording import slots
from regie.media.seance_files import SeanceFiles
from regie.media.seance_outputs import SeanceOutputs
from regie.media.unboxing import fragment_of
from regie.media.verification import verify
from tests.encoded import MAIN, MASK_LUMA, SMALL, SOUND, feed, nobody, programme, slates
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_000_000_000
SECONDS = 14
START_MS, END_MS = 5_210, 8_710
"""The passage, from the first picture on: it begins and ends in the middle of a segment and of a GOP."""


STARTS, LENGTHS = st.integers(-500, SECONDS * 1000 + 500), st.integers(1, 6_000)
"""Passages, in milliseconds."""


def removal(start_ms: int = START_MS, end_ms: int = END_MS, **more: object) -> Removal:
    at = NOON // 1_000_000
    return Removal(id="ab12cd34", start_ms=at + start_ms, end_ms=at + end_ms, asked_ms=at, **more)  # type: ignore[arg-type]


@cache
def _whole(folder: Path) -> Path:
    """A séance of some seconds, closed."""
    stream = programme(SECONDS)
    hls = HlsOutput(folder / HLS, stream.tiers, 2, Epoch("r1", NOON))
    recorder = Recorder(folder / RECORDINGS / "r.mp4", stream.main, Epoch("r1", NOON))
    hls.start()
    recorder.start()
    for packet in stream.packets:
        feed(hls, packet)
        feed(recorder, packet)
    assert hls.close(ended=True) and recorder.close()
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _whole(tmp_path_factory.mktemp("original"))


@pytest.fixture
def seance(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "seance"))


def remover(seance: Path, purged: list[str] | None = None) -> Remover:
    def purge(_seance: str, paths: object) -> tuple[str, ...]:
        assert isinstance(paths, tuple)
        if purged is not None:
            purged.extend(paths)
        return paths[-1:]

    return Remover(seance, SLATES, SystemClock(), purge)


SLATES = slates()


def text(seance: Path, rendition: str) -> str:
    return (seance / HLS / rendition / "index.m3u8").read_text(encoding="utf-8")


def lumas(source: Path) -> list[float]:
    """Mean luma of each picture, by its rank; 0 for a missing one."""
    found = []
    with av.open(str(source)) as container:
        for frame in container.decode(video=0):
            found.append(float(frame.to_ndarray()[: frame.height].mean()))
    return found


def beeps(source: Path) -> list[float]:
    """Seconds at which the level of a second's beep is met, on 20 ms windows."""
    with av.open(str(source)) as container:
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    pcm = np.concatenate(blocks)
    level = np.sqrt((pcm[: pcm.size // 960 * 960].reshape(-1, 960) ** 2).mean(axis=1))
    return [n * 0.02 for n in np.flatnonzero(level > 0.2).tolist()]


def complaints(source: Path) -> str:
    """All that ffmpeg says of a full decode."""
    run = subprocess.run(
        ["ffmpeg", "-v", "warning", "-nostdin", "-i", str(source), "-map", "0", "-f", "null", "-"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0
    return run.stderr


def test_the_passage_is_gone_everywhere_and_the_rest_is_the_very_same(seance: Path, original: Path) -> None:
    purged: list[str] = []
    done = remover(seance, purged).run(removal())
    assert done.done_ms and done.hidden_ms and done.hidden_ms <= done.done_ms
    assert owed(seance, done.id) == tuple(purged[-1:]), "what a cache was not told is not forgotten"
    assert {c.name: (c.pieces, c.blanked) for c in done.cleaned} == {
        MAIN: (3, 0),
        SMALL: (3, 0),
        SOUND: (3, 0),
        "r.mp4": (4, 0),
    }
    for rendition in (MAIN, SMALL, SOUND):
        before, after = entries(text(original, rendition)), entries(text(seance, rendition))
        assert [(e.start_ns, e.samples, e.run) for e in before] == [
            (e.start_ns, e.samples, e.run) for e in after
        ]
        changed = [a.name for a, b in zip(before, after, strict=True) if a.name != b.name]
        assert [before.index(e) for e in before if e.name in changed] == [2, 3, 4]
        for name in changed:
            assert not (seance / HLS / rendition / name).exists()
            assert (seance / HLS / rendition / (name + TOMBSTONE)).exists()
            assert f"{rendition}/{name}" in purged
        for entry in after:
            if entry.name not in changed and (original / HLS / rendition / entry.name).exists():
                assert (seance / HLS / rendition / entry.name).read_bytes() == (
                    original / HLS / rendition / entry.name
                ).read_bytes()
        head = text(seance, rendition).split("#EXT-X-MAP")[0]
        assert '#EXT-X-DATERANGE:ID="masque-ab12cd34"' in head
        assert f'START-DATE="{date_time(NOON + START_MS * 1_000_000)}",DURATION=3.500' in head
        assert text(seance, rendition).count("#EXT-X-DISCONTINUITY") == 0
    for source in (seance / HLS / MAIN / "index.m3u8", seance / RECORDINGS / "r.mp4"):
        shown = lumas(source)
        assert len(shown) == SECONDS * 25
        hidden = range(START_MS // 40, -(-END_MS // 40))
        assert all(abs(shown[n] - MASK_LUMA) < 3 for n in hidden)
        # The slate stays up to the programme's next keyframe; outside, not a picture is lost.
        masked = [n for n, luma in enumerate(shown) if abs(luma - MASK_LUMA) < 3]
        assert masked == list(range(130, 225))
        # The tone covers the passage; the beeps of the seconds around it are still there.
        heard = beeps(source)
        assert {round(t) for t in heard if t < 5.1 or t > 8.8} >= {1, 2, 3, 4, 5, 9, 10, 11, 12}
    # Players that are not ours have nothing to say.
    playlists = [seance / HLS / rendition / "index.m3u8" for rendition in (MAIN, SMALL, SOUND)]
    assert [complaints(source) for source in (*playlists, seance / RECORDINGS / "r.mp4")] == [""] * 4
    assert pending(seance) == [] and kept(seance) == [done]
    assert sorted(p.name for p in (seance / STORE).iterdir()) == ["ab12cd34.json", "ab12cd34.purge"]


def test_pictures_and_sound_outside_keep_their_bytes_in_the_recording(seance: Path, original: Path) -> None:
    remover(seance).run(removal())
    old, new = ((folder / RECORDINGS / "r.mp4").read_bytes() for folder in (original, seance))
    assert len(old) == len(new)
    assert verify(seance / RECORDINGS / "r.mp4").problems == ()
    descriptor = os.open(original / RECORDINGS / "r.mp4", os.O_RDONLY)
    places = list(slots(descriptor, len(old)))
    os.close(descriptor)
    assert [place.utc_ns - NOON for place in places] == [n * 1_000_000_000 for n in range(SECONDS)]
    for place in places:
        before, after = fragment_of(old[place.start : place.end]), fragment_of(new[place.start : place.end])
        second = before.pictures.start // SAMPLE_RATE
        for n, (a, b) in enumerate(zip(before.pictures.samples, after.pictures.samples, strict=True)):
            assert (a == b) == (not 130 <= second * 25 + n < 225)
        for n, (a, b) in enumerate(zip(before.sounds.samples, after.sounds.samples, strict=True)):
            at = (before.sounds.start + n * 1024) * 1000 // SAMPLE_RATE
            if at < START_MS - 180 or at > END_MS + 150:
                assert a == b


@pytest.mark.parametrize(
    ("hides", "seen", "heard"), [(MaskKind.SOUND, True, False), (MaskKind.PICTURE, False, True)]
)
def test_only_what_is_asked(seance: Path, original: Path, hides: MaskKind, seen: bool, heard: bool) -> None:
    remover(seance).run(removal(hides=hides))
    shown = lumas(seance / HLS / MAIN / "index.m3u8")
    assert (abs(shown[180] - MASK_LUMA) > 3) == seen
    tone = beeps(seance / HLS / SOUND / "index.m3u8") != beeps(original / HLS / SOUND / "index.m3u8")
    assert tone == (not heard)


def test_twice_and_overlapping(seance: Path) -> None:
    made = remover(seance)
    made.run(removal())
    second = Removal(id="ff00ff00", start_ms=removal().start_ms - 1000, end_ms=removal().end_ms + 900)
    made.run(second)
    shown = lumas(seance / HLS / MAIN / "index.m3u8")
    masked = [n for n, luma in enumerate(shown) if abs(luma - MASK_LUMA) < 3]
    assert masked == list(range(105, 250))
    assert text(seance, MAIN).count("#EXT-X-DATERANGE") == 2
    assert complaints(seance / RECORDINGS / "r.mp4") == ""


class Killed(BaseException):
    """The process is gone."""


def test_killed_at_any_instant_it_is_old_or_new_and_is_finished(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_every(37, original, tmp_path, monkeypatch)


def killed_every(stride: int, original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write, rename and removal of a file is the last thing that a process did, in turn; then another one finishes.

    One in ``stride`` of them; all of them: ``tests/soak``.
    """
    steps = [0]
    last = [-1]

    def step() -> None:
        steps[0] += 1
        if steps[0] == last[0]:
            raise Killed

    for owner, name in ((os, "pwrite"), (os, "open"), (Path, "replace"), (Path, "touch"), (Path, "unlink")):
        real = getattr(owner, name)

        def counted(*args: object, _real: object = real, **named: object) -> object:
            step()
            return _real(*args, **named)  # type: ignore[operator]

        monkeypatch.setattr(owner, name, counted)

    def attempt(number: int) -> Path:
        folder = Path(shutil.copytree(original, tmp_path / f"s{number}"))
        steps[0], last[0] = 0, number
        made = remover(folder)
        try:
            made.intend(removal())
            made.run(removal())
        except Killed:
            pass
        last[0] = -1
        return folder

    whole = attempt(10**9)
    total = steps[0]
    wanted = (whole / RECORDINGS / "r.mp4").read_bytes()
    assert total > 60
    for number in {*range(1, total, stride), 2, 3, total - 1, total}:
        folder = attempt(number)
        if pending(folder):
            for rendition in (MAIN, SMALL, SOUND):
                for entry in entries(text(folder, rendition)):
                    path = folder / HLS / rendition / entry.name
                    assert path.exists() or path.with_name(path.name + TOMBSTONE).exists()
        remover(folder).finish_pending()
        if kept(folder):
            assert pending(folder) == []
            assert (folder / RECORDINGS / "r.mp4").read_bytes() == wanted
            for rendition in (MAIN, SMALL, SOUND):
                assert text(folder, rendition).count("-ab12cd34.m4s") == 3
                assert (
                    entries(text(folder, rendition))[-1].end_ns == entries(text(whole, rendition))[-1].end_ns
                )
                for entry in entries(text(folder, rendition)):
                    assert fragment_of((folder / HLS / rendition / entry.name).read_bytes())
        shutil.rmtree(folder)


def test_a_passage_that_cannot_be_cleaned_stays_hidden(seance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = remover(seance)
    made.intend(removal())
    real = disk.create

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".m4s":
            raise OSError(28, "full")
        real(path, data)

    monkeypatch.setattr(disk, "create", full)
    with pytest.raises(OSError, match="full"):
        made.run(removal())
    gone = [f for f in (seance / HLS / MAIN).iterdir() if f.name.endswith(TOMBSTONE)]
    assert len(gone) == 3
    assert not any((seance / HLS / MAIN / f.name.removesuffix(TOMBSTONE)).exists() for f in gone)
    assert pending(seance)
    # The next run takes the playlist up whole, hidden segments included, then finishes.
    monkeypatch.setattr(disk, "create", real)
    hls = HlsOutput(seance / HLS, programme(SECONDS).tiers, 2, Epoch("r2", NOON), first=made.finish_pending)
    hls.start()
    assert hls.close(ended=True)
    assert pending(seance) == []
    assert len(entries(text(seance, MAIN))) == SECONDS // 2


def test_a_second_that_does_not_fit_its_place_becomes_a_hole(seance: Path) -> None:
    """A recording whose seconds are smaller than the slate's: nothing of it may stay."""
    path = seance / RECORDINGS / "r.mp4"
    data = path.read_bytes()
    descriptor = os.open(path, os.O_RDONLY)
    place = list(slots(descriptor, len(data)))[6]
    os.close(descriptor)
    # The sixth second is cut short: what follows is moved up.
    old = fragment_of(data[place.start : place.end])
    tiny = replace(old.pictures, samples=[replace(s, data=s.data[:1]) for s in old.pictures.samples])
    quiet = replace(old.sounds, samples=[replace(s, data=s.data[:1]) for s in old.sounds.samples])
    path.write_bytes(data[: place.start] + fragment(old.number, (tiny, quiet)) + data[place.end :])
    done = remover(seance).run(removal())
    assert [c.blanked for c in done.cleaned if c.name == "r.mp4"] == [1]


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_instants_come_back_to_the_nanosecond_or_so(utc: int) -> None:
    box = instant(1, utc, 5)
    assert abs(read_instant(box[8:]) - utc) <= 1
    assert 0 <= utc - utc_ns(date_time(utc)) < 1_000_000


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STARTS, LENGTHS)
def test_any_passage(
    original: Path, tmp_path_factory: pytest.TempPathFactory, start: int, length: int
) -> None:
    any_passage(original, tmp_path_factory.mktemp("any") / "s", start, length)


def any_passage(original: Path, folder: Path, start: int, length: int) -> None:
    """Every picture of it is the slate, every other is itself, in the rendition and in the recording."""
    seance = Path(shutil.copytree(original, folder))
    remover(seance).run(removal(start, start + length))
    for source in (seance / HLS / SMALL / "index.m3u8", seance / RECORDINGS / "r.mp4"):
        shown = lumas(source)
        assert len(shown) == SECONDS * 25
        hidden = False
        for n, luma in enumerate(shown):
            # A passage is widened by a millisecond, for playlists date to the millisecond; a slate stays up to the next key.
            touched = n * 40 < start + length + 1 and (n + 1) * 40 > start - 1
            hidden = touched or (hidden and n % 25 != 0)
            assert (abs(luma - MASK_LUMA) < 3) == hidden
    shutil.rmtree(seance)


def test_while_the_seance_goes_on_up_to_what_is_in_the_making(tmp_path: Path) -> None:
    """The passage ends at what leaves now, in part still in the making; nothing of it comes back."""
    stream = programme(SECONDS)
    fanout = Fanout()
    files = SeanceFiles(
        "s", tmp_path, stream.tiers, 2, Epoch("r1", NOON), fanout, SystemClock(), SLATES, nobody
    )
    outputs = SeanceOutputs(lambda seance, directory: files, lambda: 0.0, 1000)
    outputs.open("s", tmp_path, recording=True)
    now = 9 * SAMPLE_RATE + 20_000
    for packet in stream.packets:
        if packet.at < now:
            feed(fanout, packet)
    wait_for(lambda: files.webtv(0).segments == 4, 10, "four segments")
    wait_for(
        lambda: all(text(tmp_path, r).count("#EXTINF") == 4 for r in (MAIN, SMALL, SOUND)), 10, "of each"
    )
    mask = MaskStatus(
        id="m1",
        hides=MaskKind.BOTH,
        start=0,
        public_start=6 * SAMPLE_RATE,
        gone=now - 6 * SAMPLE_RATE,
        opened_ms=1,
    )
    before = {r: text(tmp_path, r) for r in (MAIN, SMALL, SOUND)}
    outputs.remove_gone(mask)
    assert [one.mask for one in kept(tmp_path)] == ["m1"], "whoever is killed now, it will be done"
    wait_for(lambda: outputs.removal_status().done, 10, "done")
    for packet in stream.packets:
        if packet.at >= now:
            feed(fanout, packet)
    files.close(ended=True)
    wait_for(lambda: files.recording_status().verified is not None, 10, "verified")
    assert files.recording_status().verified
    for rendition, text_before in before.items():
        after = entries(text(tmp_path, rendition))
        kept_names = [a.name == b.name for a, b in zip(entries(text_before), after, strict=False)]
        assert kept_names == [True, True, False, False]
        assert text(tmp_path, rendition).endswith("#EXT-X-ENDLIST\n")
    (path,) = (tmp_path / RECORDINGS).glob("*.mp4")
    for source in (tmp_path / HLS / MAIN / "index.m3u8", path):
        masked = [n for n, luma in enumerate(lumas(source)) if abs(luma - MASK_LUMA) < 3]
        # A second more than what had left: from there on the delay line hides.
        assert masked == list(range(149, 275))
        assert complaints(source) == ""
    (done,) = kept(tmp_path)
    assert (done.mask, done.done_ms is not None) == ("m1", True)
