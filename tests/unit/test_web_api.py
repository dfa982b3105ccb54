"""The control API: commands decoded and carried out, refusals in French with a stable code, a whole description."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from regie.domain.commands import (
    Auto,
    Cut,
    PrepareSeance,
    SetAntenna,
    SetInput,
    SetPreview,
    SetTitle,
    StartSeance,
)
from regie.domain.model import Layout, Shot, SlateName, Title
from regie.errors import DeviceError, LinkLost, Refusal, RegieError
from tests.unit.web_fakes import make_rig, status
from web_ui.bodies import MAX_BODY

pytestmark = pytest.mark.unit
BODILESS = (
    "{nom}/mot-de-passe",
    "{salle}/invitation",
    "/salles/montant",
    "/salles/ecran",
    "/encodeur",
    "/preparation/fichier",
    "/preparation/pieces",
    "/preparation/convoquer",
    "/preparation/seconde",
    "/conservation/bordereaux",
    "/{slip}/elimination",
    "/seances/{seance}/documents",
    "/{seance}/validation",
    "/{file}/empreinte",
    "/controle/enregistrement",
    "/controle/micros",
    "/relecture/{seance}/export",
)

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (
            {"type": "preview", "shot": {"sources": ["cam1", "cam2"], "layout": "deux"}},
            SetPreview(shot=Shot(("cam1", "cam2"), Layout.TWO)),
        ),
        ({"type": "cut"}, Cut()),
        ({"type": "cut", "expected": {"sources": ["cam1"]}}, Cut(expected=Shot(("cam1",)))),
        ({"type": "auto", "duration_ms": 300}, Auto(duration_ms=300)),
        ({"type": "title", "title": {"name": "Mme Diallo"}}, SetTitle(title=Title("Mme Diallo"))),
        ({"type": "title"}, SetTitle()),
        (
            {"type": "antenna", "on": False, "slate": "huis_clos"},
            SetAntenna(on=False, slate=SlateName.CLOSED_DOORS),
        ),
        ({"type": "input", "source": "cam1", "gain_db": -6}, SetInput(source="cam1", gain_db=-6.0)),
    ],
)
def test_commands_reach_the_engine_as_they_were_meant(
    tmp_path: Path, body: dict[str, Any], command: object
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            answer = await browser.post("/api/v1/commandes", json=body)
            assert (answer.status_code, answer.json()) == (200, {})
        assert rig.engine.commands == [command]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b"[]", "$"),
        (b'"\xff"', "$"),
        (b'{"type":"cut","now":true}', "$"),
        (b'{"type":"explode"}', "$.type"),
        (b'{"type":"antenna","on":"secret-value"}', "$.on"),
        (b'{"type":"antenna","on":true,"slate":"pause-cafe"}', "$.slate"),
        (b'{"type":"preview","shot":{"sources":["cam1",3]}}', "$.shot.sources[1]"),
    ],
)
def test_nonsense_is_refused_with_its_place_and_without_its_value(
    tmp_path: Path, content: bytes, place: str
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            answer = await browser.post("/api/v1/commandes", content=content, headers=JSON)
            body = answer.json()
            assert (answer.status_code, body["code"]) == (422, "requete_invalide")
            assert body["faits"]["endroit"] == place
            assert set(body) == {"code", "message", "faits"}
            assert "secret-value" not in answer.text
        assert rig.engine.commands == []

    asyncio.run(scenario())


def test_a_body_without_end_is_cut_short(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).logged_in() as browser:
            answer = await browser.post("/api/v1/commandes", content=b"x" * (MAX_BODY + 1), headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (413, "trop_long")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("failure", "status_code", "retry"),
    [
        (Refusal("not ready", code="source_absente", source="cam2"), 409, None),
        (LinkLost("away"), 503, "1"),
        (LinkLost("away", code="moteur_absent"), 503, "1"),
        (DeviceError("no answer"), 502, None),
    ],
)
def test_what_the_engine_refuses_is_said_in_french_with_its_code_and_facts(
    tmp_path: Path, failure: RegieError, status_code: int, retry: str | None
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.engine.failure = failure
        async with rig.logged_in() as browser:
            answer = await browser.post("/api/v1/commandes", json={"type": "cut"})
            body = answer.json()
            assert (answer.status_code, body["code"]) == (status_code, failure.stable_code)
            assert body["faits"] == failure.facts
            assert body["message"].endswith(".") and failure.message not in body["message"]
            assert answer.headers.get("retry-after") == retry

    asyncio.run(scenario())


def test_a_bug_tells_nothing_of_itself(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.engine.failure = ZeroDivisionError("inner detail")
        async with rig.logged_in() as browser:
            answer = await browser.post("/api/v1/commandes", json={"type": "cut"})
            assert (answer.status_code, answer.json()["code"]) == (500, "interne")
            assert "inner detail" not in answer.text

    asyncio.run(scenario())


def test_the_seance_is_led_under_the_name_of_the_account(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("president") as browser:
            assert (await browser.post("/api/v1/seance", json={"type": "start"})).status_code == 200
        async with rig.logged_in() as browser:
            body = {"type": "prepare", "title": "Conseil", "due_utc": 1_800_000_000}
            assert (await browser.post("/api/v1/seance", json=body)).status_code == 200
            rig.core.failure = Refusal("already open", code="seance_deja_ouverte")
            answer = await browser.post("/api/v1/seance", json={"type": "start"})
            assert (answer.status_code, answer.json()["code"]) == (409, "seance_deja_ouverte")
        assert rig.core.submitted == [
            (StartSeance(), "president"),
            (PrepareSeance(title="Conseil", due_utc=1_800_000_000), "technicien"),
            (StartSeance(), "technicien"),
        ]

    asyncio.run(scenario())


def test_the_whole_state_is_told_with_and_without_an_engine(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            away = (await browser.get("/api/v1/etat")).json()
            assert away["moteur"] is None
            assert away["seance"]["etat"] == "a_venir"
            assert away["elus"] == [
                {"id": "diallo", "nom": "Mme Diallo", "fonction": "Adjointe", "groupe": ""}
            ]
            assert [(one["numero"], one["titre"]) for one in away["points"]] == [(1, "Budget")]
            assert (away["fondu_ms"], away["retard_s"]) == (500, 10)
            rig.board.status.put(status(now=1920))
            there = (await browser.get("/api/v1/etat")).json()["moteur"]
            assert (there["now"], there["programme"]["sources"]) == (1920, ["cam1"])

    asyncio.run(scenario())


def test_a_monitor_is_opened_and_hung_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in(address="192.168.1.20") as browser:
            answer = await browser.post("/api/v1/moniteur", json={"flux": "antenne", "sdp": "v=0"})
            assert answer.json() == {"session": "s1", "sdp": "v=0 answer"}
            wrong = await browser.post("/api/v1/moniteur", json={"flux": "autre", "sdp": "v=0"})
            assert wrong.status_code == 422
            assert (await browser.delete("/api/v1/moniteur/s1")).status_code == 200
            assert (
                await browser.post("/api/v1/moniteur", json={"flux": "casque", "sdp": "v=0"})
            ).status_code == 200
        async with rig.logged_in("auxiliaire", "192.168.1.20") as browser:
            refused = await browser.post("/api/v1/moniteur", json={"flux": "casque", "sdp": "v=0"})
            assert refused.status_code == 403, "it may be a closed microphone"
        assert (rig.rtc.offers, rig.rtc.hung_up) == (
            [("antenne", "v=0", "192.168.1.20"), ("casque", "v=0", "192.168.1.20")],
            ["s1"],
        )

    asyncio.run(scenario())


def test_unknown_addresses_and_methods_have_the_same_shape(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            for method, path, expected in (
                ("GET", "/nulle-part", (404, "introuvable")),
                ("GET", "/api/v1/rien", (404, "introuvable")),
                ("PUT", "/api/v1/public", (405, "methode")),
            ):
                answer = await browser.request(method, path)
                assert (answer.status_code, answer.json()["code"]) == expected
                assert set(answer.json()) == {"code", "message", "faits"}

    asyncio.run(scenario())


def test_the_description_is_whole_and_in_french(tmp_path: Path) -> None:
    document = make_rig(tmp_path).app.openapi()
    text = json.dumps(document)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= set(document["components"]["schemas"])
    assert {"Cut", "SetAntenna", "StartSeance", "EngineStatus", "PublicState"} <= names
    assert not {"OpenSeance", "CloseSeance"} & set(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert "default" in operation["responses"], (method, path)
            assert "requestBody" in operation or method != "post" or path.endswith(BODILESS)


def test_the_page_of_the_description_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            page = await browser.get("/api/docs")
            assert page.status_code == 200
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "<code>POST /api/v1/commandes</code>" in page.text
            assert 'id="SetAntenna"' in page.text
            assert "{{" not in page.text
            assert not re.search(r'(?:src|href)="(?!/|#)', page.text)
            assert not re.search(r"<script|style=", page.text)
            targets = set(re.findall(r'href="#([^"]+)"', page.text))
            assert targets <= set(re.findall(r'id="([^"]+)"', page.text))

    asyncio.run(scenario())
