"""A simulated remote room: joins by an invitation as a browser would, sends a picture and a voice, receives the programme.

``python -m hardware_mocks.councillor --url http://127.0.0.1:8080 --invitation FILE --name "Salle Nord"``. FILE holds the token of
the link, and is waited for; the key it is exchanged for is kept beside it, so that a room that was killed comes back as itself. It
speaks HTTP, WebSocket (PROTOCOL.md of the rooms) and WebRTC (aiortc), and has nothing of our code.
Faults: ``--lost-after S --lost-for S`` cuts its network once, as a router that restarts. ``--loop``: one 720p picture for all the
rooms of this program (``--invitation`` and ``--name`` as many times), encoded beforehand (:mod:`hardware_mocks.loops`).
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from fractions import Fraction
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aioice.ice
import aiortc.rtcrtpreceiver
import av
import cv2
import numpy as np
import uvloop
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect

from hardware_mocks import loops
from hardware_mocks.people import SENTENCES, council
from hardware_mocks.voices import Voices

WIDTH, HEIGHT, FPS, KBPS = 640, 360, 15, 500
RATE, BLOCK = 48_000, 960
GOP_S = 2
RETRY_S = 1.0
LISTENED_S = 30.0
CONNECT_S = 15.0
"""A connection that is not made by then is made anew, as a browser's page does."""
WALL, DESK, SKIN, SUIT = (196, 206, 214), (74, 96, 122), (150, 178, 220), (90, 62, 48)
_addresses = aioice.ice.get_host_addresses


def _with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return [*_addresses(use_ipv4, use_ipv6), "127.0.0.1"]


class _PassThrough:
    """Stands where a decoder does: what comes in is counted, not decoded; a room's browser would show it."""

    def decode(self, frame: Any) -> list[Any]:
        return []


class Drawing:
    """The room's picture: people at a desk, the name of the room, a clock that runs. Encoded once, for one connection."""

    def __init__(self, name: str, seed: int) -> None:
        self._name = name
        rng = np.random.default_rng(seed)
        self._plate = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        cv2.rectangle(self._plate, (0, 250), (WIDTH, HEIGHT), DESK, -1)
        self._people = [
            (110 + n * 140 + int(rng.integers(-12, 12)), 170 + int(rng.integers(-8, 8))) for n in range(4)
        ]
        for x, y in self._people:
            cv2.ellipse(self._plate, (x, y + 92), (52, 60), 0, 180, 360, SUIT, -1)
            cv2.circle(self._plate, (x, y), 30, SKIN, -1)
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        codec.time_base, codec.framerate, codec.bit_rate = Fraction(1, 90_000), Fraction(FPS), KBPS * 1000
        codec.thread_count = 1
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
        }
        self._codec = codec
        self.key_asked = True

    def packet(self, n: int) -> Any:
        """The picture number ``n``, as a packet."""
        image = self._plate.copy()
        x, y = self._people[1]
        opening = int(5 + 4 * math.sin(n * 2.1))
        cv2.ellipse(image, (x, y + 12), (9, max(opening, 1)), 0, 0, 360, (60, 60, 140), -1)
        cv2.putText(image, self._name, (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (60, 50, 40), 2, cv2.LINE_AA)
        clock = time.strftime("%H:%M:%S")
        cv2.putText(
            image, clock, (WIDTH - 130, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (60, 50, 40), 2, cv2.LINE_AA
        )
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = n * 90_000 // FPS, Fraction(1, 90_000)
        if self.key_asked or n % (GOP_S * FPS) == 0:
            self.key_asked = False
            frame.pict_type = av.video.frame.PictureType.I
        (packet,) = self._codec.encode(frame)
        packet.pts = packet.dts = frame.pts
        packet.time_base = Fraction(1, 90_000)
        return packet


class Voice:
    """What the room's microphone hears, in blocks of 20 ms: the noise of a room; a member who speaks while ``speaking``."""

    def __init__(self, seed: int) -> None:
        self.speaking = False
        people = council(seed)
        person, voices = people[seed % len(people)], Voices(seed)
        said = [voices.say(person, sentence) for sentence in SENTENCES[seed % 3 :: 3]]
        pause = np.zeros(RATE // 3, np.int16)
        speech = np.concatenate([piece for one in said for piece in (one, pause)])
        self._speech = speech[: len(speech) // BLOCK * BLOCK].reshape(-1, BLOCK)
        self._noise = np.random.default_rng(seed).normal(0, 8, (50, BLOCK)).astype(np.int16)
        self._said = self._n = 0

    def block(self) -> NDArray[np.int16]:
        """The next block."""
        self._n += 1
        heard: NDArray[np.int16] = self._noise[self._n % len(self._noise)]
        if self.speaking:
            self._said += 1
            heard = heard + self._speech[self._said % len(self._speech)]
        return heard


class PictureTrack(MediaStreamTrack):
    """The drawing, at its pace."""

    kind = "video"

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing
        self._n = 0
        self._began: float | None = None

    async def recv(self) -> Any:
        """The next packet."""
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self._n / FPS - loop.time()))
        packet = await asyncio.to_thread(self._drawing.packet, self._n)
        self._n += 1
        return packet


class VoiceTrack(MediaStreamTrack):
    """The room's sound, at its pace."""

    kind = "audio"

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self._voice = voice
        self._n = 0
        self._began: float | None = None

    async def recv(self) -> av.AudioFrame:
        """The next block."""
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self._n * BLOCK / RATE - loop.time()))
        frame = av.AudioFrame.from_ndarray(self._voice.block().reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._n * BLOCK, Fraction(1, RATE)
        self._n += 1
        return frame


class Studio:
    """What one room shows and says, drawn and spoken as it goes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seed = sum(name.encode())
        self.voice = Voice(self._seed)

    def tracks(self) -> tuple[MediaStreamTrack, MediaStreamTrack, Callable[[], None]]:
        """Picture and sound for a new connection, and what asks for a keyframe."""
        drawing = Drawing(self._name, self._seed)

        def key() -> None:
            drawing.key_asked = True

        return PictureTrack(drawing), VoiceTrack(self.voice), key


class Loop:
    """The same loop for every room, each from another group of pictures."""

    voice = None

    def __init__(self) -> None:
        self._pictures, self._sound = loops.pictures(), loops.sound()
        self._made = 0

    def tracks(self) -> tuple[MediaStreamTrack, MediaStreamTrack, Callable[[], None]]:
        """As the studio's."""
        picture = loops.LoopTrack("video", self._pictures, loops.FPS, self._made % loops.GOPS * loops.FPS)
        self._made += 1
        return picture, loops.LoopTrack("audio", self._sound, loops.RATE // loops.BLOCK), picture.key


class Room:
    """One simulated room, from its invitation to its end."""

    def __init__(
        self, options: argparse.Namespace, invitation: Path, name: str, studio: "Studio | Loop"
    ) -> None:
        self._options = options
        self._invitation = invitation
        self._name = name
        self._studio = studio
        self._token = ""
        self._cookie = ""
        self._peer: RTCPeerConnection | None = None
        self._offered = 0.0

    async def run(self) -> None:
        """Join, and come back whenever the link is lost."""
        self._token = await asyncio.to_thread(_token, self._invitation)
        await self._come_in()
        lost_at = time.monotonic() + self._options.lost_after if self._options.lost_after else None
        while True:
            try:
                url = self._options.url.replace("http", "ws", 1) + "/api/v1/salles/ws"
                async with connect(url, additional_headers={"Cookie": self._cookie}) as socket:
                    await self._talk(socket, lost_at)
                lost_at = None
                await self._hang_up()
                await asyncio.sleep(self._options.lost_for)
            except OSError:
                pass
            except Exception as error:  # noqa: BLE001 - whatever the régie does, the simulated room comes back
                print(f"room {self._name}: {type(error).__name__}", flush=True)
            await self._hang_up()
            await asyncio.sleep(RETRY_S)

    async def _come_in(self) -> None:
        invitation = self._invitation
        key = invitation.with_name(invitation.name + "-key")
        self._cookie = _kept(key, invitation)
        if not self._cookie:
            await self._enter()
            _keep(key, self._cookie)

    async def _enter(self) -> None:
        body = json.dumps({"secret": self._token}).encode()
        request = urllib.request.Request(
            self._options.url + "/api/v1/salles/entree", body, {"Content-Type": "application/json"}
        )
        answer = await asyncio.to_thread(urllib.request.urlopen, request, timeout=10)
        cookie = SimpleCookie(answer.headers["Set-Cookie"])
        self._cookie = "; ".join(f"{name}={value.value}" for name, value in cookie.items())

    async def _talk(self, socket: ClientConnection, lost_at: float | None) -> None:
        await _say(socket, type="bonjour", version=1)
        await _say(socket, type="essais", camera=True, micro=True, haut_parleur=True, montant_kbps=9000)
        measured = time.monotonic()
        while lost_at is None or time.monotonic() < lost_at:
            try:
                async with asyncio.timeout(0.5):
                    text = await socket.recv()
            except TimeoutError:
                text = None
            if text is not None:
                # Out of the time-out: an offer takes longer than that on a busy machine.
                await self._heard(socket, json.loads(text))
            if time.monotonic() - measured >= 1:
                measured = time.monotonic()
                flows = self._peer is not None and self._peer.connectionState == "connected"
                if not flows and self._peer is not None and measured - self._offered > CONNECT_S:
                    await self._offer(socket)
                await _say(socket, type="mesures", images=25 if flows else 0, son_ms=1000 if flows else 0)

    async def _heard(self, socket: ClientConnection, told: dict[str, Any]) -> None:
        voice = self._studio.voice
        if voice is not None and told["type"] == "etat" and told["parole"] is not voice.speaking:
            voice.speaking = told["parole"]
            await asyncio.to_thread(self._be_listened_to, LISTENED_S if told["parole"] else 0.0)
        if told["type"] == "etat" and told["phase"] == "admise":
            if self._peer is None or self._peer.connectionState in ("failed", "closed"):
                await self._offer(socket)
            if told["mesure_s"] >= 10 and not told["confirmee"]:
                await _say(socket, type="pret", public=True, affiche=True)
        elif told["type"] == "etat":
            await self._hang_up()
        elif told["type"] == "reponse" and self._peer is not None:
            await self._peer.setRemoteDescription(RTCSessionDescription(told["sdp"], "answer"))
        elif told["type"] == "ordre" and told["quoi"] == "recommencer":
            await self._offer(socket)
        elif told["type"] == "refus" and told.get("id") == 1:
            await asyncio.sleep(RETRY_S)
            await self._offer(socket)

    def _be_listened_to(self, seconds: float) -> None:
        """In the simulated hall nobody speaks while the room does."""
        hall = self._options.hall
        if not hall:
            return
        order = json.dumps({"do": "listen", "seconds": seconds}) + "\n"
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", hall), timeout=2) as control,
        ):
            control.sendall(order.encode())
            control.recv(1024)

    async def _offer(self, socket: ClientConnection) -> None:
        await self._hang_up()
        self._offered = time.monotonic()
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        picture, sound, key = self._studio.tracks()
        video = peer.addTransceiver(picture, direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([c for c in codecs if c.mimeType in ("video/H264", "video/rtx")])

        video.sender._send_keyframe = key  # type: ignore[method-assign]
        peer.addTransceiver(sound, direction="sendrecv")
        await peer.setLocalDescription(await peer.createOffer())
        sdp = peer.localDescription.sdp
        await _say(socket, type="offre", id=1, sdp=sdp, document=False)

    async def _hang_up(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            await peer.close()


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


def main() -> None:
    """Entry of the program."""
    parser = argparse.ArgumentParser(prog="councillor", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument(
        "--invitation", required=True, action="append", help="file that holds the token of the link"
    )
    parser.add_argument("--name", action="append", help="of the room of each invitation")
    parser.add_argument("--loop", action="store_true", help="a 720p picture encoded beforehand")
    parser.add_argument("--hall", type=int, default=0, help="control port of the hall that listens to it")
    parser.add_argument("--lost-after", type=float, default=0.0)
    parser.add_argument("--lost-for", type=float, default=8.0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    aioice.ice.get_host_addresses = _with_loopback
    # A browser's page notices in some seconds that nothing comes any more; aiortc would in half a minute.
    aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES = 1, 5
    pass_through: Any = lambda codec: _PassThrough()  # noqa: E731
    aiortc.rtcrtpreceiver.get_decoder = pass_through  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_all(options))


async def _all(options: argparse.Namespace) -> None:
    names = options.name or ["Salle distante"]
    loop = Loop() if options.loop else None
    rooms = [
        Room(options, Path(file), name, loop or Studio(name))
        for file, name in zip(options.invitation, names, strict=True)
    ]
    await asyncio.gather(*(room.run() for room in rooms))


def _kept(key: Path, invitation: Path) -> str:
    """The key of an earlier run, if no newer invitation came."""
    fresh = key.exists() and key.stat().st_mtime > invitation.stat().st_mtime
    return key.read_text("utf-8") if fresh else ""


def _keep(key: Path, cookie: str) -> None:
    key.touch(mode=0o600)
    key.write_text(cookie, "utf-8")


def _token(file: Path) -> str:
    """What the file says, once it is there and written."""
    while not (file.exists() and (token := file.read_text("utf-8").strip())):
        time.sleep(0.3)
    return token


if __name__ == "__main__":
    main()
