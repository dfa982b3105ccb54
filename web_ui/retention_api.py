"""The API of retention (P7): what is kept of each séance and until when, slips of elimination, the archives' visa, deletion."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from regie.documents.pdf import pdf
from regie.documents.privacy import slip_paper
from regie.documents.retention import NAMES, Eliminations, Slip, Timer, due, timers
from regie.domain.register import delays
from regie.errors import Refusal
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, describe, reply
from web_ui.preparation_api import Clerk
from web_ui.rights import Right
from web_ui.services import Services

router = APIRouter(prefix="/api/v1/conservation", tags=["secrétariat"])
Given = Annotated[Services, Depends(services_of)]
Admin = Annotated[Caller, Depends(Allow(Right.ADMINISTER))]


class KeptInfo(Answer, frozen=True):
    """A series of files of a séance; ``jusqu_au`` empty: its time has not begun to run. ``echu``: its time has come."""

    seance: str
    serie: str
    nom: str
    jour: str
    jusqu_au: str
    echu: bool
    fichiers: int
    octets: int


class SlipInfo(Answer, frozen=True):
    """A slip of elimination, with the archives' visa, and the day when it was carried out."""

    id: str
    etabli: str
    lignes: tuple[KeptInfo, ...]
    visa: str
    visa_du: str
    execute: str


class RetentionInfo(Answer, frozen=True):
    """What is kept, for how many months, and the slips; ``peut_eliminer``: may who asks carry one out."""

    original_mois: int
    rediffusion_mois: int
    journaux_techniques_mois: int
    gardes: tuple[KeptInfo, ...]
    bordereaux: tuple[SlipInfo, ...]
    peut_eliminer: bool


class VisaAsked(Body, frozen=True):
    """The archives' visa: its reference, its day."""

    reference: Annotated[str, msgspec.Meta(max_length=80)]
    jour: date


def _kept(timer: Timer, ripe: tuple[Timer, ...]) -> KeptInfo:
    return KeptInfo(
        seance=timer.seance,
        serie=timer.series.value,
        nom=NAMES[timer.series],
        jour=timer.day.isoformat(),
        jusqu_au=timer.until.isoformat() if timer.until else "",
        echu=timer in ripe,
        fichiers=timer.files,
        octets=timer.size,
    )


def _today(services: Services) -> date:
    return delays.paris_day(services.clock.utc_ns() // 1_000_000)


def _info(services: Services, caller: Caller) -> RetentionInfo:
    data, durations = services.config.serveur.dossier, services.config.conservation
    found = timers(data, durations)
    ripe = due(found, _today(services))
    return RetentionInfo(
        original_mois=durations.original_mois,
        rediffusion_mois=durations.rediffusion_mois,
        journaux_techniques_mois=durations.journaux_techniques_mois,
        gardes=tuple(_kept(timer, ripe) for timer in found),
        bordereaux=tuple(
            SlipInfo(
                id=slip.id,
                etabli=slip.made.isoformat(),
                lignes=tuple(_kept(line, slip.lines) for line in slip.lines),
                visa=slip.visa,
                visa_du=slip.visa_day.isoformat() if slip.visa_day else "",
                execute=slip.done.isoformat() if slip.done else "",
            )
            for slip in Eliminations(data).slips()
        ),
        peut_eliminer=not Right.ADMINISTER.roles.isdisjoint(caller.roles),
    )


async def _changed(services: Services, caller: Caller, change: Callable[[Eliminations], Slip]) -> Response:
    """Change the slips, one change at a time, and give all again."""

    def work() -> RetentionInfo:
        change(Eliminations(services.config.serveur.dossier))
        return _info(services, caller)

    async with _WRITING:
        return reply(await asyncio.to_thread(work))


@router.get("", summary="Ce qui est conservé, et jusqu'à quand", openapi_extra=describe(gives=RetentionInfo))
async def state(caller: Clerk, services: Given) -> Response:
    """Timers of the house rules, séance by séance, and the slips."""
    return reply(await asyncio.to_thread(_info, services, caller))


@router.post("/bordereaux", summary="Établir un bordereau", openapi_extra=describe(gives=RetentionInfo))
async def propose(caller: Clerk, services: Given) -> Response:
    """Of all that is due and on no other slip. Raises Refusal when nothing is."""
    durations, today = services.config.conservation, _today(services)
    return await _changed(services, caller, lambda slips: slips.propose(durations, today))


@router.put(
    "/bordereaux/{slip}/visa",
    summary="Noter le visa des archives",
    openapi_extra=describe(takes=VisaAsked, gives=RetentionInfo),
)
async def endorse(
    slip: str,
    caller: Clerk,
    services: Given,
    asked: Annotated[VisaAsked, Depends(Expect[VisaAsked](VisaAsked))],
) -> Response:
    """Its reference and its day. Raises Refusal without a reference."""
    return await _changed(services, caller, lambda slips: slips.endorse(slip, asked.reference, asked.jour))


@router.post(
    "/bordereaux/{slip}/elimination",
    summary="Éliminer ce que liste un bordereau visé",
    openapi_extra=describe(gives=RetentionInfo),
)
async def carry_out(slip: str, caller: Admin, services: Given) -> Response:
    """Delete for good what the slip lists. Raises Refusal without the visa (P7)."""
    today = _today(services)
    return await _changed(services, caller, lambda slips: slips.carry_out(slip, today))


@router.get("/bordereaux/{slip}.pdf", summary="Un bordereau d'élimination")
async def paper(slip: str, caller: Clerk, services: Given) -> Response:
    """The slip to send to the archives (D19). Raises Refusal."""

    def draw() -> bytes:
        found = next(
            (one for one in Eliminations(services.config.serveur.dossier).slips() if one.id == slip), None
        )
        if found is None:
            raise Refusal("no such slip", code="bordereau_inconnu", bordereau=slip)
        return pdf(slip_paper(services.config, found))

    made = await asyncio.to_thread(draw)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="bordereau-{slip}.pdf"'}
    return Response(made, headers=headers, media_type="application/pdf")


_WRITING = asyncio.Lock()
