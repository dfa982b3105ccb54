"""Each conference system over its real socket: simulators with their faults, servers that go and come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from audio.conference.events import ButtonWord, ConferenceEvent, MicrophoneIs
from audio.conference.generic import OscParser
from audio.conference.links import DicentisLink, Link, ShureLink, UdpLink
from audio.conference.televic import TelevicParser
from hardware_mocks.conference import Dicentis, Mishaps, OscDesk, Shure, Televic

pytestmark = pytest.mark.system
LIMIT_S = 20.0


class Heard:
    """What a link tells."""

    def __init__(self) -> None:
        self.events: list[ConferenceEvent] = []
        self.linked: list[bool] = []
        self._news = asyncio.Event()

    def tell(self, event: ConferenceEvent) -> None:
        self.events.append(event)
        self._news.set()

    def link(self, linked: bool) -> None:
        self.linked.append(linked)
        self._news.set()

    async def until(
        self, true: Callable[[], bool], again: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not true():
                if again is not None:
                    await again()
                self._news.clear()
                try:
                    async with asyncio.timeout(0.1):
                        await self._news.wait()
                except TimeoutError:
                    continue

    def last(self, microphone: str) -> ButtonWord | None:
        states = [e.state for e in self.events if isinstance(e, MicrophoneIs) and e.microphone == microphone]
        return states[-1] if states else None


@asynccontextmanager
async def following(link: Link) -> AsyncIterator[Heard]:
    heard = Heard()
    task = asyncio.create_task(link.run(heard.tell, heard.link))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_televic_over_udp_with_loss_repetition_and_garbage() -> None:
    async def story(cerno: bool, quirks: bool) -> None:
        link = UdpLink("127.0.0.1", 0, TelevicParser())
        async with following(link) as heard:
            await heard.until(lambda: bool(heard.linked))
            system = Televic(
                "127.0.0.1", link.bound, Mishaps(lose=0.3, repeat=0.3, garbage=0.5), cerno, quirks
            )
            name = "0000000C" if cerno else "12"

            async def press() -> None:
                system.press(12, "on")

            await heard.until(lambda: heard.last(name) is ButtonWord.ON, press)
            system.close()

    asyncio.run(story(False, False))
    asyncio.run(story(True, True))


def test_osc_over_udp() -> None:
    async def story() -> None:
        link = UdpLink("127.0.0.1", 0, OscParser())
        async with following(link) as heard:
            await heard.until(lambda: bool(heard.linked))
            desk = OscDesk("127.0.0.1", link.bound)
            desk.press(3, "on")
            desk.press(4, "demande")
            await heard.until(lambda: heard.last("4") is ButtonWord.REQUEST)
            assert heard.last("3") is ButtonWord.ON
            desk.close()

    asyncio.run(story())


def test_shure_is_asked_tells_changes_and_is_found_again() -> None:
    async def story() -> None:
        system = Shure(4, Mishaps(split=True, garbage=0.3))
        await system.start()
        port = system.port
        async with following(ShureLink("127.0.0.1", port)) as heard:
            await heard.until(lambda: heard.last("4") is ButtonWord.OFF)  # it was asked how everything stands
            await system.press(2, "on")
            await heard.until(lambda: heard.last("2") is ButtonWord.ON)
            await system.stop()
            await heard.until(lambda: heard.linked[-1] is False)
            again = Shure(4)
            again.state[3] = "on"
            await again.start(port=port)
            await heard.until(lambda: heard.last("3") is ButtonWord.ON)
            await again.stop()

    asyncio.run(story())


def test_dicentis_logs_in_tells_changes_and_is_found_again() -> None:
    async def story() -> None:
        system = Dicentis(garbage=True)
        async with system:
            port = system.port
            async with following(DicentisLink("127.0.0.1", port, "regie", "secret", None)) as heard:
                await heard.until(lambda: True in heard.linked)
                system.speakers, system.waiting = ["A1"], ["B2"]
                await heard.until(lambda: heard.last("A1") is ButtonWord.ON, system.tell)
                assert heard.last("B2") is ButtonWord.NEXT
                system.speakers = []
                await heard.until(lambda: heard.last("A1") is ButtonWord.OFF, system.tell)
                await system.__aexit__()
                await heard.until(lambda: heard.linked[-1] is False)
                again = Dicentis()
                again.port, again.speakers = port, ["C3"]
                async with again:
                    await heard.until(lambda: heard.last("C3") is ButtonWord.ON)

    asyncio.run(story())


def test_dicentis_a_refused_account_is_not_a_link() -> None:
    async def story() -> None:
        async with (
            Dicentis() as system,
            following(DicentisLink("127.0.0.1", system.port, "regie", "autre", None)) as heard,
        ):
            await heard.until(lambda: system.logins >= 1 and bool(heard.linked))
            assert True not in heard.linked

    asyncio.run(story())
