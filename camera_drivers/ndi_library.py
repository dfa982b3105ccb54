"""NDI's own library: loaded only when an NDI source or camera is configured, and what its absence means.

The Python package is ``ndi-python`` (import name ``NDIlib``, binding under the MIT licence). It carries Vizrt's runtime, which is
proprietary (https://ndi.link/ndisdk_license): régie does not install it by itself, ``make ndi`` does, once somebody read that
licence. It needs two libraries of the system (Debian: libavahi-client3, libavahi-common3). NDI® is a registered trademark of
Vizrt NDI AB, https://ndi.video.

Addresses of a source:

* ``HOST (CHANNEL)``: its NDI name, announced by mDNS (the machine needs avahi-daemon);
* ``ndi://10.0.0.25/CHANNEL``: asked of that machine, without mDNS; no channel: the only one, or the first;
* ``ndi://10.0.0.25:5961``: that very port, without any discovery.
"""

import functools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from camera_drivers.base import CameraError

_WAIT_MS = 100
_CHANNEL = re.compile(r"\((?P<channel>.*)\)$")


class NdiMissing(CameraError):
    """NDI's library cannot be used on this machine; the text says what to install."""

    code = "ndi_absente"


class NdiUnknown(CameraError):
    """Nobody announces such a source."""

    code = "ndi_introuvable"
    retry = True


@functools.cache
def library() -> Any:
    """``NDIlib``, initialised. Raises NdiMissing."""
    try:
        import NDIlib
    except ModuleNotFoundError:
        raise NdiMissing("the package ndi-python is not installed (make ndi)") from None
    except ImportError:
        # Its runtime is linked to two libraries of the system, and says so in its loader's words.
        raise NdiMissing(
            "NDI's library cannot be loaded (Debian: libavahi-client3 libavahi-common3)"
        ) from None
    if not NDIlib.initialize():
        raise NdiMissing("NDI's library does not run on this processor")
    return NDIlib


@dataclass(frozen=True, slots=True)
class NdiAddress:
    """Where to look. ``name``: full NDI name or channel; empty: any. ``port``: given when nothing is to be discovered."""

    name: str
    host: str = ""
    port: int | None = None

    def is_named(self, announced: str) -> bool:
        """Is this the NDI name of the source that is looked for?"""
        if not self.name or announced == self.name:
            return True
        channel = _CHANNEL.search(announced)
        return channel is not None and channel["channel"] == self.name


def parse(address: str) -> NdiAddress:
    """Read an address. Raises ValueError."""
    if not address.startswith("ndi://"):
        if not address.strip() or "://" in address:
            raise ValueError("an NDI source is « HOST (CHANNEL) » or ndi://host[:port][/channel]")
        return NdiAddress(address.strip())
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError("ndi:// needs a host")
    return NdiAddress(unquote(parts.path.strip("/")), parts.hostname, parts.port)


def locate(wanted: NdiAddress, seconds: float, given_up: Callable[[], bool] = lambda: False) -> Any:
    """The library's ``Source`` to connect to; waits, in a thread of the caller. Raises NdiMissing, NdiUnknown.

    A source always comes with its port: one that restarts takes another, so that each connection locates it anew (a receiver that
    was given a port never finds its source again by itself).
    """
    ndi = library()
    if wanted.port is not None:
        return ndi.Source(wanted.name, f"{wanted.host}:{wanted.port}")
    asked = ndi.FindCreate()
    asked.show_local_sources = True
    if wanted.host:
        asked.extra_ips = wanted.host
    finder = ndi.find_create_v2(asked)
    if finder is None:
        raise NdiMissing("NDI cannot look for sources")
    try:
        until = time.monotonic() + seconds
        while not given_up():
            for source in ndi.find_get_current_sources(finder):
                if wanted.is_named(source.ndi_name) and _is_at(wanted.host, source.url_address):
                    return ndi.Source(source.ndi_name, source.url_address)
            if time.monotonic() >= until:
                break
            ndi.find_wait_for_sources(finder, _WAIT_MS)
    finally:
        ndi.find_destroy(finder)
    raise NdiUnknown("nobody announces such an NDI source")


def _is_at(host: str, url: str) -> bool:
    """A finder told of one machine hears of the others too, where mDNS works."""
    return not host or not host[0].isdigit() or url.rpartition(":")[0].strip("[]") == host
