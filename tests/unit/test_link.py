"""The link between processes: any split, garbage, slow readers."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.commands import Cut, SetPreview
from regie.domain.model import Layout, Shot
from regie.errors import LinkLost
from regie.link import NEWS_LIMIT, LinkServer, Peer, connect, encode, read
from regie.messages import Answer, Call, Message, PictureNews, Subscribe

pytestmark = pytest.mark.unit

MESSAGES: list[Message] = [
    Call(id=1, command=SetPreview(shot=Shot(("cam1", "cam2"), Layout.PIP))),
    Call(id=2, command=Cut()),
    Answer(id=2, code="preparation_changee"),
    Subscribe(streams=("status",)),
    PictureNews(stream="programme", tier="720p", at=1920, key=True, data=b"\x00\x01\xff"),
]


async def read_all(data: bytes, splits: list[int]) -> list[Message]:
    reader = asyncio.StreamReader()
    for n in sorted(splits):
        reader.feed_data(data[:n] if not reader._buffer else b"")  # type: ignore[attr-defined]
        break
    fed = sorted(splits)[0] if splits else 0
    reader.feed_data(data[fed:])
    reader.feed_eof()
    got = []
    while (message := await read(reader)) is not None:
        got.append(message)
    return got


@given(st.lists(st.sampled_from(MESSAGES), max_size=5), st.integers(0, 400))
def test_messages_survive_any_split(messages: list[Message], split: int) -> None:
    data = b"".join(encode(m) for m in messages)
    assert asyncio.run(read_all(data, [min(split, len(data))])) == messages


@given(st.binary(max_size=200))
def test_garbage_is_the_end_or_an_error_and_nothing_else(data: bytes) -> None:
    with contextlib.suppress(LinkLost):
        asyncio.run(read_all(data, []))


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(LinkLost) as error:
        asyncio.run(read_all(b"\xff\xff\xff\xff", []))
    assert error.value.stable_code == "liaison_trame"


def serve(
    path: Path, handler: Callable[[Peer], Awaitable[None]], client: Callable[[], Awaitable[None]]
) -> None:
    async def run() -> None:
        server = LinkServer(path, handler)
        await server.start()
        try:
            async with asyncio.timeout(10):
                await client()
        finally:
            await server.stop()

    asyncio.run(run())


def test_a_call_is_answered(tmp_path: Path) -> None:
    async def handler(peer: Peer) -> None:
        async for message in peer.messages():
            assert isinstance(message, Call)
            peer.send(Answer(id=message.id))

    async def client() -> None:
        peer = await connect(tmp_path / "s")
        peer.send(Call(id=9, command=Cut()))
        async for message in peer.messages():
            assert message == Answer(id=9)
            break
        peer.close()
        await peer.closed()

    serve(tmp_path / "s", handler, client)


def test_a_dead_process_left_its_socket_and_a_new_one_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "s"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()

    async def refused() -> None:
        with pytest.raises(LinkLost):
            await connect(path)

    asyncio.run(refused())

    async def handler(peer: Peer) -> None:
        async for _ in peer.messages():
            pass

    async def client() -> None:
        peer = await connect(path)
        peer.close()
        await peer.closed()

    serve(path, handler, client)


def test_a_reader_that_stopped_loses_pictures_until_a_keyframe_and_the_writer_never_waits(
    tmp_path: Path,
) -> None:
    sent: list[bool] = []
    enough = asyncio.Event()

    async def handler(peer: Peer) -> None:
        big = bytes(NEWS_LIMIT // 4)
        for n in range(12):
            sent.append(peer.send(PictureNews(stream="programme", tier="t", at=n, key=n == 0, data=big)))
        assert peer.send(Answer(id=1)), "answers always pass"
        enough.set()
        async for _ in peer.messages():
            break
        sent.append(peer.send(PictureNews(stream="programme", tier="t", at=98, key=False, data=b"delta")))
        sent.append(peer.send(PictureNews(stream="programme", tier="t", at=99, key=True, data=b"key")))
        async for _ in peer.messages():
            pass

    async def client() -> None:
        peer = await connect(tmp_path / "s")
        await enough.wait()
        times: list[int] = []
        async for message in peer.messages():
            if isinstance(message, Answer):
                peer.send(Subscribe(streams=()))
            elif isinstance(message, PictureNews):
                times.append(message.at)
                if message.data == b"key":
                    break
        passed = [n for n, ok in enumerate(sent[:12]) if ok]
        assert times == [*passed, 99]
        assert len(passed) < 12
        peer.close()
        await peer.closed()

    serve(tmp_path / "s", handler, client)
    assert sent[-2:] == [False, True]
