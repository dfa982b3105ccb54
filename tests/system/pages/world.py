"""The pages on their real server, over a stage that behaves: buses that move, sources that show, a WebTV that grows.

The engine is replaced by :class:`Stage` (the true machine of the buses, drawn thumbnails), the core by a séance that changes
state at once; the rest is the product's: HTTP, WebSocket, accounts, rights, media files.
"""

import asyncio
import contextlib
import functools
import math
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
import uvicorn

from config.schema import Config, Item, Person, Server, SourceConfig, SourceKind, Town
from regie import board
from regie.board import (
    Alarm,
    AntennaStatus,
    Counters,
    DelayStatus,
    EngineStatus,
    InputStatus,
    Levels,
    OutputState,
    OutputStatus,
    RecordingStatus,
    SourceState,
    SourceStatus,
    WebTvStatus,
)
from regie.clock import SystemClock
from regie.domain.commands import (
    Auto,
    Cut,
    EndSeance,
    EngineCommand,
    PauseSeance,
    PrepareSeance,
    SeanceCommand,
    SetAntenna,
    SetInput,
    SetLogo,
    SetOutput,
    SetPreview,
    SetRecording,
    SetTitle,
    SetTransition,
    TakeShot,
)
from regie.domain.model import Role, SeanceState, Shot, SlateName, SourceId
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.media import bus
from regie.messages import ThumbnailNews
from web_ui.accounts import Accounts
from web_ui.app import create_app
from web_ui.passwords import Cost
from web_ui.services import Board, Services
from web_ui.sessions import Sessions

PASSWORD = "quatre-mots-tout-simples"
SEANCE = "2026-03-12-conseil"
SEGMENT_S = 2
PUBLISHED_S = 60
FPS = 25
TICK = SAMPLE_RATE // FPS
_CHEAP = Cost(n=2, r=1, p=1)
_NAMES = ("Perchoir", "Hémicycle gauche", "Hémicycle droit", "Plan large")
_ROSTER = (
    ("Mme Aïssata Diallo", "Adjointe à la culture", "Majorité municipale"),
    ("M. Hervé Leroy", "Conseiller municipal", "Osons demain"),
    (
        "Mme Jeanne Le Goff-Martinière",
        "Première adjointe, finances et marchés publics",
        "Majorité municipale",
    ),
    ("M. Étienne Bœuf", "Maire", ""),
    ("Mme Nadia Haddad", "Conseillère déléguée à la petite enfance", "Écologie et solidarité"),
    ("M. Paul Nguyen", "Conseiller municipal", "Écologie et solidarité"),
    ("M. Luc d’Argenteuil", "Adjoint aux sports", "Majorité municipale"),
)
_AGENDA = (
    "Approbation du procès-verbal de la séance du 12 février",
    "Compte rendu des décisions du maire",
    "Subventions aux associations culturelles et sportives",
    "Réaménagement de la place du marché : choix du maître d’œuvre",
    "Tarifs de la restauration scolaire",
)


def status(**changes: object) -> EngineStatus:
    """A whole engine in good health, the antenna given."""
    cameras = tuple(
        SourceStatus(
            id=f"cam{i}", name=name, kind="rtsp", state=SourceState.LIVE, decoding=board.Decoding.FULL, width=1920,
            height=1080, fps=25, latency_ms=290 + 4 * i, has_sound=i == 4,
        )
        for i, name in enumerate(_NAMES, 1)
    )  # fmt: skip
    slates = tuple(
        SourceStatus(
            id=slate.source_id,
            name=f"Panneau {slate.value.replace('_', ' ')}",
            kind="panneau",
            state=SourceState.LIVE,
        )
        for slate in SlateName
    )
    bars = SourceStatus(id="mire", name="Mire", kind="mire", state=SourceState.LIVE, has_sound=True)
    hall = SourceStatus(
        id="salle", name="Micros de la salle", kind="son", state=SourceState.LIVE, has_sound=True
    )
    base = EngineStatus(
        epoch=Epoch(run="essai", utc_ns=0),
        now=MediaTime(0),
        width=1280,
        height=720,
        fps=FPS,
        programme=Shot(("cam1",)),
        preview=Shot(("cam2",)),
        antenna=AntennaStatus(on=True, since_ms=3_490_000),
        sources=(*cameras, bars, hall, *slates),
        outputs=(
            OutputStatus(
                id="video", name="Plateforme vidéo", host="rtmp.exemple.fr", state=OutputState.LIVE, kbps=2630, since_ms=3_400_000
            ),
            OutputStatus(id="secours", name="Serveur de secours", host="live.exemple.org", state=OutputState.STOPPED),
        ),
        recording=RecordingStatus(on=True, file="20260312T183000Z-essai.mp4", seconds=4364, bytes=1_432_000_000),
        webtv=WebTvStatus(seance=SEANCE, segments=2182, seconds=4364, behind_ms=2300),
        inputs=(
            InputStatus(source="salle"),
            InputStatus(source="cam4", gain_db=-12, muted=True),
            InputStatus(source="mire", muted=True),
        ),
        counters=Counters(
            frames=109_100, skipped=2, encoder_ms=11.4, mixer_ms=1.3, cpu=0.92, rss_mb=412, uplink_kbps=4100, disk_free_gb=220,
            disk_hours=61,
        ),
        delay=DelayStatus(target_ms=10_000, held_ms=10_000),
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


class Stage:
    """An engine that obeys: the buses' machine at 25 steps a second, the rest at once. Belongs to the server's loop."""

    def __init__(self, news: Board) -> None:
        self.news = news
        self.status = status()
        self.commands: list[EngineCommand] = []
        self.buses = bus.Buses(self.status.programme, self.status.preview)
        self.not_ready: set[SourceId] = set()
        self.away = False
        self.refuses = ""
        self.answer_after_s = 0.0
        self.publish()

    async def call(self, command: EngineCommand) -> None:
        """Carry out a command as the engine does, after ``answer_after_s``."""
        if self.away:
            raise LinkLost("the engine is away")
        self.commands.append(command)
        if self.answer_after_s:
            await asyncio.sleep(self.answer_after_s)
        if self.refuses:
            raise Refusal("refused by the test", code=self.refuses)
        self._obey(command)
        self.publish()

    def _obey(self, command: EngineCommand) -> None:
        known = {source.id for source in self.status.sources}
        match command:
            case SetPreview(shot=shot):
                bus.check_shot(shot, known)
                self.buses = bus.set_preview(self.buses, shot)
            case Cut(expected=expected):
                self.buses = bus.cut(self.buses, expected)
            case Auto(duration_ms=duration, expected=expected):
                self.buses = bus.auto(
                    self.buses, (500 if duration is None else duration) * SAMPLE_RATE // 1000, expected
                )
            case SetTransition(permille=permille):
                self.buses = bus.set_transition(self.buses, permille)
            case TakeShot(shot=shot):
                bus.check_shot(shot, known)
                self.buses = bus.take(self.buses, shot)
            case SetTitle(title=title):
                self.change(title=title)
            case SetLogo(visible=visible):
                self.change(logo=visible)
            case SetAntenna(on=on, slate=slate):
                self.change(antenna=AntennaStatus(on=on, slate=slate or self.status.antenna.slate))
            case SetRecording(on=on):
                self.change(recording=msgspec.structs.replace(self.status.recording, on=on))
            case SetOutput(output=output, on=on):
                state = OutputState.LIVE if on else OutputState.STOPPED
                self.change(outputs=_with(self.status.outputs, output, state=state, kbps=2600 if on else 0))
            case SetInput():
                self._set_input(command)
            case _:
                pass

    def _set_input(self, command: SetInput) -> None:
        told = {"gain_db": command.gain_db, "muted": command.muted, "delay_ms": command.delay_ms}
        changes = {name: value for name, value in told.items() if value is not None}
        self.change(
            inputs=tuple(
                msgspec.structs.replace(i, **changes) if i.source == command.source else i
                for i in self.status.inputs
            )
        )

    def change(self, **changes: object) -> None:
        """Another state of the engine, told at once."""
        self.status = msgspec.structs.replace(self.status, **changes)
        self.publish()

    def publish(self) -> None:
        """Tell the state; None while away."""
        self.status = msgspec.structs.replace(
            self.status,
            programme=self.buses.programme,
            preview=self.buses.preview,
            transition_permille=self.buses.permille,
            pending=self.buses.awaited,
        )
        self.news.status.put(None if self.away else self.status)

    async def run(self) -> None:
        """Steps of the buses, meters and thumbnails, until cancelled."""
        loop = asyncio.get_running_loop()
        start, step = loop.time(), 0
        while True:
            step += 1
            await asyncio.sleep(max(0.0, start + step / FPS - loop.time()))
            moved = bus.step(
                self.buses, MediaTime(step * TICK), TICK, lambda shot: not self.not_ready & set(shot.sources)
            )
            if moved != self.buses or step % FPS == 0:
                self.buses = moved
                self.publish()
            if step % 3 == 0:
                self._levels(step)
                self._thumbnails(step)

    def _levels(self, step: int) -> None:
        wave = -18 + 8 * math.sin(step / 9)
        inputs = {i.source: (-120.0, -120.0) if i.muted else (wave, wave - 6) for i in self.status.inputs}
        self.news.levels.put(Levels(inputs=inputs, programme=(wave, wave - 1), antenna=(wave - 2, wave - 3)))

    def _thumbnails(self, step: int) -> None:
        shown = {source.id: source.id for source in self.status.sources if source.kind != "son"}
        shown |= {
            "bus.preview": self.buses.preview.sources[0],
            "bus.programme": self.buses.programme.sources[0],
        }
        live = {source.id for source in self.status.sources if source.state is SourceState.LIVE}
        self.news.thumbnails.put(
            {
                place: ThumbnailNews(
                    source=place, at=step * TICK, jpeg=picture(source, step if source in live else 0)
                )
                for place, source in shown.items()
            }
        )


def _with(outputs: tuple[OutputStatus, ...], wanted: str, **changes: object) -> tuple[OutputStatus, ...]:
    if all(output.id != wanted for output in outputs):
        raise Refusal("no such output", code="sortie_inconnue")
    return tuple(msgspec.structs.replace(o, **changes) if o.id == wanted else o for o in outputs)


@functools.lru_cache(maxsize=512)
def _drawn(source: str, phase: int) -> bytes:
    hue = sum(map(ord, source)) * 37 % 180
    image = np.full((180, 320, 3), (hue, 90, 70), np.uint8)
    image[90:] = (hue, 110, 110)
    for seat in range(7):
        x = 30 + seat * 44
        cv2.circle(image, (x, 92), 15, (15, 90, 190), -1)
        cv2.rectangle(image, (x - 18, 106), (x + 18, 180), ((hue + 25 * seat) % 180, 120, 90), -1)
    cv2.circle(image, (20 + phase * 28, 24), 8, (0, 0, 250), -1)
    ok, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_HSV2BGR), [cv2.IMWRITE_JPEG_QUALITY, 70])
    assert ok
    return jpeg.tobytes()


def picture(source: str, step: int) -> bytes:
    """A JPEG that differs from one source to the next and moves with time."""
    return _drawn(source, step // 3 % 10)


@dataclass(frozen=True)
class Sitting:
    """A séance as the core tells it."""

    id: str
    title: str
    state: SeanceState
    due_utc: int | None = None
    opened_utc: int | None = None
    ended_utc: int | None = None


class Sittings:
    """A core without a register."""

    def __init__(self) -> None:
        now = int(time.time())
        self.current: Sitting | None = Sitting(
            SEANCE, "Conseil municipal du 12 mars", SeanceState.LIVE, now - 3700, now - 3600
        )
        self.over: tuple[Sitting, ...] = ()
        self._listeners: list[Callable[[], None]] = []

    async def submit(self, command: SeanceCommand, author: str) -> None:
        """Obey at once; refuse what the present state does not allow, as the domain does."""
        now = int(time.time())
        if isinstance(command, PrepareSeance):
            self.become(Sitting("nouvelle", command.title, SeanceState.COMING, command.due_utc))
            return
        if self.current is None:
            raise Refusal("no séance is prepared", code="seance_absente")
        if isinstance(command, EndSeance):
            self.become(_changed(self.current, SeanceState.ENDED, ended_utc=now))
        elif isinstance(command, PauseSeance):
            self.become(_changed(self.current, SeanceState.PAUSED))
        else:
            self.become(_changed(self.current, SeanceState.LIVE, opened_utc=self.current.opened_utc or now))

    def become(self, sitting: Sitting | None) -> None:
        """Another state of affairs, told at once."""
        self.current = sitting
        for listener in tuple(self._listeners):
            listener()

    def view(self) -> Sitting | None:
        """The current one."""
        return self.current

    def past(self) -> Sequence[Sitting]:
        """Those that ended."""
        return self.over

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def _changed(sitting: Sitting, state: SeanceState, **changes: int) -> Sitting:
    values = {name: getattr(sitting, name) for name in ("due_utc", "opened_utc", "ended_utc")} | changes
    return Sitting(sitting.id, sitting.title, state, **values)


class NoRtc:
    """No low-latency monitor: the console shows its other pictures."""

    async def offer(self, stream: str, sdp: str, client: str) -> tuple[str, str]:
        """Away."""
        raise LinkLost("no rtc process here")

    async def hangup(self, session: str) -> None:
        """Nothing to do."""


class WebTv:
    """An HLS séance on disk that grows like a live one: segments made beforehand by ffmpeg, listed one after the other."""

    def __init__(self, made: Path, directory: Path) -> None:
        self._made = made
        self._directory = directory
        self._lock = threading.Lock()
        self.listed = 0
        self.over = False
        for rendition in RENDITIONS:
            (directory / rendition).mkdir(parents=True)
            for file in (made / rendition).glob("*.m*4*"):
                (directory / rendition / file.name).symlink_to(file)

    async def run(self, first: int) -> None:
        """A live: ``first`` segments at once, then one more each time one would have been made."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for listed in range(first, PUBLISHED_S // SEGMENT_S + 1):
            await asyncio.sleep(max(0.0, start + (listed - first) * SEGMENT_S - loop.time()))
            self.publish(listed)

    def publish(self, segments: int, *, over: bool = False) -> None:
        """List that many segments; the master appears with the first."""
        with self._lock:
            self.listed, self.over = segments, over
            for rendition in RENDITIONS:
                self._list(rendition)
            master = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            for rendition, (bandwidth, more) in RENDITIONS.items():
                master += f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},{more}\n{rendition}/index.m3u8\n"
            _replace(self._directory / "master.m3u8", master)

    def _list(self, rendition: str) -> None:
        text = (self._made / rendition / "index.m3u8").read_text()
        head, *entries = text.replace("#EXT-X-ENDLIST\n", "").split("#EXTINF")
        listed = head + "".join("#EXTINF" + entry for entry in entries[: self.listed])
        _replace(
            self._directory / rendition / "index.m3u8", listed + ("#EXT-X-ENDLIST\n" if self.over else "")
        )


RENDITIONS = {
    "720p": (1_500_000, 'RESOLUTION=1280x720,FRAME-RATE=25,CODECS="avc1.42c01f,mp4a.40.2"'),
    "360p": (400_000, 'RESOLUTION=640x360,FRAME-RATE=25,CODECS="avc1.42c01e,mp4a.40.2"'),
    "son": (64_000, 'CODECS="mp4a.40.2"'),
}


def _replace(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def make_webtv(directory: Path) -> None:
    """Encode the séance once: a minute of moving picture with a tone, in the three renditions."""
    for rendition in RENDITIONS:
        (directory / rendition).mkdir(parents=True)
    picture_of = "-c:v libx264 -preset ultrafast -profile:v baseline -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0"
    sound, hls = (
        "-c:a aac -b:a 64k -ar 48000 -ac 2",
        f"-f hls -hls_time {SEGMENT_S} -hls_list_size 0 -hls_segment_type fmp4",
    )
    command = (
        f"ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 "
        f"-filter_complex [0:v]split=2[s][m];[m]scale=1280:720[l] -t {PUBLISHED_S} "
    )
    for rendition, maps in (
        ("720p", "-map [l] -map 1:a"),
        ("360p", "-map [s] -map 1:a"),
        ("son", "-map 1:a"),
    ):
        video = "" if rendition == "son" else picture_of
        names = f"-hls_playlist_type event -hls_fmp4_init_filename init.mp4 -hls_segment_filename {directory}/{rendition}/%03d.m4s"
        command += (
            f"{maps} -t {PUBLISHED_S} {video} {sound} {hls} {names} {directory}/{rendition}/index.m3u8 "
        )
    subprocess.run(command.split(), check=True, timeout=120)


@dataclass
class World:
    """A server of pages and what stands behind it."""

    url: str
    stage: Stage
    sittings: Sittings
    webtv: WebTv
    host: "_Host"

    def go_live(self, first: int = 10) -> None:
        """The WebTV grows in real time from ``first`` segments on."""
        self.host.background(self.webtv.run(first))

    def do(self, action: Callable[[], None]) -> None:
        """Run something on the server's loop and wait for it."""
        done = threading.Event()

        def run() -> None:
            action()
            done.set()

        self.host.loop.call_soon_threadsafe(run)
        assert done.wait(5)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(directory: Path) -> Config:
    return Config(
        ville=Town(nom="Saint-Exemple-sur-Loire", couleur="#1d4e89"),
        source=(SourceConfig(id="cam1", nom="Perchoir", genre=SourceKind.BARS),),
        elu=tuple(Person(id=f"elu{i}", nom=n, fonction=f, groupe=g) for i, (n, f, g) in enumerate(_ROSTER)),
        point=tuple(Item(numero=i, titre=title) for i, title in enumerate(_AGENDA, 1)),
        serveur=Server(dossier=directory),
    )


class _Host:
    """The thread of the server: one loop for ever, one uvicorn at a time on the same port."""

    def __init__(self, services: Services, stage: Stage) -> None:
        self._services = services
        self.loop = asyncio.new_event_loop()
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._thread = threading.Thread(target=self.loop.run_forever, name="pages", daemon=True)
        self._thread.start()
        self._jobs: list[Future[None]] = []
        self.background(stage.run())
        self._on_loop(self._start())

    def background(self, job: Coroutine[None, None, None]) -> None:
        """Something that runs until the end of the world."""
        self._jobs.append(asyncio.run_coroutine_threadsafe(job, self.loop))

    def _on_loop(self, job: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(job, self.loop).result(20)

    async def _start(self) -> None:
        settings = uvicorn.Config(
            create_app(self._services), host="127.0.0.1", port=self.port, log_config=None, access_log=False,
            ws="websockets-sansio", timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Server(settings)
        self._serving = asyncio.create_task(self._server.serve())
        await self._server.listening.wait()

    async def _stop(self) -> None:
        assert self._server is not None and self._serving is not None
        self._server.should_exit = True
        await self._serving

    def stop(self) -> None:
        """The server goes away."""
        self._on_loop(self._stop())

    def start(self) -> None:
        """A fresh server on the same address."""
        self._on_loop(self._start())

    async def _end(self) -> None:
        for job in self._jobs:
            job.cancel()
        await self._stop()

    def close(self) -> None:
        """End everything."""
        self._on_loop(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextlib.contextmanager
def world(directory: Path, made: Path) -> Iterator[World]:
    """A whole world in ``directory``, its WebTV from what :func:`make_webtv` left in ``made``."""
    clock = SystemClock()
    accounts = Accounts(directory, cost=_CHEAP)
    accounts.add("technicien", (Role.TECHNICIAN,), PASSWORD, must_change=False)
    accounts.add("president", (Role.PRESIDENT,), PASSWORD, must_change=False)
    accounts.add("neuf", (Role.TECHNICIAN,), PASSWORD, must_change=True)
    news, sittings = Board(), Sittings()
    stage = Stage(news)
    services = Services(
        config=_config(directory), clock=clock, board=news, engine=stage, core=sittings, rtc=NoRtc(), accounts=accounts,
        sessions=Sessions(directory, clock),
    )  # fmt: skip
    webtv = WebTv(made, services.seances_dir / SEANCE / "hls")
    host = _Host(services, stage)
    try:
        yield World(f"http://127.0.0.1:{host.port}", stage, sittings, webtv, host)
    finally:
        host.close()


def alarm(code: str, subject: str = "", since_ms: int = 0) -> Alarm:
    """An alarm as the engine tells it."""
    return Alarm(code=code, subject=subject, since_ms=since_ms)
