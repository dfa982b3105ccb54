"""The chamber: who sits where, before which microphone, how it is framed, and the items of the agenda."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from config.section import Id, Section


class Person(Section):
    """``[[elu]]``: someone who may speak; enough for titles."""

    id: Id
    nom: str = Field(min_length=1, max_length=60)
    fonction: str = Field("", max_length=80)
    groupe: str = Field("", max_length=60)


class Place(Section):
    """``[[place]]``: a seat of the chamber. ``elu``: who sits there; ``groupe_plan``: seats that one wider shot shows together.

    ``x`` to the right and ``y`` away from the president's table, in one unit for all seats, place it on the plan of the chamber.
    ``refus_image``: who sits there objects to being filmed: never framed, named nor followed, and blurred in wide shots.
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


class Microphone(Section):
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


Percent = Annotated[float, Field(ge=0, le=100)]
Blurred = tuple[Percent, Percent, Percent, Percent]


class FixedFraming(Section):
    """``[[cadrage]]``: what a camera that does not turn shows: ``places`` by id, or the whole council (``large``).

    ``flou``: what of its picture is always blurred on air, as (left, top, width, height) in percent.
    """

    source: Id
    places: tuple[Id, ...] = ()
    large: bool = False
    flou: tuple[Blurred, ...] = ()

    @model_validator(mode="after")
    def _shows(self) -> "FixedFraming":
        if bool(self.places) == self.large:
            raise ValueError("dire places, ou large = true")
        return self

    @field_validator("flou")
    @classmethod
    def _on_the_picture(cls, value: tuple[Blurred, ...]) -> tuple[Blurred, ...]:
        for left, top, width, height in value:
            if not (width and height) or left + width > 100 or top + height > 100:
                raise ValueError(
                    "flou : gauche, haut, largeur, hauteur, en pour cent de l'image, et dans l'image"
                )
        return value


class Directing(Section):
    """``[realisation]``: the automatic director. ``presidence``: the president's seat, whose voice goes before the others.

    ``appel_nominal``: in a public ballot each voter is shown as he is called.
    """

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
    appel_nominal: bool = False


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


class Conference(Section):
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


class Item(Section):
    """``[[point]]``: an item of the agenda, shown to the public. The flags arm confidentiality before it opens."""

    numero: int = Field(ge=1)
    titre: str = Field(min_length=1, max_length=200)
    nominatif: bool = False
    sensible: bool = False
    huis_clos: bool = False
