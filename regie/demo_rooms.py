"""The demonstration of a community council in three places: the chamber, and two simulated rooms that join by themselves.

What is written here is what people would do: rooms are opened, invited, let in; their agents confirm by the rooms' own protocol.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from config.inputs import SourceKind
from config.schema import Config
from regie.clock import Clock
from regie.domain.commands import EngineCommand, SetAntenna
from regie.domain.model import SourceId
from regie.domain.register import commands as cmd
from regie.domain.register.presence import there_now
from regie.domain.register.remote import Link, RoomSpec, Step, room_advice
from regie.domain.register.state import Phase as Sitting
from regie.domain.register.state import Register
from regie.errors import Refusal, RegieError
from regie.rooms.protocol import Phase
from regie.rooms.reception import Reception

log = logging.getLogger(__name__)

ROOM_MODULE = "hardware_mocks.councillor"
ROOMS: Mapping[SourceId, str] = {"salle-nord": "Salle de Port-Nord", "salle-sud": "Salle de Rives-Sud"}
MEMBERS = 4
"""Members who sit in each remote room."""
LOST_ROOM, LOST_AFTER_S, LOST_FOR_S = "salle-sud", 150, 40
"""One of them loses its link once, for so long that the séance is suspended (TL2), and is regained."""
ROLL_S = 5.0
PRESIDE_S = 1.0
AUTHOR = "démonstration"
LOOK_S = 0.5
CHAMBER_S, REMOTE_S = 40.0, 20.0
"""For how long the chamber debates, then a room's member has the floor."""


def community(tables: dict[str, Any]) -> dict[str, Any]:
    """The demonstration's configuration, as a community of communes that sits in three places."""
    ville = tables["ville"] | {
        "nom": "Communauté du Val-de-Loire",
        "organe": "Conseil communautaire",
    }
    sources = [
        *tables["source"],
        *({"id": room, "nom": name, "genre": SourceKind.ROOM.value} for room, name in ROOMS.items()),
    ]
    lawful = {4: "Zone d'activités des Prés : vente d'un lot", 5: "Convention avec l'office de tourisme"}
    points = [point | {"titre": lawful.get(point["numero"], point["titre"])} for point in tables["point"]]
    seance = {"titre": "Séance de démonstration, en trois lieux"}
    return tables | {"ville": ville, "source": sources, "point": points, "seance": seance}


def remote_seats() -> range:
    """Places of the members who sit in the rooms: the first ones after the president's."""
    return range(2, 2 + len(ROOMS) * MEMBERS)


def invitation_file(run: Path, room: SourceId) -> Path:
    """Where the token of a simulated room's invitation is put for it."""
    return run / f"invitation-{room}"


def specs(config: Config) -> tuple[RoomSpec, ...]:
    """The remote rooms of a configuration, as a deliberation would have designated them."""
    return tuple(
        RoomSpec(
            id=source.id,
            name=source.nom,
            legal_basis="délibération 2026-014",
            agent_employer="commune membre",
            agent_act="arrêté 2026-031",
            agreement="convention 2026-07",
        )
        for source in config.source
        if source.genre is SourceKind.ROOM
    )


class Core(Protocol):
    """The register."""

    async def submit(self, command: cmd.AnyCommand, author: str) -> object:
        """Raises Refusal, LinkLost."""

    def register(self) -> Register | None:
        """The legal register of the current séance."""


async def open_rooms(core: Core, main_room: str) -> None:
    """Open the chamber and the rooms; the chamber's agent confirms at once, the others once their room is measured."""
    register = core.register()
    if register is None or not register.several_places:
        return
    for room in register.rooms:
        if not room.opened:
            await core.submit(cmd.OpenRoom(room=room.id), AUTHOR)
    await core.submit(cmd.AttestRoom(room=main_room, passed=True), AUTHOR)
    await core.submit(cmd.AdmitPublic(room=main_room, admitted=True), AUTHOR)


async def hold_the_floor(core: Core) -> None:
    """Between two moments of the chamber's debate, the president gives the floor to a room's member, each room in its turn."""
    turn = 0
    while True:
        await asyncio.sleep(CHAMBER_S)
        register = core.register()
        if register is None or register.phase is not Sitting.OPEN or register.floor.turn is not None:
            continue
        rooms = [room.id for room in register.rooms if room.id in ROOMS and room.link is Link.UP]
        if not rooms:
            continue
        room = rooms[turn % len(rooms)]
        there = [stay.person for stay in there_now(register.stays) if stay.room == room]
        if not there:
            continue
        speaker = there[turn // len(rooms) % len(there)]
        turn += 1
        try:
            await core.submit(cmd.GiveFloor(person=speaker), AUTHOR)
            await asyncio.sleep(REMOTE_S)
            now = core.register()
            if now is not None and now.floor.turn is not None and now.floor.turn.person == speaker:
                await core.submit(cmd.TakeFloor(), AUTHOR)
        except RegieError as error:
            # Somebody presides by hand, or a link is lost: the law decides.
            log.warning("demonstration: the floor is not given", extra={"code": error.stable_code})


async def call_the_roll(core: Core) -> None:
    """A room whose link came back: its agent calls the roll (TL5), for ever."""
    while True:
        await asyncio.sleep(ROLL_S)
        register = core.register()
        for room in register.rooms if register is not None else ():
            if register is None or room.link is not Link.BACK:
                continue
            there = tuple(stay.person for stay in there_now(register.stays) if stay.room == room.id)
            try:
                await core.submit(cmd.CallRoomRoll(room=room.id, present=there), AUTHOR)
            except RegieError as error:
                log.warning("demonstration: the roll is not called", extra={"code": error.stable_code})


class Engine(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


async def preside(core: Core, engine: Engine, clock: Clock) -> None:
    """A room that does not come back: the president suspends (TL2). Once it is back and called (TL5) he resumes, and the antenna
    is given again, which only a person does. For ever."""
    waited_for = False
    while True:
        await asyncio.sleep(PRESIDE_S)
        register = core.register()
        if register is None:
            continue
        now_ms = clock.utc_ns() // 1_000_000
        advice = [room_advice(room, register.house, now_ms) for room in register.rooms]
        try:
            if register.phase is Sitting.OPEN and any(one and one.step is Step.SUSPEND for one in advice):
                await core.submit(cmd.SuspendSitting(), AUTHOR)
                waited_for = True
            elif waited_for and all(room.link is Link.UP for room in register.rooms):
                if register.phase is Sitting.SUSPENDED:
                    await core.submit(cmd.ResumeSitting(), AUTHOR)
                await engine.call(SetAntenna(on=True))
                waited_for = False
        except RegieError as error:
            log.warning("demonstration: the president cannot", extra={"code": error.stable_code})


async def receive(reception: Reception, run: Path) -> None:
    """Invite the simulated rooms, and let in whoever waits, for ever."""
    for name in ROOMS:
        try:
            invitation = await reception.invite(name)
        except Refusal:
            return  # this demonstration has no remote rooms
        file = invitation_file(run, name)
        file.touch(mode=0o600)
        file.write_text(invitation.token, encoding="utf-8")
    while True:
        for room in tuple(reception.gathering.rooms.values()):
            if room.phase is Phase.WAITING:
                try:
                    await reception.admit(room.id)
                except RegieError as error:
                    log.warning("demonstration: a room is not let in", extra={"code": error.stable_code})
        await asyncio.sleep(LOOK_S)
