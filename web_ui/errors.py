"""What a request that cannot be served is told: one shape, ``{code, message, faits}``, with a French sentence.

The codes are stable; sentences are in ``static/texts.json``.
"""

import http
import logging
from collections.abc import Mapping

import msgspec
from fastapi import FastAPI, Request, WebSocket
from starlette.exceptions import HTTPException
from starlette.responses import Response

from regie.documents.errors import DocumentError
from regie.errors import DeviceError, Fact, LinkLost, Refusal, RegieError
from web_ui.texts import Texts

log = logging.getLogger(__name__)


class NotLoggedIn(RegieError):
    """The request needs a session."""

    code = "non_connecte"


class Forbidden(RegieError):
    """The session's roles, its CSRF token or the page it comes from do not allow the request."""

    code = "interdit"


class Invalid(RegieError):
    """The request's body is not what is expected; ``place`` and ``detail`` say where and why."""

    code = "requete_invalide"


class TooMany(RegieError):
    """Try again in ``attendre_s`` seconds."""

    code = "trop_de_demandes"
    retry = True


class NotHere(RegieError):
    """There is nothing at this address, or not yet: ``attendre_s`` then says when to ask again."""

    code = "introuvable"


class Gone(RegieError):
    """It was at this address, and was taken out for good: caches may keep that answer."""

    code = "passage_retire"


_STATUS: tuple[tuple[type[RegieError], int], ...] = (
    (NotLoggedIn, 401),
    (Forbidden, 403),
    (NotHere, 404),
    (Gone, 410),
    (Refusal, 409),
    (DocumentError, 409),
    (Invalid, 422),
    (TooMany, 429),
    (DeviceError, 502),
    (LinkLost, 503),
)
_CODES = {404: "introuvable", 405: "methode", 413: "trop_long", 415: "pas_du_json"}
# A restarted process of ours is back within seconds.
_LINK_RETRY_S = 1


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """An error as pages get it: a stable code, a French sentence, the facts that made it."""

    code: str
    message: str
    faits: Mapping[str, Fact]


def respond(texts: Texts, status: int, code: str, facts: Mapping[str, Fact] | None = None) -> Response:
    """An error as a response; never kept by a cache."""
    headers = {"Cache-Control": "no-store"}
    wait = (facts or {}).get("attendre_s", _LINK_RETRY_S if status == 503 else None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return Response(
        msgspec.json.encode(ErrorBody(code=code, message=texts.say(code, facts), faits=facts or {})),
        status,
        headers,
        media_type="application/json",
    )


def _status_of(error: RegieError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def _dismiss(socket: WebSocket, error: RegieError) -> None:
    """Close with 4000 + the HTTP status; accepted first, since a browser hides why a handshake failed from its page."""
    await socket.accept()
    await socket.close(4000 + _status_of(error), error.stable_code)


def respond_to(texts: Texts, error: RegieError) -> Response:
    """The response to one of our errors."""
    status = _status_of(error)
    if status == 500:
        log.error("request failed: %s", error.stable_code)
    return respond(texts, status, error.stable_code, error.facts)


def install(app: FastAPI, texts: Texts) -> None:
    """Give every failure of the application the one shape."""

    async def ours(connection: Request | WebSocket, error: Exception) -> Response:
        assert isinstance(error, RegieError)
        if isinstance(connection, WebSocket):
            await _dismiss(connection, error)
        return respond_to(texts, error)  # for a WebSocket the framework drops it

    async def theirs(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "requete_invalide")
        answer = respond(texts, error.status_code, code)
        answer.headers.update(error.headers or {})
        return answer

    async def bug(_request: Request, _error: Exception) -> Response:
        return respond(texts, http.HTTPStatus.INTERNAL_SERVER_ERROR, "interne")

    app.add_exception_handler(RegieError, ours)
    app.add_exception_handler(HTTPException, theirs)
    app.add_exception_handler(Exception, bug)
