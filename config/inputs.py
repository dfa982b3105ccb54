"""What comes in: sources of picture and sound, and the cameras that are driven."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from config.section import Id, Section, Turn


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


class SourceConfig(Section):
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


class CameraConfig(Section):
    """``[[camera]]``: the head that turns the camera behind a source.

    ``source``: id of the ``[[source]]`` that it films for, also the camera's own name. ``champ_deg``: horizontal field of view at
    the widest, when it was measured; else the model's. ``precision_deg``: by how much it may miss a position, for the margin of
    exclusion zones. ``stabilisation_ms``: how long it must be still before it counts as arrived.
    ``trajet_s``: seconds of its longest recall, for an NDI camera, which never tells that it arrived. ``pan_deg``, ``tilt_deg``:
    angles at the ends of the travel of an ONVIF camera, which ONVIF does not tell. ``zoom_max``: what the tele end enlarges, for
    every model whose own table is not known: taken too large, a framing is thought narrower than it is.
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
    zoom_max: float | None = Field(None, gt=1, le=100)

    @model_validator(mode="after")
    def _travel(self) -> "CameraConfig":
        for low, high in (self.pan_deg, self.tilt_deg):
            if low >= high:
                raise ValueError("pan_deg et tilt_deg vont du plus petit angle au plus grand")
        if self.utilisateur is not None and self.protocole is not CameraProtocol.ONVIF:
            raise ValueError("seul le protocole onvif demande un utilisateur")
        return self
