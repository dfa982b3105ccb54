"""Marked passages on air, and whether anything of them is found in what a server, a playlist or a picture received."""

import time
from pathlib import Path

import av
import numpy as np

from regie.domain import commands as do
from regie.domain.model import Layout, Shot
from regie.media.encoder import planes
from tests.system.engine_rig import Follower, clip

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


class Found:
    """How much of each clip a medium holds: pictures of its luma, and twentieths of a second in which its tone stands out."""

    def __init__(self, where: Path) -> None:
        self.pictures = dict.fromkeys(CLIPS, 0)
        self.windows = dict.fromkeys(CLIPS, 0)
        sounds: list[np.ndarray] = []
        with av.open(str(where), timeout=(20, 20)) as container:
            for frame in (f for p in container.demux() for f in p.decode()):
                if isinstance(frame, av.VideoFrame):
                    self._look(planes(frame)[0])
                elif isinstance(frame, av.AudioFrame):
                    sounds.append(frame.to_ndarray().mean(axis=0))
        if sounds:
            self._hear(np.concatenate(sounds))

    def _look(self, luma: np.ndarray) -> None:
        # As it is encoded: a conversion to grey would stretch its range. A slate has letters and an emblem: a clip is one grey all
        # over, but for the bar that moves on its top. One dot in sixteen is enough to tell.
        below = luma[luma.shape[0] // 8 :: 4, ::4]
        for name, (wanted, _) in CLIPS.items():
            if abs(float(below.mean()) - wanted) < 12 and float(below.std()) < 8:
                self.pictures[name] += 1

    def _hear(self, sound: np.ndarray) -> None:
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
        return self.pictures["secret"], self.windows["secret"]


def new_mask() -> str:
    """An id."""
    return f"essai-{time.monotonic_ns()}"


def luma_at(where: Path, seconds: float) -> float:
    """Mean luma, below the moving bar, of the picture at an instant of a medium, counted from its first one."""
    with av.open(str(where), timeout=(20, 20)) as container:
        first = None
        for frame in container.decode(video=0):
            first = frame.time if first is None else first
            if frame.time - first >= seconds:
                luma = planes(frame)[0]
                return float(luma[luma.shape[0] // 8 :].mean())
    raise AssertionError(f"it ends before {seconds} s")
