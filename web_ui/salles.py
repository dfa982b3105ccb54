"""Remote rooms over HTTP and WebSocket: joining, the conversation of PROTOCOL.md, and what the régie's people do with them.

A room's page holds a key in a cookie of its own, got once for an invitation. Closing codes are stable: 4401 no key (any more), 4408
too slow, 4410 another page took the room's place, 4429 too many messages.
"""

import asyncio
import contextlib
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from regie.errors import RegieError
from regie.rooms.access import KEY_MS, turn_credentials
from regie.rooms.gathering import Room
from regie.rooms.mailbox import Mailbox
from regie.rooms.protocol import (
    VERSION,
    Hello,
    IceServer,
    Offered,
    Order,
    Ping,
    Pong,
    Refused,
    Said,
    Station,
    Welcome,
)
from regie.rooms.reception import Reception
from web_ui.attempts import Attempts
from web_ui.auth import Allow, Gate, gate_of, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import NotHere, NotLoggedIn, TooMany
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.texts import Texts

COOKIE = "regie_salle"
NO_KEY, TOO_SLOW, REPLACED, TOO_MANY = 4401, 4408, 4410, 4429
MAX_UPLINK_BYTES = 4 * 1024 * 1024
CLOSING_S = 2
SENDING_S = 10
"""A laptop that sleeps takes nothing and closes nothing: its visit ends, it comes back as the same room."""
_encoder = msgspec.json.Encoder()

router = APIRouter(prefix="/api/v1/salles", tags=["salles"])
Given = Annotated[Services, Depends(services_of)]


def reception_of(services: Given) -> Reception:
    """Who keeps the rooms. Raises NotHere where none is configured."""
    if services.rooms is None:
        raise NotHere("no remote room is configured", code="salles_absentes")
    return services.rooms


Desk = Annotated[Reception, Depends(reception_of)]
OneGate = Annotated[Gate, Depends(gate_of)]
PUBLIC = [Depends(Allow(Right.PUBLIC))]
STAFF = [Depends(Allow(Right.STAFF))]


class Entrance(Body, frozen=True):
    """A link's token, or six digits."""

    secret: str


class RoomCard(Answer, frozen=True):
    """Which room this page is."""

    salle: str
    nom: str


class LinkInfo(Answer, frozen=True):
    """A connection as the console shows it."""

    kbps: int
    pertes: int
    perte_permille: int
    image_ms: int | None
    son_ms: int | None
    palier: str | None


class RoomInfo(Answer, frozen=True):
    """A room as the régie's people see it. ``coupee_ms``: since when its link is lost; ``mesuree``: both ways, ten seconds;
    ``passifs``: who follows it without taking part."""

    id: str
    nom: str
    phase: str
    page: bool
    parole: bool
    muette: bool
    main: int | None
    rang: int | None
    essais_valides: bool
    mesuree: bool
    confirmee: bool
    encodeur: bool
    coupee_ms: int | None
    ecartee_pour: str
    document: bool
    passifs: tuple[str, ...]
    liaison: LinkInfo | None


class WordInfo(Answer, frozen=True):
    """A word on the moderator's channel."""

    salle: str
    de_la_regie: bool
    texte: str
    a_ms: int


class Rooms(Answer, frozen=True):
    """Every room, and the last words on the moderator's channel."""

    salles: tuple[RoomInfo, ...]
    messages: tuple[WordInfo, ...]


class Invited(Answer, frozen=True):
    """What to send: the end of the link, six digits; said once, kept nowhere."""

    lien: str
    code: str
    jusqu_a_ms: int


class Act(Body, frozen=True):
    """What to do with a room; ``texte``: the item it is put aside for, or the word it is sent."""

    acte: Literal[
        "admettre", "ecarter", "renvoyer", "donner_parole", "retirer_parole", "cesser_partage", "message"
    ]
    texte: str = ""


def _info(room: Room, reception: Reception, now_ms: int) -> RoomInfo:
    link = room.link
    return RoomInfo(
        id=room.id,
        nom=room.name,
        phase=room.phase.value,
        page=room.page,
        parole=room.floor,
        muette=room.own_mute,
        main=room.hand_ms,
        rang=reception.gathering.rank(room.id),
        essais_valides=room.tests_valid(now_ms),
        mesuree=room.measured(now_ms),
        confirmee=reception.confirmed(room.id),
        encodeur=reception.encodes(room.id),
        coupee_ms=room.lost_ms,
        ecartee_pour=room.parked_for,
        document=room.document is not None,
        passifs=reception.persons(room.id),
        liaison=None
        if link is None
        else LinkInfo(
            kbps=link.kbps,
            pertes=link.lost,
            perte_permille=link.loss_permille,
            image_ms=link.picture_age_ms,
            son_ms=link.sound_age_ms,
            palier=link.tier,
        ),
    )


@router.get("", summary="Les salles distantes", dependencies=STAFF, openapi_extra=describe(gives=Rooms))
async def rooms(services: Given, reception: Desk) -> Response:
    """Where each room stands."""
    now_ms = services.clock.utc_ns() // 1_000_000
    return reply(
        Rooms(
            salles=tuple(_info(room, reception, now_ms) for room in reception.gathering.rooms.values()),
            messages=tuple(
                WordInfo(salle=word.room, de_la_regie=word.mine, texte=word.text, a_ms=word.at_ms)
                for word in reception.words
            ),
        )
    )


@router.post(
    "/{salle}/invitation",
    summary="Inviter une salle",
    dependencies=STAFF,
    openapi_extra=describe(gives=Invited),
)
async def invite(salle: str, reception: Desk) -> Response:
    """A link and a code that serve once; those given before and not used are void."""
    invitation = await reception.invite(salle)
    # After the #: a browser does not send that part, so that no log and no proxy ever holds it.
    link = f"/salle/{salle}#{invitation.token}"
    return reply(Invited(lien=link, code=invitation.code, jusqu_a_ms=invitation.until_ms))


@router.post(
    "/{salle}/acte", summary="Conduire une salle", dependencies=STAFF, openapi_extra=describe(takes=Act)
)
async def act(salle: str, reception: Desk, wanted: Annotated[Act, Depends(Expect[Act](Act))]) -> Response:
    """Admit, put aside, dismiss; give and take the floor; end a document; write to the room."""
    match wanted.acte:
        case "admettre":
            await reception.admit(salle)
        case "ecarter":
            await reception.park(salle, wanted.texte)
        case "renvoyer":
            await reception.dismiss(salle)
        case "donner_parole":
            await reception.give_floor(salle)
        case "retirer_parole":
            await reception.take_floor(salle)
        case "cesser_partage":
            await reception.stop_sharing(salle)
        case "message":
            reception.write(salle, wanted.texte)
    return reply(Nothing())


def attempts_of(connection: Request) -> Attempts:
    """Counts who tries codes."""
    attempts = connection.app.state.room_attempts
    assert isinstance(attempts, Attempts)
    return attempts


def room_of(connection: Request | WebSocket, reception: Reception) -> str:
    key = connection.cookies.get(COOKIE)
    room = reception.room_of(key) if key else None
    if room is None:
        raise NotLoggedIn("no key of a room", code="cle_salle_absente")
    return room


@router.post(
    "/entree",
    summary="Rejoindre",
    dependencies=PUBLIC,
    openapi_extra=describe(takes=Entrance, gives=RoomCard),
)
async def enter(
    request: Request,
    reception: Desk,
    gate: OneGate,
    attempts: Annotated[Attempts, Depends(attempts_of)],
    given: Annotated[Entrance, Depends(Expect[Entrance](Entrance))],
) -> Response:
    """Exchange an invitation for this page's key: its cookie comes with the answer."""
    address = gate.address(request)
    wait_s = attempts.begin("salle", address)
    if wait_s:
        raise TooMany("too many attempts", code="trop_d_essais", attendre_s=wait_s)
    room, key = await reception.join(given.secret)
    attempts.succeeded("salle", address)
    response = reply(RoomCard(salle=room, nom=reception.gathering.room(room).name))
    response.set_cookie(
        COOKIE,
        key,
        max_age=KEY_MS // 1000,
        path="/",
        httponly=True,
        samesite="strict",
        secure=gate.secure(request),
    )
    return response


@router.get(
    "/moi", summary="Quelle salle suis-je", dependencies=PUBLIC, openapi_extra=describe(gives=RoomCard)
)
async def me(request: Request, reception: Desk) -> Response:
    """The room of this page's key; a page asks it after a reload."""
    room = room_of(request, reception)
    return reply(RoomCard(salle=room, nom=reception.gathering.room(room).name))


@router.post("/montant", summary="Mesurer son débit montant", dependencies=PUBLIC, openapi_extra=describe())
async def uplink(request: Request, reception: Desk) -> Response:
    """Takes some bytes and forgets them: the page times it."""
    room_of(request, reception)
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > MAX_UPLINK_BYTES:
            break
    return reply(Nothing())


class Visit:
    """One connection of a room's page, from its acceptance to its end."""

    def __init__(
        self, socket: WebSocket, services: Services, reception: Reception, gate: Gate, texts: Texts, room: str
    ) -> None:
        self._socket = socket
        self._services = services
        self._reception = reception
        self._texts = texts
        self._room = room
        self._address = gate.address(socket)
        self._station = Station()

    async def run(self) -> None:
        """Talk until either end has enough."""
        await self._socket.accept()
        reception = self._reception
        mailbox = reception.enter(self._room)
        both = [
            asyncio.create_task(self._send(mailbox), name="room send"),
            asyncio.create_task(self._listen(mailbox), name="room listen"),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            await reception.exit(self._room, mailbox)
        code = next((task.result() for task in done), None)
        if code is not None:
            with contextlib.suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
                async with asyncio.timeout(CLOSING_S):
                    await self._socket.close(code)

    async def _send(self, mailbox: Mailbox) -> int | None:
        try:
            while not mailbox.overrun:
                for told in await mailbox.take():
                    async with asyncio.timeout(SENDING_S):
                        await self._socket.send_text(_encoder.encode(told).decode())
                    if isinstance(told, Order) and told.quoi == "partir":
                        return REPLACED
        except WebSocketDisconnect:
            return None
        except TimeoutError:
            return TOO_SLOW
        return TOO_SLOW

    async def _listen(self, mailbox: Mailbox) -> int | None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if self._reception.room_of(self._socket.cookies.get(COOKIE, "")) != self._room:
                return NO_KEY
            asked: int | None = None
            try:
                said = self._station.hear(
                    message.get("text") or "", self._services.clock.monotonic_ns() / 1e9
                )
                asked = said.id if isinstance(said, Offered) else None
                await self._heard(said, mailbox)
            except RegieError as error:
                if error.stable_code == "trop_de_messages":
                    return TOO_MANY
                sentence = self._texts.say(error.stable_code, error.facts)
                mailbox.tell(Refused(code=error.stable_code, texte=sentence, id=asked))

    async def _heard(self, said: Said, mailbox: Mailbox) -> None:
        if isinstance(said, Hello):
            mailbox.tell(self._welcome())
        elif isinstance(said, Ping):
            mailbox.tell(Pong(t=said.t))
        else:
            await self._reception.hear(self._room, said, self._address)

    def _welcome(self) -> Welcome:
        services, now_ms = self._services, self._services.clock.utc_ns() // 1_000_000
        room = self._reception.gathering.room(self._room)
        return Welcome(
            version=VERSION,
            salle=room.id,
            nom=room.name,
            ville=services.config.ville.nom,
            essais_valides=room.tests_valid(now_ms),
            ice=ice_servers(services, room.id, now_ms // 1000),
        )


def ice_servers(services: Services, room: str, now_s: int) -> tuple[IceServer, ...]:
    """The configuration's TURN servers, with credentials that die by themselves."""
    turn = services.config.salles
    if not turn.turn_adresses:
        return ()
    if turn.turn_secret is None:
        return (IceServer(urls=turn.turn_adresses),)
    user, password = turn_credentials(turn.turn_secret.get_secret_value(), room, now_s)
    return (IceServer(urls=turn.turn_adresses, username=user, credential=password),)


@router.websocket("/ws", dependencies=PUBLIC)
async def talk(socket: WebSocket, services: Given, reception: Desk, gate: OneGate) -> None:
    """The conversation with a room's page."""
    room = room_of(socket, reception)
    await Visit(socket, services, reception, gate, socket.app.state.texts, room).run()
