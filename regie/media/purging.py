"""Tells caches in front of the WebTV (nginx, a CDN) that segments are gone: a request or a command for each, as configured."""

import http.client
import logging
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

from config.outputs import WebTv

log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
MISSED = 3
"""After that many failures in a row a cache is taken to be away: a removal does not wait for it."""
_HERE = frozenset({404, 410})
"""A cache that answers this does not have it: as well."""


class Purger:
    """The purge of ``[webtv]``. Without any, there is nobody to tell."""

    def __init__(self, config: WebTv) -> None:
        self._url = config.purge_adresse
        self._method = config.purge_methode
        self._command = config.purge_commande

    def tell(self, seance: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Tell that files of a séance (``720p/….m4s``) are gone; those of which a cache could not be told."""
        untold: list[str] = []
        missed = 0
        for rank, path in enumerate(paths):
            if missed == MISSED:
                return (*untold, *paths[rank:])
            if self._told(f"/media/{seance}/{path}"):
                missed = 0
            else:
                untold.append(path)
                missed += 1
        return tuple(untold)

    def _told(self, public: str) -> bool:
        try:
            if self._url:
                self._ask(self._url.replace("{chemin}", public))
            if self._command:
                self._run([part.replace("{chemin}", public) for part in self._command])
        except (OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            log.error("a cache cannot be told", extra={"reason": type(error).__name__})
            return False
        return True

    def _ask(self, url: str) -> None:
        parts = urlsplit(url)
        made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = made(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request(self._method, parts.path + (f"?{parts.query}" if parts.query else ""))
            status = connection.getresponse().status
        finally:
            connection.close()
        if status >= 300 and status not in _HERE:
            raise http.client.HTTPException(f"the cache answered {status}")

    @staticmethod
    def _run(command: Sequence[str]) -> None:
        subprocess.run(command, check=True, timeout=TIMEOUT_S, capture_output=True)
