"""The rtc process: takes the engine's packets by the link, answers browsers' offers that control brings.

``python -m regie.rooms.rtc --config FILE --run DIR``. It may be killed at any time: only the low-latency monitors blink.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import os
import signal
from pathlib import Path

from regie.clock import MediaClock, SystemClock
from regie.domain.commands import RequestKeyframe
from regie.errors import LinkLost, Refusal
from regie.heartbeat import Heart
from regie.link import LinkServer, Peer, connect
from regie.log import setup as setup_log
from regie.messages import Answer, Call, Hangup, Offer, PictureNews, SoundNews, Subscribe
from regie.rooms.hub import StreamHub
from regie.rooms.peer import Viewer, harden_aiortc

log = logging.getLogger(__name__)

STREAMS = ("programme", "antenne")
MAX_VIEWERS = 24
RETRY_SECONDS = 0.3


class Gateway:
    """Viewers by session, hubs by stream, and the link to the engine."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._clock = MediaClock(SystemClock())
        self._engine: Peer | None = None
        self._ids = itertools.count(1)
        self._viewers: dict[str, Viewer] = {}
        self._hubs = {name: StreamHub(self._clock.now, self._ask_keyframe) for name in STREAMS}

    def _ask_keyframe(self, tier: str) -> None:
        if self._engine is not None and tier:
            self._engine.send(Call(id=next(self._ids), command=RequestKeyframe(tier=tier)))

    def _subscribe(self) -> None:
        if self._engine is not None:
            wanted = tuple(name for name, hub in self._hubs.items() if hub.watched)
            self._engine.send(Subscribe(streams=wanted))

    async def follow_engine(self) -> None:
        """Stay connected to the engine, whatever happens to it."""
        up = False
        while True:
            try:
                self._engine = await connect(self._run / "engine.sock")
                log.info("engine: connected")
                up = True
                for hub in self._hubs.values():
                    hub.new_run()
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
            elif isinstance(message, SoundNews) and message.stream in self._hubs:
                self._hubs[message.stream].sound(message)

    async def serve_control(self, peer: Peer) -> None:
        """Offers and hang-ups, one after the other."""
        async for message in peer.messages():
            if isinstance(message, Offer):
                peer.send(await self._answer(message))
            elif isinstance(message, Hangup):
                viewer = self._viewers.get(message.session)
                if viewer is not None:
                    await viewer.close()

    async def _answer(self, offer: Offer) -> Answer:
        try:
            return Answer(id=offer.id, sdp=await self._open(offer))
        except Refusal as refusal:
            return Answer(id=offer.id, code=refusal.stable_code, detail=refusal.message)

    async def _open(self, offer: Offer) -> str:
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

        viewer = Viewer(self._hubs[offer.stream], offer.tier, ended)
        self._viewers[offer.session] = viewer
        self._subscribe()
        return await viewer.answer(offer.sdp, offer.client)

    async def close(self) -> None:
        """Hang up on every browser."""
        viewers = tuple(self._viewers.values())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.gather(*(viewer.close() for viewer in viewers), return_exceptions=True)


async def run(directory: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    harden_aiortc()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(directory)
    server = LinkServer(directory / "rtc.sock", gateway.serve_control)
    await server.start()
    tasks = [
        loop.create_task(gateway.follow_engine()),
        loop.create_task(Heart.inherited().beat_while(lambda: True)),
    ]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await gateway.close()
    await server.stop()


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
    asyncio.run(run(options.run))
    # aiortc's decoder threads are not daemons; nothing is left to finish.
    os._exit(0)


if __name__ == "__main__":
    main()
