"""A camera that serves SRT: a listener on the system's libsrt, through ctypes. Absent library: :func:`available` is False."""

import asyncio
import ctypes
import ctypes.util
import socket
import struct
import threading

from hardware_mocks.encoding import SoundEncoder, TransportStream, Unit
from hardware_mocks.feed import Feed

NAMES = (
    "libsrt-gnutls.so.1.5",
    "libsrt.so.1.5",
    "libsrt-gnutls.so.1.4",
    "libsrt.so.1.4",
    "libsrt-openssl.so.1.5",
)
DATAGRAM = 1316
SRTO_SNDSYN, SRTO_RCVSYN, SRTO_TRANSTYPE = 1, 2, 50
LOG_CRITICAL = 2
POLL_S = 0.1


def _load() -> ctypes.CDLL | None:
    for name in NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.srt_setloglevel(LOG_CRITICAL)
        library.srt_startup()
        return library
    return None


_LIBRARY: list[ctypes.CDLL | None] = []


def library() -> ctypes.CDLL | None:
    """libsrt, loaded at the first call; None where it is not installed."""
    if not _LIBRARY:
        _LIBRARY.append(_load())
    return _LIBRARY[0]


def available() -> bool:
    """Can this machine speak SRT?"""
    return library() is not None


class TsOverSrt:
    """MPEG-TS over SRT, live mode; callers come and go."""

    def __init__(
        self, feed: Feed, host: str, size: tuple[int, int], fps: int, sound: SoundEncoder | None
    ) -> None:
        found = library()
        if found is None:
            raise OSError("libsrt is not installed")
        self.feed = feed
        self._srt = found
        self._host = host
        self._port = 0
        self._ts = TransportStream(*size, fps, sound)
        self._listener = -1
        self._callers: list[int] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    async def start(self, port: int) -> None:
        """Listen (0 picks a port)."""
        self._port = port or self._port or _free_port(self._host)
        self._listener = self._socket()
        address = (
            struct.pack("<H", socket.AF_INET)
            + struct.pack(">H", self._port)
            + socket.inet_aton(self._host)
            + bytes(8)
        )
        if (
            self._srt.srt_bind(self._listener, address, len(address)) < 0
            or self._srt.srt_listen(self._listener, 4) < 0
        ):
            raise OSError(f"SRT port {self._port} cannot be listened to")
        self._stop.clear()
        self._thread = threading.Thread(target=self._accept, name=f"srt:{self.feed.id}", daemon=True)
        self._thread.start()
        self.feed.subscribe(self._unit)

    def _socket(self) -> int:
        handle = int(self._srt.srt_create_socket())
        off, live = ctypes.c_int(0), ctypes.c_int(0)
        self._srt.srt_setsockflag(handle, SRTO_TRANSTYPE, ctypes.byref(live), 4)
        self._srt.srt_setsockflag(handle, SRTO_SNDSYN, ctypes.byref(off), 4)
        self._srt.srt_setsockflag(handle, SRTO_RCVSYN, ctypes.byref(off), 4)
        return handle

    def _accept(self) -> None:
        while not self._stop.wait(POLL_S):
            caller = int(self._srt.srt_accept(self._listener, None, None))
            if caller >= 0:
                with self._lock:
                    self._callers.append(caller)

    def _unit(self, unit: Unit) -> None:
        data = self._ts.write(unit)
        for n in range(0, len(data), DATAGRAM):
            piece = self.feed.spoil(data[n : n + DATAGRAM])
            if piece is not None:
                self._send(piece)

    def _send(self, piece: bytes) -> None:
        with self._lock:
            for caller in tuple(self._callers):
                # State 5 is « connected »; a full buffer only loses this piece, as live SRT does.
                if self._srt.srt_getsockstate(caller) != 5:
                    self._srt.srt_close(caller)
                    self._callers.remove(caller)
                else:
                    self._srt.srt_sendmsg2(caller, piece, len(piece), None)

    async def stop(self) -> None:
        """Hang up on everybody."""
        self.feed.unsubscribe(self._unit)
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 2)
        with self._lock:
            for handle in (*self._callers, self._listener):
                self._srt.srt_close(handle)
            self._callers.clear()

    @property
    def url(self) -> str:
        """Where it is to be called."""
        return f"srt://{self._host}:{self._port}"


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
