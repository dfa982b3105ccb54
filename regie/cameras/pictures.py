"""What a camera shows now, as a small JPEG: the multiview's thumbnail, fresh."""

import asyncio
import contextlib
from collections.abc import Mapping

from regie.board import Latest
from regie.cameras.airwatch import Caller
from regie.domain.commands import Watch
from regie.domain.model import SourceId
from regie.errors import DeviceError, RegieError
from regie.messages import ThumbnailNews

LATE_S = 0.7
"""Between the lens and the multiview, at most: a thumbnail that comes later than that shows what stands now."""
PATIENCE_S = 4.0


class Pictures:
    """Thumbnails on demand."""

    def __init__(self, engine: Caller, thumbnails: Latest[Mapping[SourceId, ThumbnailNews]]) -> None:
        self._engine = engine
        self._thumbnails = thumbnails

    async def fresh(self, source: SourceId) -> bytes:
        """A JPEG of what the source shows now. Raises DeviceError ``image_absente``."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(changed.set)

        stop = self._thumbnails.listen(tell)
        try:
            async with asyncio.timeout(PATIENCE_S):
                with contextlib.suppress(RegieError):
                    await self._engine.call(Watch())
                await asyncio.sleep(LATE_S)
                stale = self._thumbnails.get().get(source)
                while (news := self._thumbnails.get().get(source)) is stale or news is None:
                    changed.clear()
                    await changed.wait()
                return news.jpeg
        except TimeoutError:
            raise DeviceError("no picture of the camera came", code="image_absente", camera=source) from None
        finally:
            stop()
