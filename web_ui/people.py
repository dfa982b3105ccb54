"""Accounts as an administrator keeps them: list, create, give a new password, delete.

A new account gets a random password, told once, that its holder must change at the first log-in: nobody knows another's password.
"""

import asyncio
import re
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from regie.domain.model import Role
from regie.errors import Refusal
from web_ui.auth import Allow, Gate, gate_of, services_of
from web_ui.bodies import Answer, Body, Expect, Nothing, describe, reply
from web_ui.passwords import random_password
from web_ui.rights import Right
from web_ui.services import Services

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class AccountInfo(Answer, frozen=True):
    """An account, without anything secret. ``salle``: the only room an auxiliary enters; empty for all."""

    nom: str
    roles: tuple[Role, ...]
    salle: str
    doit_changer: bool


class NewAccount(Body, frozen=True):
    """Who is to log in, and for what; ``salle`` for the auxiliary of one room."""

    nom: str
    roles: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1, max_length=4)]
    salle: Annotated[str, msgspec.Meta(max_length=32)] = ""


class FirstPassword(Answer, frozen=True):
    """The password to hand over; it is told this once."""

    nom: str
    mot_de_passe: str


router = APIRouter(
    prefix="/api/v1/comptes", tags=["comptes"], dependencies=[Depends(Allow(Right.ADMINISTER))]
)
Given = Annotated[Services, Depends(services_of)]
OneGate = Annotated[Gate, Depends(gate_of)]


async def _with_first_password(
    services: Services, gate: Gate, name: str, roles: tuple[Role, ...], room: str
) -> Response:
    password = random_password()
    async with gate.hashing():
        await asyncio.to_thread(services.accounts.add, name, roles, password, must_change=True, room=room)
    services.sessions.close_account(name)
    return reply(FirstPassword(nom=name, mot_de_passe=password))


@router.get("", summary="Les comptes", openapi_extra=describe(gives=tuple[AccountInfo, ...]))
async def accounts(services: Given) -> Response:
    """Everybody who may log in."""
    return reply(
        tuple(
            AccountInfo(
                nom=account.name, roles=account.roles, salle=account.room, doit_changer=account.must_change
            )
            for account in services.accounts.all()
        )
    )


@router.post("", summary="Créer un compte", openapi_extra=describe(takes=NewAccount, gives=FirstPassword))
async def create(
    services: Given, gate: OneGate, wanted: Annotated[NewAccount, Depends(Expect[NewAccount](NewAccount))]
) -> Response:
    """Create an account. Raises Refusal: ``nom_de_compte``, ``compte_existant``."""
    if not _NAME.fullmatch(wanted.nom):
        raise Refusal("not a name for an account", code="nom_de_compte")
    if services.accounts.get(wanted.nom) is not None:
        raise Refusal("the account exists", code="compte_existant")
    return await _with_first_password(services, gate, wanted.nom, wanted.roles, wanted.salle)


@router.post(
    "/{nom}/mot-de-passe",
    summary="Donner un nouveau mot de passe à un compte",
    openapi_extra=describe(gives=FirstPassword),
)
async def reset(nom: str, services: Given, gate: OneGate) -> Response:
    """A new first password; the account is logged out everywhere. Raises Refusal: ``compte_inconnu``."""
    account = services.accounts.get(nom)
    if account is None:
        raise Refusal("no such account", code="compte_inconnu")
    return await _with_first_password(services, gate, nom, account.roles, account.room)


@router.delete("/{nom}", summary="Supprimer un compte", openapi_extra=describe())
async def delete(nom: str, services: Given) -> Response:
    """Delete an account and end its sessions. Raises Refusal: ``compte_inconnu``, ``dernier_administrateur``."""
    services.accounts.remove(nom)
    services.sessions.close_account(nom)
    return reply(Nothing())
