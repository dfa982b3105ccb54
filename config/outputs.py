"""What goes out or is kept: destinations, WebTV, recordings, sound cards."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from config.section import Id, Section


class DestinationConfig(Section):
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


class WebTv(Section):
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


class Original(Section):
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


class Recording(Section):
    """``[enregistrement]``: on by default; to leave it out is a choice.

    ``pistes``: also each microphone on a track of its own, and the desk's mix « Pistes » on two.
    """

    actif: bool = True
    pistes: bool = False
    espace_minimal_go: float = Field(5.0, ge=0)


class SoundOutputConfig(Section):
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
