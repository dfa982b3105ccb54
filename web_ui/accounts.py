"""Accounts: who may log in, and for what. One file, ``<dossier>/comptes.json``; there is no default password.

``regie serve`` calls :func:`first_run` before it starts anything; ``regie demo`` calls :func:`add_demo_accounts`. Accounts of the
demonstration are marked: an :class:`Accounts` that was not opened for a demonstration does not know them.
"""

import threading
from pathlib import Path

import msgspec

from regie.domain.model import Role
from regie.errors import Refusal, RegieError
from web_ui import passwords, privatefile
from web_ui.passwords import Cost, PasswordHash

FILE_NAME = "comptes.json"
FIRST_ACCOUNT = "technicien"
DEMO_PASSWORD = "seance-ouverte"
_DEMO_ACCOUNTS: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("technicien", (Role.TECHNICIAN, Role.ADMIN)),
    ("president", (Role.PRESIDENT,)),
    ("auxiliaire", (Role.AUXILIARY,)),
)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may log in. ``must_change``: nothing but a new password is allowed until it was changed.

    ``room``: the only room whose entries an auxiliary makes; empty for the whole séance.
    """

    name: str
    roles: tuple[Role, ...]
    password: PasswordHash
    room: str = ""
    must_change: bool = False
    demo: bool = False


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    accounts: tuple[Account, ...] = ()


class Accounts:
    """The accounts of one data directory. Thread-safe; each change is on disk when the method returns."""

    def __init__(self, directory: Path, *, demo: bool = False, cost: Cost | None = None) -> None:
        """Read the file when there is one. Raises RegieError (``comptes_illisibles``) when it cannot be understood."""
        self._path = directory / FILE_NAME
        self._demo = demo
        self._cost = cost or Cost()
        self._lock = threading.Lock()
        self._accounts = {account.name: account for account in self._read()}
        # Compared with when the name is unknown, so that an unknown name takes as long as a wrong password.
        self._nobody = PasswordHash("AAAAAAAAAAAAAAAAAAAAAA==", "A" * 43 + "=", self._cost)

    def _read(self) -> tuple[Account, ...]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_File).accounts
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError) as error:
            raise RegieError(f"{FILE_NAME} cannot be read", code="comptes_illisibles") from error

    def _write(self, accounts: dict[str, Account]) -> None:
        privatefile.replace(self._path, msgspec.json.encode(_File(accounts=tuple(accounts.values()))))
        self._accounts = accounts

    def _put(self, account: Account) -> None:
        self._write({**self._accounts, account.name: account})

    def get(self, name: str) -> Account | None:
        """The account of that name; None when there is none, or when it is of a demonstration and this is not one."""
        account = self._accounts.get(name)
        return account if account is None or self._demo or not account.demo else None

    def all(self) -> tuple[Account, ...]:
        """Everybody who could log in."""
        return tuple(account for name in self._accounts if (account := self.get(name)) is not None)

    def empty(self) -> bool:
        """Is there nobody who could log in?"""
        return not self.all()

    def check(self, name: str, password: str) -> Account | None:
        """The account when the password is its own. As long for a wrong name as for a wrong password: call it in a thread."""
        account = self.get(name)
        stored = account.password if account else self._nobody
        right = passwords.matches(password[: passwords.MAX_LENGTH], stored)
        return account if right else None

    def add(
        self,
        name: str,
        roles: tuple[Role, ...],
        password: str,
        *,
        must_change: bool,
        demo: bool = False,
        room: str = "",
    ) -> None:
        """Create an account, or replace the one of that name."""
        with self._lock:
            self._put(
                Account(
                    name=name,
                    roles=roles,
                    password=passwords.hash_password(password, self._cost),
                    must_change=must_change,
                    demo=demo,
                    room=room,
                )
            )

    def remove(self, name: str) -> None:
        """Delete an account. Raises Refusal: ``compte_inconnu``, ``dernier_administrateur``."""
        with self._lock:
            if self.get(name) is None:
                raise Refusal("no such account", code="compte_inconnu")
            if not any(Role.ADMIN in account.roles and account.name != name for account in self.all()):
                raise Refusal("the last administrator stays", code="dernier_administrateur")
            self._write({key: account for key, account in self._accounts.items() if key != name})

    def change_password(self, name: str, old: str, new: str) -> None:
        """Replace one's own password.

        Raises Refusal: ``identifiants`` (the old one is wrong), ``mot_de_passe_court``, ``mot_de_passe_identique``.
        """
        account = self.check(name, old)
        if account is None:
            raise Refusal("wrong password", code="identifiants")
        if not passwords.MIN_LENGTH <= len(new) <= passwords.MAX_LENGTH:
            raise Refusal("password too short", code="mot_de_passe_court", minimum=passwords.MIN_LENGTH)
        if new in (old, name):
            raise Refusal("password unchanged", code="mot_de_passe_identique")
        with self._lock:
            self._put(
                msgspec.structs.replace(
                    account, password=passwords.hash_password(new, self._cost), must_change=False
                )
            )


def first_run(directory: Path) -> tuple[str, str] | None:
    """When nobody can log in yet, create the technician's account; its name and its password, to be shown once."""
    accounts = Accounts(directory)
    if not accounts.empty():
        return None
    password = passwords.random_password()
    accounts.add(FIRST_ACCOUNT, (Role.TECHNICIAN, Role.ADMIN), password, must_change=True)
    return FIRST_ACCOUNT, password


def add_demo_accounts(directory: Path) -> tuple[tuple[str, str], ...]:
    """Create the accounts of the demonstration; their names and passwords, to be printed. Names already taken are left alone."""
    accounts = Accounts(directory, demo=True)
    created = []
    for name, roles in _DEMO_ACCOUNTS:
        known = accounts.get(name)
        if known is None:
            accounts.add(name, roles, DEMO_PASSWORD, must_change=False, demo=True)
        if known is None or known.demo:
            created.append((name, DEMO_PASSWORD))
    return tuple(created)
