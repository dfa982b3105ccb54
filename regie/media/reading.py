"""Reaching a source: its address and options for FFmpeg, its container, its packets, and why it failed as a stable code.

The text of FFmpeg's errors is never used: it holds the address, which may hold a password.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error
from av.container import InputContainer
from av.stream import Stream

from config.inputs import SourceConfig, SourceKind
from regie.clock import SystemClock
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import DeviceError
from regie.media.ndi import NdiReading
from regie.media.srt import SrtInput, parse

PROBE_BYTES = 500_000
PROBE_US = 500_000
"""Enough to see the parameter sets of a camera that has two pictures a second; less is a slower reconnection."""
UDP_BUFFER = 4 * 1024 * 1024
UNKNOWN_CHANNELS = 4
CARD = "alsa"
"""A sound card: ``alsa://`` and ALSA's name of it. Unplugged, its reading fails; the next one finds it when it is back."""
RESYNC_BYTES = 4 * 1024 * 1024
"""Garbage that a transport stream may hold before its reading fails."""
MAX_BAD_IN_A_ROW = 50
WAITING_PACKETS = 240
"""Packets that may wait while a group of pictures is replayed (1 s on a loaded machine); then all go, until a keyframe."""
_CLOCK = SystemClock()

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (av.error.ExitError, "delai_depasse"),
    (av.error.TimeoutError, "delai_depasse"),
    (av.error.ConnectionRefusedError, "connexion_refusee"),
    (av.error.HTTPUnauthorizedError, "acces_refuse"),
    (av.error.HTTPForbiddenError, "acces_refuse"),
    (av.error.PermissionError, "acces_refuse"),
    (av.error.HTTPNotFoundError, "introuvable"),
    (av.error.FileNotFoundError, "introuvable"),
    (av.error.IsADirectoryError, "introuvable"),
    (av.error.HTTPError, "serveur_en_erreur"),
    (av.error.LookupError, "non_pris_en_charge"),
    (av.error.ArgumentError, "adresse_invalide"),
    (av.error.InvalidDataError, "format_inconnu"),
    (av.error.EOFError, "fin_du_flux"),
    (av.error.ConnectionResetError, "fin_du_flux"),
    (av.error.BrokenPipeError, "fin_du_flux"),
    (av.error.OSError, "injoignable"),
)


def reason_of(error: Exception) -> str:
    """A stable code for what FFmpeg raised."""
    return next((code for kind, code in _REASONS if isinstance(error, kind)), "erreur_lecture")


def _failure(error: Exception) -> DeviceError:
    code = reason_of(error)
    return DeviceError(f"the source failed: {code}", code=code)


def scheme_of(config: SourceConfig) -> str:
    """``rtsp``, ``udp``, ``tcp``, ``srt``, ``rtmp``, ``http``, ``file``…"""
    scheme, separator, _ = (config.adresse or "").partition("://")
    return scheme.lower() if separator else "file"


def address_of(config: SourceConfig) -> str:
    """The address with its credentials, for FFmpeg only: never to be logged."""
    address = config.adresse or ""
    if scheme_of(config) == CARD:
        return address.partition("://")[2]
    if config.utilisateur is None or scheme_of(config) in ("file", "udp", "tcp", "srt"):
        return address
    parts = urlsplit(address)
    secret = config.mot_de_passe.get_secret_value() if config.mot_de_passe else ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(netloc=f"{quote(config.utilisateur, safe='')}:{quote(secret, safe='')}@{host}")
    )


def options_of(config: SourceConfig, channels: int = 0) -> dict[str, str]:
    """FFmpeg's options for a kind of source: little probing for what is live, room for bursts.

    ``channels``: of its sound, where they are known.
    """
    scheme = scheme_of(config)
    options: dict[str, str] = {}
    if scheme == CARD:
        return {"channels": str(config.voies), "sample_rate": str(SAMPLE_RATE)}
    if scheme != "file":
        options |= {"probesize": str(PROBE_BYTES), "analyzeduration": str(PROBE_US), "fpsprobesize": "1"}
    if scheme in ("rtsp", "rtsps"):
        options |= {"rtsp_transport": config.transport, "buffer_size": str(UDP_BUFFER), "max_delay": "100000"}
    elif scheme == "udp":
        options |= {
            "fifo_size": str(UDP_BUFFER // 188),
            "overrun_nonfatal": "1",
            "buffer_size": str(UDP_BUFFER),
        }
    elif scheme in ("rtmp", "rtmps"):
        options |= {"rtmp_live": "live"}
    if format_of(config) == "mpegts":
        options |= {"resync_size": str(RESYNC_BYTES)}
    elif format_of(config) == "wav":
        # Packets of 20 ms: the demultiplexer's own, 4 kB, are 1.3 ms of thirty microphones.
        options |= {"max_size": str(min(1 << 16, max(4096, 960 * 2 * (channels or UNKNOWN_CHANNELS))))}
    return options


def format_of(config: SourceConfig) -> str | None:
    """FFmpeg's name of the container, when it is not for it to guess."""
    if config.format:
        return config.format
    if scheme_of(config) == CARD:
        return CARD
    if config.genre in (SourceKind.MPEGTS, SourceKind.SRT) or scheme_of(config) == "srt":
        return "mpegts"
    return None


class Reading:
    """One connection to a source: opened, read to its end, closed, all by one thread. Never reused."""

    waiting = WAITING_PACKETS

    def __init__(self, config: SourceConfig, stop: threading.Event, channels: int = 0) -> None:
        """``channels``: how many its sound has, where that is known."""
        self._config = config
        self._stop = stop
        self._channels = channels
        self._srt: SrtInput | None = None
        self._container: InputContainer | None = None
        self.video: av.VideoStream | None = None
        self.sound: av.AudioStream | None = None
        self.paced = False
        self.bad = 0

    def open(self) -> None:
        """Connect and find the streams. Raises DeviceError with the reason's code."""
        config = self._config
        source: SrtInput | None = None
        if scheme_of(config) == "srt":
            secret = config.mot_de_passe.get_secret_value() if config.mot_de_passe else None
            source = self._srt = SrtInput(parse(config.adresse or ""), secret, config.delai_s, self._stop)
        container = self._container = self._reach(source or address_of(config))
        self._pick_streams(container)
        # A file gives everything at once: we set its pace. So does a recording served over HTTP, or a segmented stream.
        self.paced = scheme_of(config) == "file" or (
            scheme_of(config) in ("http", "https")
            and (container.duration is not None or container.size > 0 or "hls" in container.format.name)
        )

    def _reach(self, source: str | SrtInput) -> InputContainer:
        config = self._config
        began = _CLOCK.monotonic_ns()
        try:
            return av.open(
                source,
                "r",
                format=format_of(config),
                options=options_of(config, self._channels),
                timeout=(config.delai_s, config.delai_s),
            )
        except (av.error.FFmpegError, ValueError) as error:
            if _CLOCK.monotonic_ns() - began >= config.delai_s * 1e9:
                # An RTSP server that never answers ends as « invalid data ».
                raise DeviceError("the source does not answer", code="delai_depasse") from None
            raise _failure(error) from None

    def _pick_streams(self, container: InputContainer) -> None:
        if self._config.genre is not SourceKind.SOUND:
            self.video = next((s for s in container.streams.video if s.codec_context is not None), None)
        if self._config.son or self._config.genre is SourceKind.SOUND:
            self.sound = next((s for s in container.streams.audio if s.codec_context is not None), None)
        if self.video is None and self.sound is None:
            raise DeviceError("the source holds neither picture nor sound", code="sans_flux")

    def packets(self) -> Iterator[av.Packet[Stream] | None]:
        """Its packets; None where what we pace begins again from its beginning. Ends when stopped.

        Isolated errors are counted and passed over. Raises DeviceError when the source is lost.
        """
        bad_in_a_row = 0
        while self._container is not None and not self._stop.is_set():
            some = False
            streams = tuple(s for s in (self.video, self.sound) if s is not None)
            try:
                for packet in self._container.demux(*streams):
                    if self._stop.is_set():
                        return
                    if packet.size == 0:
                        continue
                    some = True
                    bad_in_a_row = 0
                    yield packet
            except av.error.InvalidDataError as error:
                self.bad += 1
                bad_in_a_row += 1
                if bad_in_a_row > MAX_BAD_IN_A_ROW:
                    raise _failure(error) from None
                continue
            except av.error.FFmpegError as error:
                raise _failure(error) from None
            if self._stop.is_set():
                return
            if not self.paced or not some:
                raise DeviceError("the source ended", code="fin_du_flux")
            self._reopen()
            yield None

    def shows(self, packet: av.Packet[Stream]) -> bool:
        """Is it a packet of the picture?"""
        return isinstance(packet.stream, av.VideoStream)

    def _reopen(self) -> None:
        """Back to the beginning. A seek would do, but it flushes the decoders, which are at work in other threads."""
        if self._container is not None:
            self._container.close()
            self._container = None
        self._container = self._reach(address_of(self._config))
        self._pick_streams(self._container)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if self._container is not None:
            self._container.close()
            self._container = None
        if self._srt is not None:
            self._srt.close()
            self._srt = None


C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class CodedStream(Protocol[C_co]):
    """A stream of encoded packets: what decodes them, and the unit of their stamps."""

    @property
    def codec_context(self) -> C_co:
        """Its decoder."""

    @property
    def time_base(self) -> Fraction | None:
        """Seconds a unit of its stamps."""


@dataclass(frozen=True, slots=True)
class Coded(Generic[C]):
    """A :class:`CodedStream` that no container holds."""

    codec_context: C
    time_base: Fraction | None


class Connected(Protocol):
    """One connection to a source, whatever carries it: :class:`Reading`, NDI's, or a remote room's."""

    @property
    def video(self) -> CodedStream[av.VideoCodecContext] | None:
        """Its picture, once open."""

    @property
    def sound(self) -> CodedStream[av.AudioCodecContext] | None:
        """Its sound, once open."""

    @property
    def paced(self) -> bool:
        """Do we set its pace?"""

    @property
    def waiting(self) -> int:
        """How many of its pictures may wait to be decoded."""

    def open(self) -> None:
        """Connect. Raises DeviceError."""

    def packets(self) -> Iterator[av.Packet[Stream] | None]:
        """Its packets; None where it begins again. Raises DeviceError when it is lost."""

    def shows(self, packet: av.Packet[Stream]) -> bool:
        """Is the packet that was just given a picture?"""

    def close(self) -> None:
        """Hang up. Safe to call twice."""


OpenReading = Callable[[SourceConfig, threading.Event], Connected]


def reading_of(config: SourceConfig, stop: threading.Event, channels: int = 0) -> Reading | NdiReading:
    """The connection that a kind of source needs, not opened yet."""
    return NdiReading(config, stop) if config.genre is SourceKind.NDI else Reading(config, stop, channels)
