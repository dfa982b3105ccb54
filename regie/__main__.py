"""The command line. Says in one sentence what is wrong, and exits 1 (2 for a configuration or usage mistake)."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from config.load import ConfigError, load
from regie import log as logs
from regie.documents import privacy_options
from regie.domain.timeline import to_ms
from regie.errors import RegieError
from regie.journal import read, verify
from regie.launch import demo, say, serve
from regie.redact_options import arguments as redact_arguments


def check(options: argparse.Namespace) -> int:
    """`regie check`: the configuration, then what each device answers."""
    from regie.check import run  # the media libraries are for this command only

    config = load(options.file)
    return run(config, options.file)


def director_score(options: argparse.Namespace) -> int:
    """`regie director score`: how the director follows a debate."""
    from regie.directing.command import as_json, score_files, settings_from, table

    scores = score_files(options.file, settings_from(options.settings))
    say(as_json(scores) if options.json else table(scores))
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
        say(f"{options.file}: {fault}")
    if report.faults:
        return 1
    say(f"{options.file}: whole. Séance {report.seance}, {report.entries} entries, digest {report.digest}")
    return 0


def _clock(ms: int | None) -> str:
    """Hours, minutes, seconds; a dash when that clock did not run."""
    ms = None if ms is None else max(0, ms)
    return "-" if ms is None else f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


def journal_show(options: argparse.Namespace) -> int:
    """`regie journal show`: its entries, one a line."""
    from datetime import UTC, datetime

    say(
        "    n  written              séance    picture   public    author          kind                payload"
    )
    for entry in read(options.file):
        times = entry.times
        written = datetime.fromtimestamp(times.written_utc_ms / 1000, UTC).astimezone()
        live, public = (None if t is None else to_ms(t) for t in (times.live, times.public))
        clocks = "  ".join(f"{_clock(ms):<8}" for ms in (times.seance_ms, live, public))
        say(
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
    say(f"{len(batch.files)} files in {out}")
    for gap in batch.missing:
        say(f"Procès-verbal incomplet : {gap}")
    for fault in batch.faults:
        say(f"Données ouvertes : {fault}")
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
            say(f"{file} : {os.strerror(error.errno or 0)}")
            return 1
        except Unreadable as error:
            say(f"{file} : {error.message}")
            return 1
    tables, unknown = sorted_tables(found)
    made = plan(tables)
    for fault in (*unknown, *made.faults):
        say(f"{'Erreur' if fault.blocks else 'Remarque'} : {fault}")
    for finding in made.law:
        word = "Interdit" if finding.blocks else "Remarque"
        about = f" – {finding.subject}" if finding.subject else ""
        say(f"{word} : {finding.sentence}{about} ({finding.rule}, {finding.article})")
    if made.timing is not None:
        say(f"Délai : {made.timing.clear} jours francs pour {made.timing.needed} requis")
    if made.ready and options.out is not None:
        for file in draw(made, options.out, options.templates):
            say(f"{file}")
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
