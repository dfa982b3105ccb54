"""The automatic director over HTTP: its state, what a console asks of it, microphones of a desk or a contact, speaking times."""

import csv
import hmac
import io
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from audio.conference.generic import JsonParser
from config.chamber import ConferenceSystem
from regie.directing.microphones import Microphones
from regie.directing.news import DirectorCommand, DirectorNews
from regie.domain.director.events import Button
from regie.domain.speaking import by, by_item
from web_ui.auth import Allow, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import Forbidden, NotHere, TooMany
from web_ui.rights import Right
from web_ui.services import Services

router = APIRouter(prefix="/api/v1/realisation", tags=["réalisation"])
Given = Annotated[Services, Depends(services_of)]
MOST_DESKS = 8
NO_ITEM = "Hors ordre du jour"
_STAFF, _OPERATE = [Depends(Allow(Right.STAFF))], [Depends(Allow(Right.OPERATE))]


class MicrophoneSaid(Body, frozen=True):
    """A microphone's button, as a desk or a contact tells it."""

    micro: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    etat: Literal["ferme", "ouvert", "demande", "suivant", "priorite"]


class SpokenInfo(Answer, frozen=True):
    """What a seat said on an item of the agenda (empty: none was on the table), and its title: seconds, and how many speeches."""

    place: str
    elu: str
    groupe: str
    point: str
    titre: str
    secondes: float
    interventions: int


class SpeakingInfo(Answer, frozen=True):
    """Speaking times of the current séance, from its microphones; seconds by councillor, group and item besides.

    ``par_point`` in the order of the agenda, by title; « Hors ordre du jour » for what was said on none.
    """

    lignes: tuple[SpokenInfo, ...]
    par_elu: dict[str, float]
    par_groupe: dict[str, float]
    par_point: dict[str, float]


@router.get("", summary="L'automatique", dependencies=_STAFF, openapi_extra=describe(gives=DirectorNews))
async def director(services: Given) -> Response:
    """What the event stream tells too, at each change, as ``realisation``."""
    return reply(services.board.director.get())


@router.post(
    "/commandes",
    summary="Conduire l'automatique",
    dependencies=_OPERATE,
    openapi_extra=describe(takes=DirectorCommand),
)
async def command(
    services: Given,
    wanted: Annotated[DirectorCommand, Depends(Expect[DirectorCommand](DirectorCommand))],
) -> Response:
    """Mode, seat, exclusions, document, seat map."""
    services.direction.carry_out(wanted)
    return reply(Nothing())


@router.post(
    "/micros",
    summary="Dire qu'un micro s'ouvre ou se ferme",
    dependencies=[Depends(Allow(Right.OBSERVE))],
    openapi_extra=describe(takes=MicrophoneSaid),
)
async def microphone(
    request: Request,
    services: Given,
    said: Annotated[MicrophoneSaid, Depends(Expect[MicrophoneSaid](MicrophoneSaid))],
) -> Response:
    """For a mixing desk, a contact, an automaton of the local network; only when ``conference.systeme`` is ``http``."""
    _may_tell(request, services)
    names = services.config.conference.micros
    services.direction.button(names.get(said.micro, said.micro), Button(said.etat))
    return reply(Nothing())


@router.websocket("/micros", dependencies=[Depends(Allow(Right.OBSERVE))])
async def microphones(socket: WebSocket, services: Given) -> None:
    """The same for whoever stays connected: JSON messages, read leniently. While nobody is, no button holds."""
    _may_tell(socket, services)
    desks: set[WebSocket] = socket.app.state.desks
    if len(desks) >= MOST_DESKS:
        raise TooMany("too many are connected already")
    await socket.accept()
    desks.add(socket)
    direction = services.direction
    direction.conference_is("lie")
    parser, told = (
        JsonParser(),
        Microphones(services.config.conference, direction.button, direction.conference_is),
    )
    try:
        while True:
            for event in parser.feed(await _message(socket)):
                told.tell(event)
    except WebSocketDisconnect:
        pass
    finally:
        desks.discard(socket)
        if not desks:
            direction.conference_is("perdu")


async def _message(socket: WebSocket) -> str | bytes:
    """A message, text or binary. Raises WebSocketDisconnect."""
    said = await socket.receive()
    if said["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(said.get("code", 1005))
    found: str | bytes = said.get("text") or said.get("bytes") or ""
    return found


def _may_tell(connection: HTTPConnection, services: Services) -> None:
    """Raises NotHere when microphones are told otherwise, Forbidden without the word of the configuration."""
    conference = services.config.conference
    if conference.systeme is not ConferenceSystem.GENERIC_HTTP:
        raise NotHere("no microphone is told over HTTP")
    if conference.mot_de_passe is not None:
        wanted = f"Bearer {conference.mot_de_passe.get_secret_value()}"
        if not hmac.compare_digest(connection.headers.get("authorization", "").encode(), wanted.encode()):
            raise Forbidden("the word is not the one of the configuration")


@router.get(
    "/temps-de-parole",
    summary="Les temps de parole",
    dependencies=_STAFF,
    openapi_extra=describe(gives=SpeakingInfo),
)
async def speaking(services: Given) -> Response:
    """Live: counted from the microphones, by councillor, group and item."""
    return reply(_speaking(services))


@router.get(
    "/temps-de-parole.csv",
    summary="Les temps de parole, en tableau",
    dependencies=_STAFF,
    openapi_extra={"responses": {"200": {"description": "CSV", "content": {"text/csv": {}}}}},
)
async def speaking_table(services: Given) -> Response:
    """One line a councillor and an item; semicolons, decimal commas, as spreadsheets in French read them."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(("place", "élu", "groupe", "point", "titre", "secondes", "interventions"))
    for row in _speaking(services).lignes:
        seconds = f"{row.secondes:.1f}".replace(".", ",")
        table.writerow((row.place, row.elu, row.groupe, row.point, row.titre, seconds, row.interventions))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="temps-de-parole.csv"',
    }
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _speaking(services: Services) -> SpeakingInfo:
    config = services.config
    people = {person.id: person for person in config.elu}
    who = {place.id: people[place.elu] for place in config.place if place.elu in people}
    rows = services.direction.times.rows()
    names = {seat: person.nom for seat, person in who.items()}
    groups = {seat: person.groupe for seat, person in who.items() if person.groupe}
    register = services.core.register()
    titles = {
        item.agenda.id: f"{n}. {item.agenda.title}"
        for n, item in enumerate(register.items if register is not None else (), 1)
    }
    return SpeakingInfo(
        lignes=tuple(
            SpokenInfo(
                place=row.seat,
                elu=names.get(row.seat, ""),
                groupe=groups.get(row.seat, ""),
                point=row.item,
                titre=titles.get(row.item, ""),
                secondes=round(row.ms / 1000, 1),
                interventions=row.speeches,
            )
            for row in rows
        ),
        par_elu={name: round(ms / 1000, 1) for name, ms in by(rows, names).items()},
        par_groupe={name: round(ms / 1000, 1) for name, ms in by(rows, groups).items()},
        par_point={
            (titles.get(item, item) or NO_ITEM): round(ms / 1000, 1)
            for item, ms in by_item(rows, tuple(titles)).items()
        },
    )
