"""From one writer to many readers, each in its own fault domain."""

import logging
import threading

from regie.media.frames import Cleared, EncodedPicture, EncodedSound, PublicReader

log = logging.getLogger(__name__)


class Fanout:
    """A public reader that hands on to others. One that raises is put out and named in ``failed``; the others notice nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, PublicReader] = {}
        self._failed: set[str] = set()

    def add(self, name: str, reader: PublicReader) -> None:
        """Serve this reader from the next packet on; it replaces the one of the same name."""
        with self._lock:
            self._readers = {**self._readers, name: reader}
            self._failed.discard(name)

    def remove(self, name: str, reader: PublicReader) -> None:
        """Serve this reader no more; one that has taken its name meanwhile is not touched."""
        with self._lock:
            if self._readers.get(name, reader) is reader:
                self._readers = {n: r for n, r in self._readers.items() if n != name}
                self._failed.discard(name)

    @property
    def failed(self) -> frozenset[str]:
        """Readers that were put out; somebody should replace them."""
        with self._lock:
            return frozenset(self._failed)

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """One picture to each."""
        for name, reader in self._readers.items():
            try:
                reader.picture(packet)
            except Exception:  # noqa: BLE001 - whatever happened in one output must not reach the others
                self._put_out(name)

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """One sound unit to each."""
        for name, reader in self._readers.items():
            try:
                reader.sound(packet)
            except Exception:  # noqa: BLE001 - whatever happened in one output must not reach the others
                self._put_out(name)

    def _put_out(self, name: str) -> None:
        log.exception("public reader %s failed", name)
        with self._lock:
            self._readers = {n: r for n, r in self._readers.items() if n != name}
            self._failed.add(name)
