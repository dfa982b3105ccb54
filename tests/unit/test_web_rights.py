"""Every route says who may use it, and keeps to it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.routing import BaseRoute

from regie.domain.commands import (
    CloseMask,
    EndSeance,
    OpenMask,
    PrepareSeance,
    SeanceCommand,
    SetAntenna,
    SetDelay,
    StartSeance,
    Watch,
)
from regie.domain.model import Role
from tests.unit.web_fakes import PEOPLE, make_rig
from web_ui.auth import Allow
from web_ui.media import PublicRoute
from web_ui.rights import OperatorCommand, Right, may

pytestmark = pytest.mark.unit

# The whole table, so that a change of a right is a change of this test.
WANTED = {
    "GET /": Right.PUBLIC,
    "GET /embed": Right.PUBLIC,
    "GET /seances": Right.PUBLIC,
    "GET /seances/{seance}": Right.PUBLIC,
    "GET /connexion": Right.PUBLIC,
    "GET /synchro": Right.PUBLIC,
    # The pages hold nothing by themselves; without a session they send to the log-in.
    "GET /regie": Right.PUBLIC,
    "GET /regie/multivue": Right.PUBLIC,
    "GET /regie/zones": Right.PUBLIC,
    "GET /static/{name:path}": Right.PUBLIC,
    "GET /ville/logo": Right.PUBLIC,
    "GET /direct/index.m3u8": Right.PUBLIC,
    "GET /direct/attente/index.m3u8": Right.PUBLIC,
    "GET /direct/attente/{file}": Right.PUBLIC,
    "GET /direct/attente/{seance}/{rendition}/{file}": Right.PUBLIC,
    "GET /media/{seance}/index.m3u8": Right.PUBLIC,
    "GET /media/{seance}/chapitres.vtt": Right.PUBLIC,
    "GET /media/{seance}/moments.vtt": Right.PUBLIC,
    "GET /media/{seance}/{rendition}/{file}": Right.PUBLIC,
    "GET /healthz": Right.PUBLIC,
    "GET /metrics": Right.OBSERVE,
    "GET /api/docs": Right.PUBLIC,
    "GET /api/openapi.json": Right.PUBLIC,
    "GET /api/v1/public": Right.PUBLIC,
    "GET /api/v1/seances": Right.PUBLIC,
    "GET /api/v1/seances/{seance}": Right.PUBLIC,
    "GET /api/v1/seances/{seance}/points": Right.PUBLIC,
    "GET /api/v1/seances/{seance}/moments": Right.PUBLIC,
    "GET /api/v1/seances/{seance}/enregistrements": Right.OPERATE,
    "GET /api/v1/seances/{seance}/enregistrements/{file}": Right.OPERATE,
    "POST /api/v1/seances/{seance}/enregistrements/{file}/empreinte": Right.OPERATE,
    "GET /api/v1/controle": Right.OPERATE,
    "POST /api/v1/controle/enregistrement": Right.OPERATE,
    "POST /api/v1/controle/micros": Right.OPERATE,
    "POST /api/v1/controle/antenne": Right.OPERATE,
    "POST /api/v1/session": Right.PUBLIC,
    "GET /api/v1/session": Right.OWN_SESSION,
    "DELETE /api/v1/session": Right.OWN_SESSION,
    "POST /api/v1/session/mot-de-passe": Right.OWN_SESSION,
    "GET /api/v1/comptes": Right.ADMINISTER,
    "POST /api/v1/comptes": Right.ADMINISTER,
    "POST /api/v1/comptes/{nom}/mot-de-passe": Right.ADMINISTER,
    "DELETE /api/v1/comptes/{nom}": Right.ADMINISTER,
    "GET /api/v1/etat": Right.STAFF,
    "GET /api/v1/confidentialite": Right.STAFF,
    "POST /api/v1/confidentialite/public": Right.STAFF,
    "POST /api/v1/confidentialite/masques/{mask}/motif": Right.STAFF,
    "GET /api/v1/public/masques": Right.PUBLIC,
    "GET /api/v1/seances/{seance}/masques": Right.PUBLIC,
    "GET /api/v1/seances/{seance}/pieces/{piece}": Right.PUBLIC,
    "POST /api/v1/commandes": Right.STAFF,
    "POST /api/v1/seance": Right.STAFF,
    "POST /api/v1/moniteur": Right.STAFF,
    "DELETE /api/v1/moniteur/{session}": Right.STAFF,
    "GET /api/v1/cameras": Right.STAFF,
    "GET /api/v1/cameras/livre": Right.STAFF,
    "POST /api/v1/cameras/commandes": Right.OPERATE,
    "GET /api/v1/cameras/prereglages/{preset}/vignette": Right.STAFF,
    "GET /api/v1/cameras/{camera}/panorama": Right.OPERATE,
    "GET /api/v1/cameras/{camera}/panorama.jpg": Right.OPERATE,
    "GET /api/v1/cameras/export": Right.OPERATE,
    "POST /api/v1/cameras/import": Right.OPERATE,
    "GET /api/v1/realisation": Right.STAFF,
    "POST /api/v1/realisation/commandes": Right.OPERATE,
    "POST /api/v1/realisation/micros": Right.OBSERVE,
    "WS /api/v1/realisation/micros": Right.OBSERVE,
    "GET /api/v1/realisation/temps-de-parole": Right.STAFF,
    "GET /api/v1/realisation/temps-de-parole.csv": Right.STAFF,
    "WS /api/v1/touches": Right.STAFF,
    "WS /api/v1/ws": Right.STAFF,
    "GET /auxiliaire": Right.PUBLIC,
    "GET /auxiliaire/veille.js": Right.PUBLIC,
    "GET /presidence": Right.PUBLIC,
    "GET /api/v1/registre": Right.STAFF,
    "POST /api/v1/registre": Right.STAFF,
    "GET /api/v1/registre/journal": Right.STAFF,
    "GET /api/v1/registre/regles": Right.STAFF,
    "GET /api/v1/registre/notes/{item}": Right.CLERK,
    "POST /api/v1/registre/notes/{item}": Right.CLERK,
    "GET /api/v1/seances/annee/{year}/{table}.csv": Right.CLERK,
    "POST /api/v1/preparation/seconde": Right.CLERK,
    "GET /api/v1/preparation": Right.CLERK,
    "POST /api/v1/preparation/fichier": Right.CLERK,
    "PUT /api/v1/preparation/seance": Right.CLERK,
    "GET /api/v1/preparation/convocation.{kind}": Right.CLERK,
    "GET /api/v1/preparation/salle.toml": Right.CLERK,
    "GET /api/v1/conservation": Right.CLERK,
    "POST /api/v1/conservation/bordereaux": Right.CLERK,
    "PUT /api/v1/conservation/bordereaux/{slip}/visa": Right.CLERK,
    "GET /api/v1/conservation/bordereaux/{slip}.pdf": Right.CLERK,
    "POST /api/v1/conservation/bordereaux/{slip}/elimination": Right.ADMINISTER,
    "PUT /api/v1/seances/{seance}/destinataires": Right.CLERK,
    "GET /secretariat/conservation": Right.PUBLIC,
    "POST /api/v1/preparation/convoquer": Right.CLERK,
    "GET /api/v1/preparation/preuves": Right.CLERK,
    "POST /api/v1/preparation/preuves": Right.CLERK,
    "GET /api/v1/preparation/pieces": Right.CLERK,
    "POST /api/v1/preparation/pieces": Right.CLERK,
    "DELETE /api/v1/preparation/pieces/{piece}": Right.CLERK,
    "GET /api/v1/seances/{seance}/documents": Right.CLERK,
    "POST /api/v1/seances/{seance}/documents": Right.CLERK,
    "GET /api/v1/seances/{seance}/documents/{file}": Right.CLERK,
    "PUT /api/v1/seances/{seance}/secretariat/{item}": Right.CLERK,
    "POST /api/v1/seances/{seance}/proces-verbal": Right.CLERK,
    "GET /secretariat": Right.PUBLIC,
    "GET /secretariat/documents": Right.PUBLIC,
    "GET /api/v1/relecture/{seance}": Right.OPERATE,
    "GET /api/v1/relecture/{seance}/avis.txt": Right.OPERATE,
    "GET /api/v1/relecture/{seance}/export/{file}": Right.OPERATE,
    "GET /api/v1/relecture/{seance}/masques.{form}": Right.OPERATE,
    "GET /api/v1/relecture/{seance}/media/{file:path}": Right.OPERATE,
    "GET /api/v1/relecture/{seance}/onde": Right.OPERATE,
    "GET /api/v1/salles": Right.STAFF,
    "GET /api/v1/salles/moi": Right.PUBLIC,
    "GET /regie/relecture/{seance}": Right.PUBLIC,
    "GET /salle/{room}": Right.PUBLIC,
    "GET /salle/{room}/ecran": Right.PUBLIC,
    "POST /api/v1/relecture/{seance}/export": Right.OPERATE,
    "POST /api/v1/relecture/{seance}/passages": Right.OPERATE,
    "POST /api/v1/relecture/{seance}/validation": Right.OPERATE,
    "POST /api/v1/salles/ecran": Right.PUBLIC,
    "POST /api/v1/salles/entree": Right.PUBLIC,
    "POST /api/v1/salles/montant": Right.PUBLIC,
    "POST /api/v1/salles/{salle}/acte": Right.STAFF,
    "POST /api/v1/salles/{salle}/invitation": Right.STAFF,
    "POST /api/v1/salles/{salle}/encodeur": Right.OPERATE,
    "POST /api/v1/salles/{salle}/whip": Right.PUBLIC,
    "POST /api/v1/salles/{salle}/whep": Right.PUBLIC,
    "POST /api/v1/salles/{salle}/participants": Right.STAFF,
    "POST /api/v1/salles/{salle}/participants/retrait": Right.STAFF,
    "DELETE /api/v1/salles/{salle}/whip/{session}": Right.PUBLIC,
    "DELETE /api/v1/salles/{salle}/whep/{session}": Right.PUBLIC,
    "WS /api/v1/salles/ws": Right.PUBLIC,
}


def _declared(dependant: Dependant) -> Iterator[Right]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Allow):
            yield inner.call.right
        yield from _declared(inner)


def _rights(route: BaseRoute) -> Iterator[tuple[str, Right | None]]:
    if isinstance(route, PublicRoute):
        yield f"GET {route.path}", Right.PUBLIC
    elif isinstance(route, APIRoute):
        for method in sorted(route.methods or ()):
            yield f"{method} {route.path}", next(_declared(route.dependant), None)
    elif isinstance(route, APIWebSocketRoute):
        yield f"WS {route.path}", next(_declared(route.dependant), None)
    else:
        yield repr(route), None


def test_every_route_declares_the_right_that_is_wanted(tmp_path: Path) -> None:
    routes = (context.original_route for context in iter_route_contexts(make_rig(tmp_path).app.routes))
    found = dict(right for route in routes for right in _rights(route))
    assert {name: right for name, right in found.items() if not name.startswith("HEAD ")} == WANTED
    for name, right in found.items():
        assert right is WANTED[name.replace("HEAD ", "GET ")]


def test_public_files_can_only_be_read(tmp_path: Path) -> None:
    for route in make_rig(tmp_path).app.routes:
        if isinstance(route, PublicRoute):
            assert (route.methods or set()) <= {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("who", [None, *PEOPLE])
def test_each_role_gets_what_the_table_says(tmp_path: Path, who: str | None) -> None:
    async def ask(browser: httpx.AsyncClient, name: str) -> int:
        method, path = name.split(" ")
        for place in ("{nom}", "{seance}", "{session}", "{file}", "{name:path}", "{rendition}"):
            path = path.replace(place, "x")
        return (await browser.request(method, path, json={} if method == "POST" else None)).status_code

    async def scenario() -> None:
        roles = set(PEOPLE[who]) if who else set[Role]()
        for name, right in WANTED.items():
            if name.startswith("WS"):
                continue
            rig = make_rig(tmp_path)
            if who is None:
                async with rig.browser() as browser:
                    status = await ask(browser, name)
            else:
                async with rig.logged_in(who) as browser:
                    status = await ask(browser, name)
            if right is Right.PUBLIC:
                assert status not in (401, 403), name
            elif who is None:
                assert status == 401, name
            elif right is not Right.OWN_SESSION and right.roles.isdisjoint(roles):
                assert status == 403, name
            else:
                assert status not in (401, 403), name

    asyncio.run(scenario())


def test_metrics_are_open_to_the_local_network_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        for address, status in (("127.0.0.1", 200), ("10.1.2.3", 200), ("8.8.8.8", 401), ("testclient", 401)):
            async with make_rig(tmp_path).browser(address) as browser:
                assert (await browser.get("/metrics")).status_code == status, address

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("127.0.0.1", "8.8.8.8", 401),
        ("127.0.0.1", "10.0.0.9, 8.8.8.8", 401),
        ("127.0.0.1", "8.8.8.8, 10.0.0.9", 200),
        ("8.8.8.8", "10.0.0.9", 401),
    ],
)
def test_behind_a_proxy_what_it_wrote_last_counts_and_nobody_else_is_believed(
    tmp_path: Path, peer: str, forwarded: str, status: int
) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path, proxy=True).browser(peer) as browser:
            answer = await browser.get("/metrics", headers={"X-Forwarded-For": forwarded})
            assert answer.status_code == status

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("role", "command", "allowed"),
    [
        (Role.TECHNICIAN, SetAntenna(on=True), True),
        (Role.ADMIN, SetAntenna(on=True), True),
        (Role.PRESIDENT, SetAntenna(on=True), False),
        (Role.PRESIDENT, SetAntenna(on=False), True),
        (Role.AUXILIARY, OpenMask(mask="m"), True),
        (Role.AUXILIARY, CloseMask(mask="m"), True),
        (Role.AUXILIARY, SetDelay(seconds=0), False),
        (Role.AUXILIARY, SetAntenna(on=True), False),
        (Role.AUXILIARY, Watch(), True),
        (Role.PRESIDENT, StartSeance(), True),
        (Role.TECHNICIAN, EndSeance(), True),
        (Role.AUXILIARY, EndSeance(), False),
        (Role.PRESIDENT, PrepareSeance(title="x", due_utc=0), False),
        (Role.TECHNICIAN, PrepareSeance(title="x", due_utc=0), True),
    ],
)
def test_commands_have_rights_of_their_own(
    role: Role, command: OperatorCommand | SeanceCommand, allowed: bool
) -> None:
    assert may((role,), command) is allowed
    assert not may((), command)


def test_a_refused_command_reaches_neither_engine_nor_register(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("president") as browser:
            answer = await browser.post("/api/v1/commandes", json={"type": "antenna", "on": True})
            assert (answer.status_code, answer.json()["code"]) == (403, "interdit")
        async with rig.logged_in("auxiliaire") as browser:
            answer = await browser.post("/api/v1/seance", json={"type": "end"})
            assert answer.status_code == 403
        assert rig.engine.commands == []
        assert rig.core.submitted == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "command",
    [
        {"type": "open_seance", "seance": "x", "directory": "/etc"},
        {"type": "close_seance"},
        {"type": "keyframe", "tier": "720p"},
    ],
)
def test_what_is_between_our_processes_cannot_be_asked_from_outside(
    tmp_path: Path, command: dict[str, str]
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            answer = await browser.post(
                "/api/v1/commandes", content=msgspec.json.encode(command), headers=JSON
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "requete_invalide")
        assert rig.engine.commands == []

    asyncio.run(scenario())


JSON = {"Content-Type": "application/json"}
