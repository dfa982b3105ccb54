"""Log-in sessions: a random token in a cookie, its hash in ``<dossier>/sessions.json``.

They are on disk so that a restart of the control process logs nobody out. They slide: twelve hours after the last use.
"""

import hashlib
import hmac
import logging
import secrets
import threading
from pathlib import Path

import msgspec

from regie.clock import Clock
from web_ui import privatefile

log = logging.getLogger(__name__)

FILE_NAME = "sessions.json"
LIFETIME_S = 12 * 3600
# The expiry on disk lags behind by at most this much: a session in use must not cost a write a request.
_RENEW_AFTER_S = 600
_MAX_PER_ACCOUNT = 20


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is logged in. ``key`` is the hash of the token, ``until_s`` UTC seconds."""

    key: str
    account: str
    until_s: int


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    sessions: tuple[Session, ...] = ()


def session_key(token: str) -> str:
    """What names a session without opening it: the hash of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token that goes with a session's token: bound to it, and useless for guessing it."""
    return hmac.new(token.encode(), b"regie csrf", hashlib.sha256).hexdigest()


class Sessions:
    """The open sessions. Thread-safe."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Read what an earlier run left; an unreadable file logs everybody out, no more."""
        self._path = directory / FILE_NAME
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions = {session.key: session for session in self._read()}

    def _read(self) -> tuple[Session, ...]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_File).sessions
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError):
            log.warning("sessions: file unreadable, everybody must log in again")
            return ()

    def _now_s(self) -> int:
        return self._clock.utc_ns() // 1_000_000_000

    def _write(self) -> None:
        now_s = self._now_s()
        self._sessions = {key: session for key, session in self._sessions.items() if session.until_s > now_s}
        try:
            privatefile.replace(
                self._path, msgspec.json.encode(_File(sessions=tuple(self._sessions.values())))
            )
        except OSError:
            # A full disk must not lock the technician out: the session then lives in memory only.
            log.warning("sessions: cannot be written, a restart will log everybody out")

    def open(self, account: str) -> str:
        """Log somebody in; the token for the cookie. The oldest of too many sessions of an account is closed."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            mine = sorted(
                (s for s in self._sessions.values() if s.account == account), key=lambda s: s.until_s
            )
            for session in mine[: max(0, len(mine) - _MAX_PER_ACCOUNT + 1)]:
                del self._sessions[session.key]
            key = session_key(token)
            self._sessions[key] = Session(key=key, account=account, until_s=self._now_s() + LIFETIME_S)
            self._write()
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, its life prolonged; None when there is none or it is over."""
        with self._lock:
            session = self._sessions.get(session_key(token))
            now_s = self._now_s()
            if session is None or session.until_s <= now_s:
                return None
            if session.until_s - now_s < LIFETIME_S - _RENEW_AFTER_S:
                session = msgspec.structs.replace(session, until_s=now_s + LIFETIME_S)
                self._sessions[session.key] = session
                self._write()
            return session

    def holds(self, key: str) -> bool:
        """Is the session of this key open? Its life is not prolonged."""
        with self._lock:
            session = self._sessions.get(key)
            return session is not None and session.until_s > self._now_s()

    def close(self, token: str) -> None:
        """Log out."""
        with self._lock:
            if self._sessions.pop(session_key(token), None) is not None:
                self._write()

    def close_account(self, account: str, *, but: str | None = None) -> None:
        """Log an account out everywhere, except for the session of the token ``but``."""
        keep = session_key(but) if but else None
        with self._lock:
            self._sessions = {
                key: session
                for key, session in self._sessions.items()
                if session.account != account or key == keep
            }
            self._write()
