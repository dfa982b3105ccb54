"""From a séance's record to its files: every document planned, in every format asked, with a manifest of their digests.

Nothing is written half: each file takes its name when it is whole. Made twice from the same record, files are the same to the byte.
"""

import hashlib
import logging
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from regie.documents import plots
from regie.documents.catalogue import Planned, missing, planned, remaining
from regie.documents.dossier import Dossier
from regie.documents.french import weekday
from regie.documents.markup import blocks_of
from regie.documents.odt import odt
from regie.documents.paper import Document, Letterhead
from regie.documents.pdf import pdf
from regie.documents.record import Record
from regie.documents.scdl import scdl_files
from regie.documents.sheets import sheets, taken_over
from regie.documents.sitting import view
from regie.documents.templates import Templates
from regie.documents.view import Seance

log = logging.getLogger(__name__)

MANIFEST = "manifeste.json"


class Format(StrEnum):
    """What files are made."""

    PDF = "pdf"
    ODT = "odt"
    CSV = "csv"
    JSON = "json"
    SCDL = "scdl"


class Made(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"code": "code", "name": "fichier", "title": "titre", "digest": "sha256", "size": "octets"},
):
    """A file that was made. ``public``: it may be published as it is."""

    code: str
    name: str
    title: str
    digest: str
    size: int
    public: bool


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What was made; ``missing``: what the minutes lack to be final; ``faults``: why open data would be refused."""

    files: tuple[Made, ...]
    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def papers(record: Record, dossier: Dossier, templates: Templates) -> Iterator[tuple[Planned, Document]]:
    """Every document planned, drawn on paper. Raises DocumentError."""
    seance = view(record, dossier)
    head = letterhead(dossier, seance)
    figures = {
        "presence": plots.presence(seance, head.colour),
        "parole": plots.speaking(seance, head.colour),
    }
    day = weekday(seance.date)
    # Whole seconds: the formats have no more.
    made = datetime.fromtimestamp(record.register.last_ms // 1000, UTC)
    for plan in planned(record, dossier, seance):
        text = templates.text(plan.template, plan.values)
        yield (
            plan,
            Document(
                title=plan.title,
                subtitle=f"{'À la suite de la séance' if plan.after else 'Séance'} du {day}",
                blocks=blocks_of(text, figures),
                letterhead=head,
                made=made,
                mark=plan.mark,
            ),
        )


def letterhead(dossier: Dossier, seance: Seance) -> Letterhead:
    """The head of every page."""
    town = dossier.town
    return Letterhead(
        name=seance.collectivite,
        organ=town.organ,
        address=town.address,
        colour=town.colour,
        logo=town.logo,
    )


def produce(
    record: Record,
    dossier: Dossier,
    templates: Templates,
    out: Path,
    formats: Collection[Format] = tuple(Format),
) -> Batch:
    """Make the files of a séance in a folder, and their manifest. Raises DocumentError, OSError."""
    out.mkdir(parents=True, exist_ok=True)
    made: list[Made] = []

    def write(code: str, name: str, title: str, content: bytes, public: bool) -> None:
        new = out / f".{name}.new"
        new.write_bytes(content)
        new.replace(out / name)
        digest = hashlib.sha256(content).hexdigest()
        made.append(Made(code=code, name=name, title=title, digest=digest, size=len(content), public=public))

    if {Format.PDF, Format.ODT} & set(formats):
        for plan, document in papers(record, dossier, templates):
            if Format.ODT in formats:
                write(plan.code, f"{plan.name}.odt", plan.title, odt(document), plan.public)
            if Format.PDF in formats:
                write(plan.code, f"{plan.name}.pdf", plan.title, pdf(document), plan.public)
    seance = view(record, dossier)
    again = (taken_over(remaining(record, seance)),) if seance.faute_de_quorum else ()
    for sheet in (*sheets(seance), *again):
        if Format.CSV in formats:
            write(sheet.code, f"{sheet.name}.csv", sheet.title, sheet.csv(), sheet.public)
    if Format.JSON in formats:
        write("D6", "seance.json", "Toute la séance", _json(seance), False)
    faults: tuple[str, ...] = ()
    if Format.SCDL in formats and seance.levee is not None:
        data = scdl_files(record, dossier, seance)
        faults = data.faults
        write("D12", data.name, "Données ouvertes des délibérations (SCDL)", data.csv, not faults)
    gaps = missing(record, dossier) if seance.levee is not None else ()
    batch = Batch(files=tuple(made), missing=gaps, faults=faults)
    write("", MANIFEST, "Manifeste", _json(batch), False)
    return batch


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
