"""Starting the processes: the real thing, or the demonstration with its simulated hall, rooms and RTMP server."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from config.load import load
from config.schema import Config
from regie import demo_rtmp
from regie import log as logs
from regie.demo import HALL_MODULE, configuration, read_hall
from regie.demo_cameras import write_book
from regie.demo_rooms import (
    LOST_AFTER_S,
    LOST_FOR_S,
    LOST_ROOM,
    ROOM_MODULE,
    ROOMS,
    invitation_file,
    remote_seats,
)
from regie.supervise import Program, StartError, Supervisor, listen, sole_user
from web_ui.accounts import add_demo_accounts, first_run

HALL_READY_S = 60.0
ALL_READY_S = 60.0
PORTS_OF_THE_HALL = 32
"""The last one is the conference system's; the RTMP server's comes after."""
DEMO_SEED = "1"
# Children stop in this order: see regie.supervise.
_ENGINE_STOPS, _CONTROL_STOPS, _HALL_STOPS = 0, 1, 2
_python = (sys.executable, "-P", "-m")


def programs(file: Path, run: Path, pages_fd: int, *, demo: bool = False) -> tuple[Program, ...]:
    """Our four processes, engine first: the outputs come up while the pages are still being imported."""
    common = ("--config", str(file), "--run", str(run))
    control = (*_python, "regie.app", *common, "--fd", str(pages_fd), *(("--demo",) if demo else ()))
    # Two arenas: glibc would give each of the engine's threads its own, and never give the memory of pictures back.
    # And no huge pages: numpy would have the kernel fill the holes that pictures leave with them.
    memory = {"MALLOC_ARENA_MAX": "2", "NUMPY_MADVISE_HUGEPAGE": "0"}
    return (
        Program("engine", (*_python, "regie.media.engine", *common), environ=memory, stop_rank=_ENGINE_STOPS),
        Program("keys", (*_python, "regie.keys", *common), stop_rank=_ENGINE_STOPS),
        Program("control", control, pass_fds=(pages_fd,), stop_rank=_CONTROL_STOPS),
        Program("rtc", (*_python, "regie.rooms.rtc", *common), stop_rank=_ENGINE_STOPS),
    )


def say(text: str) -> None:
    """A line for the person at the command line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _url(config: Config, address: str, port: int) -> str:
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address
    return (
        f"{'https' if config.serveur.certificat else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    )


def serve(options: argparse.Namespace) -> int:
    """`regie serve`: the real thing."""
    file = options.config.resolve()
    config = load(file)
    logs.setup("supervisor")
    folder = config.serveur.dossier
    with ExitStack() as stack:
        stack.enter_context(sole_user(folder))
        pages = stack.enter_context(listen(config.serveur.adresse, config.serveur.port))
        url = _url(config, config.serveur.adresse, pages.getsockname()[1])
        account = first_run(folder)
        if account is not None:
            say(
                f"First run. Account: {account[0]}   password: {account[1]}   (to be changed at the first log-in)"
            )
        # The socket is bound: whoever comes before the pages are up waits a second or two.
        say(f"Citizens: {url}/   Console: {url}/regie")
        supervisor = stack.enter_context(Supervisor())
        for program in programs(file, folder / "run", pages.fileno()):
            supervisor.start(program)
        supervisor.run()
    return 0


def demo(options: argparse.Namespace) -> int:
    """`regie demo`: the simulated hall and everything else, nothing to configure."""
    with ExitStack() as stack:
        if options.data is not None:
            folder: Path = options.data.resolve()
        else:
            # Not /tmp: there it is often memory, and an hour of session is two gigabytes.
            place = "/var/tmp" if os.access("/var/tmp", os.W_OK) else None
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regie-demo-", dir=place)))
        stack.enter_context(sole_user(folder))
        pages = stack.enter_context(listen(options.listen, options.port))
        log_file = folder / "regie.log"
        stderr = sys.stderr
        if not options.verbose:
            stderr = stack.enter_context(log_file.open("a", encoding="utf-8", buffering=1))
        logs.setup("supervisor", stream=stderr)
        say("régie: starting the simulated hall…")
        supervisor = stack.enter_context(Supervisor(stderr=stderr))
        file = _start_hall(supervisor, folder, options.listen, pages.getsockname()[1], options.rooms)
        if file is None:
            return 0
        accounts = add_demo_accounts(folder)
        url = _url(load(file), options.listen, pages.getsockname()[1])
        for program in programs(file, folder / "run", pages.fileno(), demo=True):
            supervisor.start(program)
        if options.rooms:
            for program in _simulated_rooms(url, folder / "run", _control_port(folder)):
                supervisor.start(program)
        if not supervisor.wait_for(lambda: supervisor.ready, ALL_READY_S) and not supervisor.stop_asked:
            raise StartError("the demonstration does not start; `regie demo --verbose` shows why")
        pushed = next((one.adresse for one in load(file).destination), None)
        supervisor.run(
            lambda: _welcome(url, accounts, folder, options.data is not None, pushed), options.seconds
        )
        say("régie: stopping…")
    return 0


def _start_hall(supervisor: Supervisor, folder: Path, address: str, port: int, rooms: bool) -> Path | None:
    """Start the hall and write the configuration that goes with it; None when a signal came first. Raises StartError."""
    ready = folder / "hall.json"
    ready.unlink(missing_ok=True)
    # Fixed ports, so that a hall that is restarted is found again where it was.
    base = _free_ports(PORTS_OF_THE_HALL + 1)
    conference = ("--conference-port", str(base + PORTS_OF_THE_HALL - 1))
    # Who sits in a remote room does not speak in the chamber.
    silent = ("--silent", ",".join(map(str, remote_seats()))) if rooms else ()
    arguments = (
        *("--port-base", str(base), "--seed", DEMO_SEED, "--ready-file", str(ready)),
        *conference,
        *silent,
    )
    supervisor.start(Program("hall", (*_python, HALL_MODULE, *arguments), beats=False, stop_rank=_HALL_STOPS))
    if not supervisor.wait_for(ready.exists, HALL_READY_S):
        if supervisor.stop_asked:
            return None
        raise StartError("the simulated hall does not start; `regie demo --verbose` shows why")
    file = folder / "demo.toml"
    hall = read_hall(ready)
    rtmp = base + PORTS_OF_THE_HALL
    server = demo_rtmp.command(folder / "rtmp", rtmp)
    if server is not None:
        supervisor.start(Program("rtmp", server, beats=False, stop_rank=_HALL_STOPS))
    pushed = rtmp if server is not None else None
    file.write_text(configuration(hall, folder, address, port, rooms=rooms, rtmp=pushed), encoding="utf-8")
    write_book(folder, hall.framings, {camera.id: camera.public for camera in hall.cameras})
    return file


def _control_port(folder: Path) -> int:
    """Where the simulated hall takes orders."""
    return int(json.loads((folder / "hall.json").read_text(encoding="utf-8"))["control"])


def _simulated_rooms(url: str, run: Path, hall: int) -> Iterator[Program]:
    for room, name in ROOMS.items():
        invitation = invitation_file(run, room)
        invitation.unlink(missing_ok=True)
        lost = ("--lost-after", str(LOST_AFTER_S), "--lost-for", str(LOST_FOR_S)) if room == LOST_ROOM else ()
        arguments = (
            "--url",
            url,
            "--invitation",
            str(invitation),
            "--name",
            name,
            "--hall",
            str(hall),
            *lost,
        )
        yield Program(room, (*_python, ROOM_MODULE, *arguments), beats=False, stop_rank=_HALL_STOPS)


def _free_ports(count: int) -> int:
    """The first of ``count`` ports in a row that nobody listens on. Raises StartError."""
    for base in range(20_000, 32_000, count):
        try:
            with ExitStack() as stack:
                for port in range(base, base + count):
                    stack.enter_context(listen("127.0.0.1", port))
            return base
        except StartError:
            continue
    raise StartError("no free ports for the simulated hall")


def _welcome(
    url: str, accounts: Sequence[tuple[str, str]], folder: Path, kept: bool, pushed: str | None
) -> None:
    rtmp = (
        f"{pushed}/{demo_rtmp.KEY} (nginx; watch it with ffplay)"
        if pushed
        else f"not pushed: nginx or its RTMP module is not installed (Debian: {demo_rtmp.PACKAGES})"
    )
    lines = [
        "",
        f"  Citizens   {url}/",
        f"  Console    {url}/regie",
        f"  Register   {url}/auxiliaire",
        f"  President  {url}/presidence",
        f"  API        {url}/api/docs",
        f"  RTMP       {rtmp}",
        "",
        "  Accounts of this demonstration only:",
        *(f"    {name:<12} {password}" for name, password in accounts),
        "",
        f"  Data: {folder}{'' if kept else ' (deleted at the end; --data DIR keeps it)'}",
        "  Ctrl-C stops.",
        "",
    ]
    say("\n".join(lines))
