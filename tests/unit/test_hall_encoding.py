"""What a simulated camera sends, whatever its stamps say."""

import io

import av
import pytest

from hardware_mocks.encoding import TransportStream, Unit

pytestmark = pytest.mark.unit
MINUTE = 60 * 90_000


def test_a_camera_that_lies_about_its_time_goes_on_sending_it() -> None:
    stream = TransportStream(640, 360, 25, None)
    told = [n * 3600 + MINUTE * (0, 1, -1)[n % 3] for n in range(30)]
    key = b"\x00\x00\x00\x01\x65" + bytes(range(1, 40))
    data = b"".join(stream.write(Unit(key, pts, True)) for pts in told)
    stream.close()
    assert len(data) % 188 == 0
    with av.open(io.BytesIO(data), "r", format="mpegts", options={"correct_ts_overflow": "0"}) as container:
        stamps = [p.pts for p in container.demux(video=0) if p.pts is not None]
    # Whoever reads it unwraps the counter in its own way: what matters is that each was sent, with its own time.
    assert [pts % (1 << 33) for pts in stamps] == [pts % (1 << 33) for pts in told]
