"""Recordings over HTTP: their list, their download, and what is told of them before one switches off: whole, and their digest."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response

from regie.errors import Refusal
from regie.media.verification import verify
from web_ui import privatefile
from web_ui.auth import Allow, services_of
from web_ui.bodies import Answer, describe, reply
from web_ui.errors import NotHere
from web_ui.public import SEANCE_ID
from web_ui.rights import Right
from web_ui.services import Services

DIGESTS = "empreintes.json"
_RECORDING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,127}\.mp4")
# Four hours are some 7 GB: two files read at once would only be slower.
_one_at_a_time = asyncio.Lock()


class RecordingFile(Answer, frozen=True):
    """A recording on the disk and where to download it.

    ``duree_s``, ``defauts`` (stable codes) and ``sha256`` are null until the file, as it is now, was read again whole.
    """

    fichier: str
    octets: int
    adresse: str
    duree_s: float | None = None
    defauts: tuple[str, ...] | None = None
    sha256: str | None = None


class Digest(msgspec.Struct, frozen=True):
    """What was found in a file of that size, written last at that instant (ns): another file has another digest."""

    octets: int
    modifie_ns: int
    duree_s: float
    defauts: tuple[str, ...]
    sha256: str


router = APIRouter(
    prefix="/api/v1/seances", tags=["enregistrements"], dependencies=[Depends(Allow(Right.OPERATE))]
)
Given = Annotated[Services, Depends(services_of)]


@router.get(
    "/{seance}/enregistrements",
    summary="Les enregistrements d'une séance",
    openapi_extra=describe(gives=tuple[RecordingFile, ...]),
)
def recordings(seance: str, services: Given) -> Response:
    """Recordings of a séance, oldest first."""
    directory = _recordings_dir(services, seance)
    known = _known(directory)
    return reply(
        tuple(
            _told(seance, file, known)
            for file in sorted(directory.glob("*.mp4"))
            if _RECORDING.fullmatch(file.name)
        )
    )


@router.get("/{seance}/enregistrements/{file}", summary="Télécharger un enregistrement")
def recording(seance: str, file: str, services: Given) -> Response:
    """The file itself; may be taken in pieces. Raises NotHere."""
    path = _file(services, seance, file)
    return FileResponse(path, media_type="video/mp4", filename=file, headers={"Cache-Control": "no-store"})


@router.post(
    "/{seance}/enregistrements/{file}/empreinte",
    summary="Relire un enregistrement et en donner l'empreinte",
    openapi_extra=describe(gives=RecordingFile),
)
async def digest(seance: str, file: str, services: Given) -> Response:
    """Read it again, whole: its duration, its faults, its SHA-256, kept beside it. Raises NotHere, Refusal."""
    path = _file(services, seance, file)
    async with _one_at_a_time:
        await asyncio.to_thread(_read_again, path)
    return reply(_told(seance, path, _known(path.parent)))


def _recordings_dir(services: Services, seance: str) -> Path:
    if not SEANCE_ID.fullmatch(seance):
        raise NotHere("no such séance", code="seance_inconnue")
    return services.seances_dir / seance / "enregistrement"


def _file(services: Services, seance: str, file: str) -> Path:
    path = _recordings_dir(services, seance) / file
    if not _RECORDING.fullmatch(file) or not path.is_file():
        raise NotHere("no such recording")
    return path


def _told(seance: str, path: Path, known: Mapping[str, Digest]) -> RecordingFile:
    at = path.stat()
    found = known.get(path.name)
    if found is not None and (found.octets, found.modifie_ns) != (at.st_size, at.st_mtime_ns):
        found = None
    return RecordingFile(
        fichier=path.name,
        octets=at.st_size,
        adresse=f"/api/v1/seances/{seance}/enregistrements/{path.name}",
        duree_s=found.duree_s if found else None,
        defauts=found.defauts if found else None,
        sha256=found.sha256 if found else None,
    )


def _known(directory: Path) -> dict[str, Digest]:
    """Digests of a folder; none when the file is not there or cannot be read: they are made again."""
    try:
        return msgspec.json.decode((directory.parent / DIGESTS).read_bytes(), type=dict[str, Digest])
    except (OSError, msgspec.MsgspecError):
        return {}


def _read_again(path: Path) -> None:
    before = path.stat()
    found = verify(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    digests = _known(path.parent)
    digests[path.name] = Digest(
        before.st_size, before.st_mtime_ns, found.duration_ms / 1000, found.problems, sha256
    )
    try:
        privatefile.replace(path.parent.parent / DIGESTS, msgspec.json.encode(digests))
    except OSError as error:
        raise Refusal("the disk refuses the digest", code="empreinte_non_gardee") from error
