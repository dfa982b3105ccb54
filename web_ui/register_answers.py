"""What the API answers of the legal register: the shapes only; :mod:`web_ui.register_view` fills them.

Only staff gets them. They hold names and, in a vote that is not secret, senses; never a birth date, nor a link in a secret ballot.
"""

from collections.abc import Mapping

from regie.domain.register.proxies import ProxyStatus
from regie.domain.register.votes import Choice, Mode
from web_ui.bodies import Answer


class SeatInfo(Answer, frozen=True):
    """Somebody of the council. ``etat``: present, absent, parti, pouvoir.

    ``x`` to the right and ``y`` away from the president: its place on the plan, null when the configuration gives none.
    ``depuis_ms``: since when; ``arrive_ms``, ``sejour``: beginning and rank of the last stay; ``porte``: whose proxies are held.
    """

    id: str
    nom: str
    rang: int
    groupe: str
    place: str
    x: float | None
    y: float | None
    suppleant_de: str
    etat: str
    vote: bool
    salle: str
    depuis_ms: int | None
    arrive_ms: int | None
    sejour: int | None
    annulable_ms: int
    pouvoir_a: str
    pouvoir_etat: str
    porte: tuple[str, ...]


class ProxyInfo(Answer, frozen=True):
    """A proxy that was received."""

    id: str
    mandant: str
    mandataire: str
    recu_ms: int
    etat: ProxyStatus
    conteste: bool


class QuorumInfo(Answer, frozen=True):
    """A quorum with the names behind the number. ``compare``: what is compared with ``requis``."""

    presents: int
    compare: int
    requis: int
    en_exercice: int
    pouvoirs: int
    atteint: bool
    dispense: bool
    noms: tuple[str, ...]
    representes: tuple[str, ...]
    ecartes: tuple[str, ...]


class VoiceInfo(Answer, frozen=True):
    """A voice in a vote: whose, and who casts it."""

    siege: str
    par: str
    pouvoir: bool


class TallyInfo(Answer, frozen=True):
    """Counts of a vote."""

    pour: int
    contre: int
    abstentions: int
    ne_prend_pas_part: int
    blancs: int
    nuls: int
    exprimes: int
    total: int


class VoteInfo(Answer, frozen=True):
    """A vote. ``bulletins``: senses by seat, none in a secret vote. ``president``: who presides, and has the casting vote.
    ``lectures``: rooms that read their members' voices at a distance, and whether these are as they were said."""

    numero: int
    mode: Mode
    president: str
    voix: tuple[VoiceInfo, ...]
    bulletins: Mapping[str, Choice]
    decompte: TallyInfo | None
    adopte: bool | None
    requis: int | None
    preponderante: bool
    regle: str
    absents: tuple[str, ...]
    proclame: bool
    annule: str
    lectures: Mapping[str, bool]


class RequestInfo(Answer, frozen=True):
    """Who asked for a special ballot, out of how many needed."""

    demandeurs: tuple[str, ...]
    requis: int
    accorde: bool


class RecusalInfo(Answer, frozen=True):
    """A déport, or one that declared interests call for (``enregistre`` false)."""

    siege: str
    genre: str
    enregistre: bool


class CandidateInfo(Answer, frozen=True):
    """A candidate."""

    id: str
    nom: str


class RoundInfo(Answer, frozen=True):
    """A round of an election: counts only."""

    tour: int
    voix: Mapping[str, int]
    blancs: int
    nuls: int
    non_votants: int
    requis: int
    elu: str
    au_benefice_de_l_age: bool


class ElectionInfo(Answer, frozen=True):
    """An appointment under way."""

    secret_impose: bool
    secret_leve: bool
    appel_ms: int | None
    candidats: tuple[CandidateInfo, ...]
    tours: tuple[RoundInfo, ...]
    nomme: str


class PointInfo(Answer, frozen=True):
    """An item of the agenda. ``signale``: marked as naming persons, sensitive, or for closed doors."""

    id: str
    rang: int
    titre: str
    type: str
    rapporteur: str
    signale: bool
    votable: bool
    etat: str
    appele_ms: int | None
    deliberation: int | None
    cause: str
    deports: tuple[RecusalInfo, ...]
    scrutin_public: RequestInfo
    scrutin_secret: RequestInfo
    quorum: QuorumInfo | None
    vote: VoteInfo | None
    election: ElectionInfo | None


class WishInfo(Answer, frozen=True):
    """Somebody waits for the floor."""

    personne: str
    depuis_ms: int
    rappel: bool


class FloorInfo(Answer, frozen=True):
    """The floor; times in ms, 0 for no limit. ``temps``: how long each has spoken, turns that ended."""

    orateur: str
    depuis_ms: int | None
    accorde_ms: int
    tour_ms: int
    point_ms: int
    file: tuple[WishInfo, ...]
    temps: Mapping[str, int]


class RoomInfo(Answer, frozen=True):
    """A room."""

    id: str
    nom: str
    ouverte: bool
    testee: bool
    agent: bool
    public: bool
    public_sorti: bool
    liaison: str
    perdue_ms: int | None
    presents: int


class AdviceInfo(Answer, frozen=True):
    """A step that is due."""

    etape: str
    regle: str
    salle: str


class DoorsInfo(Answer, frozen=True):
    """Closed doors: asked for by whom, whether they hold."""

    demandeurs: tuple[str, ...]
    par_le_president: bool
    requis: int
    recevable: bool
    tenu: bool


class RegisterInfo(Answer, frozen=True):
    """The whole register of ``seance``; ``n``: the cursor of its newest entry, ``maintenant_ms``: the server's clock then.

    ``plans_restreints``: a secret ballot is going on, no seat is shot.
    """

    seance: str
    n: int
    maintenant_ms: int
    collectivite: str
    organe: str
    regime: str
    plusieurs_lieux: bool
    phase: str
    ouverte_ms: int | None
    levee_ms: int | None
    president: str
    chef: str
    secretaires: tuple[str, ...]
    conseil: tuple[SeatInfo, ...]
    pouvoirs: tuple[ProxyInfo, ...]
    quorum: QuorumInfo
    points: tuple[PointInfo, ...]
    courants: tuple[str, ...]
    parole: FloorInfo
    salles: tuple[RoomInfo, ...]
    conseils: tuple[AdviceInfo, ...]
    huis_clos: DoorsInfo
    plans_restreints: bool
    gestes: Mapping[str, str | None]


class RuleInfo(Answer, frozen=True):
    """A rule: what it says, and the article."""

    article: str
    phrase: str
