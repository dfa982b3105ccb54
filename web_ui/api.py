"""The control API: commands to the engine, the séance, the whole state, the low-latency monitor. All of it needs a session."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from regie.board import EngineStatus
from regie.domain.commands import (
    SeanceCommand,
)
from regie.domain.model import Role
from web_ui.agenda import ItemInfo
from web_ui.auth import Allow, Caller, Gate, gate_of, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import Forbidden
from web_ui.keys_door import KeysDoor
from web_ui.public import SeanceInfo, TownInfo, agenda_of, seance_info, town_info
from web_ui.rights import OperatorCommand, Right, may
from web_ui.secrecy_api import SecrecyInfo, confide, masking_roles, secrecy_info
from web_ui.services import Services

router = APIRouter(prefix="/api/v1", tags=["conduite"])
Given = Annotated[Services, Depends(services_of)]
Staff = Annotated[Caller, Depends(Allow(Right.STAFF))]


class PersonInfo(Answer, frozen=True):
    """Someone who may speak, for the titles."""

    id: str
    nom: str
    fonction: str
    groupe: str


class Clients(Answer, frozen=True):
    """Who is connected to the event stream."""

    consoles: int


class SecrecySettings(Answer, frozen=True):
    """What the safety bar must know: the look-back of the held key, how late this console hears, the longer delay, who may hide.

    ``touches``: the keys have a connection of their own besides.
    """

    recul_ms: int
    ecoute_ms: int
    retard_sensible_s: int
    masquent: tuple[Role, ...]
    touches: bool


class PlaceInfo(Answer, frozen=True):
    """A seat of the chamber; ``elu``: who sits there, ``groupe``: the seats that one wider shot shows with it.

    ``micros``: the microphones before it.
    """

    id: str
    nom: str
    elu: str | None
    groupe: str
    micros: tuple[str, ...] = ()


class WholeState(Answer, frozen=True):
    """Everything a console shows, as one value; ``moteur`` is null while the engine is away."""

    moteur: EngineStatus | None
    seance: SeanceInfo | None
    comptes: Clients
    ville: TownInfo
    elus: tuple[PersonInfo, ...]
    points: tuple[ItemInfo, ...]
    places: tuple[PlaceInfo, ...]
    fondu_ms: int
    retard_s: int
    segment_s: int
    confidentialite: SecrecySettings
    secret: SecrecyInfo


class MonitorOffer(Body, frozen=True):
    """A browser's WebRTC offer: what it wants to see, and its SDP."""

    flux: Literal["programme", "antenne", "casque"]
    sdp: str


class MonitorAnswer(Answer, frozen=True):
    """The answer: the session to hang up later, and the SDP."""

    session: str
    sdp: str


def current_seance(services: Services) -> SeanceInfo | None:
    """The current séance as pages get it."""
    view = services.core.view()
    return seance_info(view, services) if view else None


async def operate(services: Services, caller: Caller, command: OperatorCommand) -> None:
    """Carry out an operator's command. Raises Forbidden, Refusal, LinkLost."""
    if not may(caller.roles, command):
        raise Forbidden("the role does not allow this command")
    if not await confide(services, caller, command):
        await services.engine.call(command)


async def preside(services: Services, caller: Caller, command: SeanceCommand) -> None:
    """Carry out a command on the séance. Raises Forbidden, Refusal, LinkLost."""
    if not may(caller.roles, command):
        raise Forbidden("the role does not allow this command")
    await services.core.submit(command, caller.account.name)


@router.post(
    "/commandes", summary="Conduire l'image et le son", openapi_extra=describe(takes=OperatorCommand)
)
async def command(
    caller: Staff,
    services: Given,
    wanted: Annotated[OperatorCommand, Depends(Expect[OperatorCommand](OperatorCommand))],
) -> Response:
    """Preview, cut, title, antenna, outputs, inputs… One command, carried out or refused with its reason."""
    await operate(services, caller, wanted)
    return reply(Nothing())


@router.post("/seance", summary="Conduire la séance", openapi_extra=describe(takes=SeanceCommand))
async def seance(
    caller: Staff,
    services: Given,
    wanted: Annotated[SeanceCommand, Depends(Expect[SeanceCommand](SeanceCommand))],
) -> Response:
    """Prepare, open, suspend, resume, close. Answered once it is written."""
    await preside(services, caller, wanted)
    return reply(Nothing())


@router.get(
    "/etat",
    summary="L'état complet",
    dependencies=[Depends(Allow(Right.STAFF))],
    openapi_extra=describe(gives=WholeState),
)
async def state(request: Request, services: Given) -> Response:
    """What a console shows when it opens; the event stream then brings what changes."""
    config = services.config
    seance = current_seance(services)
    door: KeysDoor | None = request.app.state.keys_door
    return reply(
        WholeState(
            moteur=services.board.status.get(),
            seance=seance,
            comptes=Clients(consoles=request.app.state.hub.clients),
            ville=town_info(services),
            elus=tuple(
                PersonInfo(id=p.id, nom=p.nom, fonction=p.fonction, groupe=p.groupe) for p in config.elu
            ),
            points=agenda_of(services, request.app.state.timelines, seance.id) if seance is not None else (),
            places=tuple(
                PlaceInfo(
                    id=place.id,
                    nom=place.nom,
                    elu=place.elu,
                    groupe=place.groupe_plan,
                    micros=tuple(micro.id for micro in config.micro if micro.place == place.id),
                )
                for place in config.place
            ),
            fondu_ms=config.programme.fondu_ms,
            retard_s=config.programme.retard_s,
            segment_s=config.webtv.segment_s,
            confidentialite=SecrecySettings(
                recul_ms=round(config.confidentialite.recul_s * 1000),
                ecoute_ms=config.confidentialite.ecoute_ms,
                retard_sensible_s=config.confidentialite.retard_sensible_s,
                masquent=tuple(sorted(masking_roles(config))),
                touches=door is not None,
            ),
            secret=secrecy_info(services),
        )
    )


@router.post(
    "/moniteur",
    summary="Ouvrir un moniteur à faible latence",
    openapi_extra=describe(takes=MonitorOffer, gives=MonitorAnswer),
)
async def open_monitor(
    request: Request,
    services: Given,
    caller: Staff,
    gate: Annotated[Gate, Depends(gate_of)],
    offer: Annotated[MonitorOffer, Depends(Expect[MonitorOffer](MonitorOffer))],
) -> Response:
    """Answer a browser's WebRTC offer; it receives the packets of the programme, or of the antenna, as they are.

    ``casque`` is the sound alone of what the technician listens to, which may be a closed microphone: it is for operators. Outside
    the building only the antenna is given. Raises Refusal ``moniteur_dehors``.
    """
    if offer.flux == "casque":
        Allow(Right.OPERATE).check(caller)
    request.app.state.hub.expect_monitor(offer.flux, near=gate.local(request))
    session, sdp = await services.rtc.offer(offer.flux, offer.sdp, gate.address(request))
    return reply(MonitorAnswer(session=session, sdp=sdp))


@router.delete(
    "/moniteur/{session}",
    summary="Fermer un moniteur",
    dependencies=[Depends(Allow(Right.STAFF))],
    openapi_extra=describe(),
)
async def close_monitor(session: str, services: Given) -> Response:
    """Hang up."""
    await services.rtc.hangup(session)
    return reply(Nothing())
