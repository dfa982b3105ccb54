"""Passwords at rest: scrypt with a salt of its own for each account."""

import base64
import hashlib
import hmac
import secrets

import msgspec

# Without look-alikes (0 O, 1 l I): people copy it from a terminal or over the phone.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"
_KEY_BYTES = 32
MIN_LENGTH = 12
MAX_LENGTH = 200


class Cost(msgspec.Struct, frozen=True):
    """Parameters of scrypt; the default is OWASP's choice that needs 32 MiB."""

    n: int = 1 << 15
    r: int = 8
    p: int = 3


class PasswordHash(msgspec.Struct, frozen=True):
    """A salted hash with the parameters that made it, so that they may grow later. Salt and key are base64."""

    salt: str
    key: str
    cost: Cost


def _derive(password: str, salt: bytes, cost: Cost) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=128 * cost.r * (cost.n + cost.p + 2),
        dklen=_KEY_BYTES,
    )


def hash_password(password: str, cost: Cost) -> PasswordHash:
    """Hash a password with a new salt. Takes CPU for a few hundred milliseconds: call it in a thread."""
    salt = secrets.token_bytes(16)
    key = _derive(password, salt, cost)
    return PasswordHash(base64.b64encode(salt).decode(), base64.b64encode(key).decode(), cost)


def matches(password: str, stored: PasswordHash) -> bool:
    """Is this the password? Constant time; as long as the hashing itself."""
    key = _derive(password, base64.b64decode(stored.salt), stored.cost)
    return hmac.compare_digest(key, base64.b64decode(stored.key))


def random_password() -> str:
    """A password that a person can copy: four groups of four, 93 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
