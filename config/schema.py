"""What a configuration may say. Defaults live here and nowhere else; unknown keys are refused; validation does no I/O.

A secret (``cle``, ``mot_de_passe``) is never written in the file: ``…_env`` names the environment variable that holds it, or
``…_fichier`` the file; :mod:`config.load` puts the value in place.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from config.chamber import Conference, Directing, FixedFraming, Item, Microphone, Person, Place
from config.inputs import CameraConfig, SourceConfig, SourceKind
from config.outputs import DestinationConfig, Original, Recording, SoundOutputConfig, WebTv
from config.section import Colour, Id, Section


class Town(Section):
    """``[ville]``: who broadcasts."""

    nom: str = Field(min_length=1, max_length=80)
    organe: str = Field("Conseil municipal", min_length=1, max_length=80)
    couleur: Colour = "#1d4e89"
    couleur_texte: Colour = "#ffffff"
    logo: Path | None = None
    site: str | None = None
    contact: str | None = None


class Programme(Section):
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


class Sound(Section):
    """``[son]``: loudness of the programme, in LUFS: −16 for the web, −23 for EBU R 128."""

    sonie_lufs: float = Field(-16.0, ge=-31, le=-12)


class Confidentiality(Section):
    """``[confidentialite]``: what the delay must give time for, and how masks behave.

    The delay is enough (« sûr ») when it holds look-back + hearing + reaction + margin. ``image_masquee``: what stands for a masked
    picture, the slate or the last picture before it, held; the console may choose otherwise.
    """

    recul_s: float = Field(3.0, ge=0, le=30)
    ecoute_ms: int = Field(400, ge=0, le=2000)
    reaction_ms: int = Field(1200, ge=0, le=10_000)
    marge_ms: int = Field(500, ge=0, le=5000)
    garde_ms: int = Field(100, ge=0, le=1000)
    etirement_pourcent: int = Field(8, ge=1, le=15)
    retard_sensible_s: int = Field(20, ge=0, le=60)
    sources_sensibles: tuple[Id, ...] = ()
    image_masquee: Literal["panneau", "figee"] = "panneau"
    auxiliaire_masque: bool = True
    president_masque: bool = True

    @property
    def needed_ms(self) -> int:
        """The shortest delay in which everything can still be caught."""
        return round(self.recul_s * 1000) + self.ecoute_ms + self.reaction_ms + self.marge_ms


class Server(Section):
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


class Documents(Section):
    """``[documents]``: the body as its documents name it, and its own templates, which stand before ours file by file."""

    modeles: Path | None = None
    adresse: str = Field("", max_length=200)
    siret: str = Field("", pattern=r"^(\d{14})?$")
    prefecture: str = Field("", max_length=20)
    responsable: str = Field("", max_length=120)
    dpo: str = Field("", max_length=120)
    archives: str = Field("Archives départementales", max_length=120)
    tribunal: str = Field("tribunal administratif", max_length=120)


class Retention(Section):
    """``[conservation]``: how long what is kept of a séance stays before its deletion is proposed (P7); never for ever by default.

    ``original_mois``: the sealed recording, counted from the minutes' adoption.
    """

    original_mois: int = Field(2, ge=1, le=120)
    rediffusion_mois: int = Field(24, ge=1, le=600)
    journaux_techniques_mois: int = Field(12, ge=1, le=24)


class SeanceConfig(Section):
    """``[seance]``: the séance that is prepared at start when none is open. ``date`` without a zone is the machine's local time.

    ``synthes``: the register puts the item called and the result proclaimed on the picture by itself.
    """

    titre: str = Field("Séance du conseil municipal", min_length=1, max_length=120)
    date: datetime | None = None
    synthes: bool = True


class Rooms(Section):
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


class Config(Section):
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
            if framing.flou and framing.source in {camera.source for camera in self.camera}:
                raise ValueError(
                    f"cadrage: « {framing.source} » tourne, son flou suit refus_image d'une place"
                )
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
