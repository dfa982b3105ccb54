"""The demonstration's council: convened by itself from the configuration's people and agenda, most of them there, some represented.

What is convened is lawful: the agenda has one item of each kind that the law treats apart, a councillor is interested in one, and
some seats are empty, so that every page and every refusal can be tried.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from config.schema import Config
from regie import demo_rooms
from regie.clock import Clock
from regie.documents import dossier
from regie.documents.errors import DocumentError
from regie.domain.commands import SeanceCommand
from regie.domain.model import SeanceState
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import ONE_PLACE_ONLY, AgendaItem, ItemType
from regie.domain.register.convocation import (
    Channel,
    Convocation,
    Posting,
    Proof,
    notice_places,
    posting_places,
)
from regie.domain.register.proxies import Writing
from regie.domain.register.regimes import Body, BodyKind
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.roster import Councillor, Interest, Roster
from regie.domain.register.state import Phase, Register
from regie.domain.seance import Seance
from regie.errors import LinkLost, Refusal

log = logging.getLogger(__name__)

AUTHOR = "démonstration"
ROOM = RoomSpec(id="salle", name="Salle du conseil", legal_basis="mairie")
SENT_DAYS_BEFORE = 9
ABSENT = 11
"""The last so many of the table are not there at the opening; the first of them are represented."""
REPRESENTED = 4
CLUB = "Union sportive de Valmont"

_TYPES = {1: ItemType.MINUTES, 3: ItemType.AWARD, 4: ItemType.BUDGET, 5: ItemType.OUTSIDE_BODIES}
_NOMINAL, _SENSITIVE = frozenset({3}), frozenset({5})
_MATTERS = {1: "5.2", 2: "8.1", 3: "7.5", 4: "7.1", 5: "5.3"}
"""Of the ACTES nomenclature: open data wants them."""


class Core(Protocol):
    """The register, as the demonstration reaches it."""

    async def submit(self, command: SeanceCommand | cmd.AnyCommand, author: str) -> object:
        """Raises Refusal, LinkLost."""

    def view(self) -> Seance | None:
        """The current séance."""

    def register(self) -> Register | None:
        """Its legal register, once convened."""


def convocation(config: Config, day: date, hour: str) -> cmd.Convene:
    """The command that convenes the configuration's people on a day."""
    people = tuple(
        Councillor(
            id=person.id,
            name=person.nom,
            rank=rank,
            group=person.groupe,
            seat=str(rank),
            interests=(Interest(CLUB),) if rank == 8 else (),
        )
        for rank, person in enumerate(config.elu, 1)
    )
    # What cannot be dealt with in several places (TC8) is not on the agenda of a council that sits there.
    types = {
        n: kind for n, kind in _TYPES.items() if kind not in ONE_PLACE_ONLY or not demo_rooms.specs(config)
    }
    agenda = tuple(
        AgendaItem(
            id=f"p{item.numero}",
            title=item.titre,
            type=types.get(item.numero, ItemType.ORDINARY),
            rapporteur=people[item.numero].id,
            report=f"Rapport n° {item.numero}",
            beneficiary=CLUB if types.get(item.numero) is ItemType.AWARD else "",
            nominal=item.numero in _NOMINAL,
            sensitive=item.numero in _SENSITIVE,
        )
        for item in config.point
    )
    remote = demo_rooms.specs(config)
    return cmd.Convene(
        body=Body(
            kind=BodyKind.EPCI if remote else BodyKind.COMMUNE, name=config.ville.nom, population=21_000
        ),
        convocation=Convocation(
            day=day,
            time=hour,
            place="Hôtel de ville",
            sent=day - timedelta(days=SENT_DAYS_BEFORE),
            several_places=bool(remote),
            says_remote=bool(remote),
            # One séance a semester is held in a single place (CV11).
            other_sessions=((day - timedelta(days=1), False), (day + timedelta(days=1), False))
            if remote
            else (),
        ),
        agenda=agenda,
        roster=Roster(
            councillors=people, head=people[0].id, deputies=tuple(person.id for person in people[1:5])
        ),
        rooms=(ROOM, *remote),
        house=HouseRules(
            reference="règlement intérieur, article 12", identity_check="appel", retention="24 mois"
        ),
    )


def preliminaries(convened: cmd.Convene, now_ms: int) -> Iterator[cmd.AnyCommand]:
    """Proofs, proxies and arrivals: what has happened when the president is about to open."""
    people = [person.id for person in convened.roster.councillors]
    sent_ms = now_ms - SENT_DAYS_BEFORE * 24 * 3_600_000
    yield cmd.ProveConvocation(
        proofs=tuple(Proof(councillor=one, channel=Channel.ELECTRONIC, at_utc_ms=sent_ms) for one in people),
        postings=tuple(
            Posting(place=place, at_utc_ms=sent_ms, agent=AUTHOR)
            for place in (*posting_places(convened.rooms), *notice_places(convened.rooms))
        ),
    )
    here, away = people[:-ABSENT], people[-ABSENT:]
    for giver, holder in zip(away[:REPRESENTED], here[-REPRESENTED:], strict=True):
        writing = Writing(giver=giver, holder=holder, dated=convened.convocation.day - timedelta(days=2))
        yield cmd.LodgeProxy(proxy=f"pouvoir-{giver}", writing=writing)
    remote = [room.id for room in convened.rooms if room.id != ROOM.id]
    for rank, one in enumerate(here):
        # The president and most members sit in the chamber, the first of the others in the remote rooms.
        apart = rank - 1
        room = (
            remote[apart // demo_rooms.MEMBERS] if 0 <= apart < len(remote) * demo_rooms.MEMBERS else ROOM.id
        )
        yield cmd.Arrive(person=one, room=room)


async def convene_by_itself(core: Core, config: Config, now_ms: int) -> None:
    """Convene the council to the séance that is prepared, once."""
    seance = core.view()
    if core.register() is not None or seance is None or seance.state is not SeanceState.COMING:
        return
    if len(config.elu) <= ABSENT + REPRESENTED:
        return
    due = datetime.fromtimestamp(seance.due_utc).astimezone()
    convened = convocation(config, due.date(), f"{due:%H:%M}")
    await core.submit(convened, AUTHOR)
    await demo_rooms.open_rooms(core, ROOM.id)
    for command in preliminaries(convened, now_ms):
        await core.submit(command, AUTHOR)
    await asyncio.to_thread(_keep_matters, config.serveur.dossier / "seances" / seance.id)


def _keep_matters(folder: Path) -> None:
    """What a secretary would have said of the items before the séance."""
    try:
        kept = dossier.load(folder)
        items = {
            f"p{number}": msgspec.structs.replace(kept.item(f"p{number}"), matter=code)
            for number, code in _MATTERS.items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        dossier.save(folder, msgspec.structs.replace(kept, items={**kept.items, **items}))
    except (DocumentError, OSError) as error:
        log.warning("demonstration: items without their matter", extra={"reason": type(error).__name__})


async def name_secretary(core: Core) -> None:
    """The council of the demonstration names its secretary once the séance is open."""
    register = core.register()
    if register is not None and register.phase is Phase.OPEN and not register.secretaries:
        await core.submit(cmd.AppointSecretaries(secretaries=(register.members[1],)), AUTHOR)


async def keep_convened(core: Core, config: Config, clock: Clock, changed: asyncio.Event) -> None:
    """Convene to each séance that is prepared later too."""
    while True:
        await changed.wait()
        changed.clear()
        try:
            await convene_by_itself(core, config, clock.utc_ns() // 1_000_000)
        except (Refusal, LinkLost) as error:
            log.warning("demonstration: the council is not convened", extra={"code": error.stable_code})
