"""Pushes the public programme to any number of RTMP and RTMPS servers, each on its own.

Packets come in the ``public`` thread, become FLV bodies once, and go to the bounded ring of each connected destination; the rest
happens in one asyncio task a destination (:mod:`regie.media.rtmp_publisher`) on the engine's loop.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress

from config.outputs import DestinationConfig
from regie.board import OutputState, OutputStatus
from regie.errors import RegieError
from regie.media import flv, rtmp_protocol
from regie.media.flv import Tag
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, TierFormat
from regie.media.h264 import BadPicture
from regie.media.handoff import call_soon
from regie.media.rtmp_publisher import USUAL_STREAM, Destination, Item, Publisher

log = logging.getLogger(__name__)

_MOST_RESTARTS = 5
_PROMPT = 12
"""Tags that wait for a server which follows: what is on its way between two threads."""


def destination(config: DestinationConfig) -> Destination:
    """A destination with its key fetched. Raises RegieError (``cle_absente``, ``adresse_invalide``), without quoting secrets."""
    key = config.cle.get_secret_value() if config.cle else None
    if key is None and config.cle_env:
        key = os.environ.get(config.cle_env)
        if not key:
            raise RegieError("the environment has no such stream key", code="cle_absente", output=config.id)
    if key is None and config.cle_fichier:
        try:
            key = config.cle_fichier.read_text(encoding="utf-8").strip()
        except OSError:
            raise RegieError(
                "the stream key's file cannot be read", code="cle_absente", output=config.id
            ) from None
    target = rtmp_protocol.target(config.adresse, key)
    return Destination(config.id, config.nom, target, config.verifier_certificat, config.certificat_ca)


class RtmpOutputs:
    """Public reader that feeds all destinations; each is switched on and off by itself.

    ``picture`` and ``sound`` may come from any one thread; all the rest is called on the loop that :meth:`start` ran on.
    """

    def __init__(self, destinations: Sequence[Destination], tier: TierFormat) -> None:
        self._destinations = {to.id: to for to in destinations}
        self._tier = tier
        self._publishers: dict[str, tuple[Publisher, asyncio.Task[None]]] = {}
        self._readers: tuple[Publisher, ...] = ()
        self._restarts: dict[str, int] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waking = False
        self._origin: int | None = None
        self.bad_pictures = 0

    async def start(self) -> None:
        """Be ready; destinations are off until :meth:`set_on`."""
        self._loop = asyncio.get_running_loop()

    def set_on(self, output: str, on: bool) -> bool:
        """Start or stop a destination; repeating is harmless. False when there is none with this id."""
        to = self._destinations.get(output)
        if to is None:
            return False
        if on and output not in self._publishers:
            self._restarts[output] = 0
            self._launch(to)
        elif not on and output in self._publishers:
            _, task = self._publishers.pop(output)
            self._refresh()
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
            task.cancel()
        return True

    def _launch(self, to: Destination) -> None:
        publisher = Publisher(to, self._tier)
        task = asyncio.get_running_loop().create_task(publisher.run(), name=f"rtmp:{to.id}")
        task.add_done_callback(lambda done: self._died(to, done))
        self._publishers[to.id] = publisher, task
        self._refresh()

    def _died(self, to: Destination, task: asyncio.Task[None]) -> None:
        """A publisher ended by a fault of ours: a new one takes its place, a few times."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("output %s: ended by %s", to.id, type(error).__name__, exc_info=error)
        self._restarts[to.id] += 1
        if self._restarts[to.id] <= _MOST_RESTARTS:
            self._launch(to)

    def _refresh(self) -> None:
        self._readers = tuple(publisher for publisher, _ in self._publishers.values())

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """One picture of any rendition; the main one is sent. Never waits."""
        picture = packet.value
        if picture.tier != self._tier.tier:
            return
        if self._origin is None:
            if not picture.key:
                return
            self._origin = picture.at
        try:
            self._put(flv.picture(picture, self._origin))
        except BadPicture:
            self.bad_pictures += 1
            return
        # Sound leaves with the next picture: half the system calls for at most one picture's time.
        if not self._waking and self._loop is not None:
            self._waking = True
            call_soon(self._loop, self._wake)

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """One sound unit; never waits."""
        sound = packet.value
        if self._origin is not None and sound.tier == "main" and sound.at >= self._origin:
            self._put(flv.sound(sound, self._origin))

    def forget_waiting(self) -> None:
        """What a slow server has not taken yet is not sent to it any more: it was masked meanwhile, or the antenna was cut."""
        for publisher in self._readers:
            if publisher.ring is not None:
                publisher.ring.drop(_PROMPT)

    def _put(self, tag: Tag) -> None:
        item = None
        for publisher in self._readers:
            if (ring := publisher.ring) is not None:
                if item is None:
                    framed = rtmp_protocol.framed(tag.kind, tag.body, tag.milliseconds, USUAL_STREAM)
                    item = Item(tag, framed)
                ring.put(item)

    def _wake(self) -> None:
        self._waking = False
        for publisher in self._readers:
            publisher.wake()

    def statuses(self) -> tuple[OutputStatus, ...]:
        """For the board, in the configuration's order."""
        now = asyncio.get_running_loop().time()
        return tuple(self._status(to, now) for to in self._destinations.values())

    def _status(self, to: Destination, now: float) -> OutputStatus:
        host = to.target.host
        running = self._publishers.get(to.id)
        if running is None:
            return OutputStatus(id=to.id, name=to.name, host=host, state=OutputState.STOPPED)
        publisher, task = running
        return OutputStatus(
            id=to.id,
            name=to.name,
            host=host,
            state=publisher.state if not task.done() else OutputState.STOPPED,
            reason=publisher.reason if not task.done() else "erreur_interne",
            kbps=publisher.kbps(now),
            dropped=publisher.lost(),
            reconnects=max(0, publisher.connections - 1),
            since_ms=round((now - publisher.since) * 1000),
        )

    async def stop(self) -> None:
        """Say goodbye everywhere."""
        publishers = self._readers
        for output in tuple(self._publishers):
            self.set_on(output, False)
        for task in tuple(self._stopping):
            with suppress(asyncio.CancelledError):
                await task
        for publisher in publishers:
            await publisher.gone()
