"""What anybody may know: the state of the séance in words, past séances, and where to watch them. No cookie is read or set."""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response

from config.outputs import Replay
from regie.board import EngineStatus
from regie.documents.hidden import listed, validated
from regie.domain.model import SeanceState, SlateName
from regie.domain.register.agenda import HIDDEN
from regie.journal import JournalError
from web_ui.agenda import ItemInfo, MomentInfo, PaperInfo, Timelines, items_info, moments_info
from web_ui.auth import Allow, services_of
from web_ui.bodies import Answer, describe
from web_ui.errors import NotHere
from web_ui.passages import heard_moments, heard_speaker
from web_ui.pieces import Pieces
from web_ui.rights import Right
from web_ui.services import SeanceView, Services
from web_ui.texts import Texts

SEANCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LIVE_MASTER = "/direct/index.m3u8"
_SMALL_TIER = "360p"
_TINY_TIER = "240p"
_SOUND_TIER = ("son", "Son seul")


class SeanceInfo(Answer, frozen=True):
    """A séance; instants are UTC seconds. ``rejeu``: its HLS master once it is over and there is something to watch."""

    id: str
    titre: str
    etat: SeanceState
    prevue_utc: int | None
    ouverte_utc: int | None
    terminee_utc: int | None
    duree_s: int | None = None
    rejeu: str | None = None


class TownInfo(Answer, frozen=True):
    """Who broadcasts."""

    nom: str
    organe: str
    couleur: str
    couleur_texte: str
    logo: str | None
    site: str | None
    contact: str | None


class AntennaInfo(Answer, frozen=True):
    """Do citizens receive the programme, or which slate?"""

    en_direct: bool
    panneau: SlateName | None


class Rendition(Answer, frozen=True):
    """One quality that may be chosen."""

    id: str
    nom: str


class PublicState(Answer, frozen=True):
    """All that the citizens' page shows; ``phrase`` says it in one sentence, ``orateur`` who is heard."""

    ville: TownInfo
    seance: SeanceInfo | None
    antenne: AntennaInfo
    phrase: str
    orateur: str
    direct: str | None
    rejeu: str | None
    points: tuple[ItemInfo, ...]
    renditions: tuple[Rendition, ...]


def master_of(seances_dir: Path, seance: str) -> Path:
    """Where the engine writes the master playlist of a séance."""
    return seances_dir / seance / "hls" / "master.m3u8"


def replay_public(view: SeanceView, services: Services) -> bool:
    """May a séance that is over be watched again? As configured: at once, or once the list of its masks is validated."""
    rule = services.config.webtv.rejeu
    if rule is Replay.AT_ONCE:
        return True
    directory = services.seances_dir / view.id
    try:
        if rule is Replay.MASKS and not listed(directory):
            return True
        return validated(directory)[1]
    except JournalError:
        return False  # what cannot be known to be clean is not shown


def seance_info(view: SeanceView, services: Services) -> SeanceInfo:
    """A séance as anybody may know it."""
    duration = view.ended_utc - view.opened_utc if view.ended_utc and view.opened_utc else None
    over = (
        view.state is SeanceState.ENDED
        and master_of(services.seances_dir, view.id).is_file()
        and replay_public(view, services)
    )
    return SeanceInfo(
        id=view.id,
        titre=view.title,
        etat=view.state,
        prevue_utc=view.due_utc,
        ouverte_utc=view.opened_utc,
        terminee_utc=view.ended_utc,
        duree_s=duration,
        rejeu=f"/media/{view.id}/index.m3u8" if over else None,
    )


def _antenna(status: EngineStatus | None) -> AntennaInfo:
    if status is None:
        return AntennaInfo(en_direct=False, panneau=SlateName.FAULT)
    if status.antenna.on:
        return AntennaInfo(en_direct=True, panneau=None)
    return AntennaInfo(en_direct=False, panneau=status.antenna.slate)


def _sentence(texts: Texts, seance: SeanceInfo | None, antenna: AntennaInfo) -> str:
    if seance is None:
        return texts.say("public.aucune_seance")
    if seance.etat is SeanceState.ENDED:
        return texts.say("public.terminee_rejeu" if seance.rejeu else "public.terminee")
    wanting = seance.etat is SeanceState.PAUSED and antenna.panneau is SlateName.QUORUM
    if wanting or (seance.etat is SeanceState.LIVE and not antenna.en_direct and antenna.panneau):
        return texts.say(f"public.panneau.{antenna.panneau}")
    return texts.say(f"public.{seance.etat}")


def town_info(services: Services) -> TownInfo:
    """Who broadcasts, with the address of the logo when there is one."""
    town = services.config.ville
    return TownInfo(
        nom=town.nom,
        organe=town.organe,
        couleur=town.couleur,
        couleur_texte=town.couleur_texte,
        logo="/ville/logo" if town.logo else None,
        site=town.site,
        contact=town.contact,
    )


def public_ms(services: Services) -> int:
    """The newest instant that citizens have received, UTC ms: now, less the confidentiality delay."""
    status = services.board.status.get()
    held_ms = status.delay.held_ms if status is not None else services.config.programme.retard_s * 1000
    return services.clock.utc_ns() // 1_000_000 - held_ms


def agenda_of(services: Services, timelines: Timelines, seance: str) -> tuple[ItemInfo, ...]:
    """The items of a séance; those of the configuration for the current one until its council is convened."""
    chapters = services.core.agenda(seance)
    view = services.core.view()
    if not chapters and view is not None and view.id == seance:
        return tuple(
            ItemInfo(numero=item.numero, titre=HIDDEN if item.sensible or item.huis_clos else item.titre)
            for item in services.config.point
        )
    hls = services.seances_dir / seance / "hls"
    timeline = timelines.of(hls, f"{services.config.programme.hauteur}p")
    return items_info(chapters, timeline, public_ms(services), _papers(services, seance))


def _papers(services: Services, seance: str) -> dict[str, tuple[PaperInfo, ...]]:
    """What the secretary gave citizens to read, by item."""
    known = Pieces(services.seances_dir / seance).by_item()
    where = f"/api/v1/seances/{seance}/pieces"
    return {
        item: tuple(
            PaperInfo(titre=one.title, genre=one.kind, octets=one.size, adresse=f"{where}/{one.id}")
            for one in pieces
        )
        for item, pieces in known.items()
    }


def moments_of(services: Services, timelines: Timelines, seance: str) -> tuple[MomentInfo, ...]:
    """Who spoke where it may be heard, votes and suspensions of a séance, where each is in the picture."""
    hls = services.seances_dir / seance / "hls"
    timeline = timelines.of(hls, f"{services.config.programme.hauteur}p")
    return moments_info(heard_moments(services, seance), timeline, public_ms(services))


def public_state(services: Services, texts: Texts, timelines: Timelines) -> PublicState:
    """What the citizens' page shows now."""
    view = services.core.view()
    seance = seance_info(view, services) if view else None
    antenna = _antenna(services.board.status.get())
    main = f"{services.config.programme.hauteur}p"
    watchable = (
        seance is not None
        and seance.etat is not SeanceState.ENDED
        and master_of(services.seances_dir, seance.id).is_file()
    )
    return PublicState(
        ville=town_info(services),
        seance=seance,
        antenne=antenna,
        phrase=_sentence(texts, seance, antenna),
        orateur=heard_speaker(services, public_ms(services)) if antenna.en_direct else "",
        direct=LIVE_MASTER if watchable else None,
        rejeu=seance.rejeu if seance else None,
        points=agenda_of(services, timelines, seance.id) if seance is not None else (),
        renditions=_renditions(main, tiny=services.config.webtv.debit_240p_kbps > 0),
    )


def _renditions(main: str, *, tiny: bool) -> tuple[Rendition, ...]:
    *fine, sparing = (main, _SMALL_TIER, _TINY_TIER) if tiny else (main, _SMALL_TIER)
    named = [(one, one) for one in fine] + [(sparing, f"Économe ({sparing})"), _SOUND_TIER]
    return tuple(Rendition(id=one, nom=name) for one, name in named)


def cacheable(request: Request, body: bytes, media_type: str, max_age_s: int) -> Response:
    """An answer that caches may keep for a while and then ask again with its tag: 304 when nothing changed."""
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={max_age_s}"}
    if tag in (known.strip() for known in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


router = APIRouter(tags=["public"], dependencies=[Depends(Allow(Right.PUBLIC))])
Given = Annotated[Services, Depends(services_of)]


@router.get("/api/v1/public", summary="L'état de la séance", openapi_extra=describe(gives=PublicState))
async def state(request: Request, services: Given) -> Response:
    """The state of the séance in words, and where to watch it."""
    state = request.app.state
    body = msgspec.json.encode(public_state(services, state.texts, state.timelines))
    return cacheable(request, body, "application/json", 2)


@router.get(
    "/api/v1/seances", summary="Les séances passées", openapi_extra=describe(gives=tuple[SeanceInfo, ...])
)
async def seances(request: Request, services: Given) -> Response:
    """Past séances, newest first."""
    past = tuple(seance_info(view, services) for view in services.core.past())
    return cacheable(request, msgspec.json.encode(past), "application/json", 10)


@router.get("/api/v1/seances/{seance}", summary="Une séance", openapi_extra=describe(gives=SeanceInfo))
async def one_seance(seance: str, request: Request, services: Given) -> Response:
    """A past séance, or the current one. Raises NotHere."""
    current = services.core.view()
    for view in (*((current,) if current else ()), *services.core.past()):
        if view.id == seance:
            info = seance_info(view, services)
            return cacheable(request, msgspec.json.encode(info), "application/json", 2)
    raise NotHere("no such séance", code="seance_inconnue")


@router.get(
    "/api/v1/seances/{seance}/points",
    summary="L'ordre du jour d'une séance, ses chapitres et ses résultats",
    openapi_extra=describe(gives=tuple[ItemInfo, ...]),
)
async def items(seance: str, request: Request, services: Given) -> Response:
    """The items of a séance, current or over, where each begins in the picture, results once proclaimed. Raises NotHere."""
    if not SEANCE_ID.fullmatch(seance):
        raise NotHere("no such séance", code="seance_inconnue")
    found = agenda_of(services, request.app.state.timelines, seance)
    return cacheable(request, msgspec.json.encode(found), "application/json", 2)


@router.get(
    "/api/v1/seances/{seance}/moments",
    summary="Prises de parole, votes et suspensions d'une séance, où ils sont dans l'image",
    openapi_extra=describe(gives=tuple[MomentInfo, ...]),
)
async def finer(seance: str, request: Request, services: Given) -> Response:
    """The finer chapters of a séance, current or over, never ahead of the picture. Raises NotHere."""
    if not SEANCE_ID.fullmatch(seance):
        raise NotHere("no such séance", code="seance_inconnue")
    found = moments_of(services, request.app.state.timelines, seance)
    return cacheable(request, msgspec.json.encode(found), "application/json", 2)


@router.get("/ville/logo", summary="Le logo de la collectivité", include_in_schema=False)
async def logo(services: Given) -> Response:
    """The town's logo. Raises NotHere when none is configured."""
    path = services.config.ville.logo
    if path is None or not path.is_file():
        raise NotHere("no logo")
    return FileResponse(path, headers={"Cache-Control": "public, max-age=3600"})
