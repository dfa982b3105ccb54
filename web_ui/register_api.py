"""The API of the legal register: what it says, what may be entered, its journal. Of the staff, by role and by room."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from config.schema import Config
from regie.core import LATE_MS
from regie.domain.register.commands import AnyCommand
from regie.domain.register.rules import RULES
from regie.domain.register.state import Register
from regie.errors import Refusal
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, describe, reply
from web_ui.errors import Forbidden
from web_ui.reads import Reads
from web_ui.register_acts import possible_acts
from web_ui.register_answers import RegisterInfo, RuleInfo
from web_ui.register_lines import LineInfo, line_of
from web_ui.register_rights import may_enter, within_room
from web_ui.register_view import Positions, register_info, rules_info
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.texts import Texts

router = APIRouter(prefix="/api/v1/registre", tags=["registre"])
Given = Annotated[Services, Depends(services_of)]
Staff = Annotated[Caller, Depends(Allow(Right.STAFF))]
Key = Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


class Whole(Answer, frozen=True):
    """The register; null until the council is convened."""

    registre: RegisterInfo | None


class Lines(Answer, frozen=True):
    """Lines after a cursor, and the cursor to ask from next time."""

    n: int
    lignes: tuple[LineInfo, ...]


class EntryAsked(Body, frozen=True):
    """A command under a key of the page's choosing: sent twice, it is written once.

    ``saisi_ms`` (UTC): when it was typed, if it waited for the network since: it is dated and judged as of then.
    ``apres``: the newest entry of the same page that is written, before which it is not judged. ``seance``: the one it was typed
    for, when given.
    """

    cle: Key
    commande: AnyCommand
    saisi_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    apres: Annotated[int, msgspec.Meta(ge=0)] = 0
    seance: str = ""


class Warned(Answer, frozen=True):
    """A rule that warned: it went on, and the register keeps it."""

    regle: str
    article: str
    phrase: str


class Entered(Answer, frozen=True):
    """It is on disk: its cursor, and what was flagged."""

    n: int
    avertissements: tuple[Warned, ...]


def current_register(services: Services, texts: Texts) -> RegisterInfo | None:
    """The register as pages get it now."""
    register = services.core.register()
    if register is None:
        return None
    now_ms = services.clock.utc_ns() // 1_000_000
    acts = possible_acts(register, now_ms, texts)
    places = positions_of(services.config)
    return register_info(register, _seance_of(services), services.core.cursor, now_ms, acts, places)


def positions_of(config: Config) -> Positions:
    """Where the configuration puts seats on the plan, by their id and by who sits there."""
    found: dict[str, tuple[float, float]] = {}
    for place in config.place:
        if place.x is not None and place.y is not None:
            found[place.id] = (place.x, place.y)
            if place.elu is not None:
                found.setdefault(place.elu, (place.x, place.y))
    return found


async def enter(services: Services, caller: Caller, asked: EntryAsked) -> Entered:
    """Carry out a command of the register. Raises Forbidden, Refusal (Unlawful among them), LinkLost."""
    command, account = asked.commande, caller.account
    register = services.core.register()
    if asked.seance and asked.seance != _seance_of(services):
        raise Refusal("it was typed for another séance", code="autre_seance")
    if not may_enter(caller.roles, command):
        only = "president_seul" if type(command).__name__.startswith("Proclaim") else None
        raise Forbidden("the role does not allow this entry", code=only)
    if account.room and not within_room(register, command, account.room):
        raise Forbidden("the entry is about another room", code="salle_d_un_autre", salle=account.room)
    typed_ago_ms = services.clock.utc_ns() // 1_000_000 - (asked.saisi_ms or 0)
    if asked.saisi_ms is None or typed_ago_ms < LATE_MS:
        # What was called without the network was called under the antenna of then.
        services.arming.expect_callable(command)
    # Who enters and from where is ours to say, not the page's.
    stamped = msgspec.structs.replace(command, who=account.name, place=account.room)
    written = await services.core.submit(stamped, account.name, asked.cle, asked.saisi_ms, asked.apres)
    cited = rules_info(services.core.register())
    return Entered(
        n=written.n,
        avertissements=tuple(
            Warned(regle=rule, article=cited[rule].article, phrase=RULES[rule].sentence)
            for rule in written.flagged
        ),
    )


def _seance_of(services: Services) -> str:
    view = services.core.view()
    return view.id if view is not None else ""


def note_reading(request: Request, services: Services, caller: Caller, what: str) -> None:
    """Somebody reads the register (P9)."""
    reads = request.app.state.reads
    assert isinstance(reads, Reads)
    reads.note(caller.account.name, what, _seance_of(services))


@router.get("", summary="Le registre de la séance", openapi_extra=describe(gives=Whole))
async def whole(request: Request, caller: Staff, services: Given) -> Response:
    """Presence, proxies, quorum, items, votes, floor: everything the pages of the séance show."""
    note_reading(request, services, caller, "registre")
    return reply(Whole(registre=current_register(services, request.app.state.texts)))


@router.post("", summary="Écrire au registre", openapi_extra=describe(takes=EntryAsked, gives=Entered))
async def write(
    caller: Staff,
    services: Given,
    asked: Annotated[EntryAsked, Depends(Expect[EntryAsked](EntryAsked))],
) -> Response:
    """One act. Answered once it is on disk; a refusal names its rule and article."""
    return reply(await enter(services, caller, asked))


@router.get("/journal", summary="Le journal de la séance", openapi_extra=describe(gives=Lines))
async def journal(request: Request, caller: Staff, services: Given, apres: int = 0) -> Response:
    """Lines after ``apres``, oldest first, each with its three times; a thousand at most."""
    if services.core.view() is None:
        raise Refusal("no séance is prepared", code="seance_absente")
    note_reading(request, services, caller, "journal")
    register: Register | None = services.core.register()
    entries = await services.core.entries(max(0, apres))
    lines = tuple(line_of(entry, register, request.app.state.texts) for entry in entries)
    return reply(Lines(n=lines[-1].n if lines else apres, lignes=lines))


@router.get(
    "/regles", summary="Les règles et leurs articles", openapi_extra=describe(gives=dict[str, RuleInfo])
)
async def rules(caller: Staff, services: Given) -> Response:
    """Every rule that a warning or a refusal may name, under the law of this séance."""
    return reply(rules_info(services.core.register()))
