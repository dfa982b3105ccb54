"""The check before a séance over HTTP: its lines in French, the recording read again, the first giving of the antenna.

The antenna is refused as long as a line is red, unless one says so twice; what the check said is then kept with the séance. Once
the public has had something the check is no longer in the way: a return to the air never waits for it.
"""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from regie import readiness
from regie.clock import Clock, set_by_network
from regie.domain.commands import SetAntenna
from regie.domain.model import SeanceState, SourceId
from regie.errors import Fact, Refusal
from regie.media.verification import CUT, verify
from regie.readiness import Check, Heard, Known, Light, Reread
from web_ui import privatefile
from web_ui.api import operate
from web_ui.auth import Allow, Caller, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.rights import Right
from web_ui.services import Services
from web_ui.texts import Texts

log = logging.getLogger(__name__)

FILE_NAME = "controle.json"
CLOCK_KEPT_NS = 60_000_000_000
MOST_NAMES = 6

router = APIRouter(prefix="/api/v1/controle", tags=["contrôle d'avant-séance"])
Given = Annotated[Services, Depends(services_of)]
Operator = Annotated[Caller, Depends(Allow(Right.OPERATE))]
_OPERATE = [Depends(Allow(Right.OPERATE))]


class CheckInfo(Answer, frozen=True):
    """A line: its light (bon, attente, attention, rouge), what was found, and what to do unless it is green."""

    code: str
    titre: str
    etat: Light
    phrase: str
    faire: str


class ReadinessInfo(Answer, frozen=True):
    """The check. ``attendu``: the public has had nothing yet, and the antenna waits for it; ``rouges``: lines that refuse it."""

    lignes: tuple[CheckInfo, ...]
    rouges: tuple[str, ...]
    attendu: bool


class AntennaAsked(Body, frozen=True):
    """Give the antenna for the first time; ``outre``: in spite of the red lines."""

    outre: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the check said when the antenna was given, kept beside the séance."""

    utc_s: int
    compte: str
    outre: bool
    lignes: tuple[Check, ...]


class Readiness:
    """What the check remembers between two questions: who was heard, the last re-read, the clock, which thumbnails are black."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.heard = Heard()
        services.board.levels.listen(lambda: self.heard.hear(services.board.levels.get()))
        self.reread: Reread | None = None
        self._reread_of = ""
        self._clock: tuple[int, bool | None] | None = None
        self._black: dict[SourceId, tuple[object, bool]] = {}
        self._reading = asyncio.Lock()

    async def lines(self) -> tuple[Check, ...]:
        """The check as it stands."""
        board = self._services.board
        status = board.status.get()
        view = self._services.core.view()
        if status is not None and status.recording.file != self._reread_of:
            self.reread = None
        black = await asyncio.to_thread(self._black_ones)
        return readiness.check(
            Known(
                status=status,
                opened=view is not None and view.state is not SeanceState.COMING,
                cameras=board.cameras.get(),
                black=black,
                heard=self.heard.names,
                register=self._services.core.register() if view is not None else None,
                clock_set=await self._clock_set(self._services.clock),
                reread=self.reread,
            )
        )

    async def read_again(self) -> None:
        """Read the recording under way, as far as it is written. Raises Refusal when none is."""
        status, view = self._services.board.status.get(), self._services.core.view()
        if status is None or view is None or not status.recording.on:
            raise Refusal("nothing is being recorded", code="enregistrement_absent")
        file = status.recording.file
        path = self._services.seances_dir / view.id / "enregistrement" / Path(file).name
        async with self._reading:
            found = await asyncio.to_thread(verify, path)
        # Its last fragment is being written: that one is no fault.
        problems = tuple(one for one in found.problems if one != CUT)
        self.reread, self._reread_of = Reread(seconds=found.duration_ms / 1000, problems=problems), file

    def keep(self, lines: tuple[Check, ...], account: str, despite: bool) -> None:
        """With the séance. A disk that refuses is logged: the antenna is given all the same."""
        view = self._services.core.view()
        if view is None:
            return
        kept = Kept(utc_s=self._services.clock.utc_ns() // 10**9, compte=account, outre=despite, lignes=lines)
        try:
            privatefile.replace(self._services.seances_dir / view.id / FILE_NAME, msgspec.json.encode(kept))
        except OSError as error:
            log.error("the check before the séance cannot be kept", extra={"reason": type(error).__name__})

    async def _clock_set(self, clock: Clock) -> bool | None:
        now_ns = clock.monotonic_ns()
        if self._clock is None or now_ns - self._clock[0] > CLOCK_KEPT_NS:
            self._clock = (now_ns, await set_by_network())
        return self._clock[1]

    def _black_ones(self) -> frozenset[SourceId]:
        """Each thumbnail is looked at once."""
        found = set()
        for source, news in self._services.board.thumbnails.get().items():
            known = self._black.get(source)
            if known is None or known[0] is not news:
                known = self._black[source] = (news, readiness.is_black(news.jpeg))
            if known[1]:
                found.add(source)
        return frozenset(found)


def readiness_of(request: Request) -> Readiness:
    """The one of this application."""
    found: Readiness = request.app.state.readiness
    return found


Ready = Annotated[Readiness, Depends(readiness_of)]


@router.get(
    "",
    summary="Le contrôle d'avant-séance",
    dependencies=_OPERATE,
    openapi_extra=describe(gives=ReadinessInfo),
)
async def whole(request: Request, services: Given, ready: Ready) -> Response:
    """Twelve lines at most, as of now."""
    return reply(_info(await ready.lines(), services, request.app.state.texts))


@router.post(
    "/enregistrement",
    summary="Relire l'enregistrement en cours",
    dependencies=_OPERATE,
    openapi_extra=describe(gives=ReadinessInfo),
)
async def read_again(request: Request, services: Given, ready: Ready) -> Response:
    """Read what is recorded so far, and give the check."""
    await ready.read_again()
    return reply(_info(await ready.lines(), services, request.app.state.texts))


@router.post(
    "/micros",
    summary="Recommencer l'essai des micros",
    dependencies=_OPERATE,
    openapi_extra=describe(gives=ReadinessInfo),
)
async def microphones_again(request: Request, services: Given, ready: Ready) -> Response:
    """Forget who was heard, and give the check."""
    ready.heard.forget()
    return reply(_info(await ready.lines(), services, request.app.state.texts))


@router.post(
    "/antenne", summary="Donner l'antenne, le contrôle étant fait", openapi_extra=describe(takes=AntennaAsked)
)
async def give(
    request: Request,
    caller: Operator,
    services: Given,
    ready: Ready,
    asked: Annotated[AntennaAsked, Depends(Expect[AntennaAsked](AntennaAsked))],
) -> Response:
    """Raises Refusal ``controle_rouge`` while a line is red, unless ``outre``."""
    lines = await ready.lines()
    red = readiness.wrong(lines) if _awaited(services) else ()
    if red and not asked.outre:
        texts: Texts = request.app.state.texts
        raise Refusal(
            "the check is red",
            code="controle_rouge",
            lignes=", ".join(texts.say(f"controle.{code}") for code in red),
        )
    await operate(services, caller, SetAntenna(on=True))
    if red:
        log.warning("antenna given in spite of the check", extra={"lines": list(red)})
    ready.keep(lines, caller.account.name, bool(red))
    return reply(Nothing())


def _awaited(services: Services) -> bool:
    status = services.board.status.get()
    return status is None or readiness.before_first_antenna(status.antenna)


def _info(lines: Iterable[Check], services: Services, texts: Texts) -> ReadinessInfo:
    lines = tuple(lines)
    return ReadinessInfo(
        lignes=tuple(_line(one, texts) for one in lines),
        rouges=readiness.wrong(lines),
        attendu=_awaited(services),
    )


def _line(check: Check, texts: Texts) -> CheckInfo:
    key = f"controle.{check.code}.{check.reason or check.light}"
    facts: dict[str, Fact] = {"noms": _named(check.names), "valeur": _figure(check.value)}
    return CheckInfo(
        code=check.code,
        titre=texts.say(f"controle.{check.code}"),
        etat=check.light,
        phrase=texts.say(key, facts),
        faire="" if check.light is Light.GOOD else texts.say(f"{key}.faire", facts),
    )


def _named(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} et {more} autre{'s' if more > 1 else ''}" if more > 0 else shown


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")
