"""What the register is told of the remote rooms, and what it says of them. A refusal of the law is for the operators, in the log: a
room cannot help it."""

import logging
from collections.abc import Callable
from typing import Protocol

from regie.board import EngineStatus
from regie.domain.model import SourceId
from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.convocation import NOTICE, Posting
from regie.domain.register.remote import HouseRules
from regie.domain.register.state import Phase, Register
from regie.domain.seance import Seance
from regie.errors import Refusal, RegieError

log = logging.getLogger(__name__)
AUTHOR = "salles distantes"


class Core(Protocol):
    """The register."""

    async def submit(self, command: cmd.AnyCommand, author: str, command_id: str = "") -> object:
        """Raises Refusal, LinkLost."""

    def view(self) -> Seance | None:
        """The current séance."""

    def register(self) -> Register | None:
        """Its legal register."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""


class Witness:
    """See the module."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def house(self) -> HouseRules:
        """The council's own rules: how long a loss lasts before it counts."""
        register = self._core.register()
        return register.house if register is not None else HouseRules()

    def speaking_room(self) -> SourceId:
        """The room of whoever has the floor; empty when nobody does."""
        register = self._core.register()
        turn = register.floor.turn if register is not None and register.is_open else None
        return assembly.room_of(register, turn.person) if register is not None and turn is not None else ""

    def withdrawn_rooms(self) -> frozenset[SourceId]:
        """Rooms all of whose members withdrew from what is on the table. One that admits the public keeps seeing and hearing."""
        register = self._core.register()
        if register is None or not register.is_open:
            return frozenset()
        out = {seat for item in register.on_the_table for seat in item.recused}
        seats: dict[SourceId, set[str]] = {}
        for one in assembly.in_rooms(register):
            seats.setdefault(one.room, set()).add(one.seat)
        public = {room.id for room in register.rooms if room.public_admitted}
        return frozenset(room for room, here in seats.items() if here <= out and room not in public)

    def tested(self, room: SourceId) -> bool:
        """Does the register know that this room was tested, and that its agent said so?"""
        register = self._core.register()
        return register is not None and any(one.id == room and one.tested for one in register.rooms)

    async def ask_floor(self, room: SourceId, person: str, up: bool) -> None:
        """A member of a room asks for the floor, or no longer. Raises Refusal ``elu_absent``, and the law's."""
        register = self._core.register()
        if not person or register is None:
            return
        if assembly.room_of(register, person) != room:
            raise Refusal("this member is not in this room", code="elu_absent", salle=room)
        command = cmd.AskFloor(person=person, place=room) if up else cmd.WaiveFloor(person=person)
        await self._core.submit(command, AUTHOR)

    async def attested(self, room: SourceId, public: bool, now_ms: int) -> None:
        """Both ways were measured, and the agent gave his word (TC7, TC2)."""
        await self._record(room, cmd.AttestRoom(room=room, passed=True, place=room))
        await self._record(room, cmd.AdmitPublic(room=room, admitted=public, place=room))
        # The agent's word is not taken before the notice is at the door (P1).
        notice = Posting(place=f"{NOTICE}{room}", at_utc_ms=now_ms, agent=AUTHOR)
        await self._record(room, cmd.ProveConvocation(postings=(notice,), place=room))

    async def checked(self, room: SourceId, agrees: bool) -> None:
        """A room has read the voices that were noted of it (VO18). Raises Refusal, and the law's."""
        await self._core.submit(cmd.CheckVote(room=room, agrees=agrees, place=room), AUTHOR)

    async def lost(self, room: SourceId, since_ms: int) -> None:
        """A link is lost (TL1)."""
        await self._record(room, cmd.ReportLinkLost(room=room, since_ms=since_ms, place=room))

    async def back(self, room: SourceId) -> None:
        """It works again (TL5)."""
        await self._record(room, cmd.ReportLinkBack(room=room, place=room))

    async def _record(self, room: SourceId, command: cmd.AnyCommand) -> None:
        """Tell the register, if this séance sits in that room."""
        register = self._core.register()
        if register is None or all(one.id != room or not one.opened for one in register.rooms):
            return
        try:
            await self._core.submit(command, AUTHOR)
        except RegieError as error:
            facts = {"code": error.stable_code, "room": room}
            log.warning("the register did not take a room's event", extra=facts)

    async def broadcast(self, status: EngineStatus | None) -> None:
        """Where the law wants the broadcast, tell whether it runs (TC2, TL9); before the opening, whether it can."""
        register, seance = self._core.register(), self._core.view()
        if register is None or not register.several_places or not register.regime.live_required:
            return
        up = status is not None and not status.webtv.reason
        if up and seance is not None and register.is_open and status is not None:
            up = status.webtv.seance == seance.id
        if register.stream.up is not up and register.phase is not Phase.CLOSED:
            try:
                await self._core.submit(cmd.ReportStream(up=up), AUTHOR)
            except RegieError as error:
                facts = {"code": error.stable_code}
                log.warning("the register did not take the broadcast's state", extra=facts)
