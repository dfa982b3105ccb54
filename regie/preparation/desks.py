"""The chamber's part of the list of councillors, as tables of the configuration: who speaks, where each sits, at which microphone.

What the configuration already says of a seat or of a microphone is kept; what only the technician knows is left to him.
"""

import json
from collections.abc import Iterator

from config.chamber import Microphone, Place
from config.schema import Config
from regie.preparation.councillors import Council


def desks_toml(council: Council, config: Config) -> str:
    """``[[elu]]``, ``[[place]]`` and ``[[micro]]`` in TOML, to put in place of those of the configuration file."""
    lines = [
        "# Tiré de la liste des élus : à mettre dans le fichier de configuration à la place des tables",
        "# [[elu]], [[place]] et [[micro]] qui s'y trouvent.",
        "",
    ]
    for tables in (_people(council), _places(council, config), _microphones(council, config)):
        lines += tables
    return "\n".join(lines)


def _table(name: str, **values: object) -> Iterator[str]:
    yield f"[[{name}]]"
    for key, value in values.items():
        if value not in (None, ""):
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    yield ""


def _people(council: Council) -> Iterator[str]:
    functions = {desk.councillor: desk.function for desk in council.desks}
    for one in council.roster.councillors if council.roster else ():
        yield from _table(
            "elu", id=one.id, nom=one.name, fonction=functions.get(one.id, ""), groupe=one.group
        )


def _places(council: Council, config: Config) -> Iterator[str]:
    """The seats of the list with who sits there now, then those of the configuration where nobody sits."""
    known = {place.id: place for place in config.place}
    shots = {desk.councillor: desk.preset for desk in council.desks}
    taken: set[str] = set()
    for one in council.roster.councillors if council.roster else ():
        if not one.seat or one.substitute_of or one.seat in taken:
            continue
        taken.add(one.seat)
        if shots.get(one.id):
            yield f"# plan de caméra voulu : {shots[one.id]} (à enregistrer aux caméras, en disant cette place)"
        yield from _place(known.get(one.seat), one.seat, one.id)
    for place in config.place:
        if place.id not in taken:
            yield from _place(place, place.id, None)


def _place(known: Place | None, seat: str, who: str | None) -> Iterator[str]:
    yield from _table(
        "place",
        id=seat,
        nom=known.nom if known else f"Place {seat}",
        elu=who,
        groupe_plan=known.groupe_plan if known else "",
        x=known.x if known else None,
        y=known.y if known else None,
    )


def _microphones(council: Council, config: Config) -> Iterator[str]:
    """Each microphone of the list at its councillor's seat; of one that is not configured the source and channel are unknown."""
    seats = {one.id: one.seat for one in council.roster.councillors} if council.roster else {}
    at = {desk.microphone: seats.get(desk.councillor, "") for desk in council.desks if desk.microphone}
    for micro in config.micro:
        yield from _microphone(micro, at.pop(micro.id, "") or micro.place)
    for name, seat in at.items():
        yield "# Ce micro n'est pas dans la configuration : dire sa source et son canal."
        yield from (f"# {line}" for line in _table("micro", id=name, place=seat) if line)
        yield ""


def _microphone(micro: Microphone, seat: str | None) -> Iterator[str]:
    said = micro.model_dump(mode="json", exclude_defaults=True, exclude={"place"})
    yield from _table("micro", **said, place=seat)
