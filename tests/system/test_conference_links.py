"""Each conference system over its real socket: simulators with their faults, servers that go and come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs
from audio.conference.generic import OscParser
from audio.conference.links import CoconLink, DicentisLink, Link, ShureLink, TlvcamLink, UdpLink
from audio.conference.televic import TelevicParser
from config.chamber import Conference, ConferenceSystem, Microphone
from config.schema import Town
from hardware_mocks.conference import Dicentis, Mishaps, OscDesk, Shure, Televic
from hardware_mocks.televic_central import Cocon, Plixus
from regie.clock import MediaClock, SystemClock
from regie.directing import probe
from regie.directing.microphones import Microphones
from regie.domain.timeline import MediaTime
from regie.media.frames import ProgrammeFormat, Sound
from regie.media.mixer import Mixer
from regie.media.report import microphone_conditions
from tests.unit.direction_rig import Rig
from tests.unit.mixer_rig import FakeSource

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


def test_a_plixus_is_acknowledged_and_found_again() -> None:
    async def story() -> None:
        system = Plixus(Mishaps(split=True, garbage=0.3))
        await system.start()
        port = system.port
        async with following(TlvcamLink("127.0.0.1", port)) as heard:
            await heard.until(lambda: True in heard.linked)
            await system.press(1, "on")
            await system.press(12, "on")
            await heard.until(lambda: heard.last("12") is ButtonWord.ON)
            assert heard.last("1") is ButtonWord.ON and system.lost == 0 and system.acknowledged == 2
            system.state[12] = "off"  # a frame that never left
            await system.synchronize()
            await heard.until(lambda: heard.last("12") is ButtonWord.OFF)
            await system.stop()
            await heard.until(lambda: heard.linked[-1] is False)
            again = Plixus(second=True)
            await again.start(port)
            await heard.until(lambda: heard.linked[-1] is True)
            await again.press(3, "on")
            await heard.until(lambda: heard.last("3") is ButtonWord.ON)
            await again.close_all()
            await heard.until(lambda: heard.events[-1] == AllClosed())
            await again.stop()

    asyncio.run(story())


def test_a_cocon_is_asked_again_and_again_and_found_again() -> None:
    async def story() -> None:
        system = Cocon(hold_s=0.3)
        system.state[5] = "on"
        await system.start()
        port = system.port
        async with following(CoconLink("127.0.0.1", port)) as heard:
            await heard.until(lambda: heard.last("5") is ButtonWord.ON)  # it was asked how things stand
            await heard.until(lambda: system.polls >= 3)
            assert False not in heard.linked, "a poll without news is no loss"
            await system.tell('{"MeetingStatus": {"State": "Running"}}')
            await system.press(7, "request")
            await system.press(5, "off")
            await heard.until(lambda: heard.last("5") is ButtonWord.OFF)
            assert heard.last("7") is ButtonWord.REQUEST
            await system.stop()
            await heard.until(lambda: heard.linked[-1] is False)
            again = Cocon(manual=True)
            await again.start(port)
            await heard.until(lambda: heard.linked[-1] is True)
            await again.press(9, "on")
            await heard.until(lambda: heard.last("9") is ButtonWord.ON)
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


def checked(seconds: float = 1.0, **conference: object) -> tuple[bool, str]:
    """What `regie check` finds: is it wrong, and what it says."""
    return asyncio.run(examined(seconds, **conference))


async def examined(seconds: float = 1.0, **conference: object) -> tuple[bool, str]:
    config = Conference.model_validate(conference)
    ours = tuple(Microphone(id=f"m{n}", nom=f"M{n}", source="s", canal=n) for n in (1, 2))
    found = await probe.examine(config, ours, seconds)
    assert found is not None
    return found.wrong, "; ".join([found.answer, *found.doubts])


def test_a_check_says_what_each_system_answers() -> None:
    async def story() -> None:
        shure, cocon = Shure(3), Cocon()
        shure.state[2], cocon.state[9] = "on", "on"
        await shure.start()
        await cocon.start()
        wrong, said = await examined(
            systeme="shure", adresse="127.0.0.1", port=shure.port, micros={"1": "m1", "2": "m2"}
        )
        assert not wrong and "3 microphone(s) told, 1 open" in said and "not ours: 3 " in said
        wrong, said = await examined(
            systeme="cocon", adresse="127.0.0.1", port=cocon.port, micros={"9": "m1"}
        )
        assert not wrong and said.endswith("1 microphone(s) told, 1 open")
        wrong, said = await examined(systeme="cocon", adresse="127.0.0.1", port=shure.port)
        assert wrong and "does not speak this system's protocol" in said
        await shure.stop()
        await cocon.stop()
        wrong, said = await examined(systeme="shure", adresse="127.0.0.1", port=shure.port)
        assert wrong and "nobody listens there" in said
        async with Dicentis() as system:
            tls = DicentisLink("127.0.0.1", system.port, "regie", "autre", None)
            heard = Heard()
            task = asyncio.create_task(tls.run(heard.tell, heard.link))
            await heard.until(lambda: tls.refused)
            task.cancel()

    asyncio.run(story())
    assert asyncio.run(probe.examine(Conference(), ())) is None
    assert checked(0.1, systeme="televic", adresse="127.0.0.1", port=0)[1].endswith(
        "press a button meanwhile"
    )
    assert "anybody of the local network" in checked(systeme="http")[1]
    wrong, said = checked(0.1, systeme="osc", adresse="192.0.2.1", port=9)
    assert wrong and "cannot be listened to" in said


class Table(FakeSource):
    """Two microphones: nothing comes from the first, not even the noise of the hall; somebody speaks into the second."""

    def channels_at(self, t: MediaTime, samples: int) -> Sound:
        random = np.random.default_rng(int(t))
        voice = 0.1 * random.normal(0, 1, samples) * np.abs(np.sin(np.arange(t, t + samples) / 6000)) + 0.01
        return np.stack([np.zeros(samples), voice]).astype(np.float32)


def test_a_microphone_said_to_be_open_and_silent_is_an_alarm_from_its_button_to_the_engine(
    tmp_path: Path,
) -> None:
    """The conference system's own bytes; control; the engine's mixer; its alarms."""
    table = Table("cam1")
    ours = tuple(Microphone(id=f"m{n}", nom="M", source="cam1", canal=n) for n in (1, 2))
    mixer = Mixer(
        ProgrammeFormat(320, 180, 25), {"cam1": table}, MediaClock(SystemClock()), lambda picture: None,
        lambda block: None, Town(nom="V"), microphones=ours,
    )  # fmt: skip
    rig = Rig(tmp_path)
    rig.declare_open = mixer.declare_open
    heard = 0

    def alarms() -> set[tuple[str, str]]:
        """Four seconds later."""
        nonlocal heard
        for _ in range(4 * 25):
            mixer.sound.block(heard, 1920)
            heard += 1920
        return {(one.code, one.subject) for one in microphone_conditions(mixer.sound.bus.faults.found)}

    async def story() -> None:
        config = Conference(
            systeme=ConferenceSystem.TELEVIC, adresse="127.0.0.1", port=0, micros={"12": "m1", "13": "m2"}
        )
        microphones = Microphones(config, rig.direction.button, rig.direction.conference_is)
        link = microphones.link
        assert isinstance(link, UdpLink)
        following = asyncio.create_task(microphones.run())
        async with rig.running():
            assert alarms() == set()
            await rig.until(lambda: link.bound > 0)
            system = Televic("127.0.0.1", link.bound)
            system.press(12, "on")
            await rig.until(lambda: mixer.sound.bus.faults.declared == frozenset({"m1"}))
            assert alarms() == {("micro_muet", "m1"), ("micro_canal", "m2")}
            system.press(12, "off")
            system.press(13, "on")
            await rig.until(lambda: mixer.sound.bus.faults.declared == frozenset({"m2"}))
            alarms()
            assert alarms() == set()
            system.close()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(story())
