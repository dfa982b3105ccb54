"""What the tests of the pages do with a browser."""

import time
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.system.pages.world import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)


class Visitors:
    """Opens pages, each in its own profile, and listens to what browsers complain of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(self, size: tuple[int, int] = DESK, **options: Any) -> Page:
        """A page of a new profile."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            **options,
        )
        self._contexts.append(context)
        return self.listen(context.new_page())

    def listen(self, page: Page) -> Page:
        """Note what goes wrong in a page."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        # A request that is refused or lost is the business of the tests, not a fault of the page.
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.complaints.append(message.text)

    def citizen(self, size: tuple[int, int] = DESK, path: str = "/", **options: Any) -> Page:
        """Somebody on the public page."""
        page = self.page(size, **options)
        page.goto(self.url + path)
        return page

    def technician(self, size: tuple[int, int] = DESK, name: str = "technicien") -> Page:
        """Somebody logged in, the console open and fed."""
        return self.log_in(self.page(size), name)

    def log_in(self, page: Page, name: str = "technicien") -> Page:
        """The console on that page."""
        page.goto(self.url + "/regie")
        page.fill("#nom", name)
        page.fill("#mot-de-passe", PASSWORD)
        page.press("#mot-de-passe", "Enter")
        page.wait_for_selector(".tile", state="attached")
        expect(page.locator("#bande-liaison")).to_be_hidden()
        return page

    def leave(self) -> None:
        """Close everything; any complaint fails the test."""
        for context in self._contexts:
            context.close()
        assert not self.complaints, "; ".join(self.complaints)


def until(page: Page, condition: str, within_s: float = 10.0) -> Any:
    """Wait for a JavaScript expression to be true and give its value. The content policy forbids the browser's own waiting."""
    deadline = time.monotonic() + within_s
    while not (value := page.evaluate(condition)):
        assert time.monotonic() < deadline, f"never true: {condition}"
        page.wait_for_timeout(25)
    return value


def number(page: Page, expression: str) -> float:
    """The value of an expression that is a number."""
    return float(page.evaluate(expression))
