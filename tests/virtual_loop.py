"""An event loop on virtual time: what waits for a timer is served at once, in order; threads' work is done on the spot."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Never waits: lets virtual time pass instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits for something that will never come"
            self.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Done at once: virtual time does not pass in threads."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is for who awaits
            future.set_exception(error)
        return future

    # -- the clock that regie.clock.Clock asks for ------------------------------------------------------------------

    def monotonic_ns(self) -> int:
        """Nanoseconds of virtual time."""
        return round(self.time() * 1e9)

    def utc_ns(self) -> int:
        """The same, from an arbitrary day on."""
        return 1_790_000_000_000_000_000 + self.monotonic_ns()


def run(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """``asyncio.run`` on virtual time."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))
