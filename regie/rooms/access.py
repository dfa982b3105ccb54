"""Who may join as which room: invitations that serve once, and the keys that they are exchanged for. Pure: time is an argument.

Only digests are kept: whoever reads the file cannot join.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from regie.domain.model import SourceId
from regie.errors import Refusal
from regie.rooms.protocol import Phase, Tested

LINK_MS = 24 * 3600 * 1000
"""A link that was sent by mail serves within the day."""
CODE_MS = 30 * 60 * 1000
"""Six digits, said by telephone: half an hour."""
KEY_MS = 14 * 3600 * 1000
"""An evening, its preparation included: a room that lost its link comes back as the same."""
MAX_WRONG_CODES = 20
"""Wrong codes after which every code that is still valid is thrown away: six digits bear no more guessing."""


MAX_SCREENS = 4
"""Screens for the public of one room, on machines of their own."""
MAX_PASSIVE = 4
"""Persons who follow a room without taking part."""
MAX_NAME = 80


class Use(StrEnum):
    """What a key opens: the room's page; a screen that only shows what the room sees; the same for one person, by name; an encoder
    that is the room."""

    STATION = "salle"
    SCREEN = "ecran"
    PASSIVE = "passif"
    ENCODER = "encodeur"


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation or a key. ``digest``: SHA-256 of the secret, in hexadecimal; ``until_ms`` UTC.

    ``person``: whom it was given to, if he only follows.
    """

    digest: str
    room: SourceId
    until_ms: int
    use: Use = Use.STATION
    person: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a room was, for the régie's next run: rooms come back as they were."""

    room: SourceId
    phase: Phase
    parked_for: str = ""
    confirmed: bool = False
    floor: bool = False
    hand_ms: int | None = None
    hand_person: str = ""
    own_mute: bool = False
    tests: Tested | None = None
    tested_ms: int | None = None


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept on disk: invitations not used yet, and keys that open."""

    links: tuple[Pass, ...] = ()
    codes: tuple[Pass, ...] = ()
    keys: tuple[Pass, ...] = ()
    wrong_codes: int = 0
    rooms: tuple[Kept, ...] = ()


class Invitation(msgspec.Struct, frozen=True):
    """What is given once to who invites: a token for the link, six digits for the telephone, and until when (UTC ms)."""

    token: str
    code: str
    until_ms: int


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _alive(passes: Iterable[Pass], now_ms: int) -> tuple[Pass, ...]:
    return tuple(one for one in passes if one.until_ms > now_ms)


def invite(book: Book, room: SourceId, now_ms: int) -> tuple[Book, Invitation]:
    """A new invitation for a room; those it had and did not use are void."""
    token = secrets.token_urlsafe(24)
    taken = {one.digest for one in book.codes}
    code = next(
        c for c in iter(lambda: f"{secrets.randbelow(1_000_000):06d}", None) if digest_of(c) not in taken
    )
    link = Pass(digest=digest_of(token), room=room, until_ms=now_ms + LINK_MS)
    short = Pass(digest=digest_of(code), room=room, until_ms=now_ms + CODE_MS)
    links = (*(one for one in _alive(book.links, now_ms) if one.room != room), link)
    codes = (*(one for one in _alive(book.codes, now_ms) if one.room != room), short)
    kept = replace(book, links=links, codes=codes, keys=_alive(book.keys, now_ms), wrong_codes=0)
    return kept, Invitation(token, code, link.until_ms)


def redeem(book: Book, secret: str, now_ms: int) -> tuple[Book, Pass, str]:
    """Exchange a token or a code, which serves no more, for a key. Raises Refusal ``invitation_inconnue``."""
    digest = digest_of(secret)
    links, codes = _alive(book.links, now_ms), _alive(book.codes, now_ms)
    found = next((one for one in (*links, *codes) if hmac.compare_digest(one.digest, digest)), None)
    if found is None:
        raise Refusal("no invitation opens with that", code="invitation_inconnue")
    key = secrets.token_urlsafe(32)
    given = Pass(digest=digest_of(key), room=found.room, until_ms=now_ms + KEY_MS)
    kept = replace(
        book,
        wrong_codes=0,
        links=tuple(one for one in links if one.room != found.room),
        codes=tuple(one for one in codes if one.room != found.room),
        # One station a room: who joins last is the room. Who follows it goes on.
        keys=(
            *(one for one in _alive(book.keys, now_ms) if one.room != found.room or one.use is Use.PASSIVE),
            given,
        ),
    )
    return kept, given, key


def guessed_wrong(book: Book) -> Book:
    """Somebody gave a code that opens nothing; too many void them all."""
    wrong = book.wrong_codes + 1
    if wrong < MAX_WRONG_CODES:
        return replace(book, wrong_codes=wrong)
    return replace(book, codes=(), wrong_codes=0)


def grant(book: Book, room: SourceId, use: Use, now_ms: int) -> tuple[Book, str]:
    """A key for a screen or an encoder, good at once. An encoder's takes the last one's place; the oldest screen goes when there
    are too many."""
    key = secrets.token_urlsafe(32)
    given = Pass(digest=digest_of(key), room=room, until_ms=now_ms + KEY_MS, use=use)
    alike = [one for one in _alive(book.keys, now_ms) if one.room == room and one.use is use]
    gone = alike if use is Use.ENCODER else alike[: max(0, len(alike) + 1 - MAX_SCREENS)]
    keys = (*(one for one in _alive(book.keys, now_ms) if one not in gone), given)
    return replace(book, keys=keys), key


def invite_person(book: Book, room: SourceId, person: str, now_ms: int) -> tuple[Book, str]:
    """A key for one person who follows a room without taking part; the one he had is void.

    Raises Refusal ``participant_sans_nom``, ``participants_complets``.
    """
    person = " ".join(person.split())[:MAX_NAME]
    if not person:
        raise Refusal("whoever follows has a name", code="participant_sans_nom")
    others = [one for one in _alive(book.keys, now_ms) if not _is_of(one, room, person)]
    if sum(one.room == room and one.use is Use.PASSIVE for one in others) >= MAX_PASSIVE:
        raise Refusal("too many follow this room", code="participants_complets", salle=room)
    key = secrets.token_urlsafe(32)
    given = Pass(digest=digest_of(key), room=room, until_ms=now_ms + KEY_MS, use=Use.PASSIVE, person=person)
    return replace(book, keys=(*others, given)), key


def remove_person(book: Book, room: SourceId, person: str) -> Book:
    """He follows no more."""
    return replace(book, keys=tuple(one for one in book.keys if not _is_of(one, room, person)))


def persons(book: Book, room: SourceId, now_ms: int) -> tuple[str, ...]:
    """Who may follow a room, oldest invitation first."""
    found = [one for one in _alive(book.keys, now_ms) if one.room == room and one.use is Use.PASSIVE]
    return tuple(one.person for one in found)


def _is_of(one: Pass, room: SourceId, person: str) -> bool:
    return one.use is Use.PASSIVE and one.room == room and one.person == person


def pass_of(book: Book, key: str, now_ms: int) -> Pass | None:
    """What a key opens."""
    digest = digest_of(key)
    return next((one for one in _alive(book.keys, now_ms) if hmac.compare_digest(one.digest, digest)), None)


def forget(book: Book, room: SourceId) -> Book:
    """Nobody may come back as this room without a new invitation."""
    return replace(
        book,
        links=tuple(one for one in book.links if one.room != room),
        codes=tuple(one for one in book.codes if one.room != room),
        keys=tuple(one for one in book.keys if one.room != room),
    )


def turn_credentials(secret: str, room: SourceId, now_s: int, lasting_s: int = 8 * 3600) -> tuple[str, str]:
    """User and password for coturn's ``use-auth-secret``: they die by themselves (draft-uberti-behave-turn-rest-00)."""
    user = f"{now_s + lasting_s}:{room}"
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return user, base64.b64encode(digest).decode()
