"""``regie privacy``: notices, what is due, slips, visas, deletions. Its options are in :mod:`regie.documents.privacy_options`."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import date

from config.load import load
from regie.documents import french, privacy
from regie.documents.retention import Eliminations, Slip, due, timers

FOLDER = "eliminations"


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the machine's own calendar is the one that counts


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _notices(options: argparse.Namespace) -> int:
    for name, paper in privacy.notices(load(options.config), _today(), intercommunal=options.epci):
        _say(str(privacy.write(options.out, name, paper)[0]))
    return 0


def _due(options: argparse.Namespace) -> int:
    config = load(options.config)
    found = timers(config.serveur.dossier, config.conservation)
    ripe = due(found, _today())
    for timer in found:
        until = french.short_day(timer.until) if timer.until else "procès-verbal non arrêté"
        word = "à éliminer" if timer in ripe else "conservé"
        _say(f"{timer.seance} {timer.series.value} : {timer.size / 1e6:.1f} Mo, terme {until}, {word}")
    return 0


def _slip(options: argparse.Namespace, change: Callable[[Eliminations], Slip]) -> int:
    config = load(options.config)
    slip = change(Eliminations(config.serveur.dossier))
    folder = config.serveur.dossier / FOLDER
    _say(str(privacy.write(folder, f"bordereau-{slip.id}", privacy.slip_paper(config, slip))[0]))
    return 0


def _propose(options: argparse.Namespace) -> int:
    durations = load(options.config).conservation
    return _slip(options, lambda slips: slips.propose(durations, _today()))


def _visa(options: argparse.Namespace) -> int:
    return _slip(options, lambda slips: slips.endorse(options.slip, options.reference, _today()))


def _delete(options: argparse.Namespace) -> int:
    return _slip(options, lambda slips: slips.carry_out(options.slip, _today()))


ACTS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "notices": _notices,
    "due": _due,
    "propose": _propose,
    "visa": _visa,
    "delete": _delete,
}
