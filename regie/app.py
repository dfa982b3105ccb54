"""The control process: register, engine and rtc links, pages. The only place that knows all of them.

``python -m regie.app --config FILE --run DIR --fd N``: ``N`` is the listening socket, inherited from the supervisor so that a
restart refuses nobody; without it, the configuration's address is bound here.
"""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from fastapi import FastAPI

from config.inputs import SourceKind
from config.load import ConfigError, load
from config.schema import Config
from regie import demo_council, demo_rooms, keys
from regie import log as logs
from regie.arming import Arming
from regie.binding import Binding
from regie.cameras.airwatch import AirWatch
from regie.cameras.book import BookFile
from regie.cameras.fleet import Fleet
from regie.cameras.pictures import Pictures
from regie.clock import Clock, SystemClock
from regie.core import Core
from regie.demo import open_by_itself
from regie.directing.direction import Direction
from regie.directing.hands import HandsOnEngine
from regie.directing.microphones import Microphones
from regie.domain.commands import PrepareSeance
from regie.domain.register import assembly
from regie.errors import LinkLost, Refusal, RegieError
from regie.graphics import Graphics
from regie.heartbeat import Heart
from regie.media.purging import Purger
from regie.paperwork import Paperwork
from regie.purges import Purges
from regie.remote import EngineLink, RtcLink
from regie.removals import RemovalRegister
from regie.rooms.access import Book
from regie.rooms.reception import Reception
from regie.secrecy import Secrecy
from regie.supervise import listen
from web_ui import privatefile
from web_ui.accounts import Accounts
from web_ui.app import create_app
from web_ui.keys_door import KeysDoor
from web_ui.services import Board, Services
from web_ui.sessions import Sessions

log = logging.getLogger(__name__)

DRAIN_S = 2
ROOMS = "salles.json"
"""Digests of the remote rooms' invitations and keys, in the data folder."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: it re-raises them at the end, which would make a clean stop look like a death."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(config: Config, app: FastAPI, door: KeysDoor | None) -> _Server:
    https = config.serveur
    return _Server(
        uvicorn.Config(
            app,
            http="h11" if door is None else door.protocol(),
            ws="websockets-sansio",
            ws_max_size=1 << 20,
            ws_per_message_deflate=False,  # thumbnails are JPEG already
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the pages know which proxies to believe
            ssl_certfile=https.certificat,
            ssl_keyfile=https.cle_certificat,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )


def prepared(config: Config, clock: Clock) -> PrepareSeance:
    """The séance that the configuration announces; due now when it does not say."""
    date = config.seance.date
    due_utc = int(date.timestamp()) if date is not None else clock.utc_ns() // 1_000_000_000
    return PrepareSeance(title=config.seance.titre, due_utc=due_utc)


def reception(
    config: Config, clock: Clock, rtc: RtcLink, engine: Binding, core: Core, board: Board
) -> Reception | None:
    """Who keeps the remote rooms; None where none is configured. Keys of before are taken up: rooms come back by themselves."""
    names = {one.id: one.nom for one in config.source if one.genre is SourceKind.ROOM}
    if not names:
        return None
    documents = {
        one.adresse: one.id
        for one in config.source
        if one.genre is SourceKind.DOCUMENT and one.adresse is not None
    }
    path = config.serveur.dossier / ROOMS

    def save(book: Book) -> None:
        privatefile.replace(path, msgspec.json.encode(book))

    return Reception(names, documents, clock, rtc, engine, core, board.status, _book(path), save)


def _book(path: Path) -> Book:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Book)
    except FileNotFoundError:
        return Book()
    except (OSError, msgspec.MsgspecError) as error:
        log.error(
            "the keys of the remote rooms are lost: invite them again", extra={"reason": type(error).__name__}
        )
        return Book()


async def _demonstrate(core: Core, engine: Binding, board: Board, config: Config, clock: Clock) -> None:
    """A council that is convened, a séance that opens by itself; later séances are convened too."""
    changed = asyncio.Event()
    core.listen(changed.set)
    try:
        await demo_council.convene_by_itself(core, config, clock.utc_ns() // 1_000_000)
        await open_by_itself(core, engine, board.status)
        await demo_council.name_secretary(core)
    except (Refusal, LinkLost) as error:
        log.warning("demonstration: the council is not convened", extra={"code": error.stable_code})
    await demo_council.keep_convened(core, config, clock, changed)


async def serve(config: Config, run: Path, pages: socket.socket, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    clock = SystemClock()
    folder = config.serveur.dossier
    board = Board()
    engine = EngineLink(run / "engine.sock", clock, board.status, board.levels, board.thumbnails)
    rtc = RtcLink(run / "rtc.sock")
    core = Core(folder / "seances", clock, engine.media_now)
    secrecy = Secrecy(engine, board.status, core, clock, engine.media_now, config.confidentialite.garde_ms)
    arming = Arming(config, engine, board.status, core)
    binding = Binding(
        engine,
        board.status,
        folder / "seances",
        config.enregistrement.actif,
        guards=(secrecy.expect_public, arming.expect_allowed),
        calling=lambda: (register := core.register()) is not None and bool(assembly.missing_rooms(register)),
    )
    core.listen(
        lambda: binding.seance_is(core.view(), late=core.late, short=assembly.falls_short(core.register()))
    )
    paperwork = Paperwork(config, core)
    core.listen(paperwork.seance_changed)
    await core.load(prepared(config, clock), dated=config.seance.date is not None)
    air = AirWatch(binding, board.status)
    fleet = Fleet(
        config,
        clock,
        engine,
        air,
        board.status,
        Pictures(engine, board.thumbnails),
        BookFile(folder / "cameras"),
        board.cameras,
    )
    rooms = reception(config, clock, rtc, binding, core, board)
    graphics = Graphics(core, air, secrecy, board.status, config.seance.synthes)
    direction = Direction(
        config,
        clock,
        air,
        fleet,
        core,
        secrecy,
        board.status,
        board.levels,
        board.cameras,
        board.director,
    )
    fleet.touched = direction.acted
    purges = Purges(folder / "seances", Purger(config.webtv).tell)
    services = Services(
        config=config,
        clock=clock,
        board=board,
        engine=HandsOnEngine(air, direction.acted, config.objecting_names),
        core=core,
        secrecy=secrecy,
        arming=arming,
        rtc=rtc,
        paperwork=paperwork,
        cameras=fleet,
        direction=direction,
        accounts=Accounts(folder, demo=demo),
        sessions=Sessions(folder, clock),
        rooms=rooms,
        alarms=lambda: purges.alarms,
    )
    app = create_app(services)
    # Ended here, TLS does not leave with the socket.
    door = None if config.serveur.certificat else KeysDoor(run / keys.SOCKET, services, app)
    app.state.keys_door = door
    server = _server(config, app, door)

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    jobs = [
        core.run(),
        engine.run(),
        rtc.run() if rooms is None else rtc.run(rooms.link_news, rooms.rtc_lost),
        binding.run(),
        paperwork.run(),
        fleet.run(),
        secrecy.run(),
        RemovalRegister(folder / "seances", core).run(),
        purges.run(),
        arming.run(),
        graphics.run(),
        direction.run(),
        Microphones(config.conference, direction.button, direction.conference_is).run(),
        Heart.inherited().beat_while(lambda: server.started),
    ]
    if rooms is not None:
        jobs.append(rooms.run())
    if door is not None:
        jobs.append(door.run())
    if demo:
        jobs.append(_demonstrate(core, binding, board, config, clock))
        if rooms is not None:
            jobs += [
                demo_rooms.receive(rooms, run),
                demo_rooms.hold_the_floor(core),
                demo_rooms.call_the_roll(core),
                demo_rooms.preside(core, binding, clock),
            ]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
            await server.serve(sockets=[pages])
            for task in tasks:
                task.cancel()
    finally:
        await core.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="regie-control")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of the sockets between processes")
    parser.add_argument("--fd", type=int, help="listening socket to inherit")
    parser.add_argument(
        "--demo", action="store_true", help="demonstration: its accounts, and a séance that opens by itself"
    )
    options = parser.parse_args(arguments)
    logs.setup("control")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        config = load(options.config)
        server = config.serveur
        pages = (
            socket.socket(fileno=options.fd)
            if options.fd is not None
            else listen(server.adresse, server.port)
        )
        with pages:
            pages.setblocking(False)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(config, options.run, pages, options.demo))
    except ConfigError as error:
        log.critical(
            "the configuration is not valid: run `regie check`", extra={"mistakes": len(error.problems)}
        )
        return 2
    except RegieError as error:
        log.critical("control cannot run", extra={"code": error.stable_code, "reason": error.message})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
