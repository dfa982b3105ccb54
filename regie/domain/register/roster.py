"""Who sits: councillors, their mandates, substitutes, groups, seats, and interests they declared."""

from datetime import date
from enum import StrEnum

import msgspec

Person = str
"""A councillor's id. A seat is named by its titular's id: one seat, one voice."""


class OrganisationKind(StrEnum):
    """What a councillor belongs to, which says what an interest in it entails (DP3, DP4)."""

    PUBLIC = "personne_morale_publique"
    PRIVATE = "association_ou_societe"


class Interest(msgspec.Struct, frozen=True):
    """A declared tie with an organisation; ``designated`` when the council itself sent the councillor there (L.1111-6 I)."""

    organisation: str
    kind: OrganisationKind = OrganisationKind.PRIVATE
    designated: bool = False


class Councillor(msgspec.Struct, frozen=True, kw_only=True):
    """A member or a substitute. ``rank`` in the order of the table; ``born`` only where an election may need it (VO12)."""

    id: Person
    name: str
    rank: int
    group: str = ""
    seat: str = ""
    commune: str = ""
    born: date | None = None
    since: date = date.min
    until: date | None = None
    substitute_of: Person = ""
    interests: tuple[Interest, ...] = ()

    def in_office(self, day: date) -> bool:
        """Does the mandate cover that day? ``until`` is the first day without."""
        return self.since <= day and (self.until is None or day < self.until)


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """The council. ``head``: the mayor or president of the body, who orders its spending; ``deputies`` replace in order."""

    councillors: tuple[Councillor, ...]
    head: Person
    deputies: tuple[Person, ...] = ()

    def find(self, person: Person) -> Councillor | None:
        """The councillor of that id."""
        return next((one for one in self.councillors if one.id == person), None)

    def titulars(self, day: date) -> tuple[Person, ...]:
        """Members in office on a day, in the order of the table; substitutes are not members (QU2)."""
        members = (one for one in self.councillors if not one.substitute_of and one.in_office(day))
        return tuple(one.id for one in sorted(members, key=lambda one: one.rank))

    def seat_of(self, person: Person) -> Person:
        """The seat a person may occupy: a substitute's is the titular's."""
        found = self.find(person)
        return found.substitute_of or found.id if found else ""

    def faults(self) -> tuple[str, ...]:
        """What is wrong in the list: stable codes."""
        ids = [one.id for one in self.councillors]
        titulars = {one.id for one in self.councillors if not one.substitute_of}
        ranks = [one.rank for one in self.councillors if not one.substitute_of]
        found = {
            "elu_en_double": len(ids) != len(set(ids)) or "" in ids,
            "rang_en_double": len(ranks) != len(set(ranks)),
            "chef_inconnu": self.head not in titulars,
            "adjoint_inconnu": not set(self.deputies) <= titulars,
            "suppleant_sans_titulaire": any(
                one.substitute_of and one.substitute_of not in titulars for one in self.councillors
            ),
        }
        return tuple(code for code, wrong in found.items() if wrong)
