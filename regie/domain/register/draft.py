"""What a command is making happen: events so far, and the register as they leave it. Lives inside one ``decide``."""

import msgspec

from regie.domain.register import assembly
from regie.domain.register import events as ev
from regie.domain.register.commands import RegisterCommand
from regie.domain.register.evolve import apply
from regie.domain.register.rules import RULES
from regie.domain.register.state import Register


class Draft:
    """Events are judged one after the other on ``state``, which they move."""

    def __init__(self, register: Register, command: RegisterCommand, at_ms: int) -> None:
        self.state = register
        self.at = at_ms
        self.events: list[ev.Act] = []
        self._who = command.who
        self._place = command.place

    def happen(self, event: ev.Act) -> None:
        """This happens: who did it from where is stamped, the count after it too where the event has one."""
        stamped = msgspec.structs.replace(event, who=self._who, place=self._place)
        self.state = apply(self.state, stamped)
        if isinstance(stamped, ev.Counted):
            stamped = msgspec.structs.replace(stamped, count=assembly.count(self.state))
        self.events.append(stamped)

    def flag(self, rule: str, subject: str = "", reason: str = "") -> None:
        """It goes on, and the register keeps that a rule warned."""
        if rule not in RULES:
            raise KeyError(rule)
        self.happen(ev.Flagged(at_utc_ms=self.at, rule=rule, subject=subject, reason=reason))
