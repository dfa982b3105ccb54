"""The keys' own way against anything: bytes that are no word, descriptors nobody asked for, any split, who reads nothing."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from regie.domain.commands import KeepMask, OpenMask, SetAntenna
from regie.errors import Refusal
from regie.handover import Dismissed, Handed, Receiver, Word, send
from regie.keys import Keys, Line

pytestmark = pytest.mark.unit

HANDED = Handed(request=b"GET /api/v1/touches HTTP/1.1\r\n\r\n", who="Mme Bois", session="s")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def heard(path: Path, speak: Callable[[Path], None]) -> list[tuple[Word, bool]]:
    """What the receiver makes of what is said to it: each word, and whether a descriptor came with it."""
    words: list[tuple[Word, bool]] = []

    def take(word: Word, fd: int | None) -> None:
        words.append((word, fd is not None))
        if fd is not None:
            os.close(fd)

    async def run() -> None:
        receiver = Receiver(path, take)
        receiver.start()
        try:
            speak(path)
            for _ in range(8):
                await asyncio.sleep(0)
        finally:
            receiver.stop()

    asyncio.run(run())
    return words


def _datagrams(path: Path, said: Sequence[tuple[bytes, int]]) -> None:
    """Each with so many descriptors."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking, contextlib.ExitStack() as stack:
        null = stack.enter_context(open(os.devnull, "rb"))
        speaking.connect(str(path))
        for data, fds in said:
            socket.send_fds(speaking, [data], [null.fileno()] * fds)


WORDS = st.sampled_from([HANDED, Dismissed(session="s")]).map(msgspec.msgpack.encode)
TORN = st.tuples(WORDS, st.integers(0, 60)).map(lambda pair: pair[0][: pair[1]])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.binary(max_size=300), TORN, WORDS), st.integers(0, 6)), max_size=8))
def test_whatever_is_said_words_are_heard_and_no_descriptor_stays_open(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[bytes, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "keys.sock"
    before = open_files()
    words = heard(path, lambda where: _datagrams(where, said))
    assert open_files() == before
    expected: list[tuple[Word, bool]] = []
    for data, fds in said:
        with contextlib.suppress(msgspec.MsgspecError):
            word = msgspec.msgpack.decode(data, type=Word)
            if isinstance(word, Dismissed) or fds:
                expected.append((word, isinstance(word, Handed)))
    assert words == expected


def test_a_word_that_is_too_long_and_one_without_anybody_to_hear_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.sock"
    assert not send(path, HANDED, 0), "nobody is there"
    long = msgspec.structs.replace(HANDED, request=b"x" * 140_000)

    def one_too_long(where: Path) -> None:
        send(where, long, 0)
        send(where, HANDED, 0)

    def without_end(where: Path) -> None:
        for _ in range(300):
            send(where, Dismissed("s"))

    assert heard(path, one_too_long) == [(HANDED, True)]
    flood = heard(path, without_end)
    assert 0 < len(flood) <= 300, "what does not fit is lost, nobody waits"


class Engine:
    """What is asked of it."""

    def __init__(self) -> None:
        self.lines: set[Line] = set()
        self.asked: list[tuple[str, str]] = []

    async def hide(self, command: OpenMask | KeepMask | SetAntenna, who: str) -> None:
        if isinstance(command, KeepMask):
            raise Refusal("unknown", code="masque_inconnu")
        self.asked.append((type(command).__name__, who))


class Wire(asyncio.Transport):
    """The other end of a page's connection."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


KEYS = (
    {"type": "ping", "t": 1.5},
    {"type": "commande", "id": 1, "commande": {"type": "masquer", "mask": "m"}},
    {"type": "commande", "id": 2, "commande": {"type": "tenir", "mask": "m"}},
    {"type": "commande", "id": 3, "commande": {"type": "antenna", "on": False, "slate": "panne"}},
)


def conversation() -> tuple[bytes, bytes]:
    """A page's handshake, and what it says then, by a client that is not ours."""
    page = ClientProtocol(parse_uri("ws://regie.local/api/v1/touches"))
    page.send_request(page.connect())
    request = b"".join(page.data_to_send())
    said = b"".join(Frame(Opcode.TEXT, json.dumps(one).encode()).serialize(mask=True) for one in KEYS)
    return request, said


REQUEST, SAID = conversation()


def talk(request: bytes, pieces: Sequence[bytes]) -> tuple[Engine, Wire]:
    """A line that hears these pieces."""
    engine, wire = Engine(), Wire()

    async def run() -> None:
        line = Line(cast(Keys, engine), msgspec.structs.replace(HANDED, request=request))
        line.connection_made(wire)
        for piece in pieces:
            if wire.closed:
                break
            line.data_received(piece)
            await asyncio.sleep(0)
        for _ in range(4):
            await asyncio.sleep(0)
        line.connection_lost(None)

    asyncio.run(run())
    assert engine.lines == set()
    return engine, wire


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, len(SAID)), max_size=12))
def test_a_page_is_heard_however_its_bytes_are_split(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SAID)]
    pieces = [SAID[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    engine, wire = talk(REQUEST, pieces)
    assert engine.asked == [("OpenMask", "Mme Bois"), ("SetAntenna", "Mme Bois")]
    assert wire.written.startswith(b"HTTP/1.1 101") and not wire.closed
    answers = [
        json.loads(part)
        for part in wire.written.split(b"\r\n\r\n", 1)[1].split(b"\x81")[1:]
        for part in [part[1:]]
    ]
    assert [one for one in answers if one["type"] == "reponse"] == [
        {"type": "reponse", "id": 1, "code": ""},
        {"type": "reponse", "id": 2, "code": "masque_inconnu"},
        {"type": "reponse", "id": 3, "code": ""},
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=6), st.booleans(), st.integers(0, len(SAID)))
def test_garbage_closes_a_line_and_shows_nothing(pieces: list[bytes], shaken: bool, kept: int) -> None:
    """After the handshake or in its place, after some true words or none: nothing raises, and nothing is ever shown."""
    engine, _ = talk(REQUEST if shaken else b"", [SAID[:kept], *pieces])
    assert all(name in ("OpenMask", "SetAntenna") for name, _ in engine.asked)


def test_to_show_is_not_for_these_and_a_page_that_reads_nothing_is_let_go() -> None:
    shows = {"type": "commande", "id": 1, "commande": {"type": "antenna", "on": True}}
    engine, wire = talk(REQUEST, [Frame(Opcode.TEXT, json.dumps(shows).encode()).serialize(mask=True)])
    assert engine.asked == [] and wire.closed
    engine, wire = Engine(), Wire()
    line = Line(cast(Keys, engine), msgspec.structs.replace(HANDED, request=REQUEST))

    async def run() -> None:
        line.connection_made(wire)
        line.pause_writing()

    asyncio.run(run())
    assert wire.closed
