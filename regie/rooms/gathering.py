"""The remote rooms together: who is there, who waits, who speaks, whose link is lost.

Pure: state and time in, state and effects out.

Effects are for the engine (the room's microphone), for the register (links lost and back, rooms tested) and for the pages. The
microphone of a room is open at the régie when the floor is with one of its members, and never otherwise; the room's own mute is
the room's: nobody undoes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from regie.domain.model import SourceId
from regie.errors import Refusal
from regie.rooms.access import Kept
from regie.rooms.protocol import Phase, Tested

TESTS_LAST_MS = 24 * 3600 * 1000
TWO_WAY_MS = 10_000
"""Both ways must have worked that long for a room to be said ready (TC7)."""
FRESH_MS = 1_500
LOST_MS = 2_500
"""A link that brings nothing for that long is lost."""
DEAF_MS = 1_500
"""A page that says for that long, after a first second, that nothing at all comes to it: the link is lost one way (TL1)."""
MIN_UPLINK_KBPS = 300


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a room's connection. Ages in ms, None while nothing came; ``at_ms`` when it was told."""

    session: str
    connected: bool = False
    at_ms: int = 0
    picture_age_ms: int | None = None
    sound_age_ms: int | None = None
    kbps: int = 0
    lost: int = 0
    loss_permille: int = 0
    tier: str | None = ""

    def flows(self, now_ms: int, limit_ms: int) -> bool:
        """Did a picture or a sound come within ``limit_ms``?"""
        if not self.connected:
            return False
        ages = [age for age in (self.picture_age_ms, self.sound_age_ms) if age is not None]
        return bool(ages) and min(ages) + now_ms - self.at_ms < limit_ms


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One remote room. Instants are UTC milliseconds, None when it is not so. ``receives_ms``: since when its page gets picture and
    sound; ``deaf_ms``: since when it gets neither."""

    id: SourceId
    name: str
    phase: Phase = Phase.AWAY
    page: bool = False
    link: Link | None = None
    document: Link | None = None
    tests: Tested | None = None
    tested_ms: int | None = None
    hand_ms: int | None = None
    hand_person: str = ""
    floor: bool = False
    own_mute: bool = False
    receives_ms: int | None = None
    deaf_ms: int | None = None
    two_way_ms: int | None = None
    confirmed: bool = False
    lost_ms: int | None = None
    told_lost: bool = False
    parked_for: str = ""

    def flows(self, now_ms: int) -> bool:
        """Does something come from it, and does something reach it, as far as its page says?"""
        deaf = self.deaf_ms is not None and now_ms - self.deaf_ms >= DEAF_MS
        return self.link is not None and self.link.flows(now_ms, LOST_MS) and not deaf

    def ready(self, now_ms: int) -> bool:
        """Both ways measured for long enough, and the agent's word."""
        return self.confirmed and self.measured(now_ms)

    def measured(self, now_ms: int) -> bool:
        """Have both ways worked long enough?"""
        return self.two_way_ms is not None and now_ms - self.two_way_ms >= TWO_WAY_MS

    def tests_valid(self, now_ms: int) -> bool:
        """May its tests be skipped?"""
        tests = self.tests
        return (
            tests is not None
            and self.tested_ms is not None
            and now_ms - self.tested_ms < TESTS_LAST_MS
            and tests.camera
            and tests.micro
            and tests.haut_parleur
            and tests.montant_kbps >= MIN_UPLINK_KBPS
        )


@dataclass(frozen=True, slots=True)
class Open:
    """The room's microphone, at the régie."""

    room: SourceId
    on: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The link of an admitted room has been lost since ``since_ms``."""

    room: SourceId
    since_ms: int


@dataclass(frozen=True, slots=True)
class Back:
    """It works again."""

    room: SourceId


@dataclass(frozen=True, slots=True)
class Attested:
    """Both ways measured and the agent's word: the register may be told."""

    room: SourceId
    public: bool


Effect = Open | Lost | Back | Attested
Outcome = tuple["Gathering", tuple[Effect, ...]]


class Gathering(msgspec.Struct, frozen=True, kw_only=True):
    """Every room, by id, in the configuration's order."""

    rooms: Mapping[SourceId, Room]

    def room(self, name: SourceId) -> Room:
        """Raises Refusal ``salle_inconnue``."""
        room = self.rooms.get(name)
        if room is None:
            raise Refusal("there is no such room", code="salle_inconnue", salle=name)
        return room

    def queue(self) -> tuple[Room, ...]:
        """Rooms that ask for the floor, first come first."""
        return tuple(
            sorted((r for r in self.rooms.values() if r.hand_ms is not None), key=lambda r: r.hand_ms or 0)
        )

    def rank(self, name: SourceId) -> int | None:
        """Its place in the queue, from 1."""
        return next((n for n, room in enumerate(self.queue(), 1) if room.id == name), None)

    def _with(self, room: Room) -> "Gathering":
        return Gathering(rooms={**self.rooms, room.id: room})

    def _change(self, name: SourceId, **fields: object) -> "Gathering":
        return self._with(msgspec.structs.replace(self.room(name), **fields))

    # -- what a room does -------------------------------------------------------------------------------------------

    def page_came(self, name: SourceId) -> "Gathering":
        """Its page is connected; a room that was admitted, or put aside, stays so."""
        room = self.room(name)
        phase = Phase.WAITING if room.phase is Phase.AWAY else room.phase
        return self._change(name, page=True, phase=phase)

    def page_left(self, name: SourceId) -> Outcome:
        """Its page is gone. What it was is kept: it may come back."""
        room = self.room(name)
        phase = Phase.AWAY if room.phase is Phase.WAITING else room.phase
        after = self._change(name, page=False, phase=phase, receives_ms=None, deaf_ms=None, two_way_ms=None)
        return after, ()

    def tested(self, name: SourceId, tests: Tested, now_ms: int) -> "Gathering":
        """Its tests are done."""
        return self._change(name, tests=tests, tested_ms=now_ms)

    def hand(self, name: SourceId, up: bool, person: str, now_ms: int) -> "Gathering":
        """It asks for the floor, or no longer. Raises Refusal ``salle_pas_admise``."""
        room = self._admitted(name)
        since = _since(room.hand_ms, now_ms) if up else None
        return self._change(name, hand_ms=since, hand_person=person if up else "")

    def muted(self, name: SourceId, own_mute: bool) -> "Gathering":
        """Its own mute."""
        return self._change(name, own_mute=own_mute)

    def receives(self, name: SourceId, picture: bool, sound: bool, now_ms: int) -> "Gathering":
        """Its page shows pictures and plays sound, or not."""
        room = self.room(name)
        well = _since(room.receives_ms, now_ms) if picture and sound else None
        deaf = None if picture or sound else _since(room.deaf_ms, now_ms)
        return self._with(_measured(msgspec.structs.replace(room, receives_ms=well, deaf_ms=deaf), now_ms))

    def confirm(self, name: SourceId, public: bool, notice: bool, now_ms: int) -> Outcome:
        """The agent's word. Raises Refusal ``salle_pas_admise``, ``mesure_en_cours``, ``affiche_manquante``."""
        room = self._admitted(name)
        if not room.measured(now_ms):
            raise Refusal("both ways were not measured for long enough", code="mesure_en_cours", salle=name)
        if not notice:
            raise Refusal("the notice must be posted (P1)", code="affiche_manquante", salle=name)
        return self._change(name, confirmed=True), (Attested(name, public),)

    # -- what people of the régie do --------------------------------------------------------------------------------

    def admit(self, name: SourceId) -> Outcome:
        """Let a room in. Raises Refusal ``salle_absente``."""
        room = self.room(name)
        if not room.page:
            raise Refusal("nobody waits there", code="salle_absente", salle=name)
        return self._change(name, phase=Phase.ADMITTED, parked_for=""), (Open(name, False),)

    def encoder_came(self, name: SourceId) -> Outcome:
        """An encoder with a key of this room brings its picture. Raises Refusal ``salle_pas_admise`` while it is put aside."""
        room = self.room(name)
        if room.phase is Phase.PARKED:
            raise Refusal("the room is put aside", code="salle_pas_admise", salle=name)
        if room.phase is Phase.ADMITTED:
            return self, ()
        return self._change(name, phase=Phase.ADMITTED), (Open(name, False),)

    def park(self, name: SourceId, reason: str) -> Outcome:
        """Put a room aside for an item: it neither sees, nor hears, nor is heard."""
        self._admitted(name)
        after = self._change(
            name, phase=Phase.PARKED, parked_for=reason, floor=False, hand_ms=None, link=None, document=None
        )
        return after, (Open(name, False),)

    def call_back(self, name: SourceId) -> Outcome:
        """The item is over: a room whose page waits is in again; one that left, or an encoder, comes in as it did at first."""
        if self.room(name).page:
            return self.admit(name)
        return self._change(name, phase=Phase.AWAY, parked_for=""), ()

    def dismiss(self, name: SourceId) -> Outcome:
        """A room leaves for good."""
        room = self.room(name)
        gone = Room(id=room.id, name=room.name, tests=room.tests, tested_ms=room.tested_ms)
        return self._with(gone), (Open(name, False),)

    def give_floor(self, name: SourceId) -> Outcome:
        """Its microphone opens; its hand goes down. Raises Refusal ``salle_pas_admise``."""
        self._admitted(name)
        return self._change(name, floor=True, hand_ms=None, hand_person=""), (Open(name, True),)

    def take_floor(self, name: SourceId) -> Outcome:
        """Its microphone closes."""
        self.room(name)
        return self._change(name, floor=False), (Open(name, False),)

    def _admitted(self, name: SourceId) -> Room:
        room = self.room(name)
        if room.phase is not Phase.ADMITTED:
            raise Refusal("the room is not admitted", code="salle_pas_admise", salle=name)
        return room

    # -- links ------------------------------------------------------------------------------------------------------

    def connected(self, name: SourceId, session: str, document: bool, now_ms: int) -> "Gathering":
        """An offer of the room was answered; its connection takes the place of any other."""
        link = Link(session=session, connected=True, at_ms=now_ms)
        return self._change(name, **{"document" if document else "link": link})

    def link_news(self, name: SourceId, link: Link, document: bool, now_ms: int) -> "Gathering":
        """How a connection goes; news of an older connection is no news."""
        room = self.room(name)
        current = room.document if document else room.link
        adopted = current is None and link.connected and room.phase is Phase.ADMITTED
        if not adopted and (current is None or current.session != link.session):
            return self
        if document:
            return self._change(name, document=link if link.connected else None)
        return self._with(_measured(msgspec.structs.replace(room, link=link), now_ms))

    def step(self, now_ms: int, report_after_ms: int) -> Outcome:
        """Time passes: losses are noticed, then reported once they last ``report_after_ms``; returns too."""
        after, effects = self, list[Effect]()
        for room in self.rooms.values():
            if room.phase is not Phase.ADMITTED:
                continue
            flows = room.flows(now_ms)
            if flows and (room.lost_ms is not None):
                after = after._change(room.id, lost_ms=None, told_lost=False)
                effects += [Back(room.id)] if room.told_lost else []
            elif not flows and room.lost_ms is None and room.link is not None:
                after = after._change(room.id, lost_ms=now_ms, two_way_ms=None)
            elif not flows and not room.told_lost and room.lost_ms is not None:
                if now_ms - room.lost_ms >= report_after_ms:
                    after = after._change(room.id, told_lost=True)
                    effects.append(Lost(room.id, room.lost_ms))
        return after, tuple(effects)


def _since(before_ms: int | None, now_ms: int) -> int:
    """Since when it is so: now, if it was not so before."""
    return now_ms if before_ms is None else before_ms


def _measured(room: Room, now_ms: int) -> Room:
    """Since when both ways have worked."""
    link = room.link
    sends = (
        link is not None
        and link.connected
        and all(
            age is not None and age + now_ms - link.at_ms < FRESH_MS
            for age in (link.picture_age_ms, link.sound_age_ms)
        )
    )
    both = sends and room.receives_ms is not None
    return msgspec.structs.replace(room, two_way_ms=_since(room.two_way_ms, now_ms) if both else None)


def gathering(rooms: Mapping[SourceId, str], kept: Iterable[Kept] = ()) -> Gathering:
    """Rooms by id and name, as the run before left them; nobody is there yet."""
    before = {one.room: one for one in kept}
    return Gathering(rooms={name: _again(name, shown, before.get(name)) for name, shown in rooms.items()})


def _again(name: SourceId, shown: str, kept: Kept | None) -> Room:
    if kept is None:
        return Room(id=name, name=shown)
    return Room(
        id=name,
        name=shown,
        phase=kept.phase,
        parked_for=kept.parked_for,
        confirmed=kept.confirmed,
        floor=kept.floor,
        hand_ms=kept.hand_ms,
        hand_person=kept.hand_person,
        own_mute=kept.own_mute,
        tests=kept.tests,
        tested_ms=kept.tested_ms,
    )


def to_keep(rooms: Gathering) -> tuple[Kept, ...]:
    """What the next run must know: who was let in, and where each stood."""
    return tuple(
        Kept(
            room=room.id,
            phase=Phase.AWAY if room.phase is Phase.WAITING else room.phase,
            parked_for=room.parked_for,
            confirmed=room.confirmed,
            floor=room.floor,
            hand_ms=room.hand_ms,
            hand_person=room.hand_person,
            own_mute=room.own_mute,
            tests=room.tests,
            tested_ms=room.tested_ms,
        )
        for room in rooms.rooms.values()
    )
