"""A room that is not a page: an encoder or an SFU sends it (WHIP, RFC 9725), a screen or an SFU shows what it sees (WHEP,
draft-ietf-wish-whep). One exchange of SDP, whole; a bearer key of that room; ``DELETE`` ends it.

No trickle and no restart of ICE: ``PATCH`` is 405, as RFC 9725 (4.3) has it for who supports neither.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from regie.errors import Refusal
from regie.messages import Way
from regie.rooms.access import KEY_MS, Pass, Use
from web_ui.auth import Allow
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import NotHere, NotLoggedIn
from web_ui.rights import Right
from web_ui.salles import Desk, Given, OneGate, ice_servers, room_of
from web_ui.services import Services

SDP = "application/sdp"
MAX_SDP = 64 * 1024
WAYS = {
    "whip": (Way.IN, frozenset({Use.ENCODER})),
    "whep": (Way.OUT, frozenset({Use.ENCODER, Use.SCREEN, Use.PASSIVE})),
}

router = APIRouter(prefix="/api/v1/salles", tags=["salles"])
PUBLIC = [Depends(Allow(Right.PUBLIC))]
STAFF = [Depends(Allow(Right.STAFF))]
_SDP_BODY = {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}
_SDP_GIVEN = {"201": {"description": "Réponse SDP", "content": {SDP: {"schema": {"type": "string"}}}}}


class ScreenLink(Answer, frozen=True):
    """The end of a link that shows what a room sees, and nothing else."""

    lien: str


class Follower(Body, frozen=True):
    """Who follows a room without taking part."""

    nom: str


class EncoderKey(Answer, frozen=True):
    """Where an encoder sends a room's picture, where its return is, and the bearer key of both; said once, kept nowhere."""

    whip: str
    whep: str
    cle: str
    jusqu_a_ms: int


@router.post(
    "/ecran",
    summary="Lien d'un écran pour le public de ma salle",
    dependencies=PUBLIC,
    openapi_extra=describe(gives=ScreenLink),
)
async def screen(request: Request, reception: Desk) -> Response:
    """A room's page asks for it; the screen may be on another machine, and can only watch."""
    room = room_of(request, reception)
    key = await reception.grant(room, Use.SCREEN)
    # After the #: a browser does not send that part, so that no log and no proxy ever holds it.
    return reply(ScreenLink(lien=f"/salle/{quote(room)}/ecran#{key}"))


@router.post(
    "/{salle}/participants",
    summary="Inviter un participant passif",
    dependencies=STAFF,
    openapi_extra=describe(takes=Follower, gives=ScreenLink),
)
async def person(
    salle: str, reception: Desk, who: Annotated[Follower, Depends(Expect[Follower](Follower))]
) -> Response:
    """A link of his own, for one screen at a time: he sees and hears as the room does, and takes no part; his last one is void."""
    key = await reception.invite_person(salle, who.nom)
    return reply(ScreenLink(lien=f"/salle/{quote(salle)}/ecran#{key}"))


@router.post(
    "/{salle}/participants/retrait",
    summary="Retirer un participant passif",
    dependencies=STAFF,
    openapi_extra=describe(takes=Follower),
)
async def remove_person(
    salle: str, reception: Desk, who: Annotated[Follower, Depends(Expect[Follower](Follower))]
) -> Response:
    """He follows no more, at once."""
    await reception.remove_person(salle, who.nom)
    return reply(Nothing())


@router.post(
    "/{salle}/encodeur",
    summary="Brancher un encodeur ou un SFU comme salle",
    dependencies=[Depends(Allow(Right.OPERATE))],
    openapi_extra=describe(gives=EncoderKey),
)
async def encoder(salle: str, services: Given, reception: Desk) -> Response:
    """A new key; the one given before is void."""
    key = await reception.grant(salle, Use.ENCODER)
    until_ms = services.clock.utc_ns() // 1_000_000 + KEY_MS
    here = f"/api/v1/salles/{quote(salle)}"
    return reply(EncoderKey(whip=f"{here}/whip", whep=f"{here}/whep", cle=key, jusqu_a_ms=until_ms))


def _allowed(request: Request, reception: Desk, room: str, kind: str) -> tuple[Way, Pass]:
    """Which way the request carries, and for what, if its bearer key opens that. Raises NotLoggedIn."""
    way, uses = WAYS[kind]
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    found = reception.opened_by(key.strip()) if scheme.lower() == "bearer" else None
    if found is None or found.room != room or found.use not in uses:
        raise NotLoggedIn("no key of this room", code="cle_salle_absente")
    return way, found


async def _offer(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != SDP:
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SDP:
            raise HTTPException(413)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400) from error


def _expect_shown(services: Services) -> None:
    """Refuse a screen of the public while something is hidden from it. Raises Refusal."""
    if services.secrecy.shut:
        raise Refusal("the public is not there", code="ecran_huis_clos")
    status = services.board.status.get()
    if status is not None and any(mask.is_open for mask in status.masks):
        raise Refusal("something is hidden from the public", code="ecran_masque")


async def _open(
    kind: str, room: str, request: Request, services: Given, reception: Desk, gate: OneGate
) -> Response:
    way, key = _allowed(request, reception, room, kind)
    screen = key.use in (Use.SCREEN, Use.PASSIVE)
    offer = await _offer(request)
    # After the body, which may come as slowly as its sender likes.
    if screen:
        _expect_shown(services)
    session, sdp = await reception.carry(
        room, way, offer, gate.address(request), screen=screen, person=key.person
    )
    if screen:
        try:
            # What was hidden meanwhile hung up the screens there were: this one was not among them yet.
            _expect_shown(services)
        except Refusal:
            await reception.drop(room, session)
            raise
    headers = {"Location": f"{request.url.path}/{session}", "Cache-Control": "no-store"}
    response = Response(sdp, 201, headers, media_type=SDP)
    for server in ice_servers(services, room, services.clock.utc_ns() // 1_000_000_000):
        secret = (
            f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        )
        for url in server.urls:
            link = f'<{url}>; rel="ice-server"{secret if server.username else ""}'
            response.headers.append("Link", link)
    return response


async def _end(kind: str, room: str, session: str, request: Request, reception: Desk) -> Response:
    _allowed(request, reception, room, kind)
    try:
        await reception.drop(room, session)
    except Refusal as refusal:
        raise NotHere(refusal.message) from refusal
    return reply(Nothing())


@router.post(
    "/{salle}/whip",
    summary="WHIP : envoyer l'image et le son d'une salle",
    dependencies=PUBLIC,
    openapi_extra={"requestBody": _SDP_BODY, "responses": _SDP_GIVEN},
)
async def whip(salle: str, request: Request, services: Given, reception: Desk, gate: OneGate) -> Response:
    """H.264 and Opus; takes the place of whatever sent that room's picture."""
    return await _open("whip", salle, request, services, reception, gate)


@router.post(
    "/{salle}/whep",
    summary="WHEP : recevoir ce que voit et entend une salle",
    dependencies=PUBLIC,
    openapi_extra={"requestBody": _SDP_BODY, "responses": _SDP_GIVEN},
)
async def whep(salle: str, request: Request, services: Given, reception: Desk, gate: OneGate) -> Response:
    """The programme without delay, and everybody's sound but the room's; the room must be admitted."""
    return await _open("whep", salle, request, services, reception, gate)


@router.delete(
    "/{salle}/whip/{session}", summary="Fin d'un envoi WHIP", dependencies=PUBLIC, openapi_extra=describe()
)
async def end_whip(salle: str, session: str, request: Request, reception: Desk) -> Response:
    """Hang up."""
    return await _end("whip", salle, session, request, reception)


@router.delete(
    "/{salle}/whep/{session}",
    summary="Fin d'une réception WHEP",
    dependencies=PUBLIC,
    openapi_extra=describe(),
)
async def end_whep(salle: str, session: str, request: Request, reception: Desk) -> Response:
    """Hang up."""
    return await _end("whep", salle, session, request, reception)
