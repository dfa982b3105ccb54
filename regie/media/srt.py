"""SRT in, through the system's libsrt: PyAV's wheel has no SRT. Function names and numbers: ``srt.h`` of libsrt 1.4 and 1.5.

:class:`SrtInput` is a file-like object for ``av.open(…, format="mpegts")``. Addresses: ``srt://host:port`` calls;
``srt://0.0.0.0:port?mode=listener`` waits for a camera that calls. Parameters: ``latency`` (milliseconds), ``streamid``,
``pbkeylen``; the passphrase comes from the source's password, never from the address.
"""

import ctypes
import functools
import socket
import struct
import threading
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from regie.errors import DeviceError

LIBRARIES = (
    "libsrt-gnutls.so.1.5",
    "libsrt.so.1.5",
    "libsrt-openssl.so.1.5",
    "libsrt-gnutls.so.1.4",
    "libsrt.so.1.4",
    "libsrt.so.1",
)
MESSAGE = 1456
"""The longest message of a live stream (SRT_LIVE_MAX_PLSIZE)."""
_POLL_MS = 100

_INVALID = -1
_RCVSYN, _PASSPHRASE, _PBKEYLEN, _CONNTIMEO, _LATENCY, _STREAMID = 2, 26, 27, 36, 23, 46
_READABLE, _CONNECTED, _FAILED = 0x1, 0x4, 0x8
_NOTHING_YET = 6002
_STATE_CONNECTED = 5
_LOG_EMERGENCY = 0
_BAD_SECRET, _UNSECURE = 10, 11


@functools.cache
def libsrt() -> ctypes.CDLL | None:
    """The system's libsrt, started; None where it is not installed."""
    for name in LIBRARIES:
        try:
            found = ctypes.CDLL(name)
        except OSError:
            continue
        found.srt_startup()
        # It would write to our log in its own manner, addresses included.
        found.srt_setloglevel(_LOG_EMERGENCY)
        return found
    return None


@dataclass(frozen=True, slots=True)
class SrtAddress:
    """What an ``srt://`` address says."""

    host: str
    port: int
    listener: bool = False
    latency_ms: int = 120
    streamid: str = ""
    pbkeylen: int = 0


def parse(address: str) -> SrtAddress:
    """Read an ``srt://`` address. Raises DeviceError ``adresse_invalide``."""
    try:
        parts = urlsplit(address)
        if parts.scheme != "srt" or parts.port is None:
            raise ValueError("not srt://host:port")
        said = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return SrtAddress(
            parts.hostname or "0.0.0.0",
            parts.port,
            said.get("mode", "caller") == "listener",
            int(said.get("latency", "120")),
            said.get("streamid", ""),
            int(said.get("pbkeylen", "0")),
        )
    except ValueError:
        raise DeviceError(
            "an SRT address is srt://host:port[?mode=listener&latency=MS]", code="adresse_invalide"
        ) from None


def _sockaddr(host: str, port: int) -> bytes:
    """A C ``sockaddr`` for an address. Raises DeviceError ``injoignable`` when the name is unknown."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError:
        raise DeviceError("the host of an SRT address is unknown", code="injoignable") from None
    ip = socket.inet_pton(family, str(where[0]))
    head = struct.pack("=H", family) + struct.pack(">H", port)
    return head + ip + bytes(8) if family == socket.AF_INET else head + bytes(4) + ip + bytes(4)


class SrtInput:
    """A connection that is read. ``close`` after the container that reads it. Used by one thread, stopped by any."""

    def __init__(
        self, address: SrtAddress, passphrase: str | None, timeout: float, stop: threading.Event
    ) -> None:
        found = libsrt()
        if found is None:
            raise DeviceError("libsrt is not installed (Debian: libsrt1.5-gnutls)", code="srt_absente")
        self._srt = found
        self._stop = stop
        self._timeout = timeout
        self._buffer = ctypes.create_string_buffer(MESSAGE)
        self._socket: int = found.srt_create_socket()
        self._poll: int = found.srt_epoll_create()
        try:
            self._configure(address, passphrase)
            name = _sockaddr(address.host, address.port)
            if address.listener:
                self._accept(name)
            else:
                self._call(name)
        except DeviceError:
            self.close()
            raise

    def _configure(self, address: SrtAddress, passphrase: str | None) -> None:
        self._set_int(_RCVSYN, 0)
        self._set_int(_LATENCY, address.latency_ms)
        self._set_int(_CONNTIMEO, max(int(self._timeout * 1000), 100))
        if address.pbkeylen:
            self._set_int(_PBKEYLEN, address.pbkeylen)
        for option, text in ((_PASSPHRASE, passphrase or ""), (_STREAMID, address.streamid)):
            value = text.encode()
            if value and self._srt.srt_setsockflag(self._socket, option, value, len(value)) == _INVALID:
                # libsrt accepts passphrases of 10 to 79 bytes.
                raise DeviceError(
                    "libsrt refuses an option of this source", code="adresse_invalide", option=option
                )

    def _set_int(self, option: int, value: int) -> None:
        number = ctypes.c_int(value)
        self._srt.srt_setsockflag(self._socket, option, ctypes.byref(number), ctypes.sizeof(number))

    def _call(self, name: bytes) -> None:
        if self._srt.srt_connect(self._socket, name, len(name)) == _INVALID:
            raise self._refusal()
        self._watch("srt_epoll_add_usock", _CONNECTED | _FAILED)
        if not self._wait() or self._srt.srt_getsockstate(self._socket) != _STATE_CONNECTED:
            raise self._refusal()
        self._watch("srt_epoll_update_usock", _READABLE | _FAILED)

    def _accept(self, name: bytes) -> None:
        if self._srt.srt_bind(self._socket, name, len(name)) == _INVALID:
            raise DeviceError("an SRT port cannot be listened to", code="port_occupe")
        if self._srt.srt_listen(self._socket, 1) == _INVALID:
            raise DeviceError("an SRT port cannot be listened to", code="port_occupe")
        self._watch("srt_epoll_add_usock", _READABLE | _FAILED)
        if not self._wait():
            raise DeviceError("no SRT camera called", code="delai_depasse")
        caller = self._srt.srt_accept(self._socket, None, None)
        if caller == _INVALID:
            raise DeviceError("an SRT camera called and left", code="fin_du_flux")
        listener, self._socket = self._socket, caller
        self._srt.srt_epoll_remove_usock(self._poll, listener)
        self._srt.srt_close(listener)
        self._set_int(_RCVSYN, 0)
        self._watch("srt_epoll_add_usock", _READABLE | _FAILED)

    def _watch(self, how: str, events: int) -> None:
        wanted = ctypes.c_int(events)
        getattr(self._srt, how)(self._poll, self._socket, ctypes.byref(wanted))

    def _wait(self) -> bool:
        """Wait for an event on the socket; False when the time-out passes or the source is stopped."""
        reads, writes = (ctypes.c_int * 2)(), (ctypes.c_int * 2)()
        for _ in range(max(1, int(self._timeout * 1000 / _POLL_MS))):
            if self._stop.is_set():
                return False
            read_count, write_count = ctypes.c_int(2), ctypes.c_int(2)
            ready = self._srt.srt_epoll_wait(
                self._poll,
                reads,
                ctypes.byref(read_count),
                writes,
                ctypes.byref(write_count),
                ctypes.c_int64(_POLL_MS),
                None,
                None,
                None,
                None,
            )
            if ready > 0:
                return True
        return False

    def _refusal(self) -> DeviceError:
        reason = self._srt.srt_getrejectreason(self._socket)
        if reason in (_BAD_SECRET, _UNSECURE):
            return DeviceError("the SRT passphrase is refused", code="acces_refuse")
        return DeviceError("no SRT answer", code="delai_depasse")

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, as they come; empty at the end. Raises DeviceError ``delai_depasse`` when nothing comes."""
        while not self._stop.is_set():
            got = self._srt.srt_recvmsg(self._socket, self._buffer, MESSAGE)
            if got > 0:
                return self._gather(got, size)
            if got == 0 or self._srt.srt_getlasterror(None) != _NOTHING_YET:
                return b""
            if not self._wait() and not self._stop.is_set():
                raise DeviceError("an SRT source fell silent", code="delai_depasse")
        return b""

    def _gather(self, got: int, size: int) -> bytes:
        """The first message and those that wait behind it: fewer calls from the demultiplexer."""
        parts = [self._buffer.raw[:got]]
        total = got
        while total + MESSAGE <= size:
            got = self._srt.srt_recvmsg(self._socket, self._buffer, MESSAGE)
            if got <= 0:
                break
            parts.append(self._buffer.raw[:got])
            total += got
        return b"".join(parts)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if self._poll != _INVALID:
            self._srt.srt_epoll_release(self._poll)
            self._srt.srt_close(self._socket)
            self._poll = self._socket = _INVALID
