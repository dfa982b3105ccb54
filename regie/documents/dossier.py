"""What the secretary adds to the register so that documents are whole: who the town is, what was said, what was decided in words.

Kept beside the register, in ``secretariat.json``, replaced whole. The register says what happened and never changes; this is text
that people write and correct until the minutes are adopted. Keys of the file are French; all of them may be left out.
"""

import os
from datetime import date
from pathlib import Path

import msgspec

from regie.documents.errors import DocumentError
from regie.domain.register.minutes import Minutes

FILE_NAME = "secretariat.json"


class Town(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "name": "nom",
        "organ": "organe",
        "address": "adresse",
        "colour": "couleur",
        "controller": "responsable",
        "court": "tribunal",
    },
):
    """The body as its documents name it.

    ``siret``: 14 figures; ``prefecture``: PREF_ID of who controls its acts (``PREF038``); ``site``: address of its own site, before
    ``/seances/…``; ``dpo``: how to reach the data protection officer; ``archives``: which archives give the visa (P7);
    ``court``: the tribunal of appeals.
    """

    name: str = ""
    organ: str = "Conseil municipal"
    address: str = ""
    colour: str = "#1d4e89"
    logo: str = ""
    siret: str = ""
    prefecture: str = ""
    site: str = ""
    controller: str = ""
    dpo: str = ""
    archives: str = "Archives départementales"
    court: str = "tribunal administratif"


class ItemFile(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "matter": "matiere",
        "report": "rapport",
        "debates": "debats",
        "text": "texte",
        "scrutineers": "scrutateurs",
        "budget_year": "budget_annee",
        "budget_name": "budget_nom",
        "received": "recu_prefecture",
    },
):
    """An item's file. ``matter``: ACTES code (``7.10``); ``report``: what it rests on, when the convocation did not say;
    ``debates``: substance of what was said; ``visas`` and ``text`` of the deliberation; ``received``: day of the prefecture's
    receipt."""

    matter: str = ""
    report: str = ""
    debates: str = ""
    visas: str = ""
    text: str = ""
    documents: tuple[str, ...] = ()
    scrutineers: tuple[str, ...] = ()
    budget_year: str = ""
    budget_name: str = ""
    received: date | None = None
    url: str = ""


class Recipient(
    msgspec.Struct, frozen=True, kw_only=True, rename={"name": "nom", "address": "adresse", "sent": "envoye"}
):
    """A councillor of a member commune who is not of the community, to be sent copies (CV10)."""

    name: str
    commune: str
    address: str = ""
    sent: date | None = None


class Dossier(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "town": "collectivite",
        "items": "points",
        "numbering": "numerotation",
        "before": "deja_numerotees",
        "recipients": "destinataires",
        "minutes": "proces_verbal",
        "seats": "places",
    },
):
    """The secretary's file of a séance.

    ``numbering``: how a deliberation is named, from ``{annee}``, ``{mois}``, ``{jour}`` and ``{numero}``; ``before``: how many
    deliberations of the year came before this séance; ``seats``: who sat at each place of the chamber, by name.
    """

    town: Town = Town()
    items: dict[str, ItemFile] = {}
    numbering: str = "{annee}-{numero:03d}"
    before: int = 0
    recipients: tuple[Recipient, ...] = ()
    minutes: Minutes = Minutes()
    seats: dict[str, str] = {}

    def item(self, name: str) -> ItemFile:
        """The file of an item, empty when nothing was written."""
        return self.items.get(name, _EMPTY)

    @property
    def debates(self) -> dict[str, str]:
        """What was said, by item."""
        return {name: one.debates for name, one in self.items.items()}

    @property
    def reports(self) -> dict[str, str]:
        """The report that each item rests on, where the secretary named it."""
        return {name: one.report for name, one in self.items.items()}

    def identifier(self, day: date, number: int) -> str:
        """A deliberation's name. Raises DocumentError when the pattern is wrong."""
        try:
            return self.numbering.format(
                annee=day.year, mois=day.month, jour=day.day, numero=self.before + number
            )
        except (KeyError, IndexError, ValueError) as error:
            raise DocumentError("the numbering pattern is wrong", code="numerotation_invalide") from error


_EMPTY = ItemFile()


def load(folder: Path) -> Dossier:
    """The secretary's file of a séance; empty when there is none. Raises DocumentError."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Dossier)
    except FileNotFoundError:
        return Dossier()
    except (OSError, msgspec.MsgspecError) as error:
        raise DocumentError("the secretary's file cannot be read", code="secretariat_illisible") from error


def save(folder: Path, dossier: Dossier) -> None:
    """Replace the file whole, durably. Raises OSError."""
    new = folder / f"{FILE_NAME}.new"
    with new.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(dossier, order="deterministic"), indent=1))
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE_NAME)
