"""Which documents a séance makes, from which template, under which name: D1 to D20, those that come from its register."""

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from regie.documents import french
from regie.documents.dossier import Dossier
from regie.documents.occult import has_private_data, occulted
from regie.documents.record import Record
from regie.documents.view import Point, Seance
from regie.domain.register import delays
from regie.domain.register.events import QuorumFailed
from regie.domain.register.minutes import Block, MinutesState, missing_blocks
from regie.domain.register.state import Phase

BLOCKS = {
    Block.DATE: "date",
    Block.TIME: "heure de fin",
    Block.PRESIDENT: "président",
    Block.PRESENT: "membres présents",
    Block.REPRESENTED: "date des pouvoirs",
    Block.SECRETARY: "secrétaire de séance",
    Block.QUORUM: "quorum",
    Block.AGENDA: "ordre du jour",
    Block.DELIBERATIONS: "rapports au vu desquels les délibérations sont adoptées",
    Block.REQUESTS: "demandes de scrutin particulier",
    Block.RESULTS: "résultat des scrutins",
    Block.DEBATES: "teneur des discussions",
}
DRAFT = "Projet"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be made. ``code``: D1 to D20; ``public``: it may be published as it is; ``mark`` across its head."""

    code: str
    name: str
    template: str
    title: str
    values: Mapping[str, object]
    public: bool = False
    mark: str = ""
    after: bool = False
    """It is about what follows the séance, not of it."""


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Days that documents name, in the words of the templates."""

    liste: date
    copies: date
    seconde: date
    seconde_envoi: date


def town_values(dossier: Dossier, seance: Seance) -> dict[str, str]:
    """The body as templates name it."""
    town = dossier.town
    return {
        "nom": seance.collectivite,
        "organe": town.organ,
        "adresse": town.address,
        "siret": town.siret,
        "site": town.site,
        "responsable": town.controller or seance.collectivite,
        "dpo": town.dpo,
        "archives": town.archives,
        "tribunal": town.court,
        "qualite": "Le président" if seance.intercommunal else "Le maire",
    }


def missing(record: Record, dossier: Dossier) -> tuple[str, ...]:
    """Mandatory mentions that the minutes lack, in words, with the items they are about (PV2)."""
    ranks = {item.id: rank for rank, item in enumerate(record.register.items, start=1)}
    gaps: dict[str, list[str]] = {}
    for gap in missing_blocks(record.register, dossier.debates, dossier.reports):
        points = gaps.setdefault(BLOCKS[gap.block], [])
        if gap.item:
            points.append(str(ranks[gap.item]))
    return tuple(
        f"{name} ({'points' if len(points) > 1 else 'point'} {french.listed(points)})" if points else name
        for name, points in gaps.items()
    )


def planned(record: Record, dossier: Dossier, seance: Seance) -> Iterator[Planned]:
    """The documents of a séance as it stands: before it, after it, or after one that lacked its quorum."""
    register = record.register
    day = register.convocation.day
    sent = delays.paris_day(register.closed_ms or register.last_ms)
    values: dict[str, object] = {
        "seance": seance,
        "collectivite": town_values(dossier, seance),
        "destinataires": dossier.recipients,
        "echeances": Deadlines(
            liste=delays.list_deadline(day),
            copies=delays.copies_deadline(day),
            seconde=delays.earliest_session(sent),
            seconde_envoi=sent,
        ),
    }

    def one(
        code: str,
        name: str,
        template: str,
        title: str,
        *,
        public: bool = False,
        after: bool = False,
        **more: object,
    ) -> Planned:
        return Planned(
            code=code,
            name=name,
            template=template,
            title=title,
            values={**values, **more},
            public=public,
            after=after,
        )

    yield one("D1", "convocation", "convocation", "Convocation", public=True)
    yield one("D2", "preuves-de-convocation", "preuves", "Preuves de convocation")
    if seance.intercommunal:
        yield one("D20", "copies-aux-conseillers-municipaux", "copies", "Copies aux conseillers municipaux")
    if register.phase is not Phase.CLOSED:
        yield one("D3", "feuille-d-emargement", "emargement", "Feuille d'émargement")
        return
    yield one("D3", "feuille-de-presence", "presence", "Feuille de présence")
    yield one("D4", "registre-des-pouvoirs", "pouvoirs", "Registre des pouvoirs")
    for salle in seance.salles:
        yield one(
            "D5",
            f"journal-{salle.id}",
            "journal-salle",
            "Journal des entrées, sorties et connexions",
            salle=salle,
            mouvements=[line for line in seance.mouvements if line.salle == salle.id],
        )
    yield one("D6", "registre-des-votes", "votes", "Registre des votes")
    for point in seance.points:
        if point.secret:
            yield one(
                "D7",
                f"depouillement-{point.rang:02d}",
                "depouillement",
                "Procès-verbal de dépouillement",
                point=point,
            )
    gaps = missing(record, dossier)
    state = dossier.minutes.state
    mark = DRAFT if gaps or state in (MinutesState.DRAFT, MinutesState.PROPOSED) else ""
    private, online = has_private_data(seance), {"seance": occulted(seance)}
    minutes = one("D8", "proces-verbal", "proces-verbal", "Procès-verbal", public=not private, manquants=gaps)
    yield msgspec.structs.replace(minutes, mark=mark)
    if private:
        # The same, as it goes online.
        values |= online
        minutes = one(
            "D8",
            "proces-verbal-en-ligne",
            "proces-verbal",
            "Procès-verbal (version en ligne)",
            public=True,
            manquants=gaps,
        )
        yield msgspec.structs.replace(minutes, mark=mark)
    yield one("D9", "liste-des-deliberations", "liste", "Liste des délibérations", public=True)
    values["seance"] = seance
    for point in seance.deliberations:
        yield one(
            "D10",
            f"deliberation-{point.numero:03d}",
            "deliberation",
            f"Délibération n° {point.identifiant}",
            public=not point.sensible,
            point=point,
        )
    yield one("D11", "feuillet-de-cloture", "feuillet", "Feuillet de clôture")
    for rank, decision in enumerate(seance.huis_clos, start=1):
        yield one("D13", f"huis-clos-{rank}", "huis-clos", "Décision de huis clos", decision=decision)
    if seance.incidents or seance.quorum_perdu:
        yield one("D14", "incidents", "incidents", "Rapport d'incident technique")
    if seance.faute_de_quorum:
        yield one(
            "D17",
            "seconde-convocation",
            "seconde-convocation",
            "Seconde convocation",
            after=True,
            restants=remaining(record, seance),
        )


def remaining(record: Record, seance: Seance) -> tuple[Point, ...]:
    """Items of the convocation that the missing quorum left undone."""
    left = {name for act in record.acts if isinstance(act, QuorumFailed) for name in act.remaining}
    return tuple(point for point in seance.points if point.id in left and not point.tardif)
