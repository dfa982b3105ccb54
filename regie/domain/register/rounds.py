"""Designations: absolute majority at the first two rounds, relative at the third, the oldest in a tie (VO12)."""

from datetime import date

import msgspec

from regie.domain.register.rules import Unlawful
from regie.domain.register.votes import more_than_half

LAST_ROUND = 3


class Candidate(msgspec.Struct, frozen=True):
    """A person or a list; ``born`` only when a tie may need it (of a list: the average is not the rule, leave None)."""

    id: str
    name: str
    born: date | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The count of a round: ballots found for each candidate, blank, null; members who put none in the box.

    No link between a ballot and a voter exists.
    """

    number: int
    counts: tuple[tuple[str, int], ...]
    blanks: int = 0
    nulls: int = 0
    not_voting: int = 0

    @property
    def expressed(self) -> int:
        """Ballots that name a candidate."""
        return sum(count for _, count in self.counts)

    @property
    def total(self) -> int:
        """Every voice, whether or not it put a ballot in the box."""
        return self.expressed + self.blanks + self.nulls + self.not_voting

    @property
    def is_sane(self) -> bool:
        """No count is negative, no candidate is counted twice."""
        names = [name for name, _ in self.counts]
        least = min((self.blanks, self.nulls, self.not_voting, *(count for _, count in self.counts)))
        return least >= 0 and len(names) == len(set(names))


class Election(msgspec.Struct, frozen=True):
    """What a round decided: the elected candidate or none, the majority that was needed, whether age decided."""

    elected: str | None
    needed: int
    by_age: bool = False


def elect(held: Round, candidates: tuple[Candidate, ...]) -> Election:
    """What a round decides. Raises Unlawful (VO12) when a tie needs a birth date that is not known."""
    best = max((count for _, count in held.counts), default=0)
    needed = more_than_half(held.expressed) if held.number < LAST_ROUND else best
    if best == 0 or best < needed:
        return Election(None, needed)
    first = [name for name, count in held.counts if count == best]
    if len(first) == 1:
        return Election(first[0], needed)
    born = [one.born for one in candidates if one.id in first]
    ages = [(one.born, one.id) for one in candidates if one.id in first and one.born is not None]
    if len(ages) < len(born) or len({day for day, _ in ages}) < len(ages):
        raise Unlawful("VO12", "a tie needs different birth dates", a_egalite=len(first))
    return Election(min(ages)[1], needed, by_age=True)
