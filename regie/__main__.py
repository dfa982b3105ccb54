"""The command line. Says in one sentence what is wrong, and exits 1 (2 for a configuration or usage mistake)."""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from config.load import ConfigError, load
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
from regie.documents import privacy_options
from regie.domain.timeline import to_ms
from regie.errors import RegieError
from regie.journal import read, verify
from regie.redact_options import arguments as redact_arguments
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


def _say(text: str) -> None:
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
            _say(
                f"First run. Account: {account[0]}   password: {account[1]}   (to be changed at the first log-in)"
            )
        # The socket is bound: whoever comes before the pages are up waits a second or two.
        _say(f"Citizens: {url}/   Console: {url}/regie")
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
        _say("régie: starting the simulated hall…")
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
        _say("régie: stopping…")
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
    _say("\n".join(lines))


def check(options: argparse.Namespace) -> int:
    """`regie check`: the configuration, then what each device answers."""
    from regie.check import run  # the media libraries are for this command only

    config = load(options.file)
    return run(config, options.file)


def director_score(options: argparse.Namespace) -> int:
    """`regie director score`: how the director follows a debate."""
    from regie.directing.command import as_json, score_files, settings_from, table

    scores = score_files(options.file, settings_from(options.settings))
    _say(as_json(scores) if options.json else table(scores))
    return 0


def redact(options: argparse.Namespace) -> int:
    """`regie redact`: passages taken out of what is recorded and published."""
    from regie.redact import run  # the media libraries are for this command only

    return run(options)


def original_keys(options: argparse.Namespace) -> int:
    """`regie original cle`: the town's keys."""
    from regie.original import keys  # needs the media libraries

    return keys(options)


def original_open(options: argparse.Namespace) -> int:
    """`regie original open`: with the town's private key, and written down."""
    from regie.original import opened  # needs the media libraries

    return opened(options)


def journal_verify(options: argparse.Namespace) -> int:
    """`regie journal verify`: is the register whole?"""
    report = verify(options.file)
    for fault in report.faults:
        _say(f"{options.file}: {fault}")
    if report.faults:
        return 1
    _say(f"{options.file}: whole. Séance {report.seance}, {report.entries} entries, digest {report.digest}")
    return 0


def _clock(ms: int | None) -> str:
    """Hours, minutes, seconds; a dash when that clock did not run."""
    ms = None if ms is None else max(0, ms)
    return "-" if ms is None else f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


def journal_show(options: argparse.Namespace) -> int:
    """`regie journal show`: its entries, one a line."""
    from datetime import UTC, datetime

    _say(
        "    n  written              séance    picture   public    author          kind                payload"
    )
    for entry in read(options.file):
        times = entry.times
        written = datetime.fromtimestamp(times.written_utc_ms / 1000, UTC).astimezone()
        live, public = (None if t is None else to_ms(t) for t in (times.live, times.public))
        clocks = "  ".join(f"{_clock(ms):<8}" for ms in (times.seance_ms, live, public))
        _say(
            f"{entry.n:>5}  {written:%Y-%m-%d %H:%M:%S}  {clocks}  {entry.author:<14}  {entry.kind:<18}  {entry.payload}"
        )
    return 0


def export(options: argparse.Namespace) -> int:
    """`regie export`: the documents of a séance, from its register."""
    # Imported here: no other command needs the typesetter.
    from regie.documents.after import FOLDER
    from regie.documents.after import export as make
    from regie.documents.produce import Format

    wanted = tuple(Format) if options.format == "tout" else (Format(options.format),)
    out = options.out or options.folder / FOLDER
    batch = make(options.folder, out, wanted, templates=options.templates, final=options.final)
    _say(f"{len(batch.files)} files in {out}")
    for gap in batch.missing:
        _say(f"Procès-verbal incomplet : {gap}")
    for fault in batch.faults:
        _say(f"Données ouvertes : {fault}")
    return 1 if batch.faults and wanted == (Format.SCDL,) else 0


def prepare(options: argparse.Namespace) -> int:
    """`regie prepare`: check the lists of a séance, and draw its convocation. Exits 1 while something forbids to convene."""
    from regie.preparation.draw import draw
    from regie.preparation.plan import plan, sorted_tables
    from regie.preparation.tables import Table, Unreadable, read_tables

    found: list[Table] = []
    for file in options.files:
        try:
            found += read_tables(file.name, file.read_bytes())
        except OSError as error:
            _say(f"{file} : {os.strerror(error.errno or 0)}")
            return 1
        except Unreadable as error:
            _say(f"{file} : {error.message}")
            return 1
    tables, unknown = sorted_tables(found)
    made = plan(tables)
    for fault in (*unknown, *made.faults):
        _say(f"{'Erreur' if fault.blocks else 'Remarque'} : {fault}")
    for finding in made.law:
        word = "Interdit" if finding.blocks else "Remarque"
        about = f" – {finding.subject}" if finding.subject else ""
        _say(f"{word} : {finding.sentence}{about} ({finding.rule}, {finding.article})")
    if made.timing is not None:
        _say(f"Délai : {made.timing.clear} jours francs pour {made.timing.needed} requis")
    if made.ready and options.out is not None:
        for file in draw(made, options.out, options.templates):
            _say(f"{file}")
    return 0 if made.ready else 1


def _original(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")
    one = kinds.add_parser("cle", parents=[common], help="make the town's keys: prints the public one")
    one.set_defaults(run=original_keys)
    one.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the private key, kept elsewhere"
    )
    one = kinds.add_parser("open", parents=[common], help="decipher one; the opening is written down first")
    one.set_defaults(run=original_open)
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--key", type=Path, required=True, metavar="FILE", help="the town's private key")
    one.add_argument("--out", type=Path, required=True, metavar="FILE")
    one.add_argument("--who", required=True, help="who opens it")
    one.add_argument("--reason", required=True, help="on which decision")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="regie", description="Runs the sessions of French local councils.")
    parser.add_argument("--version", action="version", version=f"regie {version('regie')}")
    verbose = argparse.ArgumentParser(add_help=False)
    verbose.add_argument("--verbose", action="store_true", help="say everything about an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help_: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[verbose], help=help_, description=help_)
        made.set_defaults(run=run)
        return made

    one = command("demo", demo, "the simulated hall and all the pages: no hardware, no Internet")
    one.add_argument(
        "--port", type=int, default=8080, help="port of the pages; 0 takes a free one (default: 8080)"
    )
    one.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address of the pages (default: this machine only)",
    )
    one.add_argument(
        "--for",
        type=float,
        dest="seconds",
        metavar="SECONDS",
        help="stop by itself this long after being ready",
    )
    one.add_argument("--data", type=Path, metavar="DIR", help="keep the data of the demonstration there")
    one.add_argument(
        "--rooms", action="store_true", help="a community council in three places: two simulated remote rooms"
    )
    one = command("serve", serve, "the real thing")
    one.add_argument("--config", type=Path, required=True, metavar="FILE")
    one = command("check", check, "validate a configuration, then probe each device")
    one.add_argument("file", type=Path, metavar="FILE")
    one = command("export", export, "make the documents of a séance from its register")
    one.add_argument("folder", type=Path, metavar="SEANCE_DIR")
    one.add_argument(
        "--format",
        choices=("tout", "pdf", "odt", "csv", "json", "scdl"),
        default="tout",
        help="which files (default: all)",
    )
    one.add_argument("--out", type=Path, metavar="DIR", help="where (default: SEANCE_DIR/documents)")
    one.add_argument("--templates", type=Path, metavar="DIR", help="the town's own templates, before ours")
    one.add_argument("--final", action="store_true", help="refuse minutes that lack a mandatory mention")
    one = command(
        "redact", redact, "take passages out of a séance that is over, list them, export what is clean"
    )
    redact_arguments(one)
    directors = commands.add_parser("director", help="score the automatic director")
    scoring = directors.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "score",
        parents=[verbose],
        help="replay debates, annotated or recorded, and say how well they are followed",
    )
    scoring.set_defaults(run=director_score)
    scoring.add_argument("file", type=Path, nargs="+", metavar="FILE")
    scoring.add_argument("--json", action="store_true", help="the table as JSON")
    scoring.add_argument(
        "--settings", type=Path, metavar="FILE", help="JSON of the settings that differ from the defaults"
    )
    one = command(
        "prepare", prepare, "check the lists of a séance before it is convened, and draw its convocation"
    )
    one.add_argument("files", type=Path, nargs="+", metavar="LIST", help="CSV, XLSX or ODS")
    one.add_argument("--out", type=Path, metavar="DIR", help="draw the convocation there")
    one.add_argument("--templates", type=Path, metavar="DIR", help="the town's own templates, before ours")
    privacy_options.add_to(commands, verbose)
    _original(commands.add_parser("original", help="keys and openings of sealed originals"), verbose)
    registers = commands.add_parser("journal", help="check or print the register of a séance")
    commands = registers.add_subparsers(required=True, metavar="COMMAND")
    command("verify", journal_verify, "check the chain of a register").add_argument(
        "file", type=Path, metavar="FILE"
    )
    command("show", journal_show, "print a register").add_argument("file", type=Path, metavar="FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the command line."""
    options = _parser().parse_args(arguments)
    if options.verbose:
        os.environ[logs.VERBOSE] = "1"
    try:
        return int(options.run(options))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except RegieError as error:
        _explain(error.message, options.verbose)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - nobody at a command line should meet a traceback
        _explain(f"unexpected error ({type(error).__name__}); --verbose says more", options.verbose)
        return 1


def _explain(sentence: str, verbose: bool) -> None:
    if verbose:
        traceback.print_exc()
    sys.stderr.write(f"regie: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
