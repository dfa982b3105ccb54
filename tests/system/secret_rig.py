"""Marked passages on air, and whether anything of them is found in what a server, a playlist or a picture received."""

import asyncio
import contextlib
import time
from pathlib import Path

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from regie.domain import commands as do
from regie.domain.model import Layout, Shot
from regie.media.encoder import planes
from tests.system.engine_rig import Follower, clip
from tests.system.test_monitor_rtc import offer_to

SIZE = (1280, 720)
CLIPS = {"calme": (70, 440), "secret": (205, 2500), "temoin": (140, 3700), "tardif": (175, 5200)}
"""Luma and tone of each: the ordinary programme, what must never leave, what must (so that finding nothing means something), and
what leaves and is taken out afterwards."""
WINDOW = 2400


def configuration(
    folder: Path, delay_s: int, addresses: tuple[str, ...] = (), needed: str = "", more: str = ""
) -> Path:
    """An engine with the clips; only the first is heard at first. ``more``: whole sections."""
    for name, (luma, hertz) in CLIPS.items():
        clip(folder / f"{name}.mp4", luma, SIZE, hertz)
    sources = "".join(
        f'[[source]]\nid = "{name}"\nnom = "{name}"\ngenre = "fichier"\nadresse = "{name}.mp4"\ntoujours_chaude = true\n'
        f"muet = {'false' if name == 'calme' else 'true'}\n"
        for name in CLIPS
    )
    destinations = "".join(
        f'[[destination]]\nid = "d{n}"\nnom = "Serveur {n}"\nadresse = "{address}"\ncle_env = "CLE"\n'
        for n, address in enumerate(addresses, 1)
    )
    path = folder / "config.toml"
    path.write_text(
        f'[ville]\nnom = "Ville"\n[programme]\nretard_s = {delay_s}\npreset = "ultrafast"\ndebit_kbps = 1000\n'
        f'[confidentialite]\netirement_pourcent = 15\n{needed}[serveur]\ndossier = "{folder}/var"\n{more}{sources}{destinations}',
        encoding="utf-8",
    )
    return path


async def put(follower: Follower, name: str) -> None:
    """This clip on programme, alone to be heard."""
    for other in CLIPS:
        assert await follower.call(do.SetInput(source=other, muted=other != name)) == ""
    assert await follower.call(do.TakeShot(shot=Shot(sources=(name,), layout=Layout.FULL))) == ""


class Tally:
    """How much of each clip was seen and heard: pictures of its luma, and twentieths of a second in which its tone stands out."""

    def __init__(self) -> None:
        self.pictures = dict.fromkeys(CLIPS, 0)
        self.windows = dict.fromkeys(CLIPS, 0)

    def look(self, frame: av.VideoFrame) -> None:
        """One picture, as it was encoded: a conversion to grey would stretch its range.

        A slate has letters and an emblem; a clip is one grey all over, but for the bar that moves on its top. One dot in sixteen is
        enough to tell.
        """
        luma = planes(frame)[0]
        below = luma[luma.shape[0] // 8 :: 4, ::4]
        mean, spread = float(below.mean()), float(below.std())
        for name, (wanted, _) in CLIPS.items():
            if abs(mean - wanted) < 12 and spread < 8:
                self.pictures[name] += 1

    def hear(self, sound: np.ndarray) -> None:
        """The tone of each clip against all else: what conceals is at 1000 Hz, so any of these is of a source."""
        n = sound.size // WINDOW
        spectrum = np.abs(np.fft.rfft(sound[: n * WINDOW].reshape(n, WINDOW) * np.hanning(WINDOW), axis=1))
        for name, (_, hertz) in CLIPS.items():
            at = hertz * WINDOW // 48_000
            tone = spectrum[:, at - 1 : at + 2].max(axis=1) / (WINDOW / 4)
            self.windows[name] += int((tone > 0.004).sum())

    def of(self, name: str) -> tuple[int, int]:
        """Pictures and windows of a clip."""
        return self.pictures[name], self.windows[name]

    @property
    def secret(self) -> tuple[int, int]:
        """Pictures and windows of the secret: (0, 0) or the test fails."""
        return self.of("secret")


class Found(Tally):
    """What a file or a playlist holds."""

    def __init__(self, where: Path) -> None:
        super().__init__()
        sounds: list[np.ndarray] = []
        with av.open(str(where), timeout=(20, 20)) as container:
            for frame in (f for p in container.demux() for f in p.decode()):
                if isinstance(frame, av.VideoFrame):
                    self.look(frame)
                elif isinstance(frame, av.AudioFrame):
                    sounds.append(frame.to_ndarray().mean(axis=0))
        if sounds:
            self.hear(np.concatenate(sounds))


class Watcher(Tally):
    """A WebRTC viewer of the antenna, by a library that is not ours: what it receives, decoded."""

    def __init__(self) -> None:
        super().__init__()
        self._peer: RTCPeerConnection | None = None
        self._taking: list[asyncio.Task[None]] = []
        self._sounds: list[np.ndarray] = []

    async def join(self, run: Path) -> None:
        """Ask the rtc process of this run for the antenna."""
        peer = self._peer = RTCPeerConnection()
        peer.addTransceiver("video", direction="recvonly")
        peer.addTransceiver("audio", direction="recvonly")
        peer.on("track", self._take)
        await peer.setLocalDescription(await peer.createOffer())
        answer = await offer_to(run, peer.localDescription.sdp, stream="antenne")
        assert answer.code == "", answer
        await peer.setRemoteDescription(RTCSessionDescription(sdp=answer.sdp, type="answer"))

    def _take(self, track: MediaStreamTrack) -> None:
        self._taking.append(asyncio.create_task(self._follow(track)))

    async def _follow(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    self.look(frame)
                elif isinstance(frame, av.AudioFrame):
                    # Interleaved, 16 bits.
                    self._sounds.append(frame.to_ndarray().reshape(-1, 2).mean(axis=1) / 32768)

    async def leave(self) -> None:
        """Hang up and count."""
        if self._peer is not None:
            await self._peer.close()
        await asyncio.gather(*self._taking, return_exceptions=True)
        if self._sounds:
            self.hear(np.concatenate(self._sounds))


def new_mask() -> str:
    """An id."""
    return f"essai-{time.monotonic_ns()}"


def clip_at(where: Path, seconds: float) -> str:
    """Which clip the picture at an instant of a medium shows, counted from its first one; nothing for a slate."""
    with av.open(str(where), timeout=(20, 20)) as container:
        first = None
        for frame in container.decode(video=0):
            first = frame.time if first is None else first
            if frame.time - first >= seconds:
                tally = Tally()
                tally.look(frame)
                return next((name for name, seen in tally.pictures.items() if seen), "")
    raise AssertionError(f"it ends before {seconds} s")
