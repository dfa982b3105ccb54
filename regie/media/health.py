"""How the machine and the engine's process are: CPU, memory, disk."""

from collections import deque
from pathlib import Path

import msgspec
import psutil

GIB = 1 << 30
UPLINK_OVER_S = 5


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``cpu``: cores this process uses; ``load``: share of the whole machine in use; ``disk_free_gb`` where the séances go."""

    cpu: float = 0.0
    load: float = 0.0
    rss_mb: float = 0.0
    disk_free_gb: float = 0.0


class HealthProbe:
    """Measures since the last call; call it about once a second."""

    def __init__(self, folder: Path) -> None:
        self._process = psutil.Process()
        self._folder = folder
        self._process.cpu_percent()
        psutil.cpu_percent()

    def measure(self) -> Health:
        """The state since the last call."""
        # The folder may not be made yet: what counts is the disk it will be on.
        try:
            folder = next(
                (p for p in (self._folder, *self._folder.absolute().parents) if p.exists()), Path("/")
            )
            free = psutil.disk_usage(str(folder)).free / GIB
        except OSError:
            free = 0.0
        return Health(
            cpu=self._process.cpu_percent() / 100,
            load=psutil.cpu_percent() / 100,
            rss_mb=self._process.memory_info().rss / (1 << 20),
            disk_free_gb=free,
        )


class LagGauge:
    """The worst lateness of the loop over the last seconds, from the lateness of a periodic task."""

    def __init__(self, keep: int = 50) -> None:
        self._late_ms: deque[float] = deque(maxlen=keep)

    def late(self, seconds: float) -> None:
        """The task woke this much after it was due."""
        self._late_ms.append(max(0.0, seconds * 1000))

    @property
    def worst_ms(self) -> float:
        """The worst of the window."""
        return max(self._late_ms, default=0.0)


def disk_hours(free_gb: float, bits_per_second: int) -> float:
    """How long the free space lasts at this rate."""
    return free_gb * GIB * 8 / bits_per_second / 3600 if bits_per_second else 0.0
