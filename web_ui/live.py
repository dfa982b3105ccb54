"""The event stream ``/api/v1/ws``: state, meters and thumbnails to the consoles, commands from them, each answered.

Closing codes are stable: 4400 nonsense, 4401 not logged in (any more), 4403 not allowed, 4408 too slow, 4429 too many consoles.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Annotated, assert_never

import msgspec
from fastapi import APIRouter, Depends, WebSocket
from starlette.websockets import WebSocketDisconnect

from camera_drivers.base import Speeds
from regie.cameras.commands import CameraCommand, Signed
from regie.domain.commands import SeanceCommand
from regie.domain.register.commands import AnyCommand
from regie.errors import RegieError
from web_ui.api import operate, preside
from web_ui.auth import Allow, Caller, Gate, gate_of, services_of
from web_ui.bodies import parse
from web_ui.errors import Forbidden, Invalid, TooMany
from web_ui.hub import Client, Hub
from web_ui.keys_door import PATH as KEYS_PATH
from web_ui.reads import Reads
from web_ui.register_api import Entered, EntryAsked, enter
from web_ui.rights import OperatorCommand, Right
from web_ui.services import Services
from web_ui.texts import Texts

NONSENSE, NOT_LOGGED_IN, NOT_ALLOWED, TOO_SLOW, TOO_MANY = 4400, 4401, 4403, 4408, 4429
# A T-bar dragged by hand is some thirty commands a second, each answered within milliseconds.
MAX_IN_FLIGHT = 32
MAX_MESSAGE = 64 * 1024
NOT_HANDED = 1013
# A peer that reads nothing does not take a farewell either; its connection is then cut without one.
CLOSING_S = 2


class _Said(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what a client says."""


class AskCommand(_Said, frozen=True, tag="commande"):
    """Carry out an operator's command; the answer repeats ``id``."""

    id: int
    commande: msgspec.Raw


class AskSeance(_Said, frozen=True, tag="seance"):
    """Carry out a command on the séance; the answer repeats ``id``."""

    id: int
    commande: msgspec.Raw


class AskEntry(_Said, frozen=True, tag="registre"):
    """Enter something in the legal register under a key: sent twice, it is written once; the answer repeats ``id``.

    ``saisi_ms`` (UTC): when it was typed, if it waited for the network since; ``apres``: the newest entry of the same
    page that is written; ``seance``: the one it was typed for.
    """

    id: int
    cle: str
    commande: msgspec.Raw
    saisi_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    apres: Annotated[int, msgspec.Meta(ge=0)] = 0
    seance: str = ""


class Follow(_Said, frozen=True, tag="suivre"):
    """What the page shows of the news: the legal register (not by default), the meters (by default)."""

    registre: bool = False
    niveaux: bool = True


class AskCamera(_Said, frozen=True, tag="camera"):
    """Carry out a command on the cameras; the answer repeats ``id``."""

    id: int
    commande: msgspec.Raw


class Drive(_Said, frozen=True, tag="piloter"):
    """A joystick: each axis from −1 to 1 of full speed (zoom: positive is closer); all zero stops.

    To be said again every 100 ms as long as it is held: 300 ms of silence, or the end of the connection, stop the camera.
    Answered only when it is refused.
    """

    id: int
    camera: str
    pan: Signed = 0.0
    tilt: Signed = 0.0
    zoom: Signed = 0.0


class Look(_Said, frozen=True, tag="regarder"):
    """The page shows thumbnails, or no longer; renewed every 2 s."""

    vignettes: bool


class Ping(_Said, frozen=True, tag="ping"):
    """Comes back as ``pong`` with the same ``t``."""

    t: float


Said = AskCommand | AskSeance | AskEntry | AskCamera | Drive | Follow | Look | Ping


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reponse"):
    """The end of a command: carried out when ``code`` is empty; ``ecrit`` for an entry of the register."""

    id: int
    code: str = ""
    message: str = ""
    faits: dict[str, str | int | float | bool | None] = {}
    ecrit: Entered | msgspec.UnsetType = msgspec.UNSET


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """The echo of a ping."""

    t: float


_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)
_operator: msgspec.json.Decoder[OperatorCommand] = msgspec.json.Decoder(OperatorCommand)
_camera: msgspec.json.Decoder[CameraCommand] = msgspec.json.Decoder(CameraCommand)
_seance: msgspec.json.Decoder[SeanceCommand] = msgspec.json.Decoder(SeanceCommand)
_entry: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the connection is closed by us."""

    code: int
    reason: str


class Conversation:
    """One console's connection, from its acceptance to its end."""

    def __init__(
        self, socket: WebSocket, services: Services, gate: Gate, hub: Hub, texts: Texts, reads: Reads
    ) -> None:
        self._socket = socket
        self._reads = reads
        self._services = services
        self._gate = gate
        self._hub = hub
        self._texts = texts
        self._in_flight = 0

    async def run(self) -> None:
        """Talk until either end has enough. Commands that were heard are carried out to their end, page or no page."""
        await self._socket.accept()
        with self._hub.client(near=self._gate.local(self._socket)) as client:
            if client is None:
                await self._socket.close(TOO_MANY, "trop de consoles")
                return
            async with asyncio.TaskGroup() as commands:
                try:
                    closing = await self._converse(client, commands)
                finally:
                    self._services.cameras.let_go(self)
                if closing is not None:
                    with contextlib.suppress(WebSocketDisconnect, TimeoutError):
                        async with asyncio.timeout(CLOSING_S):
                            await self._socket.close(closing.code, closing.reason)

    async def _converse(self, client: Client, commands: asyncio.TaskGroup) -> Closing | None:
        both = [
            asyncio.create_task(self._send(client), name="ws send"),
            asyncio.create_task(self._listen(client, commands), name="ws listen"),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        return next((task.result() for task in done), None)

    async def _send(self, client: Client) -> Closing | None:
        try:
            while not client.overrun:
                for message in await client.take():
                    if isinstance(message, str):
                        await self._socket.send_text(message)
                    else:
                        await self._socket.send_bytes(message)
        except WebSocketDisconnect:
            return None
        return Closing(TOO_SLOW, "trop lent")

    async def _listen(self, client: Client, commands: asyncio.TaskGroup) -> Closing | None:
        while not client.overrun:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            # A session may have ended, or lost a role, since the last message.
            caller = self._gate.caller(self._socket)
            if caller is None:
                return Closing(NOT_LOGGED_IN, "session terminée")
            try:
                Allow(Right.STAFF).check(caller)
                said = parse((message.get("text") or "").encode()[: MAX_MESSAGE + 1], _said)
            except Forbidden as error:
                return Closing(NOT_ALLOWED, error.stable_code)
            except Invalid:
                return Closing(NONSENSE, "message incompris")
            await self._heard(said, caller, client, commands)
        return Closing(TOO_SLOW, "trop lent")

    async def _heard(self, said: Said, caller: Caller, client: Client, commands: asyncio.TaskGroup) -> None:
        match said:
            case AskCommand() | AskSeance() | AskEntry() | AskCamera():
                if self._in_flight >= MAX_IN_FLIGHT:
                    self._answer(
                        client, said.id, TooMany("too many commands at once", code="trop_de_commandes")
                    )
                    return
                self._in_flight += 1
                commands.create_task(self._carry_out(said, caller, client), name="ws command")
            case Follow():
                if self._hub.follow(client, said.registre, said.niveaux):
                    self._reads.note(caller.account.name, "suivi", "")
            case Drive():
                self._drive(said, caller, client)
            case Look():
                commands.create_task(self._hub.watch(client, said.vignettes), name="ws watch")
            case Ping():
                client.answer(msgspec.json.encode(Pong(t=said.t)))
            case _:
                assert_never(said)

    def _drive(self, said: Drive, caller: Caller, client: Client) -> None:
        try:
            Allow(Right.OPERATE).check(caller)
            self._services.cameras.drive(self, said.camera, Speeds(said.pan, said.tilt, said.zoom))
        except RegieError as error:
            self._answer(client, said.id, error)

    async def _carry_out(
        self, asked: AskCommand | AskSeance | AskEntry | AskCamera, caller: Caller, client: Client
    ) -> None:
        refusal: RegieError | None = None
        entered: Entered | None = None
        try:
            match asked:
                case AskCommand():
                    await operate(self._services, caller, parse(asked.commande, _operator))
                case AskSeance():
                    await preside(self._services, caller, parse(asked.commande, _seance))
                case AskEntry():
                    command = parse(asked.commande, _entry)
                    entry = EntryAsked(
                        cle=asked.cle,
                        commande=command,
                        saisi_ms=asked.saisi_ms,
                        apres=asked.apres,
                        seance=asked.seance,
                    )
                    entered = await enter(self._services, caller, entry)
                case AskCamera():
                    Allow(Right.OPERATE).check(caller)
                    await self._services.cameras.carry_out(parse(asked.commande, _camera))
        except RegieError as error:
            refusal = error
        finally:
            self._in_flight -= 1
        self._answer(client, asked.id, refusal, entered)

    def _answer(
        self, client: Client, asked: int, refusal: RegieError | None, entered: Entered | None = None
    ) -> None:
        reply = Reply(id=asked, ecrit=entered or msgspec.UNSET)
        if refusal is not None:
            code = refusal.stable_code
            reply = Reply(
                id=asked, code=code, message=self._texts.say(code, refusal.facts), faits=refusal.facts
            )
        client.answer(msgspec.json.encode(reply))


router = APIRouter()


@router.websocket("/api/v1/ws", dependencies=[Depends(Allow(Right.STAFF))])
async def events(
    socket: WebSocket,
    services: Annotated[Services, Depends(services_of)],
    gate: Annotated[Gate, Depends(gate_of)],
) -> None:
    """The event stream of the consoles."""
    state = socket.app.state
    await Conversation(socket, services, gate, state.hub, state.texts, state.reads).run()


@router.websocket(KEYS_PATH, dependencies=[Depends(Allow(Right.STAFF))])
async def keys(socket: WebSocket) -> None:
    """The keys that hide; what comes here could not be handed on (see :mod:`web_ui.keys_door`), and goes by the event stream."""
    await socket.close(NOT_HANDED)
