"""The personal data kit: register entry and notices (D18), slips of elimination (D19), on the same paper as the rest."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from config.schema import Config
from regie.documents import french
from regie.documents.dossier import Town
from regie.documents.markup import blocks_of
from regie.documents.odt import odt
from regie.documents.paper import Document, Letterhead
from regie.documents.pdf import pdf
from regie.documents.retention import BASIS, NAMES, Slip
from regie.documents.templates import Templates
from regie.documents.town import town_of

NOTICES = {
    "registre-traitement": "Registre des activités de traitement",
    "affiche": "Information du public",
    "annonce": "Annonces de la captation",
}
POSTER, SLIP = "affiche", "bordereau"


def values(config: Config, *, intercommunal: bool = False) -> dict[str, object]:
    """What these templates may say."""
    town = town_of(config)
    return {
        "collectivite": {
            "nom": town.name,
            "organe": town.organ,
            "adresse": town.address,
            "responsable": town.controller or town.name,
            "dpo": town.dpo,
            "archives": town.archives,
        },
        "conservation": config.conservation,
        "intercommunal": intercommunal,
    }


def notices(config: Config, today: date, *, intercommunal: bool = False) -> Iterator[tuple[str, Document]]:
    """The register entry, the door's poster, the president's words and the site's page. Raises DocumentError."""
    templates, known = Templates(config.documents.modeles), values(config, intercommunal=intercommunal)
    for name, title in NOTICES.items():
        yield name, _paper(town_of(config), title, templates.text(name, known), today, large=name == POSTER)


def slip_paper(config: Config, slip: Slip) -> Document:
    """A bordereau d'élimination. Raises DocumentError."""
    known: Mapping[str, object] = {**values(config), "bordereau": slip, "fondement": BASIS, "series": NAMES}
    text = Templates(config.documents.modeles).text(SLIP, known)
    return _paper(town_of(config), "Bordereau d'élimination", text, slip.done or slip.visa_day or slip.made)


def _paper(town: Town, title: str, text: str, day: date, *, large: bool = False) -> Document:
    return Document(
        title=title,
        subtitle=french.day(day).capitalize(),
        blocks=blocks_of(text, {}),
        letterhead=Letterhead(
            name=town.name, organ=town.organ, address=town.address, colour=town.colour, logo=town.logo
        ),
        made=datetime(day.year, day.month, day.day, tzinfo=UTC),
        large=large,
    )


def write(out: Path, name: str, paper: Document) -> tuple[Path, Path]:
    """Both files of a paper. Raises DocumentError, OSError."""
    out.mkdir(parents=True, exist_ok=True)
    files = out / f"{name}.pdf", out / f"{name}.odt"
    files[0].write_bytes(pdf(paper))
    files[1].write_bytes(odt(paper))
    return files
