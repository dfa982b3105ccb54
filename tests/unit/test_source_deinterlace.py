"""An interlaced camera is shown without combs, at its own times; a progressive one untouched."""

import io
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from regie.board import Decoding
from regie.domain.timeline import MediaTime
from regie.media.colour import planes_of
from regie.media.deinterlace import Deinterlacer
from regie.media.frames import ProgrammeFormat
from regie.media.framesync import FrameSync
from regie.media.pictures import PictureLane
from tests.system.peers import wait_for
from tests.unit.clips import clip

pytestmark = pytest.mark.unit
WIDTH, HEIGHT = 320, 180
TICK = 1920
BASE = Fraction(1, 48_000)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half of a white bar that runs, interlaced, coded as such by an encoder."""
    path = tmp_path_factory.mktemp("interlaced") / "film.ts"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
         f"color=0x303030:size={WIDTH}x{HEIGHT}:rate=50,geq=lum='if(lt(mod(X-12*N+6400,320),40),235,48)':cb=128:cr=128",
         "-t", "1.5", "-vf", "interlace=lowpass=off", "-c:v", "libx264", "-flags", "+ilme+ildct", "-x264-params",
         "tff=1:bframes=0:keyint=25", "-pix_fmt", "yuv420p", str(path)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return path


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    for n, frame in enumerate(frames):
        frame.pts, frame.time_base = n * TICK, BASE
    return frames


def combs(frame: av.VideoFrame) -> float:
    """How much each line differs from both its neighbours, on average where they agree."""
    luma = planes_of(frame)[0].astype(np.int16)
    above, here, below = luma[:-2], luma[1:-1], luma[2:]
    return float(np.minimum(np.abs(here - above), np.abs(here - below))[np.abs(above - below) < 10].mean())


def test_combs_are_gone_and_times_are_kept(film: Path) -> None:
    frames = decoded(film)
    assert all(frame.interlaced_frame for frame in frames)
    assert min(combs(frame) for frame in frames[5:]) > 5
    deinterlacer = Deinterlacer()
    shown = [whole for frame in frames for whole in deinterlacer(frame)]
    assert [frame.pts for frame in shown] == [n * TICK for n in range(len(frames) - 1)]
    assert max(combs(frame) for frame in shown[5:]) < 1
    assert {(frame.width, frame.height, frame.format.name) for frame in shown} == {(WIDTH, HEIGHT, "yuv420p")}


def test_progressive_pictures_pass_untouched() -> None:
    data = io.BytesIO()
    clip(data, pictures=5, size=(160, 96), container="mpegts", sound=False)
    data.seek(0)
    deinterlacer = Deinterlacer()
    with av.open(data, "r") as container:
        for frame in container.decode(video=0):
            assert deinterlacer(frame) == [frame]


def test_a_change_of_size_or_a_restart_begins_anew(film: Path) -> None:
    frames = decoded(film)
    deinterlacer = Deinterlacer()
    for frame in frames[:5]:
        deinterlacer(frame)
    small = frames[5].reformat(160, 90)
    small.pts, small.time_base = 5 * TICK, BASE
    deinterlacer(small)
    deinterlacer.restart()
    assert [one.pts for frame in frames[20:23] for one in deinterlacer(frame)] == [20 * TICK, 21 * TICK]


@pytest.mark.parametrize(("decoding", "clean"), [(Decoding.FULL, True), (Decoding.KEYFRAMES, False)])
def test_on_air_it_is_clean_and_a_keyframe_on_its_own_is_shown_at_once(
    film: Path, decoding: Decoding, clean: bool
) -> None:
    sync = FrameSync(TICK, 0)
    wanted = ProgrammeFormat(WIDTH, HEIGHT, 25)
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        lane = PictureLane("cam", stream.codec_context, sync, wanted, lambda: -(10**6), 240)
        lane.start(decoding)
        for n, packet in enumerate(p for p in container.demux(stream) if p.size):
            if n > (20 if clean else 0):
                break
            packet.pts = packet.dts = n * TICK
            packet.time_base = BASE
            lane.put(packet)
        wait_for(lambda: lane.shown >= (20 if clean else 1), 10, "the pictures are shown")
        lane.stop()
    shown = sync.at(MediaTime(10 * TICK if clean else 0))
    assert shown is not None
    assert combs(shown.frame) < 1 if clean else shown.at == 0
