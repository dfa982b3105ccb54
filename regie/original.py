"""`regie original`: makes the town's keys, opens a sealed original. Each opening is written down before anything is deciphered.

``ouvertures.jsonl``, beside the originals: one line an opening, each with the digest of the one before it, so that a line that is
taken away or changed shows.
"""

import argparse
import getpass
import hashlib
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import pyrage

from regie.clock import SystemClock
from regie.errors import RegieError
from regie.media.verification import repair, verify

JOURNAL = "ouvertures.jsonl"


class CannotOpen(RegieError):
    """A sealed original that cannot be opened: another key, a damaged file, no reason given."""

    code = "original_ferme"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One opening: when (UTC ms), who, on which account and machine, why, of which file; ``before``: digest of the line before."""

    at_ms: int
    who: str
    account: str
    machine: str
    reason: str
    file: str
    before: str


def make_keys(out: Path) -> str:
    """Write a private key into a new file that only its owner reads; the public key. Raises CannotOpen."""
    identity = pyrage.x25519.Identity.generate()
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CannotOpen(f"{out} cannot be written: {os.strerror(error.errno or 0)}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


def open_original(sealed: Path, key: Path, out: Path, who: str, reason: str) -> bool:
    """Decipher into ``out``, after writing it down; False when the original ends abruptly (a crash): what is before is there.

    Raises CannotOpen.
    """
    if not who.strip() or not reason.strip():
        raise CannotOpen("say who opens it (--who) and why (--reason)")
    try:
        lines = key.read_text(encoding="utf-8").splitlines()
        identities = [
            pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")
        ]
    except (OSError, pyrage.IdentityError) as error:
        raise CannotOpen("the private key cannot be read") from error
    note(sealed.parent / JOURNAL, sealed.name, who, reason)
    whole = True
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with sealed.open("rb") as source, os.fdopen(descriptor, "wb") as target:
            try:
                pyrage.decrypt_io(source, target, identities)
            except (OSError, pyrage.DecryptError) as error:
                target.flush()
                if not target.tell():
                    raise CannotOpen("this key does not open it, or it is damaged") from error
                whole = False
    except CannotOpen:
        with suppress(OSError):
            out.unlink()
        raise
    except OSError as error:
        raise CannotOpen(f"it cannot be deciphered: {os.strerror(error.errno or 0)}") from error
    repair(out)
    return whole and not verify(out).problems


def note(journal: Path, file: str, who: str, reason: str) -> None:
    """Write an opening down, on the disk when this returns. Raises CannotOpen: then nothing may be opened."""
    try:
        before = journal.read_bytes().splitlines()[-1] if journal.exists() and journal.stat().st_size else b""
        opening = Opening(
            at_ms=SystemClock().utc_ns() // 1_000_000,
            who=who,
            account=getpass.getuser(),
            machine=socket.gethostname(),
            reason=reason,
            file=file,
            before=hashlib.sha256(before).hexdigest(),
        )
        with journal.open("ab") as lines:
            lines.write(msgspec.json.encode(opening) + b"\n")
            lines.flush()
            os.fsync(lines.fileno())
    except OSError as error:
        raise CannotOpen("the opening cannot be written down, so nothing is opened") from error


def intact(journal: Path) -> bool:
    """Does each line of a journal of openings follow the one before it?"""
    before = b""
    for line in journal.read_bytes().splitlines():
        if msgspec.json.decode(line, type=Opening).before != hashlib.sha256(before).hexdigest():
            return False
        before = line
    return True


def keys(options: argparse.Namespace) -> int:
    """`regie original cle`."""
    sys.stdout.write(f"{make_keys(options.out)}\n")
    return 0


def opened(options: argparse.Namespace) -> int:
    """`regie original open`."""
    whole = open_original(options.file, options.key, options.out, options.who, options.reason)
    sys.stdout.write(
        f"{options.out}\n" if whole else f"{options.out}: it ends abruptly, what is before is there\n"
    )
    return 0
