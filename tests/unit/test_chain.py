"""The chain comes up on a slate by itself, replaces what dies, and the antenna follows persons."""

import threading
from pathlib import Path

import pytest

from config.schema import Config
from regie.board import RecordingStatus
from regie.clock import MediaClock, SystemClock
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime
from regie.media.chain import Chain, tier_specs
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, Picture
from regie.media.seance_files import SeanceFiles
from regie.media.verification import verify
from tests.encoded import nobody, slates
from tests.system.peers import wait_for
from tests.unit.delay_rig import flat

pytestmark = pytest.mark.unit


def config(delay_s: int = 0) -> Config:
    return Config.model_validate(
        {
            "ville": {"nom": "Ville"},
            "programme": {"retard_s": delay_s, "preset": "ultrafast", "debit_kbps": 600},
            "source": [{"id": "mire", "nom": "Mire", "genre": "mire"}],
        }
    )


class Public:
    """A public reader that tells when something came."""

    def __init__(self) -> None:
        self.pictures: list[EncodedPicture] = []
        self.sounds: list[EncodedSound] = []
        self.came = threading.Condition()

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        with self.came:
            self.pictures.append(packet.value)
            self.came.notify_all()

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        with self.came:
            self.sounds.append(packet.value)
            self.came.notify_all()

    def wait(self, pictures: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.pictures) >= pictures, 10)


def chain(delay_s: int = 0) -> tuple[Chain, Public, MediaClock]:
    clock = SystemClock()
    media_clock = MediaClock(clock)
    made = Chain(
        config(delay_s), clock, media_clock, lambda name, utc: flat(50, 0, 1280, 720), SlateName.FAULT
    )
    public = Public()
    made.fanout.add("test", public)
    return made, public, media_clock


def test_the_renditions() -> None:
    main, small, tiny = tier_specs(config())
    assert (main.tier, main.width, main.height, main.threads) == ("720p", 1280, 720, 1)
    assert (small.tier, small.bitrate) == ("360p", 400_000)
    assert (tiny.tier, tiny.width, tiny.height, tiny.bitrate) == ("240p", 426, 240, 200_000)
    made, _, _ = chain()
    assert list(made.tiers) == ["720p", "360p", "240p", "son"]
    assert made.tiers["son"].video is None and made.main.tier == "720p"
    assert [one.heard for one in made.tiers.values()] == ["main", "main", "son", "son"]
    made.stop()


def test_the_public_has_a_slate_with_no_mixer_at_all() -> None:
    made, public, _ = chain()
    made.start()
    public.wait(20)
    made.stop()
    for tier in ("720p", "360p", "240p"):
        of_tier = [p for p in public.pictures if p.tier == tier]
        assert of_tier[0].key
        assert [p.at for p in of_tier] == [n * 1920 for n in range(len(of_tier))]
    assert {s.tier for s in public.sounds} == {"main", "son"}
    assert not made.line.passing


def test_a_dead_encoder_is_replaced_and_after_three_the_process_must_be() -> None:
    made, public, media_clock = chain()
    made.start()
    keys: list[EncodedPicture] = []
    made.tap_live(lambda packet: keys.append(packet.value) if packet.value.tier == "360p" else None)
    for n in range(3):
        made._encoders["360p"].failed = True
        assert made.mend(), n
    tick = MediaTime(media_clock.now() // 1920 * 1920)
    made.picture(flat(90, tick, 1280, 720))
    made._encoders["360p"].stop()
    assert keys and keys[0].key, "the new one begins with a keyframe"
    made._encoders["360p"].failed = True
    assert not made.mend()
    public.wait(1)
    made.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_monitor_is_replaced_and_watches_again() -> None:
    made, _, _ = chain()
    made.start()
    dead = made.monitor

    def broken(unit: EncodedSound, passing: bool) -> None:
        raise ZeroDivisionError

    dead._hear = broken  # type: ignore[method-assign]
    dead._thread.join(10)
    assert dead.failed
    assert made.mend()
    assert made.monitor is not dead
    wait_for(lambda: made.monitor.levels[1] < -100 and len(made.monitor._ring) < 5, 5, "it listens")
    assert not made.monitor.failed
    made.stop()
    assert not made.monitor._thread.is_alive()


def test_giving_the_antenna_starts_with_the_next_second_of_what_is_live() -> None:
    made, _, media_clock = chain(delay_s=2)
    before = media_clock.now()
    made.antenna_on()
    assert made.gate.slate_for(before - 1, before) is SlateName.FAULT
    later = (media_clock.now() // SAMPLE_RATE + 1) * SAMPLE_RATE
    assert made.gate.slate_for(later, later + 1920) is None
    made.antenna_off(SlateName.PAUSE, at_once=True)
    assert made.line.head < 0, "what leaves now is older than the run"
    assert made.gate.slate_for(0, 1920) is SlateName.PAUSE
    made.stop()


def test_an_end_that_is_not_urgent_spares_what_was_said_before() -> None:
    made, _, media_clock = chain(delay_s=2)
    made.gate.antenna_on(MediaTime(-SAMPLE_RATE * 10))
    said = media_clock.now() - 1920
    made.antenna_off(SlateName.END, at_once=False)
    assert made.gate.slate_for(said - 1920, said) is None
    assert made.gate.slate_for(media_clock.now(), media_clock.now() + 1920) is SlateName.END
    made.stop()


def test_the_public_epoch_tells_when_things_were_done_not_when_they_left() -> None:
    made, _, _ = chain(delay_s=3)
    epoch = Epoch("run", 1_000_000_000_000)
    public = made.public_epoch(epoch, made.line.held)
    assert public.utc_ns_of(3 * SAMPLE_RATE) == epoch.utc_ns_of(0)
    made.stop()


def test_a_seance_on_disk_is_taken_up_again_and_its_recording_verified(tmp_path: Path) -> None:
    made, public, _ = chain()
    made.start()

    def files(run: str) -> SeanceFiles:
        epoch = Epoch(run, SystemClock().utc_ns())
        return SeanceFiles("s1", tmp_path, made.tiers, 1, epoch, made.fanout, SystemClock(), slates(), nobody)

    first = files("r1")
    first.open(recording=True)
    public.wait(len(public.pictures) + 160)
    first.close(ended=False)
    assert first.recording_status().on is False
    second = files("r2")
    second.open(recording=True)
    public.wait(len(public.pictures) + 160)
    second.stop_recording()
    second.start_recording()
    public.wait(len(public.pictures) + 80)
    second.close(ended=True)
    made.stop()
    index = (tmp_path / "hls" / "720p" / "index.m3u8").read_text(encoding="utf-8")
    assert "#EXT-X-DISCONTINUITY" in index and index.rstrip().endswith("#EXT-X-ENDLIST")
    recordings = sorted((tmp_path / "enregistrement").glob("*.mp4"))
    assert len(recordings) == 3
    assert all(verify(path).ok for path in recordings)
    assert isinstance(second.recording_status(), RecordingStatus)


def test_a_picture_is_not_needed_to_stop() -> None:
    made, _, _ = chain()
    made.stop()
    made.picture(Picture(flat(1, 0, 1280, 720).frame, MediaTime(0)))
