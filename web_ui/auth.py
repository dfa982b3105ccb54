"""Logging in, and what each route demands: :class:`Allow` is a dependency that every route carries.

A session is a cookie that scripts cannot read and that no other site's page can use. Every request that changes something also
carries ``X-CSRF-Token``, and comes from our own pages.
"""

import asyncio
import contextlib
import hmac
import ipaddress
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection
from starlette.responses import Response

from regie.domain.model import Role
from web_ui.accounts import Account
from web_ui.attempts import Attempts
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import Forbidden, NotLoggedIn, TooMany
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.sessions import LIFETIME_S, csrf_of

log = logging.getLogger(__name__)

COOKIE = "regie_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Each check takes 32 MiB and a processor for a moment: one at a time, and a short queue.
_MAX_WAITING_CHECKS = 8
_HASHING_RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    account: Account
    token: str

    @property
    def roles(self) -> tuple[Role, ...]:
        """What the account may do."""
        return self.account.roles


class Gate:
    """Tells who asks and from where; checks passwords."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._behind_proxy = services.config.serveur.mandataire
        self._tls = services.config.serveur.certificat is not None
        self._attempts = Attempts(services.clock)
        self._checking = asyncio.Semaphore(1)
        self._waiting = 0
        self.refused_logins = 0

    def caller(self, connection: HTTPConnection) -> Caller | None:
        """Whose session the cookie opens; None when it opens none."""
        token = connection.cookies.get(COOKIE)
        session = self._services.sessions.find(token) if token else None
        account = self._services.accounts.get(session.account) if session else None
        return Caller(account, token) if account and token else None

    def address(self, connection: HTTPConnection) -> str:
        """The address of who asks; what our own proxy wrote last, when the request comes from it."""
        peer = connection.client.host if connection.client else ""
        forwarded = connection.headers.get("x-forwarded-for") if self._behind_proxy else None
        # A proxy of ours stands on this machine or this network; anybody else may write what he likes in that header.
        if forwarded and _is_near(peer):
            return forwarded.rpartition(",")[2].strip()
        return peer

    def secure(self, connection: HTTPConnection) -> bool:
        """Does the browser see HTTPS?"""
        if self._behind_proxy:
            return connection.headers.get("x-forwarded-proto", "") == "https"
        return self._tls

    def own_page(self, connection: HTTPConnection) -> bool:
        """Does the request come from a page of ours? What is not a browser says nothing, and holds nobody else's cookie."""
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        host = connection.headers.get("x-forwarded-host") if self._behind_proxy else None
        return urlsplit(origin).netloc.lower() == (host or connection.headers.get("host", "")).lower()

    def local(self, connection: HTTPConnection) -> bool:
        """Does the request come from this machine or the local network?"""
        return _is_near(self.address(connection))

    @contextlib.asynccontextmanager
    async def hashing(self) -> AsyncIterator[None]:
        """One's turn to hash a password. Raises TooMany when the queue is full."""
        if self._waiting >= _MAX_WAITING_CHECKS:
            raise TooMany("too many passwords to check", attendre_s=_HASHING_RETRY_S)
        self._waiting += 1
        try:
            async with self._checking:
                yield
        finally:
            self._waiting -= 1

    def _refused(self, code: str) -> None:
        # Neither the name that was tried nor the address: both are about a person.
        self.refused_logins += 1
        log.warning("log-in refused", extra={"code": code})

    async def log_in(self, name: str, password: str, address: str) -> Caller:
        """Open a session. Raises NotLoggedIn (``identifiants``) or TooMany."""
        wait_s = self._attempts.begin(name, address)
        if wait_s:
            self._refused("trop_d_essais")
            raise TooMany("too many attempts to log in", code="trop_d_essais", attendre_s=wait_s)
        async with self.hashing():
            account = await asyncio.to_thread(self._services.accounts.check, name, password)
        if account is None:
            self._refused("identifiants")
            raise NotLoggedIn("wrong name or password", code="identifiants")
        self._attempts.succeeded(name, address)
        return Caller(account, self._services.sessions.open(name))

    async def change_password(self, caller: Caller, old: str, new: str, address: str) -> None:
        """Replace one's own password and log out everywhere else. Raises Refusal or TooMany."""
        name = caller.account.name
        wait_s = self._attempts.begin(name, address)
        if wait_s:
            raise TooMany("too many attempts", code="trop_d_essais", attendre_s=wait_s)
        async with self.hashing():
            await asyncio.to_thread(self._services.accounts.change_password, name, old, new)
        self._attempts.succeeded(name, address)
        self._services.sessions.close_account(name, but=caller.token)


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


def gate_of(connection: HTTPConnection) -> Gate:
    """The gate of the application that serves this request."""
    gate = connection.app.state.gate
    assert isinstance(gate, Gate)
    return gate


class Allow:
    """The dependency by which a route says who may use it; gives the caller, None for the public."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(self, connection: HTTPConnection) -> Caller | None:
        """Raises NotLoggedIn, Forbidden."""
        gate = gate_of(connection)
        socket = connection.scope["type"] == "websocket"
        changing = not socket and connection.scope["method"] not in _SAFE_METHODS
        if (changing or socket) and not gate.own_page(connection):
            raise Forbidden("the request comes from another site's page", code="origine")
        if self.right is Right.PUBLIC or (self.right is Right.OBSERVE and gate.local(connection)):
            return None
        caller = gate.caller(connection)
        if caller is None:
            raise NotLoggedIn("no session")
        if changing and not _same(connection.headers.get(CSRF_HEADER, ""), csrf_of(caller.token)):
            raise Forbidden("CSRF token missing or wrong", code="csrf")
        self.check(caller)
        return caller

    def check(self, caller: Caller) -> None:
        """Are the roles enough? Raises Forbidden."""
        if self.right is Right.OWN_SESSION:
            return
        if caller.account.must_change:
            raise Forbidden("the password must be changed first", code="mot_de_passe_a_changer")
        if self.right.roles.isdisjoint(caller.roles):
            raise Forbidden("the role does not allow it")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


class LogIn(Body, frozen=True):
    """Who logs in."""

    nom: str
    mot_de_passe: str


class NewPassword(Body, frozen=True):
    """One's old and new passwords."""

    ancien: str
    nouveau: str


class Identity(Answer, frozen=True):
    """Who is logged in; ``csrf`` goes back in ``X-CSRF-Token`` with every request that changes something.

    ``salle``: the only room whose entries this account makes; empty for all. ``dehors``: the page is not in the building, so that
    nothing live is shown to it.
    """

    nom: str
    roles: tuple[Role, ...]
    salle: str
    csrf: str
    doit_changer: bool
    dehors: bool


def _identity(caller: Caller, gate: Gate, request: Request) -> Response:
    account = caller.account
    response = reply(
        Identity(
            nom=account.name,
            roles=account.roles,
            salle=account.room,
            csrf=csrf_of(caller.token),
            doit_changer=account.must_change,
            dehors=not gate.local(request),
        )
    )
    # Sent again each time a page asks who is there: the browser's copy then slides with the session.
    response.set_cookie(
        COOKIE,
        caller.token,
        max_age=LIFETIME_S,
        path="/",
        httponly=True,
        samesite="strict",
        secure=gate.secure(request),
    )
    return response


router = APIRouter(prefix="/api/v1/session", tags=["session"])
OwnSession = Annotated[Caller, Depends(Allow(Right.OWN_SESSION))]
OneGate = Annotated[Gate, Depends(gate_of)]


@router.post(
    "",
    summary="Se connecter",
    dependencies=[Depends(Allow(Right.PUBLIC))],
    openapi_extra=describe(takes=LogIn, gives=Identity),
)
async def log_in(
    request: Request, gate: OneGate, who: Annotated[LogIn, Depends(Expect[LogIn](LogIn))]
) -> Response:
    """Open a session: its cookie comes with the answer."""
    caller = await gate.log_in(who.nom, who.mot_de_passe, gate.address(request))
    return _identity(caller, gate, request)


@router.get("", summary="Qui est connecté", openapi_extra=describe(gives=Identity))
async def who_am_i(request: Request, caller: OwnSession, gate: OneGate) -> Response:
    """The session's account; a page asks it after a reload."""
    return _identity(caller, gate, request)


@router.delete("", summary="Se déconnecter", openapi_extra=describe())
async def log_out(caller: OwnSession, services: Annotated[Services, Depends(services_of)]) -> Response:
    """Close this session."""
    services.sessions.close(caller.token)
    response = reply(Nothing())
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


@router.post("/mot-de-passe", summary="Changer son mot de passe", openapi_extra=describe(takes=NewPassword))
async def change_password(
    request: Request,
    caller: OwnSession,
    gate: OneGate,
    passwords: Annotated[NewPassword, Depends(Expect[NewPassword](NewPassword))],
) -> Response:
    """Replace one's own password; the account's other sessions end."""
    await gate.change_password(caller, passwords.ancien, passwords.nouveau, gate.address(request))
    return reply(Nothing())
