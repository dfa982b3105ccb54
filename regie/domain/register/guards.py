"""What several acts ask for before they happen: rooms, quorum, a president who may preside, doors that are closed."""

from regie.domain.register import assembly
from regie.domain.register.items import Item
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Register


def expect_rooms(register: Register, rule: str) -> None:
    """Raises Unlawful while a room is cut off or was not called since its return (TL2, TL7)."""
    missing = assembly.missing_rooms(register)
    if missing and register.several_places:
        raise Unlawful(rule, "a room is missing", salles=len(missing))


def expect_quorum(quorum: Snapshot, rule: str = "QU4") -> None:
    """Raises Unlawful when a quorum is not reached; QU3 when only proxies would make it."""
    if not quorum.reached:
        named = "QU3" if rule == "QU4" and quorum.saved_by_proxies else rule
        raise Unlawful(
            named,
            "the quorum is not reached",
            presents=quorum.weight,
            requis=quorum.needed,
            en_exercice=quorum.counted,
        )


def expect_seated(register: Register, person: Person) -> None:
    """Raises Unlawful (VO20) when the one who presides does not sit as a member."""
    if all(person != one.person or one.seat != one.person for one in assembly.seated(register)):
        raise Unlawful("VO20", "who presides must be a member who is there")


def expect_president(register: Register, item: Item) -> None:
    """Raises Unlawful when the session president is away or out of the item (VO15, VO20)."""
    expect_seated(register, register.president)
    if register.president in assembly.withdrawn(register, item):
        raise Unlawful("VO15", "the head of the body does not preside over its accounts")
    if register.president in item.recused:
        raise Unlawful("VO20", "the president is recused: somebody else presides")


def expect_public_out(register: Register) -> None:
    """Raises Unlawful (HC4) while the doors are to be closed and a room has not confirmed it."""
    waiting = [room for room in register.rooms if room.opened and not room.public_out]
    if register.doors.hold and waiting:
        raise Unlawful("HC4", "the public is still in a room", salles=len(waiting))
