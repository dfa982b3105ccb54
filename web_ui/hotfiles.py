"""Files that many ask for at the same moment, read once and kept in memory, within a bound."""

import asyncio
import gzip
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from web_ui import playlists

LIMIT = 32 * 1024 * 1024
# Fast enough to compress four hours of playlist within a few milliseconds, and a twelfth of its size already.
_GZIP_LEVEL = 4
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class HotFile:
    """A file as it is served. ``packed`` is its gzip form, None when it is not text; ``over``: a playlist closed for ever."""

    stamp: _Stamp
    tag: str
    body: bytes
    packed: bytes | None = None
    over: bool = False

    @property
    def weight(self) -> int:
        """Bytes it takes."""
        return len(self.body) + len(self.packed or b"")


def _stamp(path: Path) -> tuple[_Stamp, int] | None:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size), stat.st_size


def _tag(stamp: _Stamp, variant: str) -> str:
    told = f"-{zlib.crc32(variant.encode()):x}" if variant else ""
    return f'"{"-".join(format(part, "x") for part in stamp)}{told}"'


class HotFiles:
    """The least recently asked file goes when there is no room. Belongs to the loop; reads in threads.

    The disk is asked for the file's stamp each time: a file that was replaced or removed is never served from memory.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._files: OrderedDict[tuple[Path, str], HotFile] = OrderedDict()
        self._reading: dict[tuple[Path, str, _Stamp], asyncio.Task[HotFile | None]] = {}
        self.weight = 0
        self.reads = 0

    async def bytes(self, path: Path, largest: int) -> HotFile | None:
        """A file as it is; None when it is not there, or larger than ``largest``."""

        def load(stamp: _Stamp) -> HotFile:
            return HotFile(stamp, _tag(stamp, ""), path.read_bytes())

        stamp = _stamp(path)
        return None if stamp is None or stamp[1] > largest else await self._get(path, "", stamp[0], load)

    async def text(self, path: Path, variant: str, change: Callable[[str], str]) -> HotFile | None:
        """A playlist after ``change``, which ``variant`` names; None when it is not there."""

        def load(stamp: _Stamp) -> HotFile:
            changed = change(path.read_text(encoding="utf-8"))
            body = changed.encode()
            packed = gzip.compress(body, _GZIP_LEVEL, mtime=0)
            return HotFile(stamp, _tag(stamp, variant), body, packed, playlists.is_over(changed))

        stamp = _stamp(path)
        return None if stamp is None else await self._get(path, variant, stamp[0], load)

    async def _get(
        self, path: Path, variant: str, stamp: _Stamp, load: Callable[[_Stamp], HotFile]
    ) -> HotFile | None:
        key = (path, variant)
        hot = self._files.get(key)
        if hot is not None and hot.stamp == stamp:
            self._files.move_to_end(key)
            return hot
        reading = self._reading.get((*key, stamp))
        if reading is None:
            reading = asyncio.create_task(self._read(key, stamp, load), name="hot file")
            self._reading[(*key, stamp)] = reading
        # Whoever asked first may leave; those who wait for the same file do not.
        return await asyncio.shield(reading)

    async def _read(
        self, key: tuple[Path, str], stamp: _Stamp, load: Callable[[_Stamp], HotFile]
    ) -> HotFile | None:
        try:
            hot = await asyncio.to_thread(load, stamp)
        except FileNotFoundError:
            return None
        finally:
            del self._reading[(*key, stamp)]
        self.reads += 1
        self._keep(key, hot)
        return hot

    def _keep(self, key: tuple[Path, str], hot: HotFile) -> None:
        old = self._files.pop(key, None)
        self.weight += hot.weight - (old.weight if old else 0)
        self._files[key] = hot
        while self.weight > self._limit and self._files:
            _, gone = self._files.popitem(last=False)
            self.weight -= gone.weight
