"""The byte that says that a process is not hung."""

import asyncio
import os

import pytest

from regie.heartbeat import VARIABLE, Heart

pytestmark = pytest.mark.unit


def test_without_a_pipe_nothing_happens() -> None:
    Heart.inherited({}).beat()
    Heart.inherited({VARIABLE: "999999"}).beat()
    Heart.inherited({VARIABLE: "x"}).beat()


def test_a_beat_is_a_byte_and_a_full_or_broken_pipe_is_no_error() -> None:
    out, into = os.pipe()
    try:
        heart = Heart.inherited({VARIABLE: str(into)})
        heart.beat()
        assert os.read(out, 10) == b"."
        assert not os.get_inheritable(into)
        for _ in range(70_000):
            heart.beat()
    finally:
        os.close(out)
        heart.beat()
        os.close(into)


def test_it_beats_only_while_well() -> None:
    out, into = os.pipe()
    os.set_blocking(out, False)

    async def run(well: bool) -> None:
        task = asyncio.create_task(Heart(into).beat_while(lambda: well))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(run(False))
        with pytest.raises(BlockingIOError):
            os.read(out, 1)
        asyncio.run(run(True))
        assert os.read(out, 10) == b"."
    finally:
        os.close(out)
        os.close(into)
