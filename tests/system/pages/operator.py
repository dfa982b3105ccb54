"""What the tests of the console share: what reached the engine, and what the keys show."""

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Page, expect

from regie.domain.commands import EngineCommand
from tests.system.pages.world import World

C = TypeVar("C", bound=EngineCommand)


def given(world: World, kind: type[C]) -> list[C]:
    """The commands of one kind that reached the engine."""
    return [command for command in world.stage.commands if isinstance(command, kind)]


def eventually(page: Page, condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait for something on our side of the wire."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def on_programme(page: Page, name: str) -> None:
    """The red key of the programme's row is this one."""
    expect(page.locator("#rang-programme [aria-pressed='true']")).to_have_text([name])


def on_preview(page: Page, name: str) -> None:
    """The green key of the preview's row is this one."""
    expect(page.locator("#rang-preparation [aria-pressed='true']")).to_have_text([name])
