"""The séance as tables for a spreadsheet: UTF-8 with a mark so that office suites read accents, semicolons, one header line."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from regie.documents import french
from regie.documents.occult import occulted
from regie.documents.view import Point, Seance

Cell = str | int | None
# A cell that begins so is a formula to a spreadsheet: a name typed by somebody must stay a name.
_FORMULA = ("=", "+", "-", "@", "\t")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table. ``code``: the document whose figures it holds."""

    code: str
    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    public: bool = False

    def csv(self) -> bytes:
        """The file."""
        made = io.StringIO(newline="")
        writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
        writer.writerow(self.header)
        writer.writerows([_safe(cell) for cell in row] for row in self.rows)
        return "\ufeff".encode() + made.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def sheets(seance: Seance) -> Iterator[Sheet]:
    """Every table of a séance."""
    yield Sheet(
        code="D3",
        name="presence",
        title="Présence",
        header=(
            "nom",
            "groupe",
            "siege",
            "commune",
            "etat",
            "salle",
            "arrivee",
            "depart",
            "pouvoir_a",
            "porte_pouvoir_de",
        ),
        rows=tuple(
            (
                one.nom,
                one.groupe,
                one.siege,
                one.commune,
                one.etat,
                one.salle,
                french.exact_hour(one.arrivee),
                french.exact_hour(one.depart),
                one.pouvoir_a,
                one.porte_pouvoir_de,
            )
            for one in seance.membres
        ),
    )
    yield Sheet(
        code="D4",
        name="pouvoirs",
        title="Pouvoirs",
        header=("mandant", "mandataire", "date", "recu", "voie", "statut", "fin", "cause"),
        rows=tuple(
            (
                one.mandant,
                one.mandataire,
                one.date.isoformat() if one.date else "",
                french.day_and_hour(one.recu),
                one.canal,
                one.statut,
                french.exact_hour(one.fin),
                one.cause_fin,
            )
            for one in seance.pouvoirs
        ),
    )
    yield Sheet(
        code="D5",
        name="mouvements",
        title="Entrées, sorties et connexions",
        header=(
            "heure",
            "salle",
            "fait",
            "personne",
            "cause",
            "presents",
            "representes",
            "quorum",
            "en_exercice",
            "compte",
        ),
        rows=tuple(
            (
                french.exact_hour(one.heure),
                one.salle,
                one.fait,
                one.personne,
                one.cause,
                one.presents,
                one.representes,
                one.requis,
                one.en_exercice,
                one.agent,
            )
            for one in seance.mouvements
        ),
    )
    yield from _votes(seance)
    yield Sheet(
        code="D9",
        name="liste-des-deliberations",
        title="Liste des délibérations",
        header=("numero", "date", "objet", "decision"),
        rows=tuple(
            (
                one.identifiant,
                seance.date.isoformat(),
                one.titre,
                "approuvée" if one.etat == "adopté" else "refusée",
            )
            for one in occulted(seance).deliberations
        )
        + tuple(("", seance.date.isoformat(), one.titre, "reportée") for one in occulted(seance).reportes),
        public=True,
    )
    yield Sheet(
        code="D8",
        name="temps-de-parole",
        title="Temps de parole",
        header=("orateur", "prises_de_parole", "secondes"),
        rows=tuple((one.nom, one.prises, one.duree // 1000) for one in seance.paroles),
    )


def taken_over(points: Iterable[Point]) -> Sheet:
    """The agenda of a second convocation, as the preparation reads it: what the missing quorum left undone, marked « repris »."""
    return Sheet(
        code="D17",
        name="points",
        title="Ordre du jour à reprendre",
        header=("titre", "type", "rapporteur", "rapport", "repris"),
        rows=tuple((one.titre, one.type, one.rapporteur, one.rapport, "oui") for one in points),
    )


def _votes(seance: Seance) -> Iterator[Sheet]:
    counted: list[Sequence[Cell]] = []
    named: list[Sequence[Cell]] = []
    for point in seance.points:
        for vote in point.scrutins:
            result = "annulé" if vote.annule else "adopté" if vote.adopte else "non adopté"
            counted.append(
                (
                    point.rang,
                    point.titre,
                    vote.numero,
                    vote.mode,
                    vote.presents,
                    vote.representes,
                    vote.votants,
                    vote.pour,
                    vote.contre,
                    vote.abstentions,
                    vote.refus,
                    vote.blancs,
                    vote.nuls,
                    vote.exprimes,
                    vote.majorite,
                    "oui" if vote.preponderante else "non",
                    result,
                    french.exact_hour(vote.proclame),
                )
            )
            named += [
                (point.rang, vote.numero, vote.mode, voix.nom, voix.sens, voix.par) for voix in vote.noms
            ]
    header = "point;objet;vote;scrutin;presents;representes;votants;pour;contre;abstentions;nppv;blancs;nuls;exprimes;majorite"
    yield Sheet(
        code="D6",
        name="votes",
        title="Votes",
        header=(*header.split(";"), "voix_preponderante", "resultat", "proclame"),
        rows=tuple(map(tuple, counted)),
    )
    yield Sheet(
        code="D6",
        name="votes-nominatifs",
        title="Votes nominatifs",
        header=("point", "vote", "scrutin", "nom", "sens", "par"),
        rows=tuple(map(tuple, named)),
    )
