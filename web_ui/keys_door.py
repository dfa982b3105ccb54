"""The way of the keys that hide: pages that may press them get a connection of their own, handed on to the keys process.

:data:`PATH` is asked for as a WebSocket. Who may hide is checked here, as for any other route; then the socket itself leaves this
process (:mod:`regie.handover`), and what is pressed does not come by here again. Where that cannot be (no keys process, TLS ended
here), the keys go by the event stream alone, as everything else does: they always go by both.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import h11
from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from uvicorn.protocols.http.h11_impl import H11Protocol

from regie.errors import RegieError
from regie.handover import Dismissed, Handed, send
from web_ui.auth import Allow
from web_ui.rights import Right
from web_ui.secrecy_api import masking_roles
from web_ui.services import Services
from web_ui.sessions import session_key

log = logging.getLogger(__name__)

PATH = "/api/v1/touches"
CHECK_S = 2.0
MAX_KNOWN = 1024


class KeysDoor:
    """Hands connections on, and takes them back when their session ends. Lives on control's loop."""

    def __init__(self, socket_path: Path, services: Services, app: FastAPI) -> None:
        self._path = socket_path
        self._services = services
        self._app = app
        self._allow = Allow(Right.STAFF)
        self._roles = masking_roles(services.config)
        self._handed: dict[str, str] = {}

    def hand_on(self, connection: HTTPConnection, request: bytes, fd: int) -> bool:
        """Give the socket ``fd`` of who asks to the keys process; False when it stays here."""
        try:
            caller = self._allow(connection)
        except RegieError:
            return False
        if caller is None or self._roles.isdisjoint(caller.roles) or len(self._handed) >= MAX_KNOWN:
            return False
        key = session_key(caller.token)
        if not send(self._path, Handed(request=request, who=caller.account.name, session=key), fd):
            return False
        self._handed[key] = caller.account.name
        return True

    async def run(self) -> None:
        """Take connections back whose session ended, or whose account may not hide any more, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            for key, name in tuple(self._handed.items()):
                account = self._services.accounts.get(name)
                may = account is not None and not self._roles.isdisjoint(account.roles)
                if not may or not self._services.sessions.holds(key):
                    send(self._path, Dismissed(session=key))
                    del self._handed[key]

    def protocol(self) -> type[H11Protocol]:
        """The server's HTTP, which lets these connections go."""
        return _protocol(self._hand_over)

    def _hand_over(self, scope: dict[str, object], request: bytes, fd: int) -> bool:
        return self.hand_on(HTTPConnection({**scope, "type": "websocket", "app": self._app}), request, fd)


def _protocol(hand_over: Callable[[dict[str, object], bytes, int], bool]) -> type[H11Protocol]:
    class WithKeys(H11Protocol):
        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            if self.scope["path"] != PATH or not self._leave(event):
                super().handle_websocket_upgrade(event)

        def _leave(self, event: h11.Request) -> bool:
            head = [event.method, b" ", event.target, b" HTTP/1.1\r\n"]
            for name, value in self.headers:
                head += [name, b": ", value, b"\r\n"]
            head += [b"\r\n", self.conn.trailing_data[0]]
            # Two descriptors of one socket: ours is closed, which ends nothing as long as the other lives.
            fd = os.dup(self.transport.get_extra_info("socket").fileno())
            try:
                left = hand_over(dict(self.scope), b"".join(head), fd)
            finally:
                os.close(fd)
            if left:
                self.transport.abort()
            return left

    return WithKeys
