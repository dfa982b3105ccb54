"""The cameras for the console: their state, the book of presets, commands, thumbnails, export and import."""

import asyncio
import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from regie.cameras.book import Book
from regie.cameras.commands import CameraCommand
from regie.cameras.news import BookView, CamerasStatus, Panorama
from regie.errors import Refusal
from web_ui.auth import Allow, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import NotHere
from web_ui.rights import Right
from web_ui.services import Services

MAX_IMPORT = 32 * 1024 * 1024
_KEPT = "private, max-age=31536000, immutable"

Given = Annotated[Services, Depends(services_of)]
router = APIRouter(prefix="/api/v1/cameras", tags=["caméras"])
_STAFF, _OPERATE = [Depends(Allow(Right.STAFF))], [Depends(Allow(Right.OPERATE))]


class BookFile(Body, frozen=True):
    """A book to be kept or carried elsewhere: presets, zones, fields; ``vignettes``: JPEG in base64 by preset."""

    livre: Book
    vignettes: dict[str, str] = {}


class Exported(Answer, frozen=True):
    """The same, as it is given."""

    livre: Book
    vignettes: dict[str, str]


@router.get("", summary="Les caméras", dependencies=_STAFF, openapi_extra=describe(gives=CamerasStatus))
async def cameras(services: Given) -> Response:
    """What the event stream tells too, at each change, as ``cameras``."""
    return reply(services.cameras.status())


@router.get(
    "/livre",
    summary="Préréglages, zones et champs mesurés",
    dependencies=_STAFF,
    openapi_extra=describe(gives=BookView),
)
async def book(services: Given) -> Response:
    """To be read again when ``book`` of the state changes."""
    return reply(services.cameras.book())


@router.post(
    "/commandes",
    summary="Conduire les caméras",
    dependencies=_OPERATE,
    openapi_extra=describe(takes=CameraCommand),
)
async def command(
    services: Given, wanted: Annotated[CameraCommand, Depends(Expect[CameraCommand](CameraCommand))]
) -> Response:
    """One command, carried out or refused with its reason."""
    await services.cameras.carry_out(wanted)
    return reply(Nothing())


@router.get(
    "/prereglages/{preset}/vignette",
    summary="La vignette d'un préréglage",
    dependencies=_STAFF,
    openapi_extra={"responses": {"200": {"description": "Une image", "content": {"image/jpeg": {}}}}},
)
async def thumbnail(preset: str, services: Given) -> Response:
    """A JPEG; ``?v=`` its version lets browsers keep it."""
    jpeg = await asyncio.to_thread(services.cameras.picture, preset)
    if jpeg is None:
        raise NotHere("no thumbnail")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": _KEPT})


@router.get(
    "/{camera}/panorama",
    summary="Le panorama d'une caméra",
    dependencies=_OPERATE,
    openapi_extra=describe(gives=Panorama),
)
async def panorama(camera: str, services: Given) -> Response:
    """Between which angles its image lies, and when it was taken."""
    found = await asyncio.to_thread(services.cameras.panorama, camera)
    if found is None:
        raise NotHere("no panorama")
    return reply(found)


@router.get(
    "/{camera}/panorama.jpg",
    summary="L'image du panorama d'une caméra",
    dependencies=_OPERATE,
    openapi_extra={"responses": {"200": {"description": "Une image", "content": {"image/jpeg": {}}}}},
)
async def panorama_image(camera: str, services: Given) -> Response:
    """A JPEG, linear in angles; ``?v=`` the instant it was taken lets browsers keep it."""
    jpeg = await asyncio.to_thread(services.cameras.panorama_image, camera)
    if jpeg is None:
        raise NotHere("no panorama")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": _KEPT})


@router.get(
    "/export", summary="Emporter le livre", dependencies=_OPERATE, openapi_extra=describe(gives=Exported)
)
async def export(services: Given) -> Response:
    """The whole book with its thumbnails."""
    found = services.cameras.stored()

    def read() -> dict[str, str]:
        pictures = ((one.id, services.cameras.picture(one.id)) for one in found.presets)
        return {name: base64.b64encode(jpeg).decode() for name, jpeg in pictures if jpeg is not None}

    answer = reply(Exported(livre=found, vignettes=await asyncio.to_thread(read)))
    answer.headers["Content-Disposition"] = 'attachment; filename="cameras.json"'
    return answer


@router.post(
    "/import", summary="Reprendre un livre", dependencies=_OPERATE, openapi_extra=describe(takes=BookFile)
)
async def take_book(
    services: Given,
    given: Annotated[BookFile, Depends(Expect[BookFile](BookFile, most=MAX_IMPORT))],
) -> Response:
    """Replace the whole book, zones included, by what an export gave. Raises Refusal."""
    try:
        pictures = {name: base64.b64decode(text, validate=True) for name, text in given.vignettes.items()}
    except binascii.Error as error:
        raise Refusal("a thumbnail is not base64", code="livre_invalide") from error
    if any(not jpeg.startswith(b"\xff\xd8") for jpeg in pictures.values()):
        raise Refusal("a thumbnail is not a JPEG", code="livre_invalide")
    await services.cameras.replace_book(given.livre, pictures)
    return reply(Nothing())
