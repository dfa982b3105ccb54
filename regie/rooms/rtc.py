"""The rtc process: takes the engine's packets by the link, answers browsers' offers that control brings.

``python -m regie.rooms.rtc --config FILE --run DIR``. It may be killed at any time: the low-latency monitors blink, the remote
rooms are back in a few seconds.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from regie.clock import Clock, MediaClock, SystemClock
from regie.domain.commands import RequestKeyframe
from regie.errors import LinkLost, Refusal
from regie.heartbeat import Heart
from regie.link import LinkServer, Peer, connect
from regie.log import setup as setup_log
from regie.messages import (
    Answer,
    Call,
    Hangup,
    Offer,
    PictureNews,
    RoomGone,
    RoomMedia,
    RoomNews,
    SoundNews,
    Subscribe,
    Way,
)
from regie.rooms.guest import Guest, spoken
from regie.rooms.hub import ReturnHub, RunClock, StreamHub
from regie.rooms.ladder import Rung
from regie.rooms.peer import Codec, Viewer, harden_aiortc
from regie.rooms.rtp import Unit
from regie.rooms.vp8 import TIER, Vp8Hub

log = logging.getLogger(__name__)

STREAMS = {"programme": True, "antenne": True, "casque": False}
"""What may be asked for, and whether it has pictures."""
MINUS = "n-1."
"""Prefix of the stream that carries, for a room that is heard, everybody's sound but its own."""
MAX_VIEWERS = 24
MAX_GUESTS = 24
MAX_SCREENS = 8
"""Connections that only show what one room sees: to its public, to persons who follow it."""
RETRY_SECONDS = 0.3
TEND_SECONDS = 0.03
NEWS_SECONDS = 1.0
RUNGS: dict[Codec, tuple[Rung, ...]] = {
    "H264": (Rung(""), Rung("360p"), Rung(None)),
    "VP8": (Rung(TIER), Rung(None)),
}
"""What a room may get: the programme, its small rendition, sound only. Without H.264 only the small one."""


class Gateway:
    """Viewers by session, hubs by stream, and the link to the engine."""

    def __init__(self, run: Path, clock: Clock) -> None:
        self._run = run
        self._system = clock
        self._clock = RunClock(MediaClock(clock).now)
        self._guests: dict[str, Guest] = {}
        self._minus: dict[str, ReturnHub] = {}
        self._controls: set[Peer] = set()
        self._engine: Peer | None = None
        self._ids = itertools.count(1)
        self._viewers: dict[str, Viewer] = {}
        self._screens: set[str] = set()
        self._hubs = {
            name: StreamHub(
                self._clock if name == "programme" else RunClock(self._clock.now),
                self._ask_keyframe,
                pictures=pictures,
            )
            for name, pictures in STREAMS.items()
        }
        self._vp8 = Vp8Hub(self._hubs["programme"])

    def _ask_keyframe(self, tier: str) -> None:
        if self._engine is not None and tier:
            self._engine.send(Call(id=next(self._ids), command=RequestKeyframe(tier=tier)))

    def _subscribe(self) -> None:
        if self._engine is not None:
            streams = [name for name, hub in self._hubs.items() if hub.watched]
            streams += [name for name, hub in self._minus.items() if hub.watched]
            self._engine.send(Subscribe(streams=tuple(streams)))

    async def follow_engine(self) -> None:
        """Stay connected to the engine, whatever happens to it."""
        up = False
        while True:
            try:
                self._engine = await connect(self._run / "engine.sock")
                log.info("engine: connected")
                up = True
                for hub in self._hubs.values():
                    hub.clock.new_run()
                self._subscribe()
                await self._carry(self._engine)
            except LinkLost as error:
                if up:
                    log.warning("engine: lost (%s)", error.stable_code)
            if up:
                log.warning("engine: away, trying again")
                up = False
            if self._engine is not None:
                self._engine.close()
                self._engine = None
            await asyncio.sleep(RETRY_SECONDS)

    async def _carry(self, engine: Peer) -> None:
        async for message in engine.messages():
            if isinstance(message, PictureNews) and message.stream in self._hubs:
                self._hubs[message.stream].picture(message)
            elif isinstance(message, SoundNews):
                hub_of = self._hubs.get(message.stream) or self._minus.get(message.stream)
                if hub_of is not None:
                    hub_of.sound(message)

    async def serve_control(self, peer: Peer) -> None:
        """Offers and hang-ups, one after the other."""
        self._controls.add(peer)
        try:
            async for message in peer.messages():
                if isinstance(message, Offer):
                    peer.send(await self._answer(message))
                elif isinstance(message, Hangup):
                    await self._hang_up(message)
        finally:
            self._controls.discard(peer)

    async def _hang_up(self, end: Hangup) -> None:
        if end.screens:
            for screen in [guest for session, guest in self._guests.items() if session in self._screens]:
                await screen.close()
            return
        viewer = self._viewers.get(end.session)
        if viewer is not None:
            await viewer.close()
        for guest in [g for g in self._guests.values() if end.session == g.session or end.room == g.source]:
            await guest.close()

    async def _answer(self, offer: Offer) -> Answer:
        try:
            return Answer(id=offer.id, sdp=await self._open(offer))
        except Refusal as refusal:
            return Answer(id=offer.id, code=refusal.stable_code, detail=refusal.message)
        except Exception:  # noqa: BLE001 - one offer must not end the link by which everybody's come
            log.exception("an offer could not be answered")
            return Answer(id=offer.id, code="offre_invalide")

    async def _open(self, offer: Offer) -> str:
        if offer.room:
            return await self._welcome(offer)
        if offer.stream not in self._hubs:
            raise Refusal(f"no stream is called {offer.stream!r}", code="flux_inconnu")
        if len(self._viewers) >= MAX_VIEWERS:
            raise Refusal("too many monitors are open", code="moniteurs_complets")
        previous = self._viewers.get(offer.session)
        if previous is not None:
            await previous.close()

        async def ended() -> None:
            self._viewers.pop(offer.session, None)
            self._subscribe()

        viewer = Viewer(self._hubs[offer.stream], offer.tier, ended, self._clock.now)
        self._viewers[offer.session] = viewer
        self._subscribe()
        return await _answered(viewer, offer)

    async def _welcome(self, offer: Offer) -> str:
        """A room's offer. When it sends, it takes the place of any connection that did."""
        way = Way.IN if offer.document else offer.way
        alike = [
            g
            for g in self._guests.values()
            if g.source == offer.room and (g.way is Way.OUT) is (way is Way.OUT)
        ]
        if way is not Way.OUT:
            for guest in alike:
                await guest.close()
        elif len(alike) >= MAX_SCREENS:
            raise Refusal("too many screens are open", code="moniteurs_complets")
        if len(self._guests) >= MAX_GUESTS:
            raise Refusal("too many rooms are connected", code="salles_completes")
        codec = spoken(offer.sdp)
        guest = Guest(
            offer.session,
            offer.room,
            way,
            ("video",) if offer.document else ("video", "audio"),
            codec,
            None if way is Way.IN else self._vp8 if codec == "VP8" else self._hubs["programme"],
            None if way is Way.IN else self._minus_of(offer.room),
            RUNGS[codec],
            self._sink(offer.room),
            lambda: self._left(offer.session, offer.room, way),
            self._seconds,
            self._clock.now,
        )
        self._guests[offer.session] = guest
        if offer.screen:
            self._screens.add(offer.session)
        self._subscribe()
        return await _answered(guest, offer)

    def _minus_of(self, room: str) -> ReturnHub:
        return self._minus.setdefault(MINUS + room, ReturnHub(self._hubs["programme"]))

    def _sink(self, source: str) -> Callable[[Codec, bool, int, Unit], None]:
        def send(codec: Codec, picture: bool, at_us: int, unit: Unit) -> None:
            if self._engine is not None:
                self._engine.send(
                    RoomMedia(
                        source=source,
                        picture=picture,
                        at_us=at_us,
                        key=unit.key,
                        data=unit.data,
                        codec="vp8" if codec == "VP8" else "h264",
                    )
                )

        return send

    async def _left(self, session: str, room: str, way: Way) -> None:
        self._guests.pop(session, None)
        self._screens.discard(session)
        ways = {guest.way for guest in self._guests.values() if guest.source == room}
        if ways <= {Way.IN}:
            self._minus.pop(MINUS + room, None)
        if ways <= {Way.OUT} and way is not Way.OUT and self._engine is not None:
            self._engine.send(RoomGone(source=room))
        self._tell(RoomNews(session=session, source=room, state="closed"))
        self._subscribe()

    def _seconds(self) -> float:
        return self._system.monotonic_ns() / 1e9

    def _tell(self, news: RoomNews) -> None:
        for peer in self._controls:
            peer.send(news)

    async def tend(self) -> None:
        """Ask rooms for what is missing, and tell control how their links go."""
        told = self._seconds()
        while True:
            await asyncio.sleep(TEND_SECONDS)
            tell = self._seconds() - told >= NEWS_SECONDS
            told = self._seconds() if tell else told
            for guest in tuple(self._guests.values()):
                try:
                    await self._look_after(guest, tell)
                except Exception:  # noqa: BLE001 - a connection that fails makes room for a new one; the others go on
                    log.exception("a room's connection failed", extra={"room": guest.source})
                    await guest.close()

    async def _look_after(self, guest: Guest, tell: bool) -> None:
        await guest.tend()
        if tell:
            guest.climb()
            if guest.way is not Way.OUT:
                self._tell(guest.news())

    async def close(self) -> None:
        """Hang up on every browser."""
        viewers: tuple[Viewer | Guest, ...] = (*self._viewers.values(), *self._guests.values())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.gather(*(viewer.close() for viewer in viewers), return_exceptions=True)


async def _answered(connection: Viewer | Guest, offer: Offer) -> str:
    """SDP of its answer. A connection that could not be made leaves nothing behind."""
    try:
        return await connection.answer(offer.sdp, offer.client)
    except BaseException:
        await connection.close()
        raise


async def run(directory: Path) -> bool:
    """Serve until SIGTERM or SIGINT. False when a task of ours died: another process must take over, this one would only look
    alive."""
    harden_aiortc()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(directory, SystemClock())
    server = LinkServer(directory / "rtc.sock", gateway.serve_control)
    await server.start()
    tasks = [
        loop.create_task(gateway.follow_engine()),
        loop.create_task(gateway.tend()),
        loop.create_task(Heart.inherited().beat_while(lambda: True)),
    ]
    stopping = loop.create_task(stop.wait())
    await asyncio.wait((stopping, *tasks), return_when=asyncio.FIRST_COMPLETED)
    well = stopping.done()
    for task in tasks:
        task.cancel()
    for died in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(died, Exception):
            log.error("a task of the rtc process died", exc_info=died)
    await gateway.close()
    await server.stop()
    return well


def main() -> None:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="regie-rtc")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    setup_log("rtc")
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    well = asyncio.run(run(options.run))
    # aiortc's decoder threads are not daemons; nothing is left to finish.
    os._exit(0 if well else 1)


if __name__ == "__main__":
    main()
