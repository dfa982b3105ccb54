"""FLV bodies, as Adobe's document writes them."""

import pytest

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media import amf, flv
from regie.media.frames import EncodedPicture, EncodedSound
from tests.encoded import programme

pytestmark = pytest.mark.unit

KEY = b"\0\0\0\1\x67\x42\xc0\x1f\x11\0\0\0\1\x68\xce\0\0\0\1\x65\x88"


def test_a_keyframe_and_what_follows() -> None:
    key = flv.picture(EncodedPicture(KEY, MediaTime(480), 1920, True, "720p"), 0)
    assert (key.body, key.milliseconds, key.key) == (b"\x17\x01\0\0\0" + b"\0\0\0\2\x65\x88", 10, True)
    delta = flv.picture(EncodedPicture(b"\0\0\1\x41\x9a", MediaTime(2400), 1920, False, "720p"), 480)
    assert (delta.body, delta.milliseconds, delta.key) == (b"\x27\x01\0\0\0" + b"\0\0\0\2\x41\x9a", 40, False)


def test_sound() -> None:
    tag = flv.sound(EncodedSound(b"aac", MediaTime(1024)), 0)
    assert (tag.body, tag.milliseconds, tag.key) == (b"\xaf\x01aac", 21, False)


def test_milliseconds_never_add_up_errors() -> None:
    ten_hours = 36_000 * SAMPLE_RATE
    times = [flv.milliseconds(t) for t in range(ten_hours, ten_hours + 1024 * 2000, 1024)]
    assert all(abs(ms * 48 - (ten_hours + n * 1024)) <= 24 for n, ms in enumerate(times))


def test_headers_say_what_is_sent() -> None:
    tier = programme().main
    key = flv.picture(EncodedPicture(KEY, MediaTime(0), 1920, True, tier.tier), 0)
    assert key.sets is not None
    about, avc, aac = flv.headers(tier, key.sets, 7)
    name, event, facts = amf.decode(about.body)
    assert (name, event) == ("@setDataFrame", "onMetaData")
    assert isinstance(facts, dict)
    assert (facts["width"], facts["height"], facts["framerate"], facts["stereo"]) == (320, 180, 25, True)
    assert avc.body == b"\x17\0\0\0\0" + key.sets.configuration
    assert aac.body[:4] == b"\xaf\0\x11\x90"
    assert {about.milliseconds, avc.milliseconds, aac.milliseconds} == {7}
