"""The demonstration: a configuration made from what the simulated hall says of itself, and a séance that opens by itself.

The hall is a program of its own, known only by its command line and by the JSON file that it writes when it listens.
"""

import asyncio
import json
import logging
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

import config
from regie import demo_council, demo_rooms, demo_rtmp
from regie.board import EngineStatus, Latest, SourceState
from regie.demo_cameras import HallFraming, HallGroup, HallHead, camera_table
from regie.domain.commands import EngineCommand, SetAntenna, SetPreview, StartSeance, TakeShot
from regie.domain.model import SeanceState, Shot
from regie.domain.seance import Seance
from regie.errors import LinkLost, Refusal

log = logging.getLogger(__name__)

HALL_MODULE = "hardware_mocks.hall"
PATIENCE_S = 10.0
RETRY_S = 0.5


class HallCamera(msgspec.Struct, frozen=True):
    """A camera of the hall: where it is to be read, and how; how it is driven; the corners, in its angles, of where the public
    sits."""

    id: str
    name: str
    url: str
    format: str | None = None
    head: HallHead | None = None
    public: tuple[tuple[float, float], ...] = ()


class HallMicrophones(msgspec.Struct, frozen=True):
    """The microphones of the hall: one stream, a channel each."""

    url: str
    format: str | None = None


class HallConference(msgspec.Struct, frozen=True):
    """The conference system of the hall: what it speaks, the port of ours to which it sends."""

    system: str
    port: int


class HallPerson(msgspec.Struct, frozen=True):
    """Who sits in the hall, where (metres, ``x`` to the right, ``y`` towards the president); ``channel`` of the microphones' stream
    is theirs."""

    id: int
    name: str
    function: str = ""
    group: str = ""
    channel: int | None = None
    x: float | None = None
    y: float | None = None


class Hall(msgspec.Struct, frozen=True):
    """What the simulated hall says of itself once it listens; what we do not use is not read."""

    cameras: tuple[HallCamera, ...]
    microphones: HallMicrophones | None = None
    conference: HallConference | None = None
    seats: tuple[HallPerson, ...] = ()
    groups: tuple[HallGroup, ...] = ()
    framings: tuple[HallFraming, ...] = ()


_KINDS = {"rtsp": "rtsp", "srt": "srt", "udp": "mpegts", "tcp": "mpegts", "http": "http", "rtmp": "rtmp"}


def configuration(
    hall: Hall, folder: Path, address: str, port: int, *, rooms: bool = False, rtmp: int | None = None
) -> str:
    """The demonstration's configuration as TOML: the packaged one, with the hall's sources and people, in ``folder``.

    ``rooms``: of a community council that sits in three places; ``rtmp``: the port of the server that it is pushed to. Raises
    OSError.
    """
    packaged = Path(config.__file__).with_name("demo.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(packaged)
    tables["serveur"] |= {"adresse": address, "port": port, "dossier": str(folder)}
    # Its own site is the machine one looks at: the links of the minutes lead to the replay there.
    here = "localhost" if address in ("0.0.0.0", "::") else address
    tables["ville"]["site"] = f"http://{here}:{port}"
    if rtmp is not None:
        tables["destination"] = [demo_rtmp.destination(folder, rtmp)]
    cameras = [_source(camera) for camera in hall.cameras]
    if cameras and any(_microphones(hall)):
        # The first camera hears the whole hall: it would double the microphones.
        cameras[0]["muet"] = True
    tables["source"] = [*cameras, *_sound(hall), *tables["source"]]
    tables["elu"] = [
        {"id": f"e{person.id}", "nom": person.name, "fonction": person.function, "groupe": person.group}
        for person in hall.seats
    ]
    groups = {seat: group.id for group in hall.groups for seat in group.seats}
    tables["place"] = [
        {"id": f"p{person.id}", "nom": f"Place {person.id}", "elu": f"e{person.id}"}
        | ({"groupe_plan": groups[person.id]} if person.id in groups else {})
        | ({"x": person.x, "y": -person.y} if person.x is not None and person.y is not None else {})
        for person in hall.seats
    ]
    tables["camera"] = [camera_table(one.id, one.head) for one in hall.cameras if one.head is not None]
    tables["micro"] = list(_microphones(hall))
    if tables["place"]:
        # The first seat is the mayor's.
        if hall.conference is not None:
            # Its name for a microphone is the number of its seat.
            names = {str(person.id): f"m{person.id}" for person in hall.seats if person.channel is not None}
            tables["conference"] = {
                "systeme": hall.conference.system,
                "adresse": address,
                "port": hall.conference.port,
                "micros": names,
            }
        tables["realisation"] = {"automatique": True, "presidence": tables["place"][0]["id"]}
    return "\n".join(_toml(demo_rooms.community(tables) if rooms else tables)) + "\n"


def _source(camera: HallCamera) -> dict[str, Any]:
    scheme = camera.url.partition("://")[0]
    table = {"id": camera.id, "nom": camera.name, "genre": _KINDS[scheme], "adresse": camera.url}
    return table | ({"format": camera.format} if camera.format and _KINDS[scheme] == "mpegts" else {})


def _sound(hall: Hall) -> Iterator[dict[str, Any]]:
    """The stream of the microphones."""
    if hall.microphones is not None:
        table = {
            "id": "micros",
            "nom": "Micros de la salle",
            "genre": "son",
            "adresse": hall.microphones.url,
        }
        yield table | ({"format": hall.microphones.format} if hall.microphones.format else {})


def _microphones(hall: Hall) -> Iterator[dict[str, Any]]:
    """The microphone of each seat."""
    for person in hall.seats:
        if hall.microphones is not None and person.channel is not None:
            yield {
                "id": f"m{person.id}",
                "nom": f"Micro {person.id}",
                "source": "micros",
                "canal": person.channel,
                "place": f"p{person.id}",
            }


def _toml(tables: Mapping[str, Any]) -> Iterator[str]:
    for name, value in tables.items():
        for heading, table in (
            [(f"[[{name}]]", row) for row in value] if isinstance(value, list) else [(f"[{name}]", value)]
        ):
            yield heading
            yield from (f"{key} = {_value(item)}" for key, item in table.items())


def _value(item: Any) -> str:
    """A JSON string, number or boolean is also a TOML one; the packaged file has nothing else but tables of them."""
    if isinstance(item, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in item.items()) + " }"
    return json.dumps(item, ensure_ascii=False)


def read_hall(ready: Path) -> Hall:
    """What the hall wrote. Raises msgspec.MsgspecError when it is not what is expected."""
    return msgspec.json.decode(ready.read_bytes(), type=Hall)


class _Core(Protocol):
    async def submit(self, command: StartSeance, author: str) -> object: ...

    def view(self) -> Seance | None: ...


class _Engine(Protocol):
    async def call(self, command: EngineCommand) -> None: ...


async def open_by_itself(core: _Core, engine: _Engine, status: Latest[EngineStatus | None]) -> None:
    """Open a séance that is to come and give the antenna, once the sources are there: a newcomer must see a picture.

    Once it is open this is over: after a restart, as in real life, the antenna waits for a person.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(changed.set)

    stop = status.listen(tell)
    try:
        seance = core.view()
        if seance is None or seance.state is not SeanceState.COMING:
            return
        first = await _sources_live(status, changed)
        while True:
            try:
                await _open(core, engine, first)
            except (Refusal, LinkLost) as error:
                log.warning("demonstration: not yet on air", extra={"code": error.stable_code})
                await asyncio.sleep(RETRY_S)
            else:
                return
    finally:
        stop()


async def _open(core: _Core, engine: _Engine, first: tuple[Shot, ...]) -> None:
    if first:
        await engine.call(TakeShot(shot=first[0]))
        await engine.call(SetPreview(shot=first[-1]))
    seance = core.view()
    if seance is not None and seance.state is SeanceState.COMING:
        await core.submit(StartSeance(), demo_council.AUTHOR)
    await engine.call(SetAntenna(on=True))


async def _sources_live(status: Latest[EngineStatus | None], changed: asyncio.Event) -> tuple[Shot, ...]:
    """Shots of the first two cameras; waits a while for all that have a picture to be live, then takes what there is."""
    live: list[str] = []
    try:
        async with asyncio.timeout(None) as patience:
            while True:
                changed.clear()
                now = status.get()
                if now is not None:
                    if patience.when() is None:
                        patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_S)
                    cameras = [
                        source
                        for source in now.sources
                        if source.kind not in ("son", "mire", "image", "slate")
                    ]
                    live = [source.id for source in cameras if source.state is SourceState.LIVE]
                    if cameras and len(live) == len(cameras):
                        break
                await changed.wait()
    except TimeoutError:
        log.warning("demonstration: sources are missing", extra={"live": len(live)})
    return tuple(Shot((source,)) for source in live[:2])
