"""An engine on a stage: the true machine of the buses, drawn thumbnails, and everything else obeyed at once."""

import asyncio
import functools
import math

import cv2
import msgspec
import numpy as np

from regie import board
from regie.board import (
    Alarm,
    AntennaStatus,
    Counters,
    DelayStatus,
    EngineStatus,
    InputStatus,
    Levels,
    LoudnessLevels,
    MaskStatus,
    OutputState,
    OutputStatus,
    RecordingStatus,
    SourceState,
    SourceStatus,
    WebTvStatus,
)
from regie.domain.commands import (
    Auto,
    CloseMask,
    Cut,
    EngineCommand,
    KeepMask,
    OpenMask,
    SetAntenna,
    SetDelay,
    SetExcluded,
    SetFrozen,
    SetInput,
    SetLogo,
    SetOutput,
    SetPreview,
    SetRecording,
    SetTitle,
    SetTransition,
    TakeShot,
)
from regie.domain.model import Shot, SlateName, SourceId
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.media import bus
from regie.messages import ThumbnailNews
from web_ui.services import Board

SEANCE = "2026-03-12-conseil"
FPS = 25
TICK = SAMPLE_RATE // FPS
_NAMES = ("Perchoir", "Hémicycle gauche", "Hémicycle droit", "Plan large")


def status(**changes: object) -> EngineStatus:
    """A whole engine in good health, the antenna given."""
    cameras = tuple(
        SourceStatus(
            id=f"cam{i}", name=name, kind="rtsp", state=SourceState.LIVE, decoding=board.Decoding.FULL, width=1920,
            height=1080, fps=25, latency_ms=290 + 4 * i, has_sound=i == 4,
        )
        for i, name in enumerate(_NAMES, 1)
    )  # fmt: skip
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
        sources=(*cameras, bars, hall),
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
        delay=DelayStatus(target_ms=10_000, held_ms=10_000, needed_ms=5100),
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
        known = {source.id for source in self.status.sources} | {slate.source_id for slate in SlateName}
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
            case SetExcluded(sources=sources, veils=veils):
                self.change(excluded=sources, veils=veils)
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
            case OpenMask() | KeepMask() | CloseMask():
                self._mask(command)
            case SetFrozen(on=on):
                self.change(frozen=on)
            case SetDelay(seconds=seconds, by=by):
                delay = self.status.delay
                self.change(
                    delay=msgspec.structs.replace(
                        delay, target_ms=seconds * 1000, changing=by.value, left_ms=9000
                    )
                )
            case _:
                pass

    def _mask(self, command: OpenMask | KeepMask | CloseMask) -> None:
        masks = {mask.id: mask for mask in self.status.masks}
        match command:
            case OpenMask():
                masks[command.mask] = MaskStatus(
                    id=command.mask,
                    hides=command.hides,
                    start=0,
                    public_start=0,
                    end=1 if command.closes else None,
                    held=command.held,
                    silent=command.silent,
                    by=command.by,
                    opened_ms=0,
                )
            case KeepMask():
                masks[command.mask] = msgspec.structs.replace(masks[command.mask], held=command.held)
            case CloseMask():
                masks[command.mask] = msgspec.structs.replace(masks[command.mask], end=1, held=False)
        self.change(masks=tuple(masks.values()))

    def _set_input(self, command: SetInput) -> None:
        told = msgspec.structs.asdict(command)
        changes = {name: value for name, value in told.items() if name != "source" and value is not None}
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
        first = next(iter(inputs), "")
        self.news.levels.put(
            Levels(
                inputs=inputs,
                programme=(wave, wave - 1),
                antenna=(wave - 2, wave - 3),
                voices={first: 0.9},
                automatic={name: (-3.0 if n < 2 else -120.0, 4.0) for n, name in enumerate(inputs)},
                mixes={"salle": (wave, wave - 2), "n-1.salle": (wave - 6, wave - 8)},
                loudness=LoudnessLevels(momentary=-17.0, short_term=-15.8, integrated=-16.4, true_peak=-2.1),
            )
        )

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


def alarm(code: str, subject: str = "", since_ms: int = 0) -> Alarm:
    """An alarm as the engine tells it."""
    return Alarm(code=code, subject=subject, since_ms=since_ms)
