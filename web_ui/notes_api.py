"""Notes that the secretary jots during the séance, by item: they begin « teneur des discussions » of the minutes.

A note is added to what the secretary's file says of the item, with its hour, and never takes the place of another's: two pages may
write at once. Nothing of it goes to the register, nor to citizens.
"""

import asyncio
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from regie.documents import dossier
from regie.documents.french import hour
from regie.errors import Refusal
from web_ui.auth import services_of
from web_ui.bodies import Answer, Body, Expect, describe, reply
from web_ui.documents_api import MAX_PROSE, WRITING
from web_ui.preparation_api import Clerk
from web_ui.services import Services

router = APIRouter(prefix="/api/v1/registre/notes", tags=["registre"])
Given = Annotated[Services, Depends(services_of)]
_FUTURE_MS = 60_000


class NotesInfo(Answer, frozen=True):
    """What is written of an item so far, its notes among it."""

    point: str
    texte: str


class NoteAsked(Body, frozen=True):
    """A note, and when it was typed (UTC ms): the same one sent twice is written once. ``seance``: the one it was typed for."""

    texte: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    saisi_ms: int
    seance: str


def _seance_of(services: Services, seance: str, item: str) -> str:
    """The current séance, which has this item. Raises Refusal ``registre_absent``, ``autre_seance``, ``point_inconnu``."""
    view, register = services.core.view(), services.core.register()
    if view is None or register is None:
        raise Refusal("no council is convened", code="registre_absent")
    if seance and seance != view.id:
        raise Refusal("it was typed for another séance", code="autre_seance")
    if item not in {one.id for one in register.items}:
        raise Refusal("no such item", code="point_inconnu")
    return view.id


def noted(text: str, note: str, typed_ms: int) -> str:
    """What is written of an item once a note is added to it; a note that it already holds is not added again."""
    line = f"- {hour(typed_ms)} : {' '.join(note.split())}"
    return text if line in text.splitlines() else f"{text.rstrip()}\n{line}".lstrip("\n")


@router.get("/{item}", summary="Les notes d'un point", openapi_extra=describe(gives=NotesInfo))
async def read(item: str, caller: Clerk, services: Given) -> Response:
    """What is written of it. Raises Refusal."""
    seance = _seance_of(services, "", item)
    kept = await asyncio.to_thread(dossier.load, services.seances_dir / seance)
    return reply(NotesInfo(point=item, texte=kept.item(item).debates))


@router.post(
    "/{item}", summary="Noter au sujet d'un point", openapi_extra=describe(takes=NoteAsked, gives=NotesInfo)
)
async def add(
    item: str,
    caller: Clerk,
    services: Given,
    asked: Annotated[NoteAsked, Depends(Expect[NoteAsked](NoteAsked))],
) -> Response:
    """On disk when it is answered. Raises Refusal, also ``notes_trop_longues`` when the file can hold no more of this item."""
    seance = _seance_of(services, asked.seance, item)
    folder = services.seances_dir / seance
    typed_ms = min(asked.saisi_ms, services.clock.utc_ns() // 1_000_000 + _FUTURE_MS)

    def change() -> NotesInfo:
        kept = dossier.load(folder)
        text = noted(kept.item(item).debates, asked.texte, typed_ms)
        if len(text) > MAX_PROSE:
            raise Refusal("no more can be written of this item", code="notes_trop_longues", point=item)
        file = msgspec.structs.replace(kept.item(item), debates=text)
        dossier.save(folder, msgspec.structs.replace(kept, items={**kept.items, item: file}))
        return NotesInfo(point=item, texte=text)

    async with WRITING:
        return reply(await asyncio.to_thread(change))
