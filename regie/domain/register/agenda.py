"""The agenda: items, their types, and what a type entails."""

from enum import StrEnum

import msgspec

from regie.domain.register.roster import Councillor, Interest, OrganisationKind


class ItemType(StrEnum):
    """What an item is, as far as the law treats it apart."""

    ORDINARY = "ordinaire"
    URGENCY = "urgence"
    MINUTES = "arret_du_proces_verbal"
    INFORMATION = "information"
    BUDGET = "budget_primitif"
    OTHER_BUDGET = "autre_acte_budgetaire"
    ACCOUNTS = "compte"
    PRESIDENT_ELECTION = "election_du_president"
    BUREAU_ELECTION = "election_du_bureau"
    EPCI_DELEGATES = "delegues_aux_epci"
    OUTSIDE_BODIES = "designation_2121_33"
    APPOINTMENT = "nomination"
    AWARD = "contrat_garantie_ou_aide"
    """A contract, a loan guarantee or an aid to a body in which members may represent the council (L.1111-6 II)."""


ONE_PLACE_ONLY = frozenset(
    {
        ItemType.PRESIDENT_ELECTION,
        ItemType.BUREAU_ELECTION,
        ItemType.BUDGET,
        ItemType.EPCI_DELEGATES,
        ItemType.OUTSIDE_BODIES,
    }
)
"""Items that cannot be dealt with in several places (TC8)."""

ELECTIONS = frozenset(
    {
        ItemType.PRESIDENT_ELECTION,
        ItemType.BUREAU_ELECTION,
        ItemType.EPCI_DELEGATES,
        ItemType.OUTSIDE_BODIES,
        ItemType.APPOINTMENT,
    }
)
"""Items that appoint persons: secret by law (VO11, VO19)."""

SECRET_BY_TEXT = frozenset({ItemType.PRESIDENT_ELECTION, ItemType.BUREAU_ELECTION, ItemType.EPCI_DELEGATES})
"""Elections whose secret no unanimity can waive (VO11)."""


class Majority(StrEnum):
    """Which voices make a decision."""

    ABSOLUTE = "absolue"
    """More than half of the voices expressed (VO1)."""
    ACCOUNTS = "compte"
    """Adopted unless more are against (VO15)."""
    QUALIFIED = "qualifiee"
    """A fraction of a base, set by :class:`Qualified` (VO16)."""


class Base(StrEnum):
    """What a qualified majority is a fraction of."""

    EXPRESSED = "exprimes"
    PRESENT = "presents"
    IN_OFFICE = "en_exercice"


class Qualified(msgspec.Struct, frozen=True):
    """« At least n/d of the base », or more than that when ``strict``."""

    base: Base
    numerator: int
    denominator: int
    strict: bool = False

    def needed(self, base: int) -> int:
        """Voices for, out of ``base``."""
        if self.strict:
            return base * self.numerator // self.denominator + 1
        return -(-base * self.numerator // self.denominator)


HIDDEN = "Délibération concernant une situation individuelle (objet occulté)"
"""What the public reads in the place of a title that is kept from it (P16)."""


class AgendaItem(msgspec.Struct, frozen=True, kw_only=True):
    """A question. ``late``: added after the deadline, so it can be spoken of but not voted (CV7).

    ``returned``: taken over from a séance that lacked its quorum (QU8). ``single_place``: postponed by a request for a secret
    ballot, so that it may only be dealt with in one place (TC10). ``beneficiary``: the organisation it concerns.
    ``nominal``: persons are spoken of; ``sensitive``: of their private life; ``closed_doors``: to be held without the public.
    """

    id: str
    title: str
    type: ItemType = ItemType.ORDINARY
    rapporteur: str = ""
    report: str = ""
    beneficiary: str = ""
    secret_by_text: bool = False
    qualified: Qualified | None = None
    nominal: bool = False
    sensitive: bool = False
    closed_doors: bool = False
    returned: bool = False
    late: bool = False
    single_place: bool = False

    @property
    def flagged(self) -> bool:
        """Does it call for care, whatever the reason?"""
        return self.nominal or self.sensitive or self.closed_doors

    @property
    def withheld(self) -> bool:
        """Is what it is about kept from the public? Naming persons is no reason: those of a grant or an appointment are public."""
        return self.sensitive or self.closed_doors

    @property
    def public_title(self) -> str:
        """Its title, as anybody may read it."""
        return HIDDEN if self.withheld else self.title

    @property
    def votable(self) -> bool:
        """May it be put to the vote at all?"""
        return not self.late and self.type is not ItemType.INFORMATION

    @property
    def is_election(self) -> bool:
        """Does it appoint persons?"""
        return self.type in ELECTIONS

    @property
    def secrecy_is_imposed(self) -> bool:
        """Does a text impose the secret, whatever the council wishes?"""
        return self.secret_by_text or self.type in SECRET_BY_TEXT

    @property
    def one_place_only(self) -> bool:
        """Is it forbidden in several places (TC8, TC10)?"""
        return self.type in ONE_PLACE_ONLY or self.single_place

    @property
    def majority(self) -> Majority:
        """Its majority rule."""
        if self.qualified is not None:
            return Majority.QUALIFIED
        return Majority.ACCOUNTS if self.type is ItemType.ACCOUNTS else Majority.ABSOLUTE


class RecusalKind(StrEnum):
    """The two kinds of déport; they do not count alike in the quorum (DP5)."""

    INTERESTED = "interesse"
    REPRESENTATIVE = "representant_1111_6_ii"


def recusal_kind(item: AgendaItem, interest: Interest) -> RecusalKind | None:
    """What a tie with the item's beneficiary entails; None: it may vote (DP3, DP4)."""
    if not item.beneficiary or interest.organisation != item.beneficiary:
        return None
    if interest.kind is OrganisationKind.PUBLIC and interest.designated:
        return RecusalKind.REPRESENTATIVE if item.type is ItemType.AWARD else None
    return RecusalKind.INTERESTED


def expected_recusal(item: AgendaItem, councillor: Councillor) -> RecusalKind | None:
    """The déport that a councillor's declared interests call for on an item (DP1)."""
    kinds = (recusal_kind(item, interest) for interest in councillor.interests)
    return next((kind for kind in kinds if kind is not None), None)
