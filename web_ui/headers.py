"""Headers that every response carries: what a browser may do with it, whatever a page or a file contains."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EMBED = "/embed"
ROOM = "/salle/"
_NO_PERMISSIONS = "camera=(), geolocation=(), microphone=()"
_ROOM_PERMISSIONS = "camera=(self), display-capture=(self), geolocation=(), microphone=(self)"
# Connections of scripts, styles and pictures stay with us: no third party is ever told of a visit. Inline scripts and styles are
# refused; `blob:` is how a player feeds a <video>.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors "
)
_SHARED = ("/media/", "/direct/")


class SecurityHeaders:
    """ASGI wrapper that adds them. ``embedders``: the origins that may show :data:`EMBED` in a frame; ``*`` for all."""

    def __init__(self, app: ASGIApp, embedders: tuple[str, ...]) -> None:
        self._app = app
        self._embedders = " ".join(embedders) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        embedded = path == EMBED

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = (
                    "cross-origin" if path.startswith(_SHARED) else "same-origin"
                )
                if not path.startswith(_SHARED):
                    headers["Content-Security-Policy"] = _POLICY + (self._embedders if embedded else "'none'")
                    headers["Permissions-Policy"] = (
                        _ROOM_PERMISSIONS if path.startswith(ROOM) else _NO_PERMISSIONS
                    )
                    headers["Cross-Origin-Opener-Policy"] = "same-origin"
                    if not embedded:
                        headers["X-Frame-Options"] = "DENY"
            await send(message)

        await self._app(scope, receive, with_headers)
