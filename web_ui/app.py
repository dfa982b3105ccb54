"""The application of the pages: every route, put together from :class:`web_ui.services.Services`."""

from fastapi import FastAPI

from web_ui.services import Services

__all__ = ["Services", "create_app"]


def create_app(services: Services) -> FastAPI:
    """Build the application; nothing runs before its lifespan starts."""
    app = FastAPI(title="Régie", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    return app
