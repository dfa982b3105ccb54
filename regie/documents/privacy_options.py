"""The options of ``regie privacy``, apart so that no other command loads the typesetter."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_HELP = {
    "notices": "register entry, poster and announcements, as PDF and ODT",
    "due": "what is kept of each séance, and until when",
    "propose": "make the slip of what is due, for the archives' visa",
    "visa": "note the visa that the archives gave to a slip",
    "delete": "delete what a slip with its visa lists",
}


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from regie.documents.privacy_command import ACTS

    return ACTS[options.act](options)


def add_to(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """The commands of personal data."""
    parsers = commands.add_parser("privacy", help="notices, retention, slips of elimination").add_subparsers(
        required=True, metavar="COMMAND"
    )
    made = {
        name: parsers.add_parser(name, parents=[common], help=text, description=text)
        for name, text in _HELP.items()
    }
    for name, parser in made.items():
        parser.add_argument("--config", type=Path, required=True, metavar="FILE")
        parser.set_defaults(run=run, act=name)
    made["notices"].add_argument("--out", type=Path, required=True, metavar="DIR")
    made["notices"].add_argument(
        "--epci", action="store_true", help="cite the articles of intercommunal bodies"
    )
    made["visa"].add_argument("slip", metavar="SLIP")
    made["visa"].add_argument("reference", metavar="REFERENCE")
    made["delete"].add_argument("slip", metavar="SLIP")
