"""The demonstration: its configuration is a real one, and its séance opens by itself once."""

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from config.inputs import SourceKind
from config.load import load
from regie import demo_rtmp
from regie.board import EngineStatus, Latest, SourceState, SourceStatus
from regie.cameras.book import BookFile
from regie.demo import Hall, HallCamera, HallMicrophones, HallPerson, configuration, open_by_itself, read_hall
from regie.demo_cameras import HallFraming, HallGroup, HallHead, write_book
from regie.documents.actes import is_siret
from regie.domain.commands import (
    EngineCommand,
    SeanceCommand,
    SetAntenna,
    SetPreview,
    StartSeance,
    TakeShot,
)
from regie.domain.model import SeanceState, Shot
from regie.domain.presets import Scope
from regie.domain.seance import Seance, apply, decide
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost

pytestmark = pytest.mark.unit

HALL = Hall(
    cameras=(
        HallCamera("cam1", "Plan large", "rtsp://127.0.0.1:20000/cam1", "rtsp"),
        HallCamera("cam2", "Présidence", "srt://127.0.0.1:20001", "mpegts"),
        HallCamera("cam3", "Travée gauche", "udp://127.0.0.1:20002", "mpegts"),
        HallCamera("cam4", 'Travée « droite » "d"', "tcp://127.0.0.1:20003", "mpegts"),
    ),
    microphones=HallMicrophones("tcp://127.0.0.1:20004", "wav"),
    seats=(
        HallPerson(1, "Hélène Martin", "Maire", "Valmont ensemble", 2),
        HallPerson(2, "Paul Leroy", channel=3),
        HallPerson(3, "Odile Noël"),
    ),
)


def test_its_configuration_is_a_real_one(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(configuration(HALL, tmp_path / "data", "127.0.0.1", 9000), encoding="utf-8")
    config = load(file, {})
    kinds = {source.id: source.genre for source in config.source}
    assert kinds == {
        "cam1": SourceKind.RTSP,
        "cam2": SourceKind.SRT,
        "cam3": SourceKind.MPEGTS,
        "cam4": SourceKind.MPEGTS,
        "micros": SourceKind.SOUND,
        "mire": SourceKind.BARS,
    }
    assert config.source[3].nom == 'Travée « droite » "d"'
    assert config.source[0].muet, "the first camera would double the microphones"
    assert (config.serveur.port, config.serveur.dossier) == (9000, tmp_path / "data")
    assert config.ville.site == "http://127.0.0.1:9000"
    assert is_siret(config.documents.siret) and config.documents.adresse
    assert config.elu[0].fonction == "Maire"
    assert [(place.id, place.elu) for place in config.place] == [("p1", "e1"), ("p2", "e2"), ("p3", "e3")]
    assert [(m.id, m.source, m.canal, m.place) for m in config.micro] == [
        ("m1", "micros", 2, "p1"),
        ("m2", "micros", 3, "p2"),
    ]


def test_it_is_pushed_to_nginx_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(configuration(HALL, tmp_path, "127.0.0.1", 9000, rtmp=20032), encoding="utf-8")
    (destination,) = load(file, {}).destination
    assert destination.adresse == demo_rtmp.address(20032)
    assert demo_rtmp.KEY not in file.read_text("utf-8"), "keys are in files of their own"
    monkeypatch.setattr(demo_rtmp, "_MODULES", (tmp_path / "module.so",))
    assert demo_rtmp.command(tmp_path / "rtmp", 20032) is None
    (tmp_path / "module.so").touch()
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert demo_rtmp.command(tmp_path / "rtmp", 20032) is not None
    assert "listen 127.0.0.1:20032" in (tmp_path / "rtmp" / "nginx.conf").read_text("utf-8")


def test_its_cameras_are_driven_and_their_book_is_made_once(tmp_path: Path) -> None:
    head = HallHead("visca-tcp", "127.0.0.1", 20021, "ptzoptics", 62.0)
    bench = ((37.0, -15.0), (72.0, -15.0), (72.0, -4.0))
    cameras = (replace(HALL.cameras[0], head=head, public=bench), *HALL.cameras[1:])
    framings = (HallFraming("cam1", "Ensemble", 0, -14, 1), HallFraming("cam1", "Place 2", 3, -9, 7, (2,)))
    hall = replace(
        HALL, cameras=cameras, groups=(HallGroup("tribune", "Tribune", (1, 2)),), framings=framings
    )
    file = tmp_path / "demo.toml"
    file.write_text(configuration(hall, tmp_path, "127.0.0.1", 9000), encoding="utf-8")
    config = load(file, {})
    (camera,) = config.camera
    assert (camera.source, camera.protocole, camera.port, camera.champ_deg) == (
        "cam1",
        "visca-tcp",
        20021,
        62.0,
    )
    assert [place.groupe_plan for place in config.place] == ["tribune", "tribune", ""]
    write_book(tmp_path, framings, {one.id: one.public for one in cameras})
    book = BookFile(tmp_path / "cameras").load()
    assert [(one.name, one.places, one.scope) for one in book.presets] == [
        ("Ensemble", (), Scope.ROOM),
        ("Place 2", ("p2",), Scope.PLACE),
    ]
    assert list(book.zones) == ["cam1"]
    write_book(tmp_path, (), {})
    assert BookFile(tmp_path / "cameras").load() == book, "what the technician stored stays"


def test_what_the_hall_says_more_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "hall.json"
    file.write_bytes(msgspec.json.encode(msgspec.to_builtins(HALL) | {"control": 5, "seed": 1}))
    assert read_hall(file) == HALL


def status(*states: SourceState) -> EngineStatus:
    bars = Shot(("mire",))
    sources = tuple(
        SourceStatus(id=f"cam{rank}", name="", kind="rtsp", state=state)
        for rank, state in enumerate(states, 1)
    )
    sound = SourceStatus(id="micros", name="", kind="son", state=SourceState.CONNECTING)
    return EngineStatus(
        epoch=Epoch("r", 0),
        now=MediaTime(0),
        width=1280,
        height=720,
        fps=25,
        programme=bars,
        preview=bars,
        sources=(*sources, sound),
    )


class Stage:
    """A core and an engine that remember what they were asked."""

    def __init__(self, state: SeanceState = SeanceState.COMING) -> None:
        self.seance: Seance = Seance(id="s", title="", due_utc=0, state=state)
        self.asked: list[EngineCommand | SeanceCommand] = []
        self.status: Latest[EngineStatus | None] = Latest(None)
        self.failures = 0

    def view(self) -> Seance:
        return self.seance

    async def submit(self, command: SeanceCommand, author: str) -> None:
        self.asked.append(command)
        for event in decide(self.seance, command, 0, ""):
            self.seance = apply(self.seance, event)

    async def call(self, command: EngineCommand) -> None:
        if self.failures:
            self.failures -= 1
            raise LinkLost("away", code="moteur_absent")
        self.asked.append(command)

    def play(self, *moments: EngineStatus | None) -> None:
        """Run the opening while the engine says these things, one after the other."""

        async def run() -> None:
            task = asyncio.create_task(open_by_itself(self, self, self.status))
            for moment in moments:
                await asyncio.sleep(0)
                self.status.put(moment)
            async with asyncio.timeout(5):
                await task

        asyncio.run(run())


LIVE, CONNECTING = SourceState.LIVE, SourceState.CONNECTING
OPENING = [
    TakeShot(shot=Shot(("cam1",))),
    SetPreview(shot=Shot(("cam2",))),
    StartSeance(),
    SetAntenna(on=True),
]


def test_it_opens_when_the_cameras_are_live() -> None:
    stage = Stage()
    stage.play(None, status(CONNECTING, CONNECTING), status(LIVE, CONNECTING), status(LIVE, LIVE))
    assert stage.asked == OPENING


def test_it_does_not_wait_for_ever_for_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.demo.PATIENCE_S", 0.01)
    stage = Stage()
    stage.play(status(CONNECTING, LIVE))
    assert stage.asked == [
        TakeShot(shot=Shot(("cam2",))),
        SetPreview(shot=Shot(("cam2",))),
        StartSeance(),
        SetAntenna(on=True),
    ]


def test_it_tries_again_when_the_engine_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.demo.RETRY_S", 0.001)
    stage = Stage()
    stage.failures = 3
    stage.play(status(LIVE, LIVE))
    assert stage.asked == OPENING


@pytest.mark.parametrize("state", [SeanceState.LIVE, SeanceState.PAUSED, SeanceState.ENDED])
def test_after_a_restart_it_leaves_everything_to_people(state: SeanceState) -> None:
    stage = Stage(state)
    stage.play()
    assert stage.asked == []


def test_a_community_sits_in_three_places(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    text = configuration(HALL, tmp_path / "data", "127.0.0.1", 9000, rooms=True)
    file.write_text(text, encoding="utf-8")
    config = load(file, {})
    rooms = [source.id for source in config.source if source.genre is SourceKind.ROOM]
    assert rooms == ["salle-nord", "salle-sud"]
    assert config.ville.organe == "Conseil communautaire"
