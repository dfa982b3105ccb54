"""What the conference system answers, for `regie check`: is it reached, what does it say, under names that we know?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs
from audio.conference.links import DicentisLink, UdpLink
from config.chamber import Conference, ConferenceSystem, Microphone
from regie.directing.microphones import link_of

PATIENCE_S = 4.0
"""A system that is asked answers at once; one that only speaks when a button is pressed has this long to be pressed."""
SETTLE_S = 0.5
"""What follows the first word comes together with it."""
KNOCK_S = 2.0
MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: ``wrong`` when no microphone will ever be told; ``doubts``: what a person should look at."""

    answer: str
    wrong: bool = False
    doubts: tuple[str, ...] = ()


class _Heard:
    """What a link told while it was followed."""

    def __init__(self) -> None:
        self.states: dict[str, ButtonWord] = {}
        self.linked = self.spoke = False
        self.news = asyncio.Event()

    def tell(self, event: ConferenceEvent) -> None:
        self.spoke = True
        match event:
            case MicrophoneIs(microphone=name, state=word):
                self.states[name] = word
            case AllClosed():
                self.states = dict.fromkeys(self.states, ButtonWord.OFF)
        self.news.set()

    def link(self, linked: bool) -> None:
        self.linked = self.linked or linked
        self.news.set()


async def examine(
    conference: Conference, microphones: Sequence[Microphone], patience_s: float = PATIENCE_S
) -> Finding | None:
    """Follow the system for a moment; None when none is configured."""
    if conference.systeme is ConferenceSystem.NONE:
        return None
    link = link_of(conference)
    if link is None:
        word = (
            ""
            if conference.mot_de_passe is not None
            else "; anybody of the local network may (mot_de_passe_env)"
        )
        return Finding(f"tells us over our own server, at /api/v1/realisation/micros{word}")
    if not isinstance(link, UdpLink):
        closed = await _knock(conference.adresse, link.port)
        if closed:
            return Finding(f"{conference.adresse}:{link.port} {closed}", wrong=True)
    heard = _Heard()
    following = asyncio.create_task(link.run(heard.tell, heard.link))
    try:
        await _listen(heard, patience_s, enough=not isinstance(link, UdpLink))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    where = (
        f"UDP {link.bound or link.port}" if isinstance(link, UdpLink) else f"{conference.adresse}:{link.port}"
    )
    if not heard.linked:
        return Finding(_unlinked(link, where), wrong=True)
    return _describe(heard, conference, microphones, where, listens=isinstance(link, UdpLink))


async def _listen(heard: _Heard, patience_s: float, enough: bool) -> None:
    """Until it said something (and what comes with it), or for as long as we are patient."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while (left := until - loop.time()) > 0:
        heard.news.clear()
        try:
            async with asyncio.timeout(left):
                await heard.news.wait()
        except TimeoutError:
            return
        if heard.spoke and enough:
            await asyncio.sleep(SETTLE_S)
            return


def _describe(
    heard: _Heard, conference: Conference, microphones: Sequence[Microphone], where: str, listens: bool
) -> Finding:
    reached = f"listens on {where}" if listens else f"connected to {where}"
    if not heard.spoke:
        hint = "nothing came: press a button meanwhile" if listens else "it told no microphone yet"
        return Finding(reached, doubts=(hint,))
    opened = sum(word in (ButtonWord.ON, ButtonWord.PRIORITY) for word in heard.states.values())
    known = {one.id for one in microphones}
    strange = [name for name in heard.states if conference.micros.get(name, name) not in known]
    doubts = (
        (f"not ours: {', '.join(strange[:MOST_NAMES])} (conference.micros, or « Apprendre »)",)
        if strange
        else ()
    )
    return Finding(f"{reached}: {len(heard.states)} microphone(s) told, {opened} open", doubts=doubts)


def _unlinked(link: object, where: str) -> str:
    if isinstance(link, UdpLink):
        return f"{where} cannot be listened to: another program has it, or the address is not this machine's"
    if isinstance(link, DicentisLink):
        return (
            f"{where} refuses the account"
            if link.refused
            else f"{where} answers, and does not speak DICENTIS's protocol"
        )
    return f"{where} answers, and does not speak this system's protocol"


async def _knock(address: str, port: int) -> str:
    """Why nobody can be reached there; empty when somebody answers."""
    try:
        async with asyncio.timeout(KNOCK_S):
            _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return "is reached, and nobody listens there"
    except (TimeoutError, OSError):
        return "cannot be reached"
    writer.transport.abort()
    return ""
