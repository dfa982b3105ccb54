"""A connection of a page handed from control to the keys process: its very socket, over a Unix datagram socket.

One datagram a word, :class:`Handed` with a descriptor or :class:`Dismissed`; the kernel keeps neither half of one.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

LARGEST = 128 * 1024
"""A browser's request is never that long: control refuses heads beyond 64 KiB."""

AT_ONCE = 32


class Handed(msgspec.Struct, frozen=True, tag="handed"):
    """A page's WebSocket: the head of its ``request``, not answered yet; ``who`` is logged in by ``session``."""

    request: bytes
    who: str
    session: str


class Dismissed(msgspec.Struct, frozen=True, tag="dismissed"):
    """A session that may not hide any more: its connections end."""

    session: str


Word = Handed | Dismissed
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def send(path: Path, word: Word, fd: int | None = None) -> bool:
    """Say a word, without waiting; False when nobody is there to hear it. The descriptor stays the caller's to close."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
        speaking.setblocking(False)
        try:
            speaking.connect(str(path))
            socket.send_fds(speaking, [_encoder.encode(word)], [] if fd is None else [fd])
        except OSError:
            return False
    return True


class Receiver:
    """The other end. ``heard`` is given each word on the running loop, and owns the descriptor that came with it."""

    def __init__(self, path: Path, heard: Callable[[Word, int | None], None]) -> None:
        self._path = path
        self._heard = heard
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def start(self) -> None:
        """Listen; a socket left by a dead process is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    def stop(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            # The rest is for the next turn: whoever speaks without end does not keep the keys waiting.
            for _ in range(AT_ONCE):
                data, fds, _, _ = socket.recv_fds(self._socket, LARGEST, 4)
                self._take(data, fds)

    def _take(self, data: bytes, fds: list[int]) -> None:
        try:
            word = _decoder.decode(data)
        except msgspec.MsgspecError:
            log.error("keys: a word that is not one")
            word = None
        mine, *others = fds or [-1]
        for fd in others if isinstance(word, Handed) else fds:
            os.close(fd)
        if isinstance(word, Dismissed):
            self._heard(word, None)
        elif word is not None and mine >= 0:
            self._heard(word, mine)
