"""Rooms, their links, and what a lost link asks for. The texts are silent once the séance has begun: TL rules are the tool's."""

from enum import StrEnum

import msgspec

from regie.domain.register.regimes import Regime

RoomId = str


class RoomSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A place where members sit. ``legal_basis``: « mairie », « siège », or the deliberation that chose it (HC0, TC1)."""

    id: RoomId
    name: str
    legal_basis: str = ""
    agent_employer: str = ""
    agent_act: str = ""
    agreement: str = ""


class HouseRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the règlement intérieur fixes (TC6, PR9). Delays in milliseconds."""

    reference: str = ""
    identity_check: str = ""
    retention: str = ""
    proxies_during_session: bool = True
    freeze_after_ms: int = 5_000
    suspend_after_ms: int = 30_000
    give_up_after_ms: int = 600_000
    frozen_person_ms: int = 60_000
    stream_warning_ms: int = 10_000
    stream_suspend_ms: int = 60_000

    @property
    def allow_remote(self) -> bool:
        """Are the reference and the parameters that a remote séance needs all there (TC6)?"""
        return all(text.strip() for text in (self.reference, self.identity_check, self.retention))


class Link(StrEnum):
    """A room's link. ``BACK``: it works again, its members have not been called yet (TL5)."""

    UP = "etablie"
    AUDIO = "son_seul"
    LOST = "perdue"
    BACK = "revenue"
    LEFT_OUT = "ecartee"
    """The president resumed without it (TL6)."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room during the séance. ``lost_ms``: since when its link is lost."""

    id: RoomId
    opened: bool = False
    tested: bool = False
    agent: bool = False
    public_admitted: bool = False
    public_out: bool = False
    link: Link = Link.UP
    lost_ms: int | None = None


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """The live broadcast, as the régie reports it."""

    up: bool = False
    since_ms: int = 0


def counts(room: Room, regime: Regime, single_place: bool) -> bool:
    """Are the members in that room present for the law (QU14, TC3)?"""
    if not room.opened:
        return False
    return single_place or room.link is Link.UP or (room.link is Link.AUDIO and regime.audio_counts)


class Step(StrEnum):
    """What a failure asks of the president and the régie."""

    FREEZE = "geler_la_parole"
    SUSPEND = "proposer_la_suspension"
    GIVE_UP = "reporter_ou_reprendre_sans_la_salle"
    STREAM_WARNING = "diffusion_interrompue"
    STREAM_SUSPEND = "proposer_la_suspension_diffusion"
    CALL_ROOM = "faire_l_appel_de_la_salle"
    PAUSE = "proposer_une_pause"


class Advice(msgspec.Struct, frozen=True):
    """A step that is due, its rule, and the room it is about."""

    step: Step
    rule: str
    room: RoomId = ""


def room_advice(room: Room, house: HouseRules, now_ms: int) -> Advice | None:
    """What the state of a room's link asks for now: the gravest step that is due (TL1, TL2, TL5, TL6)."""
    if room.link is Link.BACK:
        return Advice(Step.CALL_ROOM, "TL5", room.id)
    if room.link is not Link.LOST or room.lost_ms is None:
        return None
    lasted = now_ms - room.lost_ms
    if lasted >= house.give_up_after_ms:
        return Advice(Step.GIVE_UP, "TL6", room.id)
    if lasted > house.suspend_after_ms:
        return Advice(Step.SUSPEND, "TL2", room.id)
    return Advice(Step.FREEZE, "TL1", room.id) if lasted > house.freeze_after_ms else None


PAUSE_EVERY_MS = 40 * 60 * 1000
"""Nobody follows a screen for longer: a conference makes a pause."""
PAUSE_TOLD_MS = 2 * 60 * 1000


def pause_advice(sitting_since_ms: int | None, now_ms: int) -> Advice | None:
    """For two minutes, each forty minutes that the séance sits without a suspension."""
    lasted = now_ms - sitting_since_ms if sitting_since_ms is not None else 0
    return (
        Advice(Step.PAUSE, "")
        if lasted >= PAUSE_EVERY_MS and lasted % PAUSE_EVERY_MS < PAUSE_TOLD_MS
        else None
    )


def stream_advice(stream: Stream, house: HouseRules, now_ms: int) -> Advice | None:
    """What an interrupted mandatory broadcast asks for now (TL9)."""
    lasted = now_ms - stream.since_ms
    if stream.up or lasted < house.stream_warning_ms:
        return None
    step = Step.STREAM_SUSPEND if lasted >= house.stream_suspend_ms else Step.STREAM_WARNING
    return Advice(step, "TL9")
