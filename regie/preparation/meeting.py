"""The séance itself: sheet « seance », a line a setting (« cle », « valeur »), and sheet « salles », a line a place."""

import re
from datetime import date
from typing import NamedTuple

import msgspec

from regie.documents.actes import is_siret
from regie.documents.dossier import Town
from regie.domain.register.convocation import Convocation, FirstCall
from regie.domain.register.regimes import Body, BodyKind
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.preparation.cells import Cells, Faults
from regie.preparation.tables import Fault, Row, Table, bare

SHEET, ROOMS = "seance", "salles"
KEYS = {
    "collectivite": "Collectivité",
    "nature": "Nature",
    "habitants": "Habitants",
    "alsace_moselle": "Alsace-Moselle",
    "organe": "Organe",
    "adresse": "Adresse",
    "siret": "SIRET",
    "prefecture": "Contrôle de légalité",
    "site": "Site internet",
    "responsable": "Responsable du traitement",
    "dpo": "Délégué à la protection des données",
    "archives": "Archives",
    "titre": "Titre",
    "date": "Date",
    "heure": "Heure",
    "lieu": "Lieu",
    "fondement": "Fondement du lieu",
    "envoi": "Jour d'envoi",
    "note": "Note de synthèse",
    "urgence": "Urgence",
    "installation": "Installation du conseil",
    "plusieurs_lieux": "Plusieurs lieux",
    "premiere_convocation": "Première convocation",
    "premiere_reguliere": "Première convocation régulière",
    "autres_seances": "Autres séances du semestre",
    "reglement": "Règlement intérieur",
    "controle_identite": "Contrôle d'identité à distance",
    "conservation": "Conservation des enregistrements",
    "pouvoir_en_seance": "Pouvoir remis en séance",
    "numerotation": "Numérotation",
    "deja_numerotees": "Délibérations déjà numérotées",
}
"""Settings and what a page calls them."""
ROOM_COLUMNS = ("id", "nom", "fondement", "employeur", "acte", "convention")
_KINDS = {kind.value: kind for kind in BodyKind} | {
    "ville": BodyKind.COMMUNE,
    "communaute_de_communes": BodyKind.EPCI,
    "communaute_d_agglomeration": BodyKind.EPCI,
    "metropole": BodyKind.EPCI,
    "syndicat": BodyKind.UNION,
}
_HOUR = re.compile(r"(\d{1,2})\s*[:hH]\s*(\d{2})?")
_OTHER = re.compile(r"([0-9/.-]+)\s*(?:\((.*)\))?")


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """What the sheet says; complete when no fault forbids it."""

    title: str
    body: Body
    town: Town
    convocation: Convocation
    house: HouseRules
    rooms: tuple[RoomSpec, ...]
    numbering: str
    before: int
    faults: tuple[Fault, ...] = ()


class _When(NamedTuple):
    day: date
    hour: str
    sent: date


def settings(table: Table) -> dict[str, str]:
    """A sheet of two columns as a mapping, keys bare."""
    found: dict[str, str] = {}
    for row in table.rows:
        cells = [row.cells.get(column, "") for column in table.columns]
        if cells and cells[0]:
            key = next((key for key, title in KEYS.items() if _same(cells[0], key, title)), cells[0])
            found[key] = cells[1] if len(cells) > 1 else ""
    return found


def _same(said: str, key: str, title: str) -> bool:
    return bare(said) in (key, bare(title))


def table_of(values: dict[str, str]) -> Table:
    """The sheet of a form's values."""
    rows = tuple(
        Row(line, {"cle": key, "valeur": value})
        for line, (key, value) in enumerate(values.items(), start=2)
        if value
    )
    return Table(name=SHEET, columns=("cle", "valeur"), titles={"cle": "cle", "valeur": "valeur"}, rows=rows)


def read_meeting(table: Table, rooms: Table | None) -> Meeting:
    """Read both sheets; what is missing is a fault and takes a harmless value."""
    values = settings(table)
    lines = {row.cells.get(table.columns[0], ""): row.line for row in table.rows} if table.columns else {}
    faults = Faults(SHEET, KEYS)
    for key in values:
        if key not in KEYS:
            faults.add("réglage inconnu, laissé de côté", lines.get(key, 0), key, blocks=False)
    cells = Cells(Row(0, {key: value for key, value in values.items() if value}), faults)
    when = _when(cells)
    several = cells.yes("plusieurs_lieux")
    body = Body(
        kind=cells.choice("nature", _KINDS, BodyKind.COMMUNE),
        name=cells.text("collectivite", needed=True, longest=80),
        population=cells.number("habitants") or 0,
        alsace_moselle=cells.yes("alsace_moselle"),
    )
    if not values.get("habitants"):
        cells.fault("à remplir : le délai de convocation en dépend", "habitants")
    place = cells.text("lieu", needed=True)
    made = Meeting(
        title=cells.text("titre", longest=120) or f"{cells.text('organe') or 'Conseil municipal'}",
        body=body,
        town=_town(cells),
        convocation=Convocation(
            day=when.day,
            time=when.hour,
            place=place,
            sent=when.sent,
            note=not values.get("note") or cells.yes("note"),
            urgent=cells.yes("urgence"),
            installation=cells.yes("installation"),
            several_places=several,
            # The convocation is printed from here: what has to be mentioned is.
            says_remote=several,
            says_no_quorum_needed=bool(values.get("premiere_convocation")),
            first_call=_first_call(cells),
            other_sessions=_others(cells),
        ),
        house=HouseRules(
            reference=cells.text("reglement"),
            identity_check=cells.text("controle_identite"),
            retention=cells.text("conservation"),
            proxies_during_session=not values.get("pouvoir_en_seance") or cells.yes("pouvoir_en_seance"),
        ),
        rooms=_rooms(rooms, faults) if rooms is not None else _one_room(place, cells),
        numbering=cells.text("numerotation") or "{annee}-{numero:03d}",
        before=cells.number("deja_numerotees") or 0,
    )
    return msgspec.structs.replace(made, faults=tuple(faults.found))


def _town(cells: Cells) -> Town:
    siret = cells.text("siret").replace(" ", "")
    if siret and not is_siret(siret):
        cells.fault("ce numéro SIRET n'est pas valide : 14 chiffres et leur clé", "siret")
    default = Town()
    return Town(
        name=cells.text("collectivite"),
        organ=cells.text("organe") or default.organ,
        address=cells.text("adresse"),
        siret=siret,
        prefecture=cells.text("prefecture"),
        site=cells.text("site"),
        controller=cells.text("responsable"),
        dpo=cells.text("dpo"),
        archives=cells.text("archives") or default.archives,
    )


def _when(cells: Cells) -> _When:
    day, sent = cells.day("date"), cells.day("envoi")
    for key, value in (("date", day), ("envoi", sent)):
        if value is None and not cells.text(key):
            cells.fault("à remplir", key)
    text = cells.text("heure", needed=True)
    hour = _HOUR.fullmatch(text)
    if text and (hour is None or int(hour[1]) > 23 or int(hour[2] or 0) > 59):
        cells.fault(f"« {text} » n'est pas une heure (attendu : 18:30)", "heure")
        hour = None
    shown = f"{int(hour[1]):02d}:{hour[2] or '00'}" if hour else "00:00"
    return _When(day or date.min, shown, sent or date.min)


def _first_call(cells: Cells) -> FirstCall | None:
    day = cells.day("premiere_convocation")
    return FirstCall(day=day, regular=cells.yes("premiere_reguliere")) if day else None


def _others(cells: Cells) -> tuple[tuple[date, bool], ...]:
    """« 05/02/2026 ; 12/04/2026 (visio) »."""
    found: list[tuple[date, bool]] = []
    for part in filter(None, (part.strip() for part in cells.text("autres_seances").split(";"))):
        shape = _OTHER.fullmatch(part)
        faults = Faults(SHEET, KEYS)
        day = Cells(Row(0, {"autres_seances": shape[1]}), faults).day("autres_seances") if shape else None
        if day is None:
            cells.fault(f"« {part} » : attendu « 31/12/2026 » ou « 31/12/2026 (visio) »", "autres_seances")
        else:
            found.append((day, bool(shape and shape[2])))
    return tuple(found)


def _one_room(place: str, cells: Cells) -> tuple[RoomSpec, ...]:
    return (RoomSpec(id="salle", name=place or "Salle du conseil", legal_basis=cells.text("fondement")),)


def _rooms(table: Table, above: Faults) -> tuple[RoomSpec, ...]:
    faults = Faults(ROOMS, table.titles)
    found: list[RoomSpec] = []
    if faults.check_columns(table, ROOM_COLUMNS, ("nom",)):
        for rank, row in enumerate(table.rows, start=1):
            cells = Cells(row, faults)
            found.append(
                RoomSpec(
                    id=cells.text("id") or f"salle-{rank}",
                    name=cells.text("nom", needed=True),
                    legal_basis=cells.text("fondement"),
                    agent_employer=cells.text("employeur"),
                    agent_act=cells.text("acte"),
                    agreement=cells.text("convention"),
                )
            )
    above.found += faults.found
    return tuple(found)
