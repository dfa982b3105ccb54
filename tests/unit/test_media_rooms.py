"""The sound of a remote room: left undecoded while nobody asks for it, whole again from the packet that follows the asking."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
import numpy as np
import pytest

from config.inputs import SourceConfig, SourceKind
from regie.clock import MediaClock
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.media.frames import ProgrammeFormat, Sound
from regie.media.hearing import KEPT, Dozing, SoundDecoder
from regie.media.rooms import OPUS_SAMPLES, RoomInbox
from regie.media.source import DOZE, ROOM_SYNC_MS, StreamSource, make_source
from regie.messages import RoomMedia
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit
FORMAT = ProgrammeFormat(160, 96, 25)
PACKET_US = 20_000


class HandClock:
    """A clock that the test moves."""

    ns = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns


def packets(count: int) -> list[bytes]:
    """A tone that grows louder all along, so that what is heard tells when it was said."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = SAMPLE_RATE, "mono", "s16", 64_000
    codec.open()
    at = np.arange((count + 1) * OPUS_SAMPLES)
    wave = 25_000 * at / at.size * np.sin(2 * np.pi * 500 * at / SAMPLE_RATE)
    made: list[bytes] = []
    for block in wave.astype(np.int16).reshape(-1, OPUS_SAMPLES):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, None
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made[:count]


TONE = packets(150)


class Room:
    """A room that only speaks, on a clock of ours; ``decoded`` counts what its decoder was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # A resting sound waits for a picture, and there is none here.
        monkeypatch.setattr("regie.media.rooms.POLL_S", 0.005)
        self.hands = HandClock()
        self.clock = MediaClock(self.hands)
        self.inbox = RoomInbox(frozenset({"s"}))
        config = SourceConfig(id="s", nom="Salle", genre=SourceKind.ROOM)
        made = make_source(config, FORMAT, self.clock, 280, self.inbox)
        assert isinstance(made, StreamSource)
        self.source = made
        self.sent = self.decoded = 0
        feed = SoundDecoder.feed

        def counted(decoder: SoundDecoder, packet: av.Packet[av.AudioStream]) -> list[tuple[int, Sound]]:
            self.decoded += 1
            return feed(decoder, packet)

        monkeypatch.setattr(SoundDecoder, "feed", counted)

    def say(self, count: int = 1) -> None:
        """Packets, one each 20 ms of our clock; each is taken before the next."""
        for _ in range(count):
            self.hands.ns += PACKET_US * 1000
            self.inbox.put(
                RoomMedia(
                    source="s", picture=False, at_us=self.sent * PACKET_US, key=True, data=TONE[self.sent]
                )
            )
            self.sent += 1
            wait_for(lambda: self.taken() >= self.sent, 5, "the packet is taken")

    def taken(self) -> int:
        connection = self.source._connection
        if connection is None or connection.sound is None or connection.sound.last is None:
            return 0
        return connection.sound.last // OPUS_SAMPLES + 1

    def heard(self, samples: int = FORMAT.tick) -> Sound | None:
        return self.source.sound_at(MediaTime(self.clock.now()), samples)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    made = Room(monkeypatch)
    made.source.start()
    yield made
    made.source.stop()


def test_nothing_is_decoded_while_nobody_asks_and_the_first_syllable_is_heard(room: Room) -> None:
    room.say(50)
    assert room.decoded == 0
    assert room.source.status().has_sound, "it comes, all the same"
    # The floor is given: the mixer asks for the first time.
    assert room.heard() is None
    given = room.clock.now()
    room.say(1)
    wait_for(lambda: room.decoded >= KEPT, 5, "what was kept is decoded with the next packet")
    first = room.heard()
    assert first is not None
    # 80 ms before now is 60 ms before the asking: all that is said from then on will be heard.
    assert room.clock.now() - from_ms(ROOM_SYNC_MS) < given
    loud = np.abs(first).reshape(2, -1, 96).max(axis=2)
    expected = 25_000 / 32768 * 50 / len(TONE)
    assert float(loud.min()) > 0.8 * expected, "whole from its first sample, the decoder at its level"
    room.say(4)
    assert room.decoded == KEPT + 4, "and then one by one"


def test_it_rests_again_once_nobody_asks(room: Room) -> None:
    room.say(2)
    room.heard()
    room.say(2)
    wait_for(lambda: room.decoded == 4, 5, "heard")
    room.hands.ns += DOZE * 1_000_000_000 // SAMPLE_RATE
    room.say(10)
    assert room.decoded == 4
    room.heard()
    room.say(2)
    wait_for(lambda: room.decoded == 16, 5, "heard again, from what was kept")


def test_what_dozed_sounds_as_if_it_had_not() -> None:
    def decoder() -> SoundDecoder:
        codec = av.CodecContext.create("libopus", "r")
        assert isinstance(codec, av.AudioCodecContext)
        codec.sample_rate, codec.layout = SAMPLE_RATE, "stereo"
        return SoundDecoder(codec)

    def packet(n: int) -> av.Packet[av.AudioStream]:
        made = cast("av.Packet[av.AudioStream]", av.Packet(TONE[n]))
        made.pts, made.time_base = n * OPUS_SAMPLES, Fraction(1, SAMPLE_RATE)
        return made

    def joined(blocks: list[tuple[int, Sound]]) -> Sound:
        return np.concatenate([block for _, block in blocks], axis=1)

    always, dozing = decoder(), Dozing(decoder())
    dozing.feed(packet(0), True)
    always.feed(packet(0))
    whole: list[tuple[int, Sound]] = []
    for n in range(1, 100):
        whole += always.feed(packet(n))
        assert dozing.feed(packet(n), False) == []
    whole += always.feed(packet(100))
    woken = dozing.feed(packet(100), True)
    starts = [at for at, _ in woken]
    assert starts == [at for at, _ in whole][-KEPT:], "at their own instants"
    found, wanted = joined(woken), joined(whole)[:, -KEPT * OPUS_SAMPLES :]
    for after, apart in ((4, 0.15), (8, 0.01)):
        rest = slice(after * OPUS_SAMPLES, None)
        assert np.abs(found - wanted)[:, rest].max() < apart * np.abs(wanted).max(), after
