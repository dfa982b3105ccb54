"""Proxies (pouvoirs): who gave one to whom, what ended it, and what forbids one."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from itertools import takewhile

import msgspec

from regie.domain.register.convocation import Channel
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful

MAX_CONSECUTIVE = 3
"""Séances that one writing may cover, but for illness (PR5)."""


class ProxyStatus(StrEnum):
    """Where a proxy stands."""

    VALID = "valide"
    TO_AUTHENTICATE = "a_authentifier"
    SUSPENDED = "suspendu"
    """Its holder left; it revives when the holder is back (PR7)."""
    ENDED = "caduc"


class ProxyEnd(StrEnum):
    """Why a proxy ended for good."""

    GIVER_CAME = "arrivee_du_mandant"
    REVOKED = "revocation"
    REPLACED = "remplace"
    MISTAKE = "saisi_par_erreur"
    MANDATE = "fin_de_mandat"


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What the paper or the mail says. ``consecutive``: which séance in a row this writing covers, from 1.

    ``illness``: reference of the medical proof, never its content. ``authenticated``: original, registered address or qualified
    signature (PR2). ``names_second_session``: it also holds at a second call (PR14).
    """

    giver: Person
    holder: Person
    dated: date | None
    covers_session: bool = True
    signed: bool = True
    channel: Channel = Channel.BY_HAND
    authenticated: bool = True
    consecutive: int = 1
    consecutive_of_giver: int = 1
    illness: str = ""
    names_second_session: bool = False


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy received at an instant (UTC ms). ``contested``: its validity is doubted, which may bear on a result (PR15)."""

    id: str
    writing: Writing
    received_ms: int
    status: ProxyStatus = ProxyStatus.VALID
    contested: bool = False
    ended_ms: int | None = None
    end: ProxyEnd | None = None

    @property
    def giver(self) -> Person:
        """Who is represented."""
        return self.writing.giver

    @property
    def holder(self) -> Person:
        """Who votes."""
        return self.writing.holder

    @property
    def stands(self) -> bool:
        """Is it not ended?"""
        return self.status is not ProxyStatus.ENDED


class Held(msgspec.Struct, frozen=True):
    """A séance that was held, and the proxies that were received for it."""

    day: date
    proxies: tuple[Proxy, ...]


def in_a_row(writing: Writing, day: date, held: Iterable[Held]) -> Writing:
    """The writing with its ranks: how many séances in a row it covers, that of ``day`` included, and its giver has given one (PR5).

    A séance for which the giver came after all breaks his own count, not that of the writing. What the writing says of itself
    is kept when it is more: earlier séances may be on paper.
    """
    before = sorted((one for one in held if one.day < day), key=lambda one: one.day, reverse=True)
    real = [[proxy for proxy in one.proxies if proxy.end is not ProxyEnd.MISTAKE] for one in before]
    covered = takewhile(lambda found: any(_is_same(proxy.writing, writing) for proxy in found), real)
    away = takewhile(lambda found: any(_is_away(proxy, writing.giver) for proxy in found), real)
    return msgspec.structs.replace(
        writing,
        consecutive=max(writing.consecutive, 1 + len(list(covered))),
        consecutive_of_giver=max(writing.consecutive_of_giver, 1 + len(list(away))),
    )


def _is_same(one: Writing, other: Writing) -> bool:
    return (one.giver, one.holder, one.dated) == (other.giver, other.holder, other.dated)


def _is_away(proxy: Proxy, giver: Person) -> bool:
    return proxy.giver == giver and proxy.end is not ProxyEnd.GIVER_CAME


def find(proxies: Iterable[Proxy], proxy: str) -> Proxy | None:
    """The proxy of that id."""
    return next((one for one in proxies if one.id == proxy), None)


def standing_of(proxies: Iterable[Proxy], giver: Person) -> Proxy | None:
    """The proxy that somebody gave and that stands."""
    return next((one for one in proxies if one.giver == giver and one.stands), None)


def held_by(proxies: Iterable[Proxy], holder: Person) -> tuple[Proxy, ...]:
    """Standing proxies that somebody holds, in order of receipt."""
    return tuple(one for one in proxies if one.holder == holder and one.stands)


def check_writing(writing: Writing) -> None:
    """Is the writing itself good? Raises Unlawful (PR1, PR5)."""
    complete = (
        writing.giver and writing.holder and writing.dated and writing.signed and writing.covers_session
    )
    if not complete or writing.giver == writing.holder:
        raise Unlawful("PR1", "a proxy needs a giver, another holder, the session, a date and a signature")
    if writing.consecutive > MAX_CONSECUTIVE and not writing.illness.strip():
        raise Unlawful("PR5", "one writing covers too many sessions in a row", seances=writing.consecutive)


def check_holder(proxies: Iterable[Proxy], writing: Writing, allowed: int) -> None:
    """May the holder take it, besides what is already held? Raises Unlawful (PR3, PR8)."""
    known = tuple(proxies)
    others = [one for one in held_by(known, writing.holder) if one.giver != writing.giver]
    if len(others) >= allowed:
        raise Unlawful("PR3", "the holder already has a proxy", portes=len(others), permis=allowed)
    if standing_of(known, writing.holder) is not None:
        raise Unlawful("PR8", "the holder has given a proxy")
