"""The whole chain against one ffmpeg command that does the same job with the same x264 settings, one after the other.

Four 1920×1080 25 p H.264 files in real time, the first with sound (ffmpeg would not decode that of the others, which it does not
mix), one programme with a lower third, to RTMP (a real nginx), HLS and a file. ffmpeg is
measured twice: with the one rendition that people usually make, and with the 360p, 240p and sound-only ones that the engine makes
too. The engine's own figure includes its delay line, its monitor of the output and its fan-out; no console is open, so that it
decodes what is on air only.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil

from benchmarks.results import Figure
from regie.board import OutputState, SourceState
from regie.domain import commands as do
from regie.domain.model import Layout, Shot, Title
from regie.media.encoder import planes
from tests.system.engine_rig import EngineProcess, Follower
from tests.system.peers import Nginx

CAMERAS = 4
SIZE = (1920, 1080)
CLIP_S = 4
WARM_UP_S = 5
MEASURED_S = 18
BITRATE = 4_000_000
X264 = "keyint=25:min-keyint=25:scenecut=0:bframes=0:threads=2:sliced-threads=1"
GOAL = 0.70


def run() -> Sequence[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _clip(folder / "cam0.mp4", with_sound=True)
        _clip(folder / "cam1.mp4", with_sound=False)
        for n in range(2, CAMERAS):
            (folder / f"cam{n}.mp4").write_bytes((folder / "cam1.mp4").read_bytes())
        _title(folder / "title.png")
        nginx = Nginx(folder / "nginx", record=False)
        nginx.start()
        try:
            same = _ffmpeg(_same_job(folder, f"{nginx.address()}/same"))
            single = _ffmpeg(_single(folder, f"{nginx.address()}/single"))
            ours = asyncio.run(_engine(folder, nginx.address()))
        finally:
            nginx.stop()
    note = f"{CAMERAS} x 1080p25 in, lower third, RTMP + HLS + file, {MEASURED_S} s"
    return [
        Figure("engine", ours, "cpu/s", None, note),
        Figure("ffmpeg_same_renditions", same, "cpu/s", None, note),
        Figure("ffmpeg_one_rendition", single, "cpu/s", None, note),
        Figure("ratio_same_renditions", ours / same, "x", GOAL, note),
        Figure(
            "ratio_one_rendition",
            ours / single,
            "x",
            GOAL,
            note + "; the engine makes 360p, 240p and sound only besides",
        ),
    ]


def _clip(path: Path, *, with_sound: bool) -> None:
    """A camera's picture: a room that pans slowly, somebody who moves, sensor noise; 8 Mbit/s, GOP of 2 s; AAC if asked."""
    width, height = SIZE
    rng = np.random.default_rng(3)
    room = np.zeros((height, 2 * width), np.float32)
    for step in (8, 32, 128):
        coarse = rng.normal(0, step / 3, (height // step + 2, 2 * width // step + 2)).astype(np.float32)
        room += cv2.resize(coarse, (2 * width, height), interpolation=cv2.INTER_CUBIC)
    room += 120
    grain = rng.normal(0, 2.5, (2 * height, 2 * width)).astype(np.float32)
    options = {"preset": "veryfast", "g": "50", "bf": "0", "x264-params": "slices=1"}
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options=options)
        video.width, video.height, video.pix_fmt, video.bit_rate = width, height, "yuv420p", 8_000_000
        sound = out.add_stream("aac", rate=48000, layout="stereo") if with_sound else None
        for n in range(CLIP_S * 25):
            dx, dy = rng.integers(0, height, 2)
            picture = room[:, n : n + width] + grain[dy : dy + height, dx : dx + width]
            picture[400:700, 800 + n % 50 * 4 : 1000 + n % 50 * 4] -= 60
            frame = av.VideoFrame(width, height, "yuv420p")
            y, u, v = planes(frame)
            y[:], u[:], v[:] = np.clip(picture, 16, 235), 120, 132
            frame.pts, frame.time_base = n, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if sound is not None:
            _noise(out, sound, rng)


def _noise(out: av.container.OutputContainer, sound: av.AudioStream, rng: np.random.Generator) -> None:
    for start in range(0, CLIP_S * 48000 - 1023, 1024):
        block = rng.normal(0, 0.05, (2, 1024)).astype(np.float32)
        heard = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        heard.sample_rate, heard.pts, heard.time_base = 48000, start, Fraction(1, 48000)
        out.mux(sound.encode(heard))
    out.mux(sound.encode(None))


def _title(path: Path) -> None:
    """A lower third as a picture with alpha, of the size ours has."""
    picture = np.zeros((188, 1388, 4), np.uint8)
    picture[:] = (60, 40, 20, 215)
    cv2.putText(picture, "Madame la Maire", (40, 110), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (255, 255, 255, 255), 5)
    cv2.imwrite(str(path), picture)


def _inputs(folder: Path) -> list[str]:
    cameras = [("-re", "-stream_loop", "-1", "-i", f"{folder}/cam{n}.mp4") for n in range(CAMERAS)]
    return [
        "ffmpeg",
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        *(a for c in cameras for a in c),
        "-i",
        f"{folder}/title.png",
    ]


def _x264(stream: str, bitrate: int, preset: str) -> list[str]:
    rate = str(bitrate)
    return [
        f"-c:v:{stream}", "libx264", f"-preset:v:{stream}", preset, f"-tune:v:{stream}", "zerolatency",
        f"-profile:v:{stream}", "baseline", f"-b:v:{stream}", rate, f"-maxrate:v:{stream}", rate,
        f"-bufsize:v:{stream}", rate, f"-x264-params:v:{stream}", X264,
    ]  # fmt: skip


def _unseen() -> list[str]:
    """The other cameras, decoded for nobody: a mixer that may cut to them has to; ffmpeg reads only what an output asks for."""
    return [a for n in range(1, CAMERAS) for a in ("-map", f"{n}:v", "-f", "null", "-")]


def _single(folder: Path, address: str) -> list[str]:
    (folder / "hls1").mkdir(exist_ok=True)
    tee = (
        f"[f=flv]{address}|[f=hls:hls_time=2:hls_list_size=0]{folder}/hls1/index.m3u8"
        f"|[f=mp4:movflags=frag_keyframe+empty_moov]{folder}/one.mp4"
    )
    return [
        *_inputs(folder),
        "-filter_complex", f"[0:v][{CAMERAS}:v]overlay=266:840,format=yuv420p[p]",
        "-map", "[p]", "-map", "0:a", *_x264("0", BITRATE, "veryfast"), "-c:a", "aac", "-b:a", "128k",
        "-flags", "+global_header", "-f", "tee", tee, *_unseen(),
    ]  # fmt: skip


def _same_job(folder: Path, address: str) -> list[str]:
    (folder / "hls2").mkdir(exist_ok=True)
    tee = (
        f"[f=flv:select=\\'v:0,a:0\\']{address}"
        f"|[f=hls:hls_time=2:hls_list_size=0:select=\\'v:0,a:0\\']{folder}/hls2/main.m3u8"
        f"|[f=hls:hls_time=2:hls_list_size=0:select=\\'v:1,a:0\\']{folder}/hls2/small.m3u8"
        f"|[f=hls:hls_time=2:hls_list_size=0:select=\\'v:2,a:1\\']{folder}/hls2/tiny.m3u8"
        f"|[f=hls:hls_time=2:hls_list_size=0:select=\\'a:1\\']{folder}/hls2/sound.m3u8"
        f"|[f=mp4:movflags=frag_keyframe+empty_moov:select=\\'v:0,a:0\\']{folder}/two.mp4"
    )
    graph = (
        f"[0:v][{CAMERAS}:v]overlay=266:840,format=yuv420p,split=3[p][q][r]"
        ";[q]scale=640:360:flags=fast_bilinear[s];[r]scale=426:240:flags=fast_bilinear[t]"
    )
    return [
        *_inputs(folder),
        "-filter_complex", graph, "-map", "[p]", "-map", "[s]", "-map", "[t]", "-map", "0:a", "-map", "0:a",
        *_x264("0", BITRATE, "veryfast"), *_x264("1", 400_000, "superfast"), *_x264("2", 200_000, "superfast"),
        "-c:a", "aac", "-b:a:0", "128k", "-b:a:1", "64k", "-flags", "+global_header", "-f", "tee", tee, *_unseen(),
    ]  # fmt: skip


def _ffmpeg(command: list[str]) -> float:
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            used = _cpu_per_second(psutil.Process(process.pid), lambda: process.poll() is None)
        finally:
            process.terminate()
            said = process.communicate(timeout=10)[1].decode(errors="replace")
    if used is None:
        raise RuntimeError(f"ffmpeg ended: {said[-300:]}")
    return used


def _cpu_per_second(process: psutil.Process, alive: Callable[[], bool]) -> float | None:
    time.sleep(WARM_UP_S)
    if not alive():
        return None
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(MEASURED_S)
    if not alive():
        return None
    after, seconds = process.cpu_times(), time.monotonic() - began
    return float(after.user + after.system - before.user - before.system) / seconds


async def _engine(folder: Path, address: str) -> float:
    config = folder / "chain.toml"
    sources = "".join(
        f'[[source]]\nid = "cam{n}"\nnom = "cam{n}"\ngenre = "fichier"\nadresse = "cam{n}.mp4"\n'
        for n in range(CAMERAS)
    )
    config.write_text(
        '[ville]\nnom = "Ville"\n[programme]\nlargeur = 1920\nhauteur = 1080\nretard_s = 4\n'
        f'debit_kbps = {BITRATE // 1000}\n[serveur]\ndossier = "{folder}/var"\n'
        f'[[destination]]\nid = "nginx"\nnom = "nginx"\nadresse = "{address}"\ncle_fichier = "key"\n'
        f"{sources}",
        encoding="utf-8",
    )
    (folder / "key").write_text("engine", encoding="utf-8")
    engine = EngineProcess(config, folder / "run")
    try:
        return await _engine_under_load(engine, folder)
    finally:
        engine.end()


async def _engine_under_load(engine: EngineProcess, folder: Path) -> float:
    follower = await Follower.of(engine, "status")
    await follower.until(
        lambda: (
            bool(follower.statuses)
            and all(s.state is SourceState.LIVE for s in follower.status.sources if s.id.startswith("cam"))
        ),
        30,
    )
    for command in (
        do.TakeShot(shot=Shot(sources=("cam0",), layout=Layout.FULL)),
        do.SetPreview(shot=Shot(sources=("cam0",), layout=Layout.FULL)),
        do.SetTitle(title=Title("Madame la Maire", "maire", "majorité municipale")),
        do.OpenSeance(seance="bench", directory=str(folder / "bench")),
        do.SetAntenna(on=True),
    ):
        if code := await follower.call(command):
            raise RuntimeError(f"refused: {code}")
    used = await asyncio.to_thread(
        _cpu_per_second, psutil.Process(engine.process.pid), lambda: engine.process.poll() is None
    )
    status = follower.status
    await follower.close()
    if used is None:
        raise RuntimeError("the engine ended")
    if (
        status.outputs[0].state is not OutputState.LIVE
        or status.webtv.segments < 3
        or not status.recording.on
    ):
        raise RuntimeError("an output did not work during the measure")
    if status.counters.encoder_dropped:
        raise RuntimeError(
            f"{status.counters.encoder_dropped} pictures were dropped: the machine is too small or busy"
        )
    return used
