"""Quorum: what is needed, what is there, by name. Two calculations for two kinds of déport (QU10, QU11)."""

from collections.abc import Mapping
from datetime import date

import msgspec

from regie.domain.register.agenda import RecusalKind
from regie.domain.register.regimes import QuorumBase, Regime
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person

REPRESENTATIVES_OUT_SINCE = date(2022, 2, 23)
"""First day of the quorum clause of L.2131-11 on representatives (loi 3DS of 21 February 2022); before it, QU10 for all."""


class Seated(msgspec.Struct, frozen=True):
    """A seat that is occupied: by whom (the titular or the substitute), in which room."""

    seat: Person
    person: Person
    room: RoomId


class Represented(msgspec.Struct, frozen=True):
    """A seat that votes through a proxy."""

    seat: Person
    holder: Person
    proxy: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A quorum as it was measured, with the names: frozen into the act that needed it.

    ``in_office``: N. ``counted``: N' once representatives are taken off (QU11). ``present``: P, without those who are recused or
    must withdraw (``excluded``). ``represented``: R, usable proxies, never in P. ``strict_...``: the same under the safer readings
    (N unchanged, QU10; only present representatives taken off). ``waived``: second call, item taken over.
    """

    in_office: int
    counted: int
    needed: int
    present: tuple[Seated, ...]
    represented: tuple[Represented, ...]
    excluded: tuple[Person, ...] = ()
    with_represented: bool = False
    waived: bool = False
    strict_needed: int
    middle_needed: int

    @property
    def weight(self) -> int:
        """What is compared with the quorum: P, or P + R where a crisis law said so."""
        return len(self.present) + (len(self.represented) if self.with_represented else 0)

    @property
    def enough(self) -> bool:
        """Is the quorum itself reached?"""
        return self.weight >= self.needed

    @property
    def reached(self) -> bool:
        """May one deliberate?"""
        return self.waived or self.enough

    def is_doubtful(self, intercommunal: bool) -> bool:
        """Is it reached here, and not under a stricter reading of QU11?

        In a commune: only present representatives taken off. Elsewhere the clause itself is doubtful: N unchanged too.
        """
        strictest = max(self.strict_needed, self.middle_needed) if intercommunal else self.middle_needed
        return self.enough and not self.waived and self.weight < strictest

    @property
    def saved_by_proxies(self) -> bool:
        """Would it be reached if proxies counted? They do not (QU3)."""
        return not self.enough and len(self.present) + len(self.represented) >= self.needed


def measure(
    regime: Regime,
    members: tuple[Person, ...],
    present: tuple[Seated, ...],
    represented: tuple[Represented, ...],
    *,
    recused: Mapping[Person, RecusalKind],
    withdrawn: frozenset[Person] = frozenset(),
    representatives_out: bool = True,
    waived: bool = False,
) -> Snapshot:
    """Measure a quorum. ``members``: seats in office; ``recused``: seats and kinds for this item; ``withdrawn``: seats that the law
    sends out for this item (the head of the body on its accounts, QU12). ``representatives_out``: QU11 is in force."""
    out = {
        seat
        for seat, kind in recused.items()
        if representatives_out and kind is RecusalKind.REPRESENTATIVE and seat in members
    }
    excluded = set(recused) | withdrawn
    seated = {one.seat for one in present}
    counted = len(members) - len(out)
    return Snapshot(
        in_office=len(members),
        counted=counted,
        needed=regime.quorum(counted),
        present=tuple(one for one in present if one.seat not in excluded),
        represented=represented,
        excluded=tuple(seat for seat in members if seat in excluded),
        with_represented=regime.quorum_base is QuorumBase.PRESENT_OR_REPRESENTED,
        waived=waived,
        strict_needed=regime.quorum(len(members)),
        middle_needed=regime.quorum(len(members) - len(out & seated)),
    )
