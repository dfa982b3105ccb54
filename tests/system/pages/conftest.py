"""One browser for all the tests of the pages; a fresh server and a fresh browser profile for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.system.pages import world as worlds
from tests.system.pages.tools import CHROMIUM, FLAGS, Visitors
from tests.system.pages.webtv import make_webtv


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of WebTV, encoded once."""
    directory = tmp_path_factory.mktemp("webtv")
    make_webtv(directory)
    return directory


@pytest.fixture
def world(tmp_path: Path, made: Path) -> Iterator[worlds.World]:
    """The pages on their server."""
    with worlds.world(tmp_path, made) as whole:
        yield whole


@pytest.fixture
def visitors(browser: Browser, world: worlds.World) -> Iterator[Visitors]:
    """Opens pages; at the end, no page may have broken a rule of the browser or thrown an error."""
    people = Visitors(browser, world.url)
    yield people
    people.leave()
