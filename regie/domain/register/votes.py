"""Votes: thresholds, tallies and what they decide. Pure arithmetic; who may vote is the assembly's business."""

from enum import StrEnum
from typing import assert_never

import msgspec

from regie.domain.register.agenda import Base, Majority, Qualified
from regie.domain.register.roster import Person


class Mode(StrEnum):
    """How a vote is held (L.2121-21)."""

    ORDINARY = "ordinaire"
    PUBLIC = "public"
    SECRET = "secret"


class Choice(StrEnum):
    """What a voice says. ``REFUSES``: does not take part (NPPV), which is an abstention and stays in the quorum (QU13)."""

    FOR = "pour"
    AGAINST = "contre"
    ABSTAINS = "abstention"
    REFUSES = "ne_prend_pas_part"


class Voice(msgspec.Struct, frozen=True):
    """A right to vote: the seat whose voice it is, who casts it, and the proxy's id when it is another's."""

    seat: Person
    by: Person
    proxy: str = ""


class Ballot(msgspec.Struct, frozen=True):
    """What a seat's voice said, in a vote that is not secret."""

    seat: Person
    choice: Choice


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of a vote; blanks and nulls only in a secret ballot."""

    for_: int = 0
    against: int = 0
    abstentions: int = 0
    refusals: int = 0
    blanks: int = 0
    nulls: int = 0

    @property
    def expressed(self) -> int:
        """E: suffrages exprimés (VO1)."""
        return self.for_ + self.against

    @property
    def total(self) -> int:
        """Every voice, whatever it said."""
        return self.expressed + self.abstentions + self.refusals + self.blanks + self.nulls

    @property
    def is_sane(self) -> bool:
        """No count is negative."""
        return all(count >= 0 for count in msgspec.structs.astuple(self))


def tally_of(ballots: tuple[Ballot, ...]) -> Tally:
    """Count named ballots."""
    said = [ballot.choice for ballot in ballots]
    return Tally(
        for_=said.count(Choice.FOR),
        against=said.count(Choice.AGAINST),
        abstentions=said.count(Choice.ABSTAINS),
        refusals=said.count(Choice.REFUSES),
    )


def quarter(present: int) -> int:
    """How many of the members present make a public ballot (VO3)."""
    return -(-present // 4)


def third(present: int) -> int:
    """How many of the members present make a secret ballot (VO4)."""
    return -(-present // 3)


def more_than_half(base: int) -> int:
    """The absolute majority of a base."""
    return base // 2 + 1


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a tally decides. ``needed``: voices for; ``casting``: the president's voice made it; ``rule``: which rule decided;
    ``warning``: a rule to be flagged, or empty."""

    adopted: bool
    needed: int
    rule: str
    casting: bool = False
    warning: str = ""


def judge(
    tally: Tally,
    mode: Mode,
    majority: Majority,
    *,
    president: Choice | None,
    qualified: Qualified | None = None,
    present: int = 0,
    in_office: int = 0,
) -> Outcome:
    """What the voices decide. ``president``: the session president's own vote, None when there is none."""
    needed = more_than_half(tally.expressed)
    match majority:
        case Majority.ACCOUNTS:
            refused = tally.against > tally.for_
            return Outcome(adopted=not refused, needed=tally.against, rule="VO15")
        case Majority.QUALIFIED:
            if qualified is None:
                raise ValueError("a qualified majority needs its fraction")
            base = {Base.EXPRESSED: tally.expressed, Base.PRESENT: present, Base.IN_OFFICE: in_office}
            least = qualified.needed(base[qualified.base])
            return Outcome(adopted=tally.for_ >= least > 0, needed=least, rule="VO16")
        case Majority.ABSOLUTE:
            if tally.expressed == 0:
                return Outcome(adopted=False, needed=needed, rule="VO10", warning="VO10")
            if tally.for_ == tally.against:
                return _tie(mode, president, needed)
            return Outcome(adopted=tally.for_ >= needed, needed=needed, rule="VO1")
        case _:
            assert_never(majority)


def _tie(mode: Mode, president: Choice | None, needed: int) -> Outcome:
    if mode is Mode.SECRET:
        return Outcome(adopted=False, needed=needed, rule="VO9")
    if president is Choice.FOR or president is Choice.AGAINST:
        return Outcome(adopted=president is Choice.FOR, needed=needed, rule="VO7", casting=True)
    return Outcome(adopted=False, needed=needed, rule="VO8", warning="VO8")


def depends_on(tally: Tally, outcome: Outcome, contested: int) -> bool:
    """Could the result change if ``contested`` proxies did not count (PR15)?"""
    if contested == 0:
        return False
    without = contested if outcome.adopted else 0
    against = tally.against if outcome.adopted else tally.against - contested
    for_ = tally.for_ - without
    match outcome.rule:
        case "VO15":
            adopted = against <= for_
        case "VO16":
            adopted = for_ >= outcome.needed - (0 if outcome.adopted else contested)
        case _:
            adopted = for_ > against
    return adopted is not outcome.adopted


class Published(msgspec.Struct, frozen=True):
    """The counts that open data publishes (SCDL fields 12 to 16): members, voters, for, against, abstentions."""

    members: int
    voters: int
    for_: int
    against: int
    abstentions: int


def published(tally: Tally, in_office: int, recused: int) -> Published:
    """Fold blanks, nulls and refusals into abstentions, and take recused members off, so that the sums hold."""
    aside = tally.abstentions + tally.refusals + tally.blanks + tally.nulls
    return Published(in_office - recused, tally.total, tally.for_, tally.against, aside)
