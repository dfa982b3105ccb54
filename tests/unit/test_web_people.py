"""An administrator keeps the accounts; nobody ever knows another's password, and an administrator always remains."""

import asyncio
from pathlib import Path

import httpx
import pytest

from regie.domain.model import Role
from tests.unit.web_fakes import PASSWORD, Rig, make_rig

pytestmark = pytest.mark.unit


async def _log_in(rig: Rig, name: str, password: str) -> httpx.Response:
    async with rig.browser() as browser:
        return await browser.post("/api/v1/session", json={"nom": name, "mot_de_passe": password})


def test_a_new_account_gets_a_password_once_that_must_be_changed(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            made = await browser.post("/api/v1/comptes", json={"nom": "maire", "roles": ["president"]})
            assert made.status_code == 200
            listed = await browser.get("/api/v1/comptes")
        given = made.json()["mot_de_passe"]
        assert {"nom": "maire", "roles": ["president"], "salle": "", "doit_changer": True} in listed.json()
        assert given not in listed.text and "key" not in listed.text
        entered = await _log_in(rig, "maire", given)
        assert (entered.json()["roles"], entered.json()["doit_changer"]) == (["president"], True)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"nom": "president", "roles": ["admin"]}, 409, "compte_existant"),
        ({"nom": "Mme Untel", "roles": ["president"]}, 409, "nom_de_compte"),
        ({"nom": "", "roles": ["president"]}, 409, "nom_de_compte"),
        ({"nom": "maire", "roles": []}, 422, "requete_invalide"),
        ({"nom": "maire", "roles": ["roi"]}, 422, "requete_invalide"),
    ],
)
def test_a_wrong_account_is_refused(tmp_path: Path, body: dict[str, object], status: int, code: str) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        before = rig.services.accounts.all()
        async with rig.logged_in() as browser:
            answer = await browser.post("/api/v1/comptes", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert rig.services.accounts.all() == before

    asyncio.run(scenario())


def test_a_new_password_logs_the_account_out_and_keeps_its_roles(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as admin, rig.logged_in("president") as president:
            given = (await admin.post("/api/v1/comptes/president/mot-de-passe")).json()["mot_de_passe"]
            assert (await president.get("/api/v1/session")).status_code == 401
            unknown = await admin.post("/api/v1/comptes/personne/mot-de-passe")
            assert (unknown.status_code, unknown.json()["code"]) == (409, "compte_inconnu")
        assert (await _log_in(rig, "president", PASSWORD)).status_code == 401
        assert (await _log_in(rig, "president", given)).json()["roles"] == ["president"]

    asyncio.run(scenario())


def test_a_deleted_account_is_out_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as admin, rig.logged_in("president") as president:
            assert (await admin.delete("/api/v1/comptes/president")).status_code == 200
            assert (await president.get("/api/v1/session")).status_code == 401
            assert (await admin.delete("/api/v1/comptes/president")).json()["code"] == "compte_inconnu"
        assert make_rig(tmp_path).services.accounts.get("auxiliaire") is not None

    asyncio.run(scenario())


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as admin:
            refused = await admin.delete("/api/v1/comptes/technicien")
            assert (refused.status_code, refused.json()["code"]) == (409, "dernier_administrateur")
            rig.services.accounts.add("autre", (Role.ADMIN,), PASSWORD, must_change=False)
            assert (await admin.delete("/api/v1/comptes/technicien")).status_code == 200

    asyncio.run(scenario())
