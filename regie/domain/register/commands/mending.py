"""Mistakes of the hand taken back: what was entered stays in the register, and so does that it was taken back."""

from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.roster import Person
from regie.domain.register.votes import Mode


class LiftRecusal(RegisterCommand, frozen=True, kw_only=True, tag="lift_recusal"):
    """A recusal was entered by mistake, or its cause is gone, with a reason; before the vote opens."""

    item: str
    seat: Person
    reason: str


class WithdrawRequest(RegisterCommand, frozen=True, kw_only=True, tag="withdraw_request"):
    """A member asks no more for a special ballot, or was noted by mistake; before the vote opens."""

    item: str
    mode: Mode
    person: Person


class RestoreItem(RegisterCommand, frozen=True, kw_only=True, tag="restore_item"):
    """An item that was noted, withdrawn or postponed by mistake comes back, with a reason."""

    item: str
    reason: str
