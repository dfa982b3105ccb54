"""What templates see of a séance. Their language is French, since towns write them: so are these names.

Instants are UTC milliseconds, dates are dates: the templates' filters write them. Lists are in the order of the table or of time.
"""

from datetime import date as Jour

import msgspec


class _Vue(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the views."""


class Membre(_Vue, frozen=True):
    """A member; ``etat`` at the opening: ``présent``, ``représenté`` or ``absent``; ``arrivee``: after the opening.

    ``passages``: every coming and going between the opening and the close, in words, with its instant.
    """

    id: str
    nom: str
    groupe: str
    siege: str
    commune: str
    etat: str
    salle: str = ""
    remplace_par: str = ""
    arrivee: int | None = None
    depart: int | None = None
    pouvoir_a: str = ""
    pouvoir_date: Jour | None = None
    porte_pouvoir_de: str = ""
    passages: tuple[tuple[str, int], ...] = ()


class Pouvoir(_Vue, frozen=True):
    """A proxy and what became of it."""

    mandant: str
    mandataire: str
    date: Jour | None
    recu: int
    canal: str
    authentifie: bool
    statut: str
    fin: int | None
    cause_fin: str
    rang: int
    seconde_seance: bool
    conteste: bool
    justificatif_maladie: str


class Quorum(_Vue, frozen=True):
    """A quorum with the names behind the numbers."""

    en_exercice: int
    compte: int
    requis: int
    presents: int
    representes: int
    votants: int
    atteint: bool
    dispense: bool
    avec_pouvoirs: bool
    noms: tuple[str, ...]
    noms_representes: tuple[str, ...]
    retires: tuple[str, ...]
    pouvoirs: tuple[tuple[str, str, Jour | None], ...]
    """Who was represented then, by whom, the date of the writing."""
    absents: tuple[str, ...]
    """In office, neither there nor represented, nor out of the item."""


class Voix(_Vue, frozen=True):
    """A named voice: whose, what it said, by whom when it is not the member."""

    nom: str
    sens: str
    par: str = ""


class Demande(_Vue, frozen=True):
    """A request for a special ballot."""

    mode: str
    demandeurs: tuple[str, ...]
    presents: int
    requis: int
    accordee: bool


class Scrutin(_Vue, frozen=True):
    """A vote that was closed, or annulled (``annule``: why)."""

    numero: int
    mode: str
    president: str
    ouvert: int
    clos: int | None
    proclame: int | None
    presents: int
    representes: int
    votants: int
    pour: int
    contre: int
    abstentions: int
    refus: int
    blancs: int
    nuls: int
    exprimes: int
    majorite: int
    regle: str
    adopte: bool
    preponderante: bool
    unanime: bool
    noms: tuple[Voix, ...]
    absents: tuple[str, ...]
    motif: str
    annule: str


class Tour(_Vue, frozen=True):
    """A round of an appointment."""

    numero: int
    suffrages: tuple[tuple[str, int], ...]
    bulletins: int
    blancs: int
    nuls: int
    non_votants: int
    exprimes: int
    majorite: int
    elu: str
    par_age: bool


class Prise(_Vue, frozen=True):
    """Somebody's turn to speak; ``lien`` leads to its second of the video."""

    nom: str
    groupe: str
    debut: int
    fin: int
    lien: str


class Point(_Vue, frozen=True):
    """An item of the agenda and what became of it."""

    id: str
    rang: int
    titre: str
    type: str
    rapporteur: str
    rapport: str
    documents: tuple[str, ...]
    matiere: str
    etat: str
    cause: str
    sensible: bool
    tardif: bool
    repris: bool
    appele: int | None
    lien: str
    quorum: Quorum | None
    deports: tuple[tuple[str, str], ...]
    demandes: tuple[Demande, ...]
    renonciation: bool | None
    scrutins: tuple[Scrutin, ...]
    candidats: tuple[str, ...]
    tours: tuple[Tour, ...]
    nomme: str
    numero: int | None
    identifiant: str
    debats: str
    visas: str
    texte: str
    scrutateurs: tuple[str, ...]
    prises: tuple[Prise, ...]
    avertissements: tuple[str, ...]

    @property
    def scrutin(self) -> Scrutin | None:
        """The vote that stands."""
        return next((one for one in reversed(self.scrutins) if not one.annule), None)

    @property
    def secret(self) -> bool:
        """Was something counted by ballots that nobody can tie to a name?"""
        return bool(self.tours) or any(one.mode == "secret" for one in self.scrutins)

    @property
    def delibere(self) -> bool:
        """Did the council decide on it?"""
        return self.numero is not None


class Mouvement(_Vue, frozen=True):
    """An entry of a room's journal, with the count after it."""

    heure: int
    salle: str
    fait: str
    personne: str
    cause: str
    agent: str
    presents: int | None
    representes: int | None
    requis: int | None
    en_exercice: int | None


class Incident(_Vue, frozen=True):
    """A technical incident or what was done of it."""

    heure: int
    salle: str
    fait: str
    decision: str
    agent: str
    point: str


class HuisClos(_Vue, frozen=True):
    """A request for closed doors, and its vote."""

    demande: int
    demandeurs: tuple[str, ...]
    par_le_chef: bool
    requis: int
    motif: str
    decide: int
    pour: int
    contre: int
    abstentions: int
    votants: int
    majorite: int
    adopte: bool
    noms: tuple[Voix, ...]
    quorum: Quorum
    sorties: tuple[tuple[str, int], ...]
    leve: int | None
    points: tuple[str, ...]


class Suspension(_Vue, frozen=True):
    """From when to when, and the quorum at the resumption."""

    debut: int
    fin: int | None
    quorum: Quorum | None


class Preuve(_Vue, frozen=True):
    """How a member was convened; ``heure`` None: nothing proves it."""

    nom: str
    canal: str
    heure: int | None
    revenue: bool


class Affichage(_Vue, frozen=True):
    """Where the convocation was posted; ``heure`` None: nothing proves it."""

    lieu: str
    heure: int | None
    agent: str


class Salle(_Vue, frozen=True):
    """A place of the séance; ``essai``: when its access was last measured good before the opening; ``public``: admitted when."""

    id: str
    nom: str
    fondement: str
    employeur: str
    acte: str
    convention: str
    essai: int | None
    public: int | None


class Parole(_Vue, frozen=True):
    """Speaking time of somebody or of a group, in milliseconds."""

    nom: str
    duree: int
    prises: int


class Seance(_Vue, frozen=True):
    """The whole séance."""

    id: str
    titre: str
    organe: str
    collectivite: str
    intercommunal: bool
    regime: str
    date: Jour
    heure_convoquee: str
    lieu: str
    convoquee_le: Jour
    jours_francs: int
    urgence: bool
    installation: bool
    plusieurs_lieux: bool
    seconde_convocation: bool
    mention_sans_quorum: bool
    note: bool
    reglement: str
    salles: tuple[Salle, ...]
    preuves: tuple[Preuve, ...]
    affichages: tuple[Affichage, ...]
    chef: str
    president: str
    presidences: tuple[tuple[str, int], ...]
    secretaires: tuple[str, ...]
    ouverte: int | None
    levee: int | None
    faute_de_quorum: bool
    ouverture: Quorum | None
    quorum_perdu: tuple[tuple[int, int, int], ...]
    membres: tuple[Membre, ...]
    pouvoirs: tuple[Pouvoir, ...]
    points: tuple[Point, ...]
    mouvements: tuple[Mouvement, ...]
    incidents: tuple[Incident, ...]
    huis_clos: tuple[HuisClos, ...]
    suspensions: tuple[Suspension, ...]
    prises: tuple[Prise, ...]
    paroles: tuple[Parole, ...]
    paroles_mesurees: bool
    paroles_groupes: tuple[Parole, ...]
    avertissements: tuple[tuple[str, str, str], ...]
    entrees: int
    empreinte: str

    def etat(self, *etats: str) -> tuple[Membre, ...]:
        """The members in one of these states at the opening."""
        return tuple(membre for membre in self.membres if membre.etat in etats)

    @property
    def deliberations(self) -> tuple[Point, ...]:
        """Items the council decided on, in order of their numbers (PV7)."""
        return tuple(
            sorted((point for point in self.points if point.delibere), key=lambda one: one.numero or 0)
        )

    @property
    def reportes(self) -> tuple[Point, ...]:
        """Items put off."""
        return tuple(point for point in self.points if point.etat == "reporté")
