"""What a remote room's page and the régie say to each other (see PROTOCOL.md). Pure: one :class:`Station` a connection, text in,
messages or refusals out; no socket, no clock.
"""

from enum import StrEnum

import msgspec

from regie.errors import Refusal

VERSION = 1
MAX_TEXT = 64 * 1024
MAX_MESSAGE = 500
RATE_PER_S = 20.0
BURST = 60.0
"""Messages that may come at once, then as many a second as :data:`RATE_PER_S`."""


class Phase(StrEnum):
    """Where a room stands."""

    AWAY = "absente"
    WAITING = "attente"
    ADMITTED = "admise"
    PARKED = "ecartee"


class _Said(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Base of what a station says."""


class Hello(_Said, frozen=True, tag="bonjour"):
    """First message of a connection."""

    version: int


class Tested(_Said, frozen=True, tag="essais"):
    """The four tests of the page: what passed, and the uplink that was measured (kbit/s)."""

    camera: bool
    micro: bool
    haut_parleur: bool
    montant_kbps: int


class Offered(_Said, frozen=True, tag="offre"):
    """A WebRTC offer, of the room or of the document it shares; answered by ``reponse`` with the same ``id``."""

    id: int
    sdp: str
    document: bool = False


class HungUp(_Said, frozen=True, tag="raccrocher"):
    """The page closed a connection of its own will."""

    document: bool = False


class Hand(_Said, frozen=True, tag="main"):
    """Somebody of the room asks for the floor, or no longer; ``personne``: which member, when the room knows."""

    levee: bool
    personne: str = ""


class Microphone(_Said, frozen=True, tag="micro"):
    """The room's own mute; it always wins."""

    ouvert: bool


class Measured(_Said, frozen=True, tag="mesures"):
    """What the page receives, each second: pictures shown, milliseconds of sound played, loss (‰), round trip (ms)."""

    images: int
    son_ms: int
    perte_permille: int = 0
    aller_retour_ms: int = 0


class Ready(_Said, frozen=True, tag="pret"):
    """The agent confirms: he is there, the public is admitted, the notice is posted."""

    public: bool
    affiche: bool


class Checked(_Said, frozen=True, tag="relecture"):
    """The receipt of a vote by name: the voices noted of this room's members are as they were said, or not."""

    conforme: bool


class Wrote(_Said, frozen=True, tag="message"):
    """A word to the moderator (the technician)."""

    texte: str


class Ping(_Said, frozen=True, tag="ping"):
    """Comes back as ``pong``."""

    t: float


Said = Hello | Tested | Offered | HungUp | Hand | Microphone | Measured | Ready | Checked | Wrote | Ping


class _Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what a station is told."""


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A STUN or TURN server, as browsers take it."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class Welcome(_Told, frozen=True, tag="bienvenue"):
    """Answer to ``bonjour``. ``essais_valides``: the tests passed less than a day ago, and may be skipped."""

    version: int
    salle: str
    nom: str
    ville: str
    essais_valides: bool
    ice: tuple[IceServer, ...] = ()


class Member(msgspec.Struct, frozen=True):
    """Somebody who may ask for the floor from this room."""

    id: str
    nom: str


class Voice(msgspec.Struct, frozen=True):
    """What was noted of somebody's voice; ``pouvoir``: whose voice it is, when it is another's."""

    nom: str
    choix: str
    pouvoir: str = ""


class Ballots(msgspec.Struct, frozen=True):
    """A vote by name that is closed and not proclaimed: the voices cast in this room, and what the room said of them."""

    point: str
    voix: tuple[Voice, ...]
    conforme: bool | None = None


class State(_Told, frozen=True, tag="etat"):
    """Everything the page shows, whole, at each change.

    ``rang``: place in the queue, 1 is next; ``mesure_s``: for how long both ways have worked without a break, 10 is enough;
    ``palier``: rendition received (empty: main; null: sound only). ``role``: of the room in the conference (``intervenant``,
    ``participant_actif``, ``participant_passif``); ``animateur``: who presides.
    """

    phase: Phase
    antenne: bool = False
    parole: bool = False
    main: bool = False
    rang: int | None = None
    ouvert_par_la_salle: bool = True
    point: str = ""
    orateur: str = ""
    orateur_depuis_ms: int | None = None
    presents: int | None = None
    membres: tuple[Member, ...] = ()
    seance: str = ""
    mesure_s: int = 0
    confirmee: bool = False
    palier: str | None = ""
    document: bool = False
    ecartee_pour: str = ""
    pause_conseillee: bool = False
    scrutin: Ballots | None = None
    role: str = ""
    animateur: str = ""


class Answered(_Told, frozen=True, tag="reponse"):
    """The answer to an offer."""

    id: int
    sdp: str


class Refused(_Told, frozen=True, tag="refus"):
    """What was asked cannot be; ``id`` repeats the offer's."""

    code: str
    texte: str
    id: int | None = None


class Word(_Told, frozen=True, tag="message"):
    """A word of the moderator, or the room's own, as it was received."""

    de: str
    texte: str


class Pong(_Told, frozen=True, tag="pong"):
    """The echo of a ping."""

    t: float


class Order(_Told, frozen=True, tag="ordre"):
    """Something the page must do: ``recommencer`` (make its connection anew), ``cesser_partage``, ``partir``."""

    quoi: str


Told = Welcome | State | Answered | Refused | Word | Pong | Order

_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


class Station:
    """One connection: what may be said when. The first thing said is ``bonjour``; what comes too fast is refused."""

    def __init__(self) -> None:
        self._greeted = False
        self._credit = BURST
        self._last_s: float | None = None

    def hear(self, text: str, now_s: float) -> Said:
        """The message of a text. Raises Refusal: ``message_incompris``, ``trop_de_messages``, ``version``, ``bonjour_attendu``."""
        if self._last_s is not None:
            self._credit = min(BURST, self._credit + max(0.0, now_s - self._last_s) * RATE_PER_S)
        self._last_s = now_s
        if self._credit < 1:
            raise Refusal("too many messages", code="trop_de_messages")
        self._credit -= 1
        if len(text) > MAX_TEXT:
            raise Refusal("the message is too long", code="message_incompris")
        try:
            said = _said.decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Refusal("this is not a message", code="message_incompris") from error
        if isinstance(said, Hello):
            if said.version != VERSION:
                raise Refusal("the page is of another version", code="version", attendue=VERSION)
            self._greeted = True
        elif not self._greeted:
            raise Refusal("bonjour comes first", code="bonjour_attendu")
        return said
