"""Every page works in a real browser under the content policy that the server sends: nothing inline, nothing from elsewhere."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from playwright.async_api import Error, Page, Route, async_playwright

from tests.unit.web_fakes import PASSWORD, make_rig, served, status
from web_ui import pages

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
)
NAMED = {"seance": "2027-01-15-conseil", "room": "salle-b"}
"""What stands in the addresses for a séance, for a room."""
PAGES = (
    "/api/docs",
    *(
        route.path.format(**NAMED)
        for route in pages.router.routes
        if isinstance(route, APIRoute) and not route.path.endswith(".js")
    ),
)


async def _complaints(page: Page, address: str) -> list[str]:
    """What the browser refused or a script stumbled on while the page opened."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console", lambda message: heard.append(message.text) if "Content Security" in message.text else None
    )
    answer = await page.goto(address, wait_until="load")
    assert answer is not None
    assert answer.status == 200
    assert page.url == address
    # Modules run before `load`; what they start runs at once.
    with contextlib.suppress(Error):  # a page of the staff leaves for the log-in, which is heard as itself
        # Not by frames: a page that another one covers is given none.
        await page.evaluate("() => new Promise(done => setTimeout(done, 200))")
    return heard


def test_no_page_breaks_the_policy_nor_leaves_the_machine(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.board.status.put(status())
        elsewhere: list[str] = []
        async with served(rig) as host, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=list(BROWSER)
            )
            try:
                context = await browser.new_context()

                async def stopped(route: Route) -> None:
                    elsewhere.append(route.request.url)
                    await route.abort()

                await context.route(lambda url: host not in url, stopped)
                entered = await context.request.post(
                    f"http://{host}/api/v1/session", data={"nom": "technicien", "mot_de_passe": PASSWORD}
                )
                assert entered.ok

                async def opened(path: str) -> tuple[str, list[str]]:
                    page = await context.new_page()
                    heard = await _complaints(page, f"http://{host}{path}")
                    await page.close()
                    return path, heard

                heard = await asyncio.gather(*map(opened, PAGES))
                assert [one for one in heard if one[1]] == []
            finally:
                await browser.close()
        assert elsewhere == []

    asyncio.run(scenario())
