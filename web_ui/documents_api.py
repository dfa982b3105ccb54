"""The API of a séance's documents: which there are, what they lack, what the secretary adds; every reading is kept (P9)."""

import asyncio
import mimetypes
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response

from regie.documents import dossier, yearly
from regie.documents.actes import codes
from regie.documents.after import FOLDER
from regie.documents.catalogue import missing
from regie.documents.dossier import Dossier, ItemFile, Recipient
from regie.documents.names import STATES
from regie.documents.produce import MANIFEST, Batch
from regie.documents.record import Record, read_record
from regie.domain.register import delays
from regie.domain.register.minutes import Minutes, MinutesState
from regie.domain.register.rules import RULES
from regie.domain.register.state import Phase
from web_ui.auth import Caller, services_of
from web_ui.bodies import Answer, Body, Expect, describe, reply
from web_ui.errors import Invalid, NotHere
from web_ui.preparation_api import Clerk
from web_ui.public import SEANCE_ID
from web_ui.reads import Reads
from web_ui.services import Services

router = APIRouter(prefix="/api/v1/seances", tags=["secrétariat"])
Given = Annotated[Services, Depends(services_of)]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.(pdf|odt|csv|json)")
MAX_PROSE = 40_000
"""Characters that the secretary may write in one field."""
WRITING = asyncio.Lock()
"""One change of a secretary's file at a time."""
mimetypes.add_type("application/vnd.oasis.opendocument.text", ".odt")


class FileInfo(Answer, frozen=True):
    """A document on disk. ``code``: D1 to D20; ``publiable``: it may go online as it is."""

    code: str
    titre: str
    fichier: str
    octets: int
    sha256: str
    publiable: bool
    adresse: str


class ItemText(Answer, frozen=True):
    """An item, what became of it, and what the secretary writes about it."""

    id: str
    titre: str
    etat: str
    matiere: str
    rapport: str
    debats: str
    visas: str
    texte: str
    scrutateurs: tuple[str, ...]
    budget_annee: str
    budget_nom: str
    recu_prefecture: str


class RecipientInfo(Answer, frozen=True):
    """A municipal councillor who is not of the community and gets copies (CV10); ``envoye`` empty: not sent yet."""

    nom: str
    commune: str
    adresse: str
    envoye: str


class Step(StrEnum):
    """What happens to minutes, in this order."""

    PROPOSE = "proposer"
    ADOPT = "arreter"
    SIGN = "signer"
    PUBLISH = "publier"


class MinutesInfo(Answer, frozen=True):
    """Where the minutes stand; ``suivant``: the only step that is possible now; ``avant``: the last day to publish them."""

    etat: MinutesState
    arrete: str
    publie: str
    suivant: Step | None
    avant: str
    en_retard: bool


class StepAsked(Body, frozen=True):
    """A step, and its day."""

    geste: Step
    jour: date


class DeadlineInfo(Answer, frozen=True):
    """Something to do by a day; ``depasse``: that day is over."""

    quoi: str
    jour: str
    article: str
    depasse: bool


class DocumentsInfo(Answer, frozen=True):
    """The documents of a séance; ``manquants``: what the minutes lack to be final; ``defauts``: why open data would be refused."""

    seance: str
    levee: bool
    en_cours: bool
    manquants: tuple[str, ...]
    defauts: tuple[str, ...]
    fichiers: tuple[FileInfo, ...]
    points: tuple[ItemText, ...]
    matieres: tuple[tuple[str, str], ...]
    proces_verbal: MinutesInfo
    echeances: tuple[DeadlineInfo, ...]
    intercommunal: bool
    destinataires: tuple[RecipientInfo, ...]


class ItemChange(Body, frozen=True):
    """What the secretary writes about an item; what is not given does not change."""

    matiere: str | None = None
    rapport: str | None = None
    debats: str | None = None
    visas: str | None = None
    texte: str | None = None
    scrutateurs: tuple[str, ...] | None = None
    budget_annee: str | None = None
    budget_nom: str | None = None
    recu_prefecture: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\d)?$")] | None = None


class RecipientAsked(Body, frozen=True):
    """Who gets copies, and the day when they were sent."""

    nom: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    commune: Annotated[str, msgspec.Meta(max_length=80)] = ""
    adresse: Annotated[str, msgspec.Meta(max_length=200)] = ""
    envoye: date | None = None


class RecipientsAsked(Body, frozen=True):
    """The whole list; it takes the place of the one before."""

    destinataires: Annotated[tuple[RecipientAsked, ...], msgspec.Meta(max_length=2000)]


def _folder(services: Services, seance: str) -> Path:
    folder = services.seances_dir / seance
    if not SEANCE_ID.fullmatch(seance) or not folder.is_dir():
        raise NotHere("no such séance", code="seance_inconnue")
    return folder


def _note(request: Request, caller: Caller, what: str, seance: str) -> None:
    reads = request.app.state.reads
    assert isinstance(reads, Reads)
    reads.note(caller.account.name, what, seance)


def _batch(folder: Path) -> Batch:
    try:
        return msgspec.json.decode((folder / FOLDER / MANIFEST).read_bytes(), type=Batch)
    except (OSError, msgspec.MsgspecError):
        return Batch(files=())


def _info(folder: Path, seance: str, busy: bool, today: date) -> DocumentsInfo:
    record, file, batch = read_record(folder), dossier.load(folder), _batch(folder)
    return DocumentsInfo(
        seance=seance,
        levee=record.register.phase is Phase.CLOSED,
        en_cours=busy,
        manquants=missing(record, file) if record.register.phase is Phase.CLOSED else (),
        defauts=batch.faults,
        fichiers=tuple(
            FileInfo(
                code=one.code,
                titre=one.title,
                fichier=one.name,
                octets=one.size,
                sha256=one.digest,
                publiable=one.public,
                adresse=f"/api/v1/seances/{seance}/documents/{one.name}",
            )
            for one in batch.files
        ),
        points=tuple(
            ItemText(
                id=item.id,
                titre=item.agenda.title,
                etat=STATES[item.state],
                matiere=file.item(item.id).matter,
                rapport=file.item(item.id).report or item.agenda.report,
                debats=file.item(item.id).debates,
                visas=file.item(item.id).visas,
                texte=file.item(item.id).text,
                scrutateurs=file.item(item.id).scrutineers,
                budget_annee=file.item(item.id).budget_year,
                budget_nom=file.item(item.id).budget_name,
                recu_prefecture=_iso(file.item(item.id).received),
            )
            for item in record.register.items
        ),
        matieres=codes(),
        proces_verbal=_minutes(file.minutes, today),
        echeances=tuple(_deadlines(record, file, today)),
        intercommunal=record.register.body.is_intercommunal,
        destinataires=tuple(
            RecipientInfo(nom=one.name, commune=one.commune, adresse=one.address, envoye=_iso(one.sent))
            for one in file.recipients
        ),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(typed: str) -> date | None:
    """A day that was typed; none when it is taken off. Raises Invalid."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid("no such day") from None


_NEXT = {
    MinutesState.DRAFT: Step.PROPOSE,
    MinutesState.PROPOSED: Step.ADOPT,
    MinutesState.ADOPTED: Step.SIGN,
    MinutesState.SIGNED: Step.PUBLISH,
}


def _minutes(minutes: Minutes, today: date) -> MinutesInfo:
    adopted = minutes.adopted
    return MinutesInfo(
        etat=minutes.state,
        arrete=adopted.isoformat() if adopted else "",
        publie=minutes.published.isoformat() if minutes.published else "",
        suivant=_NEXT.get(minutes.state),
        avant=delays.minutes_deadline(adopted).isoformat() if adopted else "",
        en_retard=minutes.warning(today) == "PV4",
    )


def _deadlines(record: Record, file: Dossier, today: date) -> Iterator[DeadlineInfo]:
    """What the law wants after this séance, and by when (PV4, PV6, CV10)."""
    register = record.register
    if register.phase is not Phase.CLOSED:
        return
    day = register.convocation.day
    wanted = [("Liste des délibérations affichée et mise en ligne", delays.list_deadline(day), "PV6")]
    if file.minutes.adopted and file.minutes.published is None:
        wanted.append(("Procès-verbal publié", delays.minutes_deadline(file.minutes.adopted), "PV4"))
    if register.body.is_intercommunal and not all(one.sent for one in file.recipients):
        wanted.append(("Copies aux conseillers municipaux", delays.copies_deadline(day), "CV10"))
    for what, until, rule in wanted:
        yield DeadlineInfo(
            quoi=what, jour=until.isoformat(), article=RULES[rule].article, depasse=until < today
        )


def _today(services: Services) -> date:
    return delays.paris_day(services.clock.utc_ns() // 1_000_000)


@router.get(
    "/{seance}/documents", summary="Les documents d'une séance", openapi_extra=describe(gives=DocumentsInfo)
)
async def documents(request: Request, seance: str, caller: Clerk, services: Given) -> Response:
    """What was made, what is missing, what may be written. Raises DocumentError for a séance that was not convened."""
    folder = _folder(services, seance)
    _note(request, caller, "documents", seance)
    return reply(
        await asyncio.to_thread(_info, folder, seance, services.paperwork.busy == seance, _today(services))
    )


@router.post(
    "/{seance}/documents", summary="Refaire les documents", openapi_extra=describe(gives=DocumentsInfo)
)
async def remake(seance: str, caller: Clerk, services: Given) -> Response:
    """Make them again, with what the secretary wrote since. Raises DocumentError."""
    folder = _folder(services, seance)
    await services.paperwork.make(seance)
    return reply(await asyncio.to_thread(_info, folder, seance, False, _today(services)))


@router.get("/{seance}/documents/{file}", summary="Un document")
def document(request: Request, seance: str, file: str, caller: Clerk, services: Given) -> Response:
    """The file itself. Raises NotHere."""
    path = _folder(services, seance) / FOLDER / file
    if not _NAME.fullmatch(file) or not path.is_file():
        raise NotHere("no such document")
    _note(request, caller, f"document {file}", seance)
    kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, filename=file, headers={"Cache-Control": "no-store"})


@router.get("/annee/{year}/{table}.csv", summary="Assiduité et délibérations d'une année")
async def yearly_table(
    request: Request, year: int, table: Literal["assiduite", "deliberations"], caller: Clerk, services: Given
) -> Response:
    """For a spreadsheet: a line a member, or a line a deliberation, over the séances of that year."""
    _note(request, caller, f"{table} {year}", "")

    def make() -> bytes:
        held = yearly.held_in(services.seances_dir, year)
        make = yearly.attendance if table == "assiduite" else yearly.deliberations
        return make(held, year).csv()

    name = f'attachment; filename="{table}-{year}.csv"'
    headers = {"Cache-Control": "no-store", "Content-Disposition": name}
    return Response(await asyncio.to_thread(make), headers=headers, media_type="text/csv; charset=utf-8")


@router.put(
    "/{seance}/secretariat/{item}",
    summary="Écrire au sujet d'un point",
    openapi_extra=describe(takes=ItemChange, gives=DocumentsInfo),
)
async def write(
    seance: str,
    item: str,
    caller: Clerk,
    services: Given,
    asked: Annotated[ItemChange, Depends(Expect[ItemChange](ItemChange))],
) -> Response:
    """Report, substance of debates, visas and text of the deliberation, ACTES code: in the secretary's file, on disk at once."""
    folder = _folder(services, seance)

    def change() -> DocumentsInfo:
        if item not in {one.id for one in read_record(folder).register.items}:
            raise NotHere("no such item", code="point_inconnu")
        kept: Dossier = dossier.load(folder)
        said: dict[str, object] = {
            field: value[:MAX_PROSE]
            for field, value in (
                ("matter", asked.matiere),
                ("report", asked.rapport),
                ("debates", asked.debats),
                ("visas", asked.visas),
                ("text", asked.texte),
                ("budget_year", asked.budget_annee),
                ("budget_name", asked.budget_nom),
                ("scrutineers", asked.scrutateurs),
            )
            if value is not None
        }
        if asked.recu_prefecture is not None:
            said["received"] = _day(asked.recu_prefecture)
        file: ItemFile = msgspec.structs.replace(kept.item(item), **said)
        dossier.save(folder, msgspec.structs.replace(kept, items={**kept.items, item: file}))
        return _info(folder, seance, services.paperwork.busy == seance, _today(services))

    async with WRITING:
        return reply(await asyncio.to_thread(change))


@router.put(
    "/{seance}/destinataires",
    summary="Qui reçoit copie, et quand",
    openapi_extra=describe(takes=RecipientsAsked, gives=DocumentsInfo),
)
async def address(
    seance: str,
    caller: Clerk,
    services: Given,
    asked: Annotated[RecipientsAsked, Depends(Expect[RecipientsAsked](RecipientsAsked))],
) -> Response:
    """Municipal councillors of the member communes who are not of the community (CV10), each with the day of the sending."""
    folder = _folder(services, seance)
    listed = tuple(
        Recipient(name=one.nom, commune=one.commune, address=one.adresse, sent=one.envoye)
        for one in asked.destinataires
    )

    def change() -> DocumentsInfo:
        kept: Dossier = dossier.load(folder)
        dossier.save(folder, msgspec.structs.replace(kept, recipients=listed))
        return _info(folder, seance, services.paperwork.busy == seance, _today(services))

    async with WRITING:
        return reply(await asyncio.to_thread(change))


@router.post(
    "/{seance}/proces-verbal",
    summary="Faire avancer le procès-verbal",
    openapi_extra=describe(takes=StepAsked, gives=DocumentsInfo),
)
async def advance(
    seance: str,
    caller: Clerk,
    services: Given,
    asked: Annotated[StepAsked, Depends(Expect[StepAsked](StepAsked))],
) -> Response:
    """Proposed when whole, adopted by the next séance, signed, published. Raises Unlawful (PV2, PV3) out of order."""
    folder = _folder(services, seance)

    def step() -> DocumentsInfo:
        record, kept = read_record(folder), dossier.load(folder)
        register, minutes = record.register, kept.minutes
        match asked.geste:
            case Step.PROPOSE:
                after = minutes.propose(register, kept.debates, kept.reports)
            case Step.ADOPT:
                after = minutes.adopt(asked.jour)
            case Step.SIGN:
                after = minutes.sign(register, (register.president, *register.secretaries))
            case Step.PUBLISH:
                after = minutes.publish(asked.jour)
        dossier.save(folder, msgspec.structs.replace(kept, minutes=after))
        return _info(folder, seance, services.paperwork.busy == seance, _today(services))

    async with WRITING:
        return reply(await asyncio.to_thread(step))
