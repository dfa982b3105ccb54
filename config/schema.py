"""What a configuration may say. Defaults live here and nowhere else; unknown keys are refused; validation does no I/O.

A secret (``cle``, ``mot_de_passe``) is never written in the file: ``…_env`` names the environment variable that holds it, or
``…_fichier`` the file; :mod:`config.load` puts the value in place.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Turn = Annotated[float, Field(ge=-360, le=360)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Town(_Section):
    """``[ville]``: who broadcasts."""

    nom: str = Field(min_length=1, max_length=80)
    organe: str = Field("Conseil municipal", min_length=1, max_length=80)
    couleur: Colour = "#1d4e89"
    couleur_texte: Colour = "#ffffff"
    logo: Path | None = None
    site: str | None = None
    contact: str | None = None


class Programme(_Section):
    """``[programme]``: picture and sound that are made."""

    largeur: Literal[1280, 1920] = 1280
    hauteur: Literal[720, 1080] = 720
    images_par_seconde: Literal[25, 30, 50] = 25
    debit_kbps: int = Field(2500, ge=300, le=20_000)
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"] = "veryfast"
    debit_son_kbps: int = Field(128, ge=48, le=320)
    fondu_ms: int = Field(500, ge=0, le=5000)
    retard_s: int = Field(10, ge=0, le=60)
    synchronisation_ms: int = Field(280, ge=0, le=2000)
    secours: Id | None = None

    @model_validator(mode="after")
    def _ratio(self) -> "Programme":
        if (self.largeur, self.hauteur) not in {(1280, 720), (1920, 1080)}:
            raise ValueError("largeur et hauteur doivent être 1280×720 ou 1920×1080")
        return self


class Sound(_Section):
    """``[son]``: loudness of the programme, in LUFS: −16 for the web, −23 for EBU R 128."""

    sonie_lufs: float = Field(-16.0, ge=-31, le=-12)


class Confidentiality(_Section):
    """``[confidentialite]``: what the delay must give time for, and how masks behave.

    The delay is enough (« sûr ») when it holds look-back + hearing + reaction + margin.
    """

    recul_s: float = Field(3.0, ge=0, le=30)
    ecoute_ms: int = Field(400, ge=0, le=2000)
    reaction_ms: int = Field(1200, ge=0, le=10_000)
    marge_ms: int = Field(500, ge=0, le=5000)
    garde_ms: int = Field(100, ge=0, le=1000)
    etirement_pourcent: int = Field(8, ge=1, le=15)
    retard_sensible_s: int = Field(20, ge=0, le=60)
    sources_sensibles: tuple[Id, ...] = ()
    auxiliaire_masque: bool = True
    president_masque: bool = True

    @property
    def needed_ms(self) -> int:
        """The shortest delay in which everything can still be caught."""
        return round(self.recul_s * 1000) + self.ecoute_ms + self.reaction_ms + self.marge_ms


class SourceKind(StrEnum):
    """How a source is reached."""

    RTSP = "rtsp"
    MPEGTS = "mpegts"
    SRT = "srt"
    NDI = "ndi"
    RTMP = "rtmp"
    HTTP = "http"
    FILE = "fichier"
    STILL = "image"
    BARS = "mire"
    SOUND = "son"
    ROOM = "salle"
    DOCUMENT = "document"


class SourceConfig(_Section):
    """``[[source]]``: a camera, a file, a still, colour bars, a sound-only stream, a remote room or what a room shares.

    A room (``salle``) has no ``adresse``: it joins by the page ``/salle/{id}``; the one of a ``document`` is the room's id.

    ``adresse``: URL or path, NDI name or ``ndi://host/channel``; none for bars. ``format``: FFmpeg's name when the address does
    not tell (``wav`` for a raw stream). A sound card is of kind ``son``, at ``alsa://`` and its ALSA name, ``voies`` channels wide.
    ``canaux``: channels of a multichannel stream that are summed, numbered from 1; all when
    empty. A stream whose channels are each a ``[[micro]]`` has none. ``nivellement``: brought slowly to the programme's loudness.
    ``distant``: somebody far away, who gets a mix of everything but himself.
    """

    id: Id
    nom: str = Field(min_length=1, max_length=40)
    genre: SourceKind
    adresse: str | None = None
    utilisateur: str | None = None
    mot_de_passe: SecretStr | None = None
    mot_de_passe_env: str | None = None
    mot_de_passe_fichier: Path | None = None
    transport: Literal["tcp", "udp"] = "tcp"
    format: str | None = None
    voies: int = Field(2, ge=1, le=1024)
    canaux: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = ()
    son: bool = True
    gain_db: float = Field(0.0, ge=-60, le=20)
    muet: bool = False
    retard_son_ms: int = Field(0, ge=-1000, le=2000)
    nivellement: bool = False
    distant: bool = False
    delai_s: float = Field(5.0, gt=0, le=60)
    toujours_chaude: bool = False

    @property
    def has_sound(self) -> bool:
        """May it be heard?"""
        return self.genre is SourceKind.SOUND or (
            self.son and self.genre not in (SourceKind.STILL, SourceKind.BARS, SourceKind.DOCUMENT)
        )

    @model_validator(mode="after")
    def _address(self) -> "SourceConfig":
        if self.genre not in (SourceKind.BARS, SourceKind.ROOM) and not self.adresse:
            raise ValueError("adresse manquante pour ce genre de source")
        return self


class CameraProtocol(StrEnum):
    """How a camera's head is driven."""

    VISCA = "visca"
    VISCA_TCP = "visca-tcp"
    VISCA_UDP = "visca-udp"
    PANASONIC = "panasonic"
    NDI = "ndi"
    ONVIF = "onvif"


class CameraFamily(StrEnum):
    """What a VISCA camera is taken for until it tells its model; a Sony does."""

    SONY = "sony"
    PTZOPTICS = "ptzoptics"
    AVONIC = "avonic"
    AVER = "aver"
    LUMENS = "lumens"
    AKVANS = "akvans"
    TENVEO = "tenveo"
    BIRDDOG = "birddog"
    CISCO = "cisco"


class CameraConfig(_Section):
    """``[[camera]]``: the head that turns the camera behind a source.

    ``source``: id of the ``[[source]]`` that it films for, also the camera's own name. ``champ_deg``: horizontal field of view at
    the widest, when it was measured; else the model's. ``precision_deg``: by how much it may miss a position, for the margin of
    exclusion zones. ``stabilisation_ms``: how long it must be still before it counts as arrived.
    ``trajet_s``: seconds of its longest recall, for an NDI camera, which never tells that it arrived. ``pan_deg``, ``tilt_deg``,
    ``zoom_max``: angles at the ends of the travel of an ONVIF camera, and what its tele end enlarges, which ONVIF does not tell.
    """

    source: Id
    protocole: CameraProtocol
    adresse: str = Field(min_length=1, max_length=200)
    port: int | None = Field(None, ge=1, le=65535)
    modele: CameraFamily | None = None
    suspendue: bool = False
    champ_deg: float | None = Field(None, gt=1, lt=150)
    precision_deg: float = Field(0.2, gt=0, le=5)
    stabilisation_ms: int = Field(200, ge=0, le=5000)
    trajet_s: float = Field(4.0, gt=0, le=60)
    utilisateur: str | None = None
    mot_de_passe: SecretStr | None = None
    mot_de_passe_env: str | None = None
    mot_de_passe_fichier: Path | None = None
    pan_deg: tuple[Turn, Turn] = (-170.0, 170.0)
    tilt_deg: tuple[Turn, Turn] = (-30.0, 90.0)
    zoom_max: float = Field(20.0, gt=1, le=100)

    @model_validator(mode="after")
    def _travel(self) -> "CameraConfig":
        for low, high in (self.pan_deg, self.tilt_deg):
            if low >= high:
                raise ValueError("pan_deg et tilt_deg vont du plus petit angle au plus grand")
        if self.utilisateur is not None and self.protocole is not CameraProtocol.ONVIF:
            raise ValueError("seul le protocole onvif demande un utilisateur")
        return self


class DestinationConfig(_Section):
    """``[[destination]]``: an RTMP(S) server. The key comes from the environment (``cle_env``) or a file (``cle_fichier``)."""

    id: Id
    nom: str = Field(min_length=1, max_length=40)
    adresse: str
    cle: SecretStr | None = None
    cle_env: str | None = None
    cle_fichier: Path | None = None
    active: bool = True
    verifier_certificat: bool = True
    certificat_ca: Path | None = None

    @field_validator("adresse")
    @classmethod
    def _scheme(cls, value: str) -> str:
        if not value.startswith(("rtmp://", "rtmps://")):
            raise ValueError("l'adresse commence par rtmp:// ou rtmps://")
        return value


class Replay(StrEnum):
    """When a séance that is over may be watched again: at once, once its masks (if it has any) are validated, or always once
    validated."""

    AT_ONCE = "immediat"
    MASKS = "masques"
    VALIDATED = "validation"


class WebTv(_Section):
    """``[webtv]``: what citizens receive from the régie itself.

    ``purge_…``: how caches in front of it learn that a segment is gone; ``{chemin}`` is its path on this server.
    """

    segment_s: int = Field(2, ge=1, le=10)
    debit_360p_kbps: int = Field(400, ge=100, le=2000)
    debit_240p_kbps: Annotated[int, Field(ge=80, le=1000)] | Literal[0] = 200
    debit_son_seul_kbps: int = Field(56, ge=24, le=192)
    origines_autorisees: tuple[str, ...] = ("*",)
    rejeu: Replay = Replay.MASKS
    purge_adresse: Annotated[str, Field(pattern=r"^https?://.*\{chemin\}")] | None = None
    purge_methode: Annotated[str, Field(pattern=r"^[A-Z]{3,12}$")] = "PURGE"
    purge_commande: tuple[str, ...] = ()


class Original(_Section):
    """``[original]``: the undelayed, unmasked programme, sealed to the town's key, as the règlement intérieur allows."""

    actif: bool = False
    cle_publique_fichier: Path | None = None
    reference_reglement: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _founded(self) -> "Original":
        if self.actif and not (self.cle_publique_fichier and self.reference_reglement.strip()):
            raise ValueError(
                "actif demande cle_publique_fichier et reference_reglement (article du règlement intérieur)"
            )
        return self


class Recording(_Section):
    """``[enregistrement]``: on by default; to leave it out is a choice.

    ``pistes``: also each microphone on a track of its own, and the desk's mix « Pistes » on two.
    """

    actif: bool = True
    pistes: bool = False
    espace_minimal_go: float = Field(5.0, ge=0)


class SoundOutputConfig(_Section):
    """``[[sortie_son]]``: a mix played on a sound card of this machine, for the hall's loudspeakers.

    ``adresse``: ``alsa://`` and ALSA's name of it; ``melange``: the mix; ``voies``: channels that the card is opened with, of which
    ``canaux`` (from 1) get left and right, or both on a single one.
    """

    id: Id
    nom: str = Field(min_length=1, max_length=40)
    adresse: str = Field(pattern=r"^alsa://.+$", max_length=200)
    melange: Literal["salle", "programme", "enregistrement"] = "salle"
    voies: int = Field(2, ge=1, le=64)
    canaux: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field((1, 2), min_length=1, max_length=2)

    @property
    def card(self) -> str:
        """ALSA's name of it."""
        return self.adresse.removeprefix("alsa://")

    @model_validator(mode="after")
    def _fits(self) -> "SoundOutputConfig":
        if max(self.canaux) > self.voies or len(set(self.canaux)) != len(self.canaux):
            raise ValueError("canaux : des voies différentes de la carte, comptées à partir de 1")
        return self


class Server(_Section):
    """``[serveur]``: where pages are served, and where data is kept."""

    adresse: str = "0.0.0.0"
    port: int = Field(8080, ge=0, le=65535)
    dossier: Path = Path("var")
    certificat: Path | None = None
    cle_certificat: Path | None = None
    mandataire: bool = False

    @model_validator(mode="after")
    def _pair(self) -> "Server":
        if (self.certificat is None) != (self.cle_certificat is None):
            raise ValueError("certificat et cle_certificat vont ensemble")
        return self


class Person(_Section):
    """``[[elu]]``: someone who may speak; enough for titles."""

    id: Id
    nom: str = Field(min_length=1, max_length=60)
    fonction: str = Field("", max_length=80)
    groupe: str = Field("", max_length=60)


class Place(_Section):
    """``[[place]]``: a seat of the chamber. ``elu``: who sits there; ``groupe_plan``: seats that one wider shot shows together.

    ``x`` to the right and ``y`` away from the president's table, in one unit for all seats, place it on the plan of the chamber.
    ``refus_image``: who sits there objects to being filmed: never framed, named nor followed.
    """

    id: Id
    nom: str = Field(min_length=1, max_length=40)
    elu: Id | None = None
    refus_image: bool = False
    groupe_plan: str = Field("", max_length=40)
    x: float | None = Field(None, ge=-10_000, le=10_000)
    y: float | None = Field(None, ge=-10_000, le=10_000)

    @model_validator(mode="after")
    def _whole_position(self) -> "Place":
        if (self.x is None) != (self.y is None):
            raise ValueError("dire x et y, ou aucun des deux")
        return self


class Microphone(_Section):
    """``[[micro]]``: one channel (from 1) of a source's sound, an input of the mixer of its own. ``place``: whose it is.

    Its first settings at the desk: ``porte_db`` is the level under which it is closed (−100: never), ``automixage`` makes it share
    its gain with the others, ``nivellement`` brings it slowly to the programme's loudness.
    """

    id: Id
    nom: str = Field(min_length=1, max_length=40)
    source: Id
    canal: int = Field(ge=1, le=1024)
    place: Id | None = None
    gain_db: float = Field(0.0, ge=-60, le=20)
    muet: bool = False
    panoramique: float = Field(0.0, ge=-1, le=1)
    retard_ms: int = Field(0, ge=-1000, le=2000)
    coupe_bas_hz: int = Field(80, ge=0, le=400)
    porte_db: float = Field(-100.0, ge=-100, le=0)
    automixage: bool = True
    nivellement: bool = True


class FixedFraming(_Section):
    """``[[cadrage]]``: what a camera that does not turn shows: ``places`` by id, or the whole council (``large``)."""

    source: Id
    places: tuple[Id, ...] = ()
    large: bool = False

    @model_validator(mode="after")
    def _shows(self) -> "FixedFraming":
        if bool(self.places) == self.large:
            raise ValueError("dire places, ou large = true")
        return self


class Directing(_Section):
    """``[realisation]``: the automatic director. ``presidence``: the president's seat, whose voice goes before the others."""

    automatique: bool = False
    presidence: Id | None = None
    confirmation_bouton_ms: int = Field(400, ge=0, le=5000)
    confirmation_voix_ms: int = Field(700, ge=0, le=5000)
    plan_minimum_s: float = Field(3.0, ge=0.5, le=30)
    maintien_s: float = Field(2.0, ge=0, le=30)
    silence_s: float = Field(6.0, ge=1, le=120)
    ensemble_s: float = Field(2.0, ge=0.5, le=30)
    monologue_s: float = Field(40.0, ge=10, le=600)
    respiration_s: float = Field(5.0, ge=1, le=30)
    stabilisation_ms: int = Field(400, ge=0, le=5000)
    reprise_s: float = Field(15.0, ge=2, le=600)
    synthe_s: float = Field(8.0, ge=1, le=120)
    synthe_rappel_s: float = Field(60.0, ge=0, le=3600)


class ConferenceSystem(StrEnum):
    """Which microphone system tells of its buttons."""

    NONE = "aucun"
    TELEVIC = "televic"
    TLVCAM = "tlvcam"
    TLVCAM_UDP = "tlvcam-udp"
    COCON = "cocon"
    SHURE = "shure"
    DICENTIS = "dicentis"
    GENERIC_UDP = "osc"
    GENERIC_HTTP = "http"


class Conference(_Section):
    """``[conference]``: the conference system. ``adresse``: its own, or the one to listen on for those that send to us.

    ``micros``: its name for a microphone, where it is not ours: ``{ "7" = "m12" }``. ``televic`` and ``osc`` listen on ``port``
    (8000), ``tlvcam-udp`` on 10001; ``tlvcam`` is reached on 5003, ``cocon`` on 8890, ``shure`` on 2202, ``dicentis`` on 31416;
    ``http`` is a route of our own server, for requests and for WebSockets.
    """

    systeme: ConferenceSystem = ConferenceSystem.NONE
    adresse: str = Field("0.0.0.0", min_length=1, max_length=200)
    port: int | None = Field(None, ge=0, le=65535)
    utilisateur: str | None = None
    mot_de_passe: SecretStr | None = None
    mot_de_passe_env: str | None = None
    mot_de_passe_fichier: Path | None = None
    verifier_certificat: bool = True
    micros: dict[str, Id] = {}


class Item(_Section):
    """``[[point]]``: an item of the agenda, shown to the public. The flags arm confidentiality before it opens."""

    numero: int = Field(ge=1)
    titre: str = Field(min_length=1, max_length=200)
    nominatif: bool = False
    sensible: bool = False
    huis_clos: bool = False


class Documents(_Section):
    """``[documents]``: the body as its documents name it, and its own templates, which stand before ours file by file."""

    modeles: Path | None = None
    adresse: str = Field("", max_length=200)
    siret: str = Field("", pattern=r"^(\d{14})?$")
    prefecture: str = Field("", max_length=20)
    responsable: str = Field("", max_length=120)
    dpo: str = Field("", max_length=120)
    archives: str = Field("Archives départementales", max_length=120)
    tribunal: str = Field("tribunal administratif", max_length=120)


class Retention(_Section):
    """``[conservation]``: how long what is kept of a séance stays before its deletion is proposed (P7); never for ever by default.

    ``original_mois``: the sealed recording, counted from the minutes' adoption.
    """

    original_mois: int = Field(2, ge=1, le=120)
    rediffusion_mois: int = Field(24, ge=1, le=600)
    journaux_techniques_mois: int = Field(12, ge=1, le=24)


class SeanceConfig(_Section):
    """``[seance]``: the séance that is prepared at start when none is open. ``date`` without a zone is the machine's local time.

    ``synthes``: the register puts the item called and the result proclaimed on the picture by itself.
    """

    titre: str = Field("Séance du conseil municipal", min_length=1, max_length=120)
    date: datetime | None = None
    synthes: bool = True


class Rooms(_Section):
    """``[salles]``: how remote rooms reach us. ``turn_adresses``: TURN servers (``turn:…``), whose shared secret (coturn's
    ``static-auth-secret``) comes from the environment or a file."""

    turn_adresses: tuple[str, ...] = ()
    turn_secret: SecretStr | None = None
    turn_secret_env: str | None = None
    turn_secret_fichier: Path | None = None

    @field_validator("turn_adresses")
    @classmethod
    def _schemes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not one.startswith(("turn:", "turns:", "stun:")) for one in value):
            raise ValueError("chaque adresse commence par turn:, turns: ou stun:")
        return value


class Config(_Section):
    """A whole configuration."""

    ville: Town
    programme: Programme = Programme()
    son: Sound = Sound()
    confidentialite: Confidentiality = Confidentiality()
    source: tuple[SourceConfig, ...] = Field(min_length=1)
    camera: tuple[CameraConfig, ...] = ()
    destination: tuple[DestinationConfig, ...] = ()
    webtv: WebTv = WebTv()
    enregistrement: Recording = Recording()
    sortie_son: tuple[SoundOutputConfig, ...] = ()
    original: Original = Original()
    serveur: Server = Server()
    seance: SeanceConfig = SeanceConfig()
    salles: Rooms = Rooms()
    documents: Documents = Documents()
    conservation: Retention = Retention()
    elu: tuple[Person, ...] = ()
    place: tuple[Place, ...] = ()
    micro: tuple[Microphone, ...] = ()
    cadrage: tuple[FixedFraming, ...] = ()
    realisation: Directing = Directing()
    conference: Conference = Conference()
    point: tuple[Item, ...] = ()

    @property
    def objecting_places(self) -> frozenset[str]:
        """Places of those who object to being filmed."""
        return frozenset(place.id for place in self.place if place.refus_image)

    @property
    def objecting_names(self) -> frozenset[str]:
        """Names of those of them who are known by name."""
        there = {place.elu for place in self.place if place.refus_image}
        return frozenset(person.nom for person in self.elu if person.id in there)

    @model_validator(mode="after")
    def _unique(self) -> "Config":
        for what, ids in (
            ("source", [s.id for s in self.source]),
            ("destination", [d.id for d in self.destination]),
            ("elu", [p.id for p in self.elu]),
            ("place", [p.id for p in self.place]),
            ("micro", [m.id for m in self.micro]),
            ("sortie_son", [one.id for one in self.sortie_son]),
        ):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what}: id en double: {', '.join(twice)}")
        films = [camera.source for camera in self.camera]
        unknown = sorted(set(films) - {s.id for s in self.source})
        if unknown:
            raise ValueError(f"camera: aucune source « {', '.join(unknown)} »")
        twice = sorted({source for source in films if films.count(source) > 1})
        if twice:
            raise ValueError(f"camera: plusieurs caméras pour la source {', '.join(twice)}")
        if self.programme.secours is not None and self.programme.secours not in {s.id for s in self.source}:
            raise ValueError(f"programme.secours: aucune source « {self.programme.secours} »")
        return self

    @model_validator(mode="after")
    def _documents(self) -> "Config":
        rooms = {s.id for s in self.source if s.genre is SourceKind.ROOM}
        for source in self.source:
            if source.genre is SourceKind.DOCUMENT and source.adresse not in rooms:
                raise ValueError(f"source {source.id}: aucune salle « {source.adresse} »")
        return self

    @model_validator(mode="after")
    def _direction(self) -> "Config":
        seats, sources = {place.id for place in self.place}, {source.id for source in self.source}
        named = {place for framing in self.cadrage for place in framing.places}
        president = self.realisation.presidence
        for seat in sorted((named | ({president} if president else set())) - seats):
            raise ValueError(f"cadrage ou realisation.presidence: aucune place « {seat} »")
        for framing in self.cadrage:
            if framing.source not in sources:
                raise ValueError(f"cadrage: aucune source « {framing.source} »")
        for microphone in sorted(set(self.conference.micros.values()) - {one.id for one in self.micro}):
            raise ValueError(f"conference.micros: aucun micro « {microphone} »")
        return self

    @model_validator(mode="after")
    def _seats(self) -> "Config":
        people, seats = {p.id for p in self.elu}, {p.id for p in self.place}
        for place in self.place:
            if place.elu is not None and place.elu not in people:
                raise ValueError(f"place {place.id}: aucun élu « {place.elu} »")
        sources = {s.id: s for s in self.source}
        channels: dict[tuple[str, int], str] = {}
        for micro in self.micro:
            if micro.place is not None and micro.place not in seats:
                raise ValueError(f"micro {micro.id}: aucune place « {micro.place} »")
            source = sources.get(micro.source)
            if source is None:
                raise ValueError(f"micro {micro.id}: aucune source « {micro.source} »")
            if not source.has_sound:
                raise ValueError(f"micro {micro.id}: la source « {micro.source} » n'a pas de son")
            if source.canaux:
                raise ValueError(
                    f"micro {micro.id}: canaux de « {micro.source} » et [[micro]] ne vont pas ensemble"
                )
            if micro.id in sources:
                raise ValueError(f"micro {micro.id}: une source porte déjà cet id")
            other = channels.setdefault((micro.source, micro.canal), micro.id)
            if other != micro.id:
                raise ValueError(
                    f"micro {micro.id}: {other} a déjà le canal {micro.canal} de « {micro.source} »"
                )
        return self
