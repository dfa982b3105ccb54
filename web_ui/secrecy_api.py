"""Confidentiality over HTTP: the register of masks, its reasons, the end of a huis clos, and what the public is told of it all."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from config.schema import Config
from regie.arming import personal
from regie.documents.hidden import listed
from regie.domain.commands import CloseMask, KeepMask, OpenMask, SetAntenna
from regie.domain.masks import MaskKind, MaskLine
from regie.domain.model import Role, SeanceState, SlateName
from regie.domain.proposals import live_proposal
from web_ui.agenda import Timelines
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import Forbidden, NotHere
from web_ui.passages import Passage, passages
from web_ui.public import cacheable, public_ms, replay_public
from web_ui.rights import OPERATORS, OperatorCommand, Right
from web_ui.services import Services

router = APIRouter(prefix="/api/v1/confidentialite", tags=["confidentialité"])
Given = Annotated[Services, Depends(services_of)]
Staff = Annotated[Caller, Depends(Allow(Right.STAFF))]
MAX_REASON = 200


class MaskInfo(Answer, frozen=True):
    """A mask of the register; instants in UTC milliseconds. ``parti_ms``: how much had left when it was asked for."""

    id: str
    genre: MaskKind
    qui: str
    point: str
    motif: str
    parti_ms: int
    debut_ms: int | None
    fin_ms: int | None
    ouvert: bool


class ArmedInfo(Answer, frozen=True):
    """Flagged items: the one that is discussed, the one that comes next; empty when none is."""

    point: str
    suivant: str


class ProposalInfo(Answer, frozen=True):
    """What may name somebody and has not left yet: a mask from ``debut_ms`` on (UTC) would catch it. ``parole``: because somebody
    has begun to speak; else because the item was called. ``duree_ms``: how long the proposal stands in all. ``rang``: that of the
    item on the agenda, as people say it."""

    point: str
    noms: tuple[str, ...]
    parole: bool
    debut_ms: int
    duree_ms: int
    rang: int | None = None


class SecrecyInfo(Answer, frozen=True):
    """What the safety bar shows beside the engine's own state."""

    huis_clos: bool
    arme: ArmedInfo
    proposition: ProposalInfo | None
    masques: tuple[MaskInfo, ...]


class PublicMask(Answer, frozen=True):
    """A masked passage as the public is told of it: when, and nothing of the content.

    ``debut_ms``, ``fin_ms``: UTC milliseconds; ``debut_s``, ``fin_s``: where it is in the WebTV, null for what is not there.
    """

    genre: MaskKind
    debut_ms: int
    fin_ms: int | None
    debut_s: float | None = None
    fin_s: float | None = None


class Why(Body, frozen=True):
    """A mask's reason, for the minutes, and its item. Never what was said."""

    motif: Annotated[str, msgspec.Meta(max_length=MAX_REASON)]
    point: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Reopening(Body, frozen=True):
    """The president's word that the séance is public again."""

    publique: Literal[True]


def masking_roles(config: Config) -> frozenset[Role]:
    """Who may hide, and show again what they hid."""
    section = config.confidentialite
    lent = {Role.AUXILIARY: section.auxiliaire_masque, Role.PRESIDENT: section.president_masque}
    return OPERATORS | {role for role, may in lent.items() if may}


def secrecy_info(services: Services) -> SecrecyInfo:
    """Confidentiality as the pages get it now."""
    armed = services.arming.armed
    return SecrecyInfo(
        huis_clos=services.secrecy.shut,
        arme=ArmedInfo(point=armed.now, suivant=armed.soon),
        proposition=_proposal(services),
        masques=tuple(_info(services, line) for line in services.secrecy.book),
    )


def _proposal(services: Services) -> ProposalInfo | None:
    """What the register proposes to hide now; nothing while the public has a slate, nor once something was hidden since."""
    status, register = services.board.status.get(), services.core.register()
    if status is None or register is None or not status.antenna.on:
        return None
    settings, marked = services.config.confidentialite, personal(services.config, register)
    now_ms, lead_ms = services.clock.utc_ns() // 1_000_000, round(settings.recul_s * 1000)
    found = live_proposal(register, marked, now_ms, status.delay.held_ms, lead_ms)
    if found is None or any(mask.is_open or mask.opened_ms >= found.start_ms for mask in status.masks):
        return None
    return ProposalInfo(
        point=found.item,
        rang=next((rank for rank, one in enumerate(register.items, 1) if one.id == found.item), None),
        noms=found.names,
        parole=found.speaker,
        debut_ms=found.start_ms,
        duree_ms=found.lasts_ms,
    )


def public_masks(services: Services, timelines: Timelines) -> tuple[PublicMask, ...]:
    """The masked passages of the current séance, for its timeline; those that citizens have reached."""
    view = services.core.view()
    if view is None:
        return ()
    reached_ms = public_ms(services)
    spans = passages(services, view.id)
    return _placed(services, timelines, view.id, (span for span in spans if span[1] <= reached_ms))


def past_masks(services: Services, timelines: Timelines, seance: str) -> tuple[PublicMask, ...]:
    """The masked passages of a séance that may be watched again. Raises NotHere."""
    current = services.core.view()
    if current is not None and current.id == seance and current.state is not SeanceState.ENDED:
        return public_masks(services, timelines)
    views = (*((current,) if current else ()), *services.core.past())
    view = next((one for one in views if one.id == seance), None)
    if view is None or not replay_public(view, services):
        raise NotHere("no such séance", code="seance_inconnue")
    spans = ((row.hides, row.start_ms, row.end_ms) for row in listed(services.seances_dir / seance))
    return _placed(services, timelines, seance, spans)


def _placed(
    services: Services, timelines: Timelines, seance: str, spans: Iterable[Passage]
) -> tuple[PublicMask, ...]:
    timeline = timelines.of(services.seances_dir / seance / "hls", f"{services.config.programme.hauteur}p")

    def where(at_ms: int | None) -> float | None:
        return None if at_ms is None or timeline is None else timeline.position(at_ms)

    return tuple(
        PublicMask(genre=kind, debut_ms=start, fin_ms=end, debut_s=where(start), fin_s=where(end))
        for kind, start, end in _apart(spans)
    )


def _apart(spans: Iterable[Passage]) -> list[Passage]:
    """In order, each passage once: what was taken out of a mask pressed too late lies inside that mask."""
    told: list[Passage] = []
    for kind, start, end in sorted(spans, key=lambda span: (span[1], -_last(span[2]))):
        if not any(other in (kind, MaskKind.BOTH) and _last(end) <= _last(until) for other, _, until in told):
            told.append((kind, start, end))
    return told


def _last(end_ms: int | None) -> float:
    return math.inf if end_ms is None else end_ms


def _info(services: Services, line: MaskLine) -> MaskInfo:
    first, last = line.stretches[0], line.stretches[-1]
    instant = services.secrecy.utc_ms
    return MaskInfo(
        id=line.id,
        genre=line.hides,
        qui=line.who,
        point=line.item,
        motif=line.reason,
        parti_ms=line.gone // 48,
        debut_ms=instant(first.run, first.start),
        fin_ms=line.closed_ms if last.end is None else instant(last.run, last.end),
        ouvert=line.is_open,
    )


async def confide(services: Services, caller: Caller, command: OperatorCommand) -> bool:
    """Carry out a command that hides or shows; False when it is another kind. Raises Forbidden, Refusal, LinkLost."""
    match command:
        case OpenMask():
            _expect(services, caller)
            item = command.item or services.secrecy.item()
            await services.secrecy.hide(
                msgspec.structs.replace(
                    command, by=caller.account.name, item=item[:64], at=services.secrecy.live()
                )
            )
        case CloseMask():
            _expect(services, caller)
            await services.secrecy.release(CloseMask(mask=command.mask), caller.account.name)
        case KeepMask():
            _expect(services, caller)
            await services.engine.call(command)
        case SetAntenna(on=False):
            _expect(services, caller)
            if command.slate is SlateName.CLOSED_DOORS:
                await services.secrecy.shut_doors(caller.account.name)
            else:
                await services.engine.call(command)
        case _:
            return False
    return True


def _expect(services: Services, caller: Caller) -> None:
    if masking_roles(services.config).isdisjoint(caller.roles):
        raise Forbidden("the role does not allow this command")


@router.get("", summary="Masques, huis clos et points signalés", openapi_extra=describe(gives=SecrecyInfo))
async def whole(caller: Staff, services: Given) -> Response:
    """The register of masks of the current séance, never with their content."""
    return reply(secrecy_info(services))


@router.post("/public", summary="Dire la séance de nouveau publique", openapi_extra=describe(takes=Reopening))
async def make_public(
    caller: Staff, services: Given, _said: Annotated[Reopening, Depends(Expect[Reopening](Reopening))]
) -> Response:
    """The president ends the huis clos; giving the antenna is then the technician's act."""
    if Role.PRESIDENT not in caller.roles:
        raise Forbidden("only the president may", code="president_rouvre")
    await services.secrecy.make_public(caller.account.name)
    return reply(Nothing())


@router.post("/masques/{mask}/motif", summary="Motiver un masque", openapi_extra=describe(takes=Why))
async def explain(
    mask: str, caller: Staff, services: Given, why: Annotated[Why, Depends(Expect[Why](Why))]
) -> Response:
    """Give or correct the reason and the item of a mask."""
    _expect(services, caller)
    await services.secrecy.explain(mask, why.motif, why.point, caller.account.name)
    return reply(Nothing())


public = APIRouter(tags=["public"], dependencies=[Depends(Allow(Right.PUBLIC))])


@public.get(
    "/api/v1/public/masques",
    summary="Les passages masqués de la séance",
    openapi_extra=describe(gives=tuple[PublicMask, ...]),
)
def masked(request: Request, services: Given) -> Response:
    """When something was masked, for the timeline; nothing of what it was."""
    told = public_masks(services, request.app.state.timelines)
    return cacheable(request, msgspec.json.encode(told), "application/json", 2)


@public.get(
    "/api/v1/seances/{seance}/masques",
    summary="Les passages masqués d'une séance terminée",
    openapi_extra=describe(gives=tuple[PublicMask, ...]),
)
def masked_then(seance: str, request: Request, services: Given) -> Response:
    """When something was masked or taken out afterwards; nothing of what it was. Raises NotHere."""
    told = past_masks(services, request.app.state.timelines, seance)
    return cacheable(request, msgspec.json.encode(told), "application/json", 10)
