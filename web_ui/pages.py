"""The pages themselves: plain files of ``templates`` and ``static``, compressed once, asked again by tag.

Files have no version in their name (there is no build step), so browsers check them each time; fonts and third-party scripts
change only with the program and are kept a day.
"""

import functools
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web_ui.auth import Allow, Gate, gate_of, services_of
from web_ui.errors import NotHere
from web_ui.headers import EMBED
from web_ui.hotfiles import HotFile, HotFiles
from web_ui.media import PublicRoute
from web_ui.rights import Right
from web_ui.services import Services

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
TEMPLATES = _HERE / "templates"
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]*/)*[A-Za-z0-9][A-Za-z0-9_.-]*\.([A-Za-z0-9]+)")
_TEXT_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "LICENSE": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}
_BINARY_TYPES = {"woff2": "font/woff2", "png": "image/png", "jpg": "image/jpeg", "ico": "image/x-icon"}
_LARGEST = 4 * 1024 * 1024
_CHECKED = "no-cache"
_KEPT = "public, max-age=86400"


def _same(text: str) -> str:
    return text


class Pages:
    """Serves files of the program, from memory."""

    def __init__(self, static: Path = STATIC, templates: Path = TEMPLATES) -> None:
        self._static = static
        self._templates = templates
        self._hot = HotFiles()

    def routes(self) -> list[PublicRoute]:
        """The route of the static files."""
        return [PublicRoute("/static/{name:path}", self.static, methods=["GET"])]

    async def static(self, request: Request) -> Response:
        """A style, a script, a font. Raises NotHere."""
        return await self.file(request, request.path_params["name"])

    async def file(self, request: Request, name: str) -> Response:
        """A static file by its name. Raises NotHere."""
        found = _NAME.fullmatch(name)
        if found is None:
            raise NotHere("no such file")
        path, kind = self._static / name, found[1]
        kept = _KEPT if name.startswith(("fonts/", "vendor/")) else _CHECKED
        if kind in _TEXT_TYPES:
            hot = await self._hot.text(path, "file", _same)
            return _served(request, hot, _TEXT_TYPES[kind], kept)
        if kind in _BINARY_TYPES:
            hot = await self._hot.bytes(path, _LARGEST)
            return _served(request, hot, _BINARY_TYPES[kind], kept)
        raise NotHere("no such file")

    async def page(self, request: Request, name: str, status: int = 200) -> Response:
        """A page, as it is."""
        hot = await self._hot.text(self._templates / f"{name}.html", "page", _same)
        return _served(request, hot, _TEXT_TYPES["html"], _CHECKED, status)


def _served(
    request: Request, hot: HotFile | None, media_type: str, cache: str, status: int = 200
) -> Response:
    if hot is None:
        raise NotHere("no such file")
    headers = {"ETag": hot.tag, "Cache-Control": cache}
    if status == 200 and request.headers.get("if-none-match") == hot.tag:
        return Response(status_code=304, headers=headers)
    if hot.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(hot.packed, status, headers, media_type)
    return Response(hot.body, status, headers, media_type)


def pages_of(request: Request) -> Pages:
    """The pages of the application that serves this request."""
    pages = request.app.state.pages
    assert isinstance(pages, Pages)
    return pages


router = APIRouter(include_in_schema=False, dependencies=[Depends(Allow(Right.PUBLIC))])
Given = Annotated[Pages, Depends(pages_of)]
# HEAD too: it is how monitors and link checkers ask.
_page = functools.partial(router.api_route, methods=["GET", "HEAD"])


@_page("/")
async def public(request: Request, pages: Given) -> Response:
    """Citizens: the WebTV, live then replay."""
    return await pages.page(request, "public")


@_page(EMBED)
async def embed(request: Request, pages: Given) -> Response:
    """The same page for a frame of another site."""
    return await pages.page(request, "public")


@_page("/seances")
async def seances(request: Request, pages: Given) -> Response:
    """Past séances."""
    return await pages.page(request, "seances")


@_page("/seances/{seance}")
async def replay(
    seance: str, request: Request, pages: Given, services: Annotated[Services, Depends(services_of)]
) -> Response:
    """One séance to watch again; the page says it when there is none of that name."""
    current = services.core.view()
    known = current is not None and current.id == seance
    known = known or any(view.id == seance for view in services.core.past())
    return await pages.page(request, "public", 200 if known else 404)


@_page("/synchro")
async def clap(request: Request, pages: Given) -> Response:
    """A flash and a beep together, to be held before a camera."""
    return await pages.page(request, "synchro")


@_page("/connexion")
async def log_in(request: Request, pages: Given) -> Response:
    """Where one logs in."""
    return await pages.page(request, "connexion")


async def _behind_log_in(request: Request, pages: Pages, gate: Gate, name: str) -> Response:
    caller = gate.caller(request)
    if caller is None or caller.account.must_change:
        return RedirectResponse(
            f"/connexion?suite={quote(request.url.path)}", 303, {"Cache-Control": "no-store"}
        )
    return await pages.page(request, name)


@_page("/regie")
async def console(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The technician's console; the page holds nothing by itself, all it shows comes from the API."""
    return await _behind_log_in(request, pages, gate, "regie")


@_page("/secretariat")
async def preparation(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """Where the secretariat prepares a séance: lists, checks, convocation, proofs."""
    return await _behind_log_in(request, pages, gate, "preparation")


@_page("/secretariat/documents")
async def documents(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The documents of past séances, and what the secretary adds to them."""
    return await _behind_log_in(request, pages, gate, "documents")


@_page("/secretariat/conservation")
async def retention(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """What is kept, until when, and the slips of elimination."""
    return await _behind_log_in(request, pages, gate, "conservation")


@_page("/regie/relecture/{seance}")
async def second_pass(
    seance: str, request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]
) -> Response:
    """What was hidden in a séance, and what must still be, before its replay is public."""
    return await _behind_log_in(request, pages, gate, "relecture")


@_page("/regie/zones")
async def zones(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The panoramas of the cameras, and what must never be shown."""
    return await _behind_log_in(request, pages, gate, "zones")


@_page("/regie/multivue")
async def multiview(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The multiview alone, for a second screen."""
    return await _behind_log_in(request, pages, gate, "multivue")


@_page("/auxiliaire")
async def clerk(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The register, as the secretary's auxiliary keeps it."""
    return await _behind_log_in(request, pages, gate, "auxiliaire")


@_page("/auxiliaire/veille.js")
async def clerk_worker(request: Request, pages: Given) -> Response:
    """What lets the auxiliary's page be reloaded without network; it may answer for that page, and for nothing else."""
    answer = await pages.file(request, "js/auxiliaire/veille.js")
    answer.headers["Service-Worker-Allowed"] = "/auxiliaire"
    return answer


@_page("/presidence")
async def presiding(request: Request, pages: Given, gate: Annotated[Gate, Depends(gate_of)]) -> Response:
    """The president's screen."""
    return await _behind_log_in(request, pages, gate, "presidence")


@_page("/salle/{room}")
async def room(room: str, request: Request, pages: Given) -> Response:
    """A remote room; the page holds nothing by itself, it needs an invitation."""
    return await pages.page(request, "salle")


@_page("/salle/{room}/ecran")
async def room_screen(room: str, request: Request, pages: Given) -> Response:
    """The picture alone, for the public of a remote room."""
    return await pages.page(request, "ecran")
