"""The API of the preparation: lists received, what is wrong in them, the convocation, drawn then written to the register."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from config.schema import Config
from regie.documents import dossier
from regie.documents.dossier import Dossier
from regie.documents.names import CHANNELS, Names
from regie.documents.odt import odt
from regie.documents.pdf import pdf
from regie.documents.templates import Templates
from regie.documents.town import town_of
from regie.domain.commands import PrepareSeance
from regie.domain.model import SeanceState
from regie.domain.register.commands import ProveConvocation
from regie.domain.register.convocation import Channel, Posting, Proof, notice_places, posting_places
from regie.domain.register.decide import decide
from regie.domain.register.delays import earliest_session, paris_day, quarter_is_empty, utc_ms_in_paris
from regie.domain.register.rules import RULES
from regie.domain.register.state import Phase
from regie.errors import Refusal
from regie.preparation import draft
from regie.preparation.again import left_undone, second_call
from regie.preparation.desks import desks_toml
from regie.preparation.draw import convocation
from regie.preparation.meeting import KEYS, SHEET, settings
from regie.preparation.plan import Plan, plan, sorted_tables
from regie.preparation.tables import MAX_BYTES, Fault, Table, Unreadable, read_tables
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.errors import Forbidden
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.texts import Texts
from web_ui.uploads import uploaded

router = APIRouter(prefix="/api/v1/preparation", tags=["secrétariat"])
Given = Annotated[Services, Depends(services_of)]
Settings = dict[str, str]


def clerk(caller: Annotated[Caller, Depends(Allow(Right.CLERK))]) -> Caller:
    """Who keeps the whole register; the auxiliary of one room does not prepare the séance. Raises Forbidden."""
    if caller.account.room:
        raise Forbidden("the auxiliary of a room does not prepare the séance", code="secretariat_central")
    return caller


Clerk = Annotated[Caller, Depends(clerk)]


class FaultInfo(Answer, frozen=True):
    """Something wrong in a list, in one French sentence that says where."""

    phrase: str
    bloque: bool


class LawInfo(Answer, frozen=True):
    """What the law says of the convocation."""

    regle: str
    article: str
    phrase: str
    sujet: str
    bloque: bool


class MemberInfo(Answer, frozen=True):
    """A member as the list has it."""

    id: str
    nom: str
    fonction: str
    groupe: str
    siege: str
    suppleant: bool
    papier: bool


class AgendaInfo(Answer, frozen=True):
    """An item as the list has it."""

    id: str
    titre: str
    type: str
    rapporteur: str
    sensible: bool


class DelayInfo(Answer, frozen=True):
    """The delay, counted in clear days; ``dernier_jour`` to send."""

    francs: int
    requis: int
    dernier_jour: str
    regle: str
    article: str


class SecondInfo(Answer, frozen=True):
    """A séance that lacked its quorum (``du``): how many ``points`` it left, the first day to take them over (``des``)."""

    du: str
    points: int
    des: str


class PreparationInfo(Answer, frozen=True):
    """The preparation as it stands: settings, lists, faults, the law's word; ``prete``: the council may be convened.

    ``seconde``: what a second convocation would take over, while that is not what is being prepared.
    """

    reglages: Settings
    feuilles: tuple[str, ...]
    elus: tuple[MemberInfo, ...]
    points: tuple[AgendaInfo, ...]
    salles: tuple[str, ...]
    fautes: tuple[FaultInfo, ...]
    droit: tuple[LawInfo, ...]
    delai: DelayInfo | None
    regime: str
    prete: bool
    seconde: SecondInfo | None = None


class Convened(Answer, frozen=True):
    """It is on disk."""

    seance: str
    n: int


class SendingInfo(Answer, frozen=True):
    """A member's convocation; ``heure_ms`` (UTC) null: nothing proves it; ``revenue``: the last sending came back.

    ``moyen``: the way of the last sending, come back or not; ``voie``: the same in words, for one that did not come back.
    """

    siege: str
    nom: str
    voie: str
    moyen: Channel | None
    heure_ms: int | None
    revenue: bool


class PostingInfo(Answer, frozen=True):
    """A place where the convocation, or the notice to the persons filmed, is posted; ``heure_ms`` (UTC) null: nothing proves it."""

    lieu: str
    nom: str
    heure_ms: int | None


class ProofsInfo(Answer, frozen=True):
    """The proofs; ``convoque``: the council is convened, to ``jour``, and the séance not opened yet."""

    convoque: bool
    jour: str
    membres: tuple[SendingInfo, ...]
    lieux: tuple[PostingInfo, ...]


class SendingAsked(Body, frozen=True):
    """A member was sent the convocation, this way; ``revenue``: that sending came back."""

    siege: str
    voie: Channel
    revenue: bool = False


class ProofsAsked(Body, frozen=True):
    """What was just sent and posted."""

    envois: tuple[SendingAsked, ...] = ()
    lieux: tuple[str, ...] = ()


def known_desks(config: Config) -> dict[str, tuple[str, ...]]:
    """Microphones and seats that the lists may name."""
    return {"micro": tuple(one.id for one in config.micro), "siege": tuple(one.id for one in config.place)}


def _plan(services: Services, tables: Mapping[str, Table]) -> Plan:
    return plan(tables, desks=known_desks(services.config))


def _info(
    services: Services, tables: Mapping[str, Table], texts: Texts, unknown: tuple[Fault, ...] = ()
) -> PreparationInfo:
    made = _plan(services, tables)
    desks = {desk.councillor: desk for desk in made.council.desks} if made.council else {}
    roster = made.council.roster if made.council else None
    names = {one.id: one.name for one in roster.councillors} if roster else {}
    timing = made.timing
    return PreparationInfo(
        reglages=settings(tables[SHEET]) if SHEET in tables else {},
        feuilles=tuple(tables),
        elus=tuple(
            MemberInfo(
                id=one.id,
                nom=one.name,
                fonction=desks[one.id].function if one.id in desks else "",
                groupe=one.group,
                siege=one.seat,
                suppleant=bool(one.substitute_of),
                papier=one.id in desks and desks[one.id].paper,
            )
            for one in (roster.councillors if roster else ())
        ),
        points=tuple(
            AgendaInfo(
                id=item.id,
                titre=item.title,
                type=item.type.value,
                rapporteur=names.get(item.rapporteur, ""),
                sensible=item.sensitive,
            )
            for item in (made.agenda.items if made.agenda else ())
        ),
        salles=tuple(room.name for room in made.meeting.rooms) if made.meeting else (),
        fautes=tuple(FaultInfo(phrase=str(fault), bloque=fault.blocks) for fault in (*unknown, *made.faults)),
        droit=(*_law(made, texts), *_quarter(services, made, texts)),
        delai=DelayInfo(
            francs=timing.clear,
            requis=timing.needed,
            dernier_jour=timing.latest,
            regle=timing.rule,
            article=RULES[timing.rule].article,
        )
        if timing
        else None,
        regime=made.regime.value if made.regime else "",
        prete=made.ready,
        seconde=_second(services, tables),
    )


def _law(made: Plan, texts: Texts) -> Iterator[LawInfo]:
    for one in made.law:
        yield LawInfo(
            regle=one.rule,
            article=one.article,
            phrase=one.sentence if one.rule else texts.say(one.sentence),
            sujet=one.subject,
            bloque=one.blocks,
        )


def _quarter(services: Services, made: Plan, texts: Texts) -> Iterator[LawInfo]:
    """A word when this quarter has no séance: held, convened, or being prepared (CV11)."""
    current = services.core.view()
    seances = [*services.core.past(), *([current] if current is not None else [])]
    days = [paris_day(at * 1000) for one in seances if (at := one.opened_utc or one.due_utc) is not None]
    if made.meeting is not None:
        days.append(made.meeting.convocation.day)
    if quarter_is_empty(days, paris_day(services.clock.utc_ns() // 1_000_000)):
        article = "L.5211-11" if made.meeting and made.meeting.body.is_intercommunal else "L.2121-7"
        phrase = texts.say("trimestre_sans_seance")
        yield LawInfo(regle="CV11", article=article, phrase=phrase, sujet="", bloque=False)


def _second(services: Services, tables: Mapping[str, Table]) -> SecondInfo | None:
    register = services.core.register()
    left = left_undone(register) if register is not None else ()
    if register is None or not left:
        return None
    day = register.convocation.day
    prepared = settings(tables[SHEET]).get("premiere_convocation", "") if SHEET in tables else ""
    today = paris_day(services.clock.utc_ns() // 1_000_000)
    if prepared == day.isoformat():
        return None
    return SecondInfo(du=day.isoformat(), points=len(left), des=earliest_session(today).isoformat())


async def _tables(services: Services) -> dict[str, Table]:
    """The lists; a first look begins with what the configuration says of the town."""
    kept = await asyncio.to_thread(draft.load, services.config.serveur.dossier)
    if SHEET in kept:
        return kept
    town = services.config.ville
    documents = services.config.documents
    return draft.with_settings(
        kept,
        {
            "collectivite": town.nom,
            "organe": town.organe,
            "site": town.site or "",
            "adresse": documents.adresse,
            "siret": documents.siret,
            "prefecture": documents.prefecture,
            "responsable": documents.responsable,
            "dpo": documents.dpo,
            "archives": documents.archives,
        },
    )


async def _keep(services: Services, tables: Mapping[str, Table]) -> None:
    await asyncio.to_thread(draft.save, services.config.serveur.dossier, tables)


def texts_of(request: Request) -> Texts:
    """The sentences."""
    texts = request.app.state.texts
    assert isinstance(texts, Texts)
    return texts


@router.get("", summary="La préparation de la séance", openapi_extra=describe(gives=PreparationInfo))
async def state(request: Request, caller: Clerk, services: Given) -> Response:
    """Lists, faults, the law's word."""
    tables = await _tables(services)
    return reply(await asyncio.to_thread(_info, services, tables, texts_of(request)))


@router.post("/fichier", summary="Recevoir une liste", openapi_extra=describe(gives=PreparationInfo))
async def receive(request: Request, caller: Clerk, services: Given, nom: str) -> Response:
    """A CSV, XLSX or ODS file, raw; its sheets take the place of those of the same name."""
    data = await uploaded(request, MAX_BYTES)
    try:
        found, unknown = await asyncio.to_thread(lambda: sorted_tables(read_tables(nom, data)))
    except Unreadable as error:
        raise Refusal("this file cannot be read", code="liste_illisible", raison=error.message) from None
    tables = await _tables(services)
    if SHEET in found:
        tables = draft.with_settings(tables, settings(found[SHEET]))
    tables |= {name: table for name, table in found.items() if name != SHEET}
    await _keep(services, tables)
    return reply(await asyncio.to_thread(_info, services, tables, texts_of(request), unknown))


@router.put(
    "/seance", summary="Régler la séance", openapi_extra=describe(takes=Settings, gives=PreparationInfo)
)
async def adjust(
    request: Request,
    caller: Clerk,
    services: Given,
    asked: Annotated[Settings, Depends(Expect[Settings](Settings))],
) -> Response:
    """Some settings; an empty value takes one off. Keys that are not ours are left aside."""
    values = {key: value[:500] for key, value in asked.items() if key in KEYS}
    tables = draft.with_settings(await _tables(services), values)
    await _keep(services, tables)
    return reply(await asyncio.to_thread(_info, services, tables, texts_of(request)))


@router.post(
    "/seconde", summary="Préparer la seconde convocation", openapi_extra=describe(gives=PreparationInfo)
)
async def again(request: Request, caller: Clerk, services: Given) -> Response:
    """Of what a missing quorum left undone: the agenda, the first call, the days. Raises Refusal ``rien_a_reprendre``."""
    register = services.core.register()
    if register is None or not left_undone(register):
        raise Refusal("no quorum was missing", code="rien_a_reprendre")
    tables = second_call(await _tables(services), register, paris_day(services.clock.utc_ns() // 1_000_000))
    await _keep(services, tables)
    return reply(await asyncio.to_thread(_info, services, tables, texts_of(request)))


@router.get("/salle.toml", summary="Places et micros de la liste, pour la configuration")
async def desks(caller: Clerk, services: Given) -> Response:
    """Seats, microphones and people of the list as tables of the configuration file. Raises Refusal while the list has faults."""
    made = await asyncio.to_thread(_plan, services, await _tables(services))
    if made.council is None or made.council.roster is None:
        raise Refusal("there is no list of councillors", code="liste_absente")
    text = desks_toml(made.council, services.config)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="salle.toml"'}
    return Response(text, headers=headers, media_type="text/plain; charset=utf-8")


@router.get("/convocation.{kind}", summary="La convocation, avant son envoi")
async def preview(caller: Clerk, services: Given, kind: Literal["pdf", "odt"]) -> Response:
    """The convocation as it would be sent. Raises DocumentError while something forbids it."""
    tables = await _tables(services)
    templates = services.config.documents.modeles

    def draw() -> bytes:
        paper = convocation(
            _plan(services, tables), Dossier(town=town_of(services.config)), Templates(templates)
        )
        return pdf(paper) if kind == "pdf" else odt(paper)

    made = await asyncio.to_thread(draw)
    media_type = "application/pdf" if kind == "pdf" else "application/vnd.oasis.opendocument.text"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="convocation.{kind}"'}
    return Response(made, headers=headers, media_type=media_type)


@router.post("/convoquer", summary="Convoquer le conseil", openapi_extra=describe(gives=Convened))
async def convene(caller: Clerk, services: Given) -> Response:
    """Name the séance, freeze the convocation into its register, keep the secretary's file. Raises Refusal, Unlawful.

    A séance that was opened without its convocation is convened as it stands: its register begins.
    """
    made = await asyncio.to_thread(_plan, services, await _tables(services))
    if made.convene is None or made.meeting is None or not made.ready:
        raise Refusal("something still forbids to convene", code="convocation_incomplete")
    author = caller.account.name
    due_ms = _due_ms(made.meeting.convocation.day, made.meeting.convocation.time)
    register = services.core.register()
    if register is not None and register.convocation.day == made.meeting.convocation.day:
        # A correction that the law refuses must not rename the séance first.
        decide(register, made.convene, max(register.last_ms, services.clock.utc_ns() // 1_000_000))
    view = services.core.view()
    begun = view is not None and view.state in (SeanceState.LIVE, SeanceState.PAUSED)
    if not begun or register is not None:
        await services.core.submit(PrepareSeance(title=made.meeting.title, due_utc=due_ms // 1000), author)
    written = await services.core.submit(made.convene, author)
    seance = services.core.view()
    assert seance is not None
    folder = services.seances_dir / seance.id
    await asyncio.to_thread(_keep_dossier, folder, made, services.config)
    return reply(Convened(seance=seance.id, n=written.n))


@router.get("/preuves", summary="Preuves d'envoi et d'affichage", openapi_extra=describe(gives=ProofsInfo))
async def proofs(caller: Clerk, services: Given) -> Response:
    """Of the current séance: who was reached and how, what was posted, and who and what still lack a proof."""
    register = services.core.register()
    if register is None:
        return reply(ProofsInfo(convoque=False, jour="", membres=(), lieux=()))
    names = Names(register)
    newest = {proof.councillor: proof for proof in register.proofs}
    sent = {seat: proof for seat, proof in newest.items() if not proof.bounced}
    posted = {posting.place: posting.at_utc_ms for posting in register.postings}
    return reply(
        ProofsInfo(
            convoque=register.phase is Phase.CONVENED,
            jour=register.convocation.day.isoformat(),
            membres=tuple(
                SendingInfo(
                    siege=seat,
                    nom=names.of(seat),
                    voie=CHANNELS[sent[seat].channel] if seat in sent else "",
                    moyen=newest[seat].channel if seat in newest else None,
                    heure_ms=sent[seat].at_utc_ms if seat in sent else None,
                    revenue=seat in newest and newest[seat].bounced,
                )
                for seat in register.members
            ),
            lieux=tuple(
                PostingInfo(lieu=place, nom=names.room(place), heure_ms=posted.get(place))
                for place in (*posting_places(register.specs), *notice_places(register.specs))
            ),
        )
    )


@router.post(
    "/preuves", summary="Noter des envois et des affichages", openapi_extra=describe(takes=ProofsAsked)
)
async def prove(
    caller: Clerk,
    services: Given,
    asked: Annotated[ProofsAsked, Depends(Expect[ProofsAsked](ProofsAsked))],
) -> Response:
    """Into the register, with the hour of the gesture and the account that made it."""
    now_ms = services.clock.utc_ns() // 1_000_000
    command = ProveConvocation(
        proofs=tuple(
            Proof(councillor=one.siege, channel=one.voie, at_utc_ms=now_ms, bounced=one.revenue)
            for one in asked.envois
        ),
        postings=tuple(
            Posting(place=place, at_utc_ms=now_ms, agent=caller.account.name) for place in asked.lieux
        ),
        who=caller.account.name,
    )
    await services.core.submit(command, caller.account.name)
    return reply(Nothing())


def _keep_dossier(folder: Path, made: Plan, config: Config) -> None:
    kept = dossier.load(folder)
    if not kept.town.name:
        kept = msgspec.structs.replace(kept, town=town_of(config))
    folder.mkdir(parents=True, exist_ok=True)
    dossier.save(folder, made.dossier(kept))


def _due_ms(day: date, shown: str) -> int:
    hour, _, minute = shown.partition(":")
    return utc_ms_in_paris(day, int(hour), int(minute))
