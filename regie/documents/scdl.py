"""Open data: the « délibérations » file of the Socle commun des données locales, version 2.1.5, and the checks of its validator.

Columns, their order and their checks are those of the published schema (schema.data.gouv.fr, scdl/deliberations 2.1.5). It covers
adopted deliberations: rejected ones are left out. An election has no counts; in a secret yes/no vote blanks and nulls, and in any
vote refusals, are counted as abstentions, so that the sums hold.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date

import msgspec

from regie.documents.actes import is_matter, is_siret, matter
from regie.documents.dossier import Dossier
from regie.documents.record import Record
from regie.documents.view import Seance
from regie.domain.register.agenda import HIDDEN
from regie.domain.register.items import Item, ItemState
from regie.domain.register.votes import published

COLUMNS = (
    "COLL_NOM",
    "COLL_SIRET",
    "DELIB_ID",
    "DELIB_DATE",
    "DELIB_MATIERE_CODE",
    "DELIB_MATIERE_NOM",
    "DELIB_OBJET",
    "BUDGET_ANNEE",
    "BUDGET_NOM",
    "PREF_ID",
    "PREF_DATE",
    "VOTE_EFFECTIF",
    "VOTE_REEL",
    "VOTE_POUR",
    "VOTE_CONTRE",
    "VOTE_ABSTENTION",
    "DELIB_URL",
)
_YEARS = re.compile(r"([0-9]{4})(?:/([0-9]{4}))?")
Row = dict[str, str]


class OpenData(msgspec.Struct, frozen=True, kw_only=True):
    """The file, and why the validator would refuse it, in French (nothing: it passes)."""

    name: str
    csv: bytes
    faults: tuple[str, ...]


def scdl_files(record: Record, dossier: Dossier, seance: Seance) -> OpenData:
    """The file of a séance, named as the recommendations ask: date, SIREN, subject."""
    rows = [_row(record, dossier, seance, item) for item in _adopted(record)]
    faults = [f"Délibération {row['DELIB_ID']} : {fault}" for row in rows for fault in faults_of(row)]
    siren = dossier.town.siret[:9] or "SIREN"
    return OpenData(
        name=f"{seance.date:%Y%m%d}_{siren}_deliberations.csv",
        csv=_csv(rows),
        faults=tuple(dict.fromkeys(faults)),
    )


def _adopted(record: Record) -> list[Item]:
    adopted = [item for item in record.register.items if item.state is ItemState.ADOPTED and item.number]
    return sorted(adopted, key=lambda item: item.number or 0)


def _row(record: Record, dossier: Dossier, seance: Seance, item: Item) -> Row:
    file, town = dossier.item(item.id), dossier.town
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "COLL_NOM": seance.collectivite,
        "COLL_SIRET": town.siret,
        "DELIB_ID": dossier.identifier(seance.date, item.number or 0),
        "DELIB_DATE": seance.date.isoformat(),
        "DELIB_MATIERE_CODE": file.matter,
        "DELIB_MATIERE_NOM": matter(file.matter) or "",
        "DELIB_OBJET": HIDDEN if item.agenda.sensitive else item.agenda.title,
        "BUDGET_ANNEE": file.budget_year,
        "BUDGET_NOM": file.budget_name,
        "PREF_ID": town.prefecture,
        "PREF_DATE": file.received.isoformat() if file.received else "",
        "DELIB_URL": file.url,
    }
    vote = item.vote
    if vote is not None and vote.tally is not None and not item.appointed:
        counts = published(vote.tally, vote.snapshot.in_office, len(item.recusals))
        values = (counts.members, counts.voters, counts.for_, counts.against, counts.abstentions)
        row |= dict(zip(COLUMNS[11:16], map(str, values), strict=True))
    return row


def _csv(rows: list[Row]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue().encode()


def faults_of(row: Row) -> Iterator[str]:
    """What the validator would refuse in a row: required fields, then the schema's own checks."""
    for column in COLUMNS[:7]:
        if not row[column]:
            yield f"{column} est obligatoire"
    if row["COLL_SIRET"] and not is_siret(row["COLL_SIRET"]):
        yield "COLL_SIRET n'est pas un numéro SIRET valide"
    if row["DELIB_MATIERE_CODE"] and matter(row["DELIB_MATIERE_CODE"]) is None:
        yield f"DELIB_MATIERE_CODE « {row['DELIB_MATIERE_CODE']} » n'est pas dans la nomenclature ACTES"
    if row["DELIB_MATIERE_NOM"] and not is_matter(row["DELIB_MATIERE_NOM"]):
        yield "DELIB_MATIERE_NOM ne suit pas la nomenclature ACTES"
    yield from _budget_faults(row)
    if row["PREF_DATE"] and date.fromisoformat(row["PREF_DATE"]) < date.fromisoformat(row["DELIB_DATE"]):
        yield "PREF_DATE est antérieure à DELIB_DATE"
    yield from _vote_faults([row[column] for column in COLUMNS[11:16]])


def _budget_faults(row: Row) -> Iterator[str]:
    years = _YEARS.fullmatch(row["BUDGET_ANNEE"])
    if row["BUDGET_ANNEE"] and (years is None or (years[2] and years[2] <= years[1])):
        yield "BUDGET_ANNEE s'écrit AAAA ou AAAA/AAAA, la seconde après la première"
    if bool(row["BUDGET_ANNEE"]) != bool(row["BUDGET_NOM"]):
        yield "BUDGET_ANNEE et BUDGET_NOM vont ensemble"


def _vote_faults(cells: list[str]) -> Iterator[str]:
    if not any(cells):
        return
    if not all(cells):
        yield "les cinq champs VOTE vont ensemble"
        return
    members, voters, for_, against, abstentions = map(int, cells)
    if voters > members:
        yield "VOTE_REEL dépasse VOTE_EFFECTIF"
    if voters != for_ + against + abstentions:
        yield "VOTE_REEL n'est pas la somme des voix"
