"""Second pass on a séance: its passages, marked on what was published, taken out, validated before the replay; and the exports.

While the engine holds the séance it does the work. Afterwards a process of its own does: minutes of media work stay out of control.
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response

from regie.arming import personal
from regie.documents.hidden import copies_of, digest, listed, register_of, validated
from regie.domain.commands import RemovePassage
from regie.domain.masklist import Row, as_csv, as_json
from regie.domain.masks import MaskKind
from regie.domain.notice import notice
from regie.domain.proposals import proposals
from regie.domain.removal import Removal, check, new_id
from regie.domain.shifts import Shift, dated
from regie.errors import LinkLost, Refusal
from regie.media.airings import airings
from regie.media.removed import EXPORT, STORE, Validation, kept, validate
from regie.media.shifting import shifts
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import NotHere
from web_ui.public import SEANCE_ID, replay_public
from web_ui.rights import Right
from web_ui.services import SeanceView, Services

router = APIRouter(prefix="/api/v1/relecture/{seance}", tags=["relecture"])
Given = Annotated[Services, Depends(services_of)]
Operator = Annotated[Caller, Depends(Allow(Right.OPERATE))]

WORK_S = 600
"""The longest that taking out a passage, or an export, may last."""
_WAVE = "onde.bin"
_MEDIA = re.compile(r"(?:[a-z0-9_-]{1,32})/[A-Za-z0-9][A-Za-z0-9_-]*\.(m3u8|m4s|mp4)")
_EXPORTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\.(mp4|m4a|csv|json|txt)")
_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}


class Suggestion(Answer, frozen=True):
    """An item that was flagged, or that names somebody; its instants as the playlist dates them (UTC ms)."""

    point: str
    titre: str
    noms: tuple[str, ...]
    signale: bool
    debut_ms: int
    fin_ms: int


class Review(Answer, frozen=True):
    """Where the second pass stands.

    ``passages``: all that was hidden, as the playlist dates it; ``decalages``: from the date ``[0]`` on the playlist dates what it
    shows ``[1]`` ms later than it was (the delay had changed). ``propositions``: items to listen to again, as the register alone
    tells them. ``en_cours``: removals still at work.
    ``validee_par`` and ``validee_ms`` are null before any validation; ``a_jour`` is false when the list changed since.
    """

    seance: str
    titre: str
    terminee: bool
    lecture: str
    passages: tuple[Row, ...]
    decalages: tuple[tuple[int, int], ...]
    propositions: tuple[Suggestion, ...]
    en_cours: int
    validee_par: str | None
    validee_ms: int | None
    a_jour: bool
    rejeu_public: bool
    exports: tuple[str, ...]


class Passage(Body, frozen=True):
    """A passage to take out: UTC milliseconds of the act, as the playlist dates it. ``motif`` says why, never what was said."""

    debut_ms: int
    fin_ms: int
    masque: MaskKind = MaskKind.BOTH
    silence: bool = False
    motif: Annotated[str, msgspec.Meta(max_length=200)] = ""
    point: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Begun(Answer, frozen=True):
    """The removal that was begun."""

    id: str


def _view(services: Services, seance: str) -> SeanceView:
    current = services.core.view()
    views: tuple[SeanceView, ...] = (*((current,) if current else ()), *services.core.past())
    for view in views:
        if view.id == seance and SEANCE_ID.fullmatch(seance):
            return view
    raise NotHere("no such séance", code="seance_inconnue")


def _best(directory: Path) -> str:
    """The rendition with the largest pictures that was published."""
    names = (index.parent.name for index in (directory / "hls").glob("*p/index.m3u8"))
    return max((n for n in names if n[:-1].isdigit()), key=lambda name: int(name[:-1]), default="720p")


def _review(services: Services, seance: str) -> Review:
    view = _view(services, seance)
    directory = services.seances_dir / seance
    found, current = validated(directory)
    changes = shifts(directory)
    return Review(
        seance=seance,
        titre=view.title,
        terminee=view.ended_utc is not None,
        lecture=f"/api/v1/relecture/{seance}/media/{_best(directory)}/index.m3u8",
        passages=tuple(_as_dated(row, changes) for row in listed(directory)),
        propositions=_suggestions(services, view, directory, changes),
        decalages=tuple((change.date_ms, change.late_ms) for change in changes),
        en_cours=sum(removal.done_ms is None for removal in kept(directory)),
        validee_par=found.who if found else None,
        validee_ms=found.at_ms if found else None,
        a_jour=current,
        rejeu_public=replay_public(view, services),
        exports=tuple(
            sorted(f.name for f in (directory / EXPORT).glob("*.*") if _EXPORTED.fullmatch(f.name))
        ),
    )


def _suggestions(
    services: Services, view: SeanceView, directory: Path, changes: Sequence[Shift]
) -> tuple[Suggestion, ...]:
    register = register_of(directory)
    if register is None:
        return ()
    now_ms = services.clock.utc_ns() // 1_000_000 if view.ended_utc is None else 0
    marked = personal(services.config, register)
    return tuple(
        Suggestion(
            point=one.item,
            titre=one.title,
            noms=one.names,
            signale=one.flagged,
            debut_ms=dated(one.start_ms, changes),
            fin_ms=dated(one.end_ms, changes),
        )
        for one in proposals(register, marked, now_ms)
    )


def _as_dated(row: Row, changes: Sequence[Shift]) -> Row:
    end_ms = None if row.end_ms is None else dated(row.end_ms, changes)
    return msgspec.structs.replace(row, start_ms=dated(row.start_ms, changes), end_ms=end_ms)


async def redact(services: Services, directory: Path, *arguments: str) -> None:
    """Have `regie redact` do its work on a séance. Raises Refusal ``retrait_impossible``, LinkLost when it lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "regie",
        "redact",
        str(directory),
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), WORK_S)
    except TimeoutError as error:
        process.kill()
        raise LinkLost("the work lasts too long", code="retrait_impossible") from error
    if process.returncode:
        raise Refusal(said.decode(errors="replace").strip()[:300], code="retrait_impossible")


@router.get("", summary="Relire une séance", openapi_extra=describe(gives=Review))
def review(seance: str, _: Operator, services: Given) -> Response:
    """Passages, validation, exports. Raises NotHere."""
    return reply(_review(services, seance))


@router.post("/passages", summary="Retirer un passage", openapi_extra=describe(takes=Passage, gives=Begun))
async def remove(
    seance: str,
    caller: Operator,
    services: Given,
    wanted: Annotated[Passage, Depends(Expect[Passage](Passage))],
) -> Response:
    """Take a passage out of all that was published and recorded. Raises NotHere, Refusal, LinkLost."""
    _view(services, seance)
    removal = Removal(
        id=new_id(),
        start_ms=wanted.debut_ms,
        end_ms=wanted.fin_ms,
        hides=wanted.masque,
        silent=wanted.silence,
        who=caller.account.name,
        item=wanted.point,
        reason=wanted.motif,
        asked_ms=services.clock.utc_ns() // 1_000_000,
    )
    check(removal)
    status = services.board.status.get()
    if status is not None and status.webtv.seance == seance:
        await services.engine.call(RemovePassage(removal=removal))
        for copy in copies_of(services.seances_dir / seance, removal, removal.asked_ms):
            await services.engine.call(RemovePassage(removal=copy))
    else:
        # The equals sign: what a person typed is never taken for an option.
        options = [
            f"--from=@{wanted.debut_ms}",
            f"--to=@{wanted.fin_ms}",
            f"--hide={wanted.masque}",
        ]
        options += [
            f"--id={removal.id}",
            f"--who={removal.who}",
            f"--reason={wanted.motif}",
            f"--item={wanted.point}",
        ]
        await redact(
            services, services.seances_dir / seance, *options, *(["--silent"] if wanted.silence else [])
        )
    return reply(Begun(id=removal.id))


@router.post("/validation", summary="Valider la liste des passages masqués", openapi_extra=describe())
def confirm(seance: str, caller: Operator, services: Given) -> Response:
    """The list is complete: the replay may be public. Raises NotHere, Refusal ``retrait_en_cours``."""
    _view(services, seance)
    directory = services.seances_dir / seance
    if any(removal.done_ms is None for removal in kept(directory)):
        raise Refusal("a passage is still being taken out", code="retrait_en_cours")
    now_ms = services.clock.utc_ns() // 1_000_000
    validate(directory, Validation(who=caller.account.name, at_ms=now_ms, digest=digest(directory)))
    return reply(Nothing())


@router.get("/masques.{form}", summary="Le registre des masques")
def masks(seance: str, form: str, _: Operator, services: Given, public: bool = False) -> Response:
    """CSV or JSON, whole or as it may be published. Raises NotHere."""
    _view(services, seance)
    found = listed(services.seances_dir / seance)
    if form == "csv":
        body = "\ufeff".encode() + as_csv(found, public=public).encode()
    elif form == "json":
        body = as_json(found, public=public)
    else:
        raise NotHere("no such form")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="masques-{seance}.{form}"',
    }
    return Response(body, headers=headers, media_type=_TYPES[form])


@router.get("/avis.txt", summary="L'avis aux plateformes qui ont déjà reçu un passage")
def platforms(seance: str, _: Operator, services: Given) -> Response:
    """For each output, the times to cut in its own video; empty when none received anything. Raises NotHere."""
    _view(services, seance)
    directory = services.seances_dir / seance
    text = notice(services.config.ville.nom, airings(directory), kept(directory))
    headers = {"Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type="text/plain; charset=utf-8")


@router.get("/onde", summary="La forme d'onde du son")
async def wave(seance: str, _: Operator, services: Given) -> Response:
    """Peaks of each tenth of a second, a byte each; made again when the sound changed. Raises NotHere, Refusal."""
    _view(services, seance)
    directory = services.seances_dir / seance
    sound, made = directory / "hls" / "son" / "index.m3u8", directory / STORE / _WAVE
    if not sound.is_file():
        raise NotHere("nothing was published yet", code="pas_encore")
    if not made.is_file() or made.stat().st_mtime_ns < sound.stat().st_mtime_ns:
        await redact(services, directory, "--wave")
    return FileResponse(made, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


@router.post("/export", summary="Préparer les fichiers propres", openapi_extra=describe())
async def make_exports(seance: str, _: Operator, services: Given) -> Response:
    """Clean video, podcast, register of masks. Raises NotHere, Refusal."""
    _view(services, seance)
    directory = services.seances_dir / seance
    await redact(services, directory, f"--export={directory / EXPORT}")
    return reply(Nothing())


@router.get("/export/{file}", summary="Télécharger un fichier propre")
def exported(seance: str, file: str, _: Operator, services: Given) -> Response:
    """One of them. Raises NotHere."""
    _view(services, seance)
    path = services.seances_dir / seance / EXPORT / file
    found = _EXPORTED.fullmatch(file)
    if found is None or not path.is_file():
        raise NotHere("no such file")
    return FileResponse(
        path, filename=file, media_type=_TYPES[found[1]], headers={"Cache-Control": "no-store"}
    )


@router.get("/media/{file:path}", include_in_schema=False)
def media(seance: str, file: str, _: Operator, services: Given) -> Response:
    """What citizens will see, for who validates it: the replay may not be public yet. Raises NotHere."""
    _view(services, seance)
    found = _MEDIA.fullmatch(file)
    path = services.seances_dir / seance / "hls" / file
    if found is None or not path.is_file():
        raise NotHere("no such file")
    return FileResponse(path, media_type=_TYPES[found[1]], headers={"Cache-Control": "no-store"})
