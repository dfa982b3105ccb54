"""The papers of the items over HTTP: the secretary puts them, citizens read them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from regie.documents import dossier
from regie.domain.register.state import Register
from regie.errors import Refusal
from web_ui.auth import Allow, services_of
from web_ui.bodies import Answer, describe, reply
from web_ui.errors import NotHere
from web_ui.pieces import MAX_BYTES, PIECE_ID, Kind, Piece, Pieces, title_of
from web_ui.preparation_api import Clerk
from web_ui.public import SEANCE_ID
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.uploads import uploaded

router = APIRouter(prefix="/api/v1/preparation/pieces", tags=["secrétariat"])
Given = Annotated[Services, Depends(services_of)]
_LOCK = asyncio.Lock()
"""One change of the index at a time."""


class PieceInfo(Answer, frozen=True):
    """A paper, as the secretary sees it; ``octets``: its size."""

    id: str
    titre: str
    genre: Kind
    octets: int
    adresse: str


class ItemPieces(Answer, frozen=True):
    """An item and its papers; those of a flagged one are not published. ``attendues``: announced by the agenda, still to come."""

    id: str
    rang: int
    titre: str
    sensible: bool
    pieces: tuple[PieceInfo, ...]
    attendues: tuple[str, ...] = ()


class PiecesInfo(Answer, frozen=True):
    """The papers of the current séance, once its council is convened."""

    convoque: bool
    points: tuple[ItemPieces, ...]


def _register(services: Services) -> tuple[str, Register]:
    """The séance that papers are for, and its register. Raises Refusal ``registre_absent``."""
    seance, register = services.core.view(), services.core.register()
    if seance is None or register is None:
        raise Refusal("the council is not convened", code="registre_absent")
    return seance.id, register


def _info(seance: str, piece: Piece) -> PieceInfo:
    address = f"/api/v1/seances/{seance}/pieces/{piece.id}"
    return PieceInfo(id=piece.id, titre=piece.title, genre=piece.kind, octets=piece.size, adresse=address)


def _whole(services: Services) -> PiecesInfo:
    seance, register = _register(services)
    folder = services.seances_dir / seance
    known, announced = Pieces(folder).by_item(), dossier.load(folder)
    return PiecesInfo(
        convoque=True,
        points=tuple(
            ItemPieces(
                id=item.id,
                rang=rank,
                titre=item.agenda.title,
                sensible=item.agenda.withheld,
                pieces=tuple(_info(seance, piece) for piece in known.get(item.id, ())),
                attendues=_missing(announced.item(item.id).documents, known.get(item.id, ())),
            )
            for rank, item in enumerate(register.items, 1)
        ),
    )


def _missing(announced: tuple[str, ...], known: tuple[Piece, ...]) -> tuple[str, ...]:
    """Names of the agenda's list under which nothing came yet."""
    here = {piece.title.casefold() for piece in known}
    return tuple(name for name in announced if title_of(name).casefold() not in here)


@router.get("", summary="Les pièces des points", openapi_extra=describe(gives=PiecesInfo))
async def whole(caller: Clerk, services: Given) -> Response:
    """Item by item; nothing before the council is convened."""
    if services.core.register() is None:
        return reply(PiecesInfo(convoque=False, points=()))
    return reply(await asyncio.to_thread(_whole, services))


@router.post("", summary="Joindre une pièce à un point", openapi_extra=describe(gives=PiecesInfo))
async def add(request: Request, caller: Clerk, services: Given, point: str, nom: str) -> Response:
    """A file, raw, that citizens may read at once. Raises Refusal, each with its reason."""
    seance, register = _register(services)
    item = register.item(point)
    if item.agenda.withheld:
        raise Refusal("papers of a flagged item are not published", code="piece_point_signale", nom=nom[:120])
    try:
        data = await uploaded(request, MAX_BYTES)
    except HTTPException as error:
        if error.status_code != 413:
            raise
        raise Refusal("the file is too heavy", code="piece_trop_lourde", nom=nom[:120]) from None
    async with _LOCK:
        await asyncio.to_thread(Pieces(services.seances_dir / seance).add, item.id, nom, data)
    return reply(await asyncio.to_thread(_whole, services))


@router.delete("/{piece}", summary="Retirer une pièce", openapi_extra=describe(gives=PiecesInfo))
async def remove(piece: str, caller: Clerk, services: Given) -> Response:
    """Citizens no longer get it. Raises Refusal ``piece_inconnue``."""
    seance, _ = _register(services)
    async with _LOCK:
        await asyncio.to_thread(Pieces(services.seances_dir / seance).remove, piece)
    return reply(await asyncio.to_thread(_whole, services))


public = APIRouter(tags=["public"], dependencies=[Depends(Allow(Right.PUBLIC))])


@public.get("/api/v1/seances/{seance}/pieces/{piece}", summary="Une pièce d'un point de l'ordre du jour")
def paper(seance: str, piece: str, services: Given) -> Response:
    """Its bytes, under the type that they have. Raises NotHere."""
    if not SEANCE_ID.fullmatch(seance) or not PIECE_ID.fullmatch(piece):
        raise NotHere("no such paper", code="piece_inconnue")
    kept = Pieces(services.seances_dir / seance)
    found = next((one for one in kept.all() if one.id == piece), None)
    if found is None or not kept.file(found).is_file():
        raise NotHere("no such paper", code="piece_inconnue")
    return FileResponse(
        kept.file(found),
        media_type=found.kind.media_type,
        filename=f"{found.title}.{found.kind}",
        headers={"Cache-Control": "public, max-age=60"},
    )
