"""The application of the pages: every route, put together from :class:`web_ui.services.Services`."""

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from web_ui import (
    api,
    apidoc,
    auth,
    cameras,
    directing_api,
    documents_api,
    errors,
    live,
    metrics,
    notes_api,
    pages,
    people,
    pieces_api,
    preparation_api,
    public,
    readiness_api,
    recordings,
    register_api,
    retention_api,
    review_api,
    salles,
    secrecy_api,
    whip,
)
from web_ui.agenda import Timelines
from web_ui.attempts import Attempts
from web_ui.auth import Gate
from web_ui.headers import SecurityHeaders
from web_ui.hub import Hub
from web_ui.media import Media
from web_ui.metrics import BoardCollector, EngineWatch, LoopLag, make_registry
from web_ui.pages import Pages
from web_ui.reads import Reads
from web_ui.services import Services
from web_ui.texts import Texts

__all__ = ["Services", "create_app"]

log = logging.getLogger(__name__)

# Answers of the API under this size fit one packet as they are.
_GZIP_FROM = 1000


class Background:
    """The tasks that live as long as the application; one that dies makes ``/healthz`` say so."""

    def __init__(self, *jobs: Callable[[], Coroutine[None, None, None]]) -> None:
        self._jobs = jobs
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start them on the running loop."""
        for job in self._jobs:
            task = asyncio.create_task(job(), name=job.__qualname__)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("pages: task %s died", task.get_name(), exc_info=error)

    def reason(self) -> str | None:
        """A stable code when one of them is dead."""
        return "flux_arrete" if any(task.done() for task in self._tasks) else None

    async def stop(self) -> None:
        """Stop them and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def create_app(services: Services) -> FastAPI:
    """Build the application; nothing runs before its lifespan starts."""
    texts = Texts.load()
    gate = Gate(services)
    lag = LoopLag(services.clock)
    hub = Hub(services, texts, lambda: (*lag.alarms, *services.alarms()))
    watch = EngineWatch(services.board, services.clock)
    registry = make_registry(BoardCollector(services, watch, hub, gate))
    registry.register(lag.histogram)
    background = Background(hub.run, lag.run)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background.start()
        try:
            yield
        finally:
            await background.stop()
            watch.close()

    app = FastAPI(title="Régie", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.services = services
    app.state.texts = texts
    app.state.gate = gate
    app.state.hub = hub
    app.state.room_attempts = Attempts(services.clock)
    app.state.desks = set()
    app.state.keys_door = None
    app.state.engine_watch = watch
    app.state.registry = registry
    app.state.background = background
    app.state.timelines = timelines = Timelines()
    app.state.reads = Reads(
        services.config.serveur.dossier, services.clock, services.config.conservation.journaux_techniques_mois
    )
    app.state.readiness = readiness_api.Readiness(services)
    app.state.pages = files = Pages()
    errors.install(app, texts)
    app.router.routes += [*Media(services, timelines).routes(), *files.routes()]
    parts = (
        public,
        auth,
        people,
        api,
        cameras,
        directing_api,
        register_api,
        preparation_api,
        pieces_api,
        documents_api,
        notes_api,
        retention_api,
        secrecy_api,
        review_api,
        live,
        recordings,
        readiness_api,
        salles,
        whip,
        metrics,
        apidoc,
        pages,
    )
    for part in parts:
        app.include_router(part.router)
    app.include_router(secrecy_api.public)
    app.include_router(pieces_api.public)
    app.openapi = functools.cache(lambda: apidoc.openapi_of(app))  # type: ignore[method-assign]
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM, compresslevel=5)
    app.add_middleware(SecurityHeaders, embedders=services.config.webtv.origines_autorisees)
    return app
