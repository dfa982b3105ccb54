"""Logging in over HTTP: cookie, CSRF, roles, forced change, rate limit, and nothing secret in answers or logs."""

import asyncio
import logging
from pathlib import Path

import pytest

from regie.domain.commands import Cut, SetLogo
from regie.domain.model import Role
from tests.unit.web_fakes import PASSWORD, make_rig
from web_ui.attempts import PER_ADDRESS, WINDOW_S
from web_ui.passwords import MIN_LENGTH
from web_ui.sessions import LIFETIME_S

pytestmark = pytest.mark.unit

CREDENTIALS = {"nom": "technicien", "mot_de_passe": PASSWORD}


def test_logging_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            answer = await browser.post("/api/v1/session", json=CREDENTIALS)
            assert answer.status_code == 200
            body = answer.json()
            assert (body["nom"], body["roles"], body["doit_changer"]) == (
                "technicien",
                ["technicien", "admin"],
                False,
            )
            cookie = answer.headers["set-cookie"].lower()
            assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
            assert "secure" not in cookie
            assert answer.headers["cache-control"] == "no-store"
            again = await browser.get("/api/v1/session")
            assert again.json() == body

    asyncio.run(scenario())


def test_behind_an_https_proxy_the_cookie_is_secure(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path, proxy=True)
        async with rig.browser() as browser:
            browser.headers["X-Forwarded-Proto"] = "https"
            answer = await browser.post("/api/v1/session", json=CREDENTIALS)
            assert "secure" in answer.headers["set-cookie"].lower()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"nom": "technicien", "mot_de_passe": "faux"}, 401, "identifiants"),
        ({"nom": "personne", "mot_de_passe": PASSWORD}, 401, "identifiants"),
        ({"nom": "technicien"}, 422, "requete_invalide"),
        ({**CREDENTIALS, "role": "admin"}, 422, "requete_invalide"),
    ],
)
def test_a_wrong_log_in_sets_no_cookie(tmp_path: Path, body: dict[str, str], status: int, code: str) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            answer = await browser.post("/api/v1/session", json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert "set-cookie" not in answer.headers
            assert PASSWORD not in answer.text

    asyncio.run(scenario())


def test_a_form_of_another_site_cannot_log_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            as_form = await browser.post("/api/v1/session", data=CREDENTIALS)
            assert (as_form.status_code, as_form.json()["code"]) == (415, "pas_du_json")
            foreign = await browser.post(
                "/api/v1/session", json=CREDENTIALS, headers={"Origin": "http://ailleurs.test"}
            )
            assert (foreign.status_code, foreign.json()["code"]) == (403, "origine")
            own = await browser.post(
                "/api/v1/session", json=CREDENTIALS, headers={"Origin": "http://regie.test"}
            )
            assert own.status_code == 200

    asyncio.run(scenario())


def test_guessing_is_stopped_with_the_time_to_wait(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            for _ in range(PER_ADDRESS):
                answer = await browser.post(
                    "/api/v1/session", json={"nom": "technicien", "mot_de_passe": "non"}
                )
                assert answer.status_code == 401
            # The right password too: else the answers would tell which guess was right.
            answer = await browser.post("/api/v1/session", json=CREDENTIALS)
            assert (answer.status_code, answer.json()["code"]) == (429, "trop_d_essais")
            assert answer.headers["retry-after"] == str(WINDOW_S)
            rig.clock.advance(WINDOW_S)
            assert (await browser.post("/api/v1/session", json=CREDENTIALS)).status_code == 200

    asyncio.run(scenario())


def test_a_proxy_s_clients_are_counted_one_by_one_and_cannot_choose_their_address(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path, proxy=True)
        async with rig.browser("10.0.0.1") as browser:
            for i in range(PER_ADDRESS + 1):
                answer = await browser.post(
                    "/api/v1/session",
                    json={"nom": "technicien", "mot_de_passe": "non"},
                    headers={"X-Forwarded-For": f"203.0.113.{i}, 192.0.2.1"},
                )
            assert answer.status_code == 429
            other = await browser.post(
                "/api/v1/session", json=CREDENTIALS, headers={"X-Forwarded-For": "192.0.2.2"}
            )
            assert other.status_code == 200

    asyncio.run(scenario())


def test_many_attempts_at_once_do_not_slip_through(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).browser() as browser:
            answers = await asyncio.gather(
                *(
                    browser.post("/api/v1/session", json={"nom": "technicien", "mot_de_passe": str(i)})
                    for i in range(PER_ADDRESS * 4)
                )
            )
            codes = [answer.status_code for answer in answers]
            assert codes.count(401) <= PER_ADDRESS
            assert set(codes) <= {401, 429}

    asyncio.run(scenario())


def test_a_mutation_needs_the_csrf_token_of_this_session(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as mine, rig.logged_in() as another:
            own = mine.headers["X-CSRF-Token"]
            for wrong in ("", "x", own[:-1], another.headers["X-CSRF-Token"]):
                answer = await mine.post(
                    "/api/v1/commandes", json={"type": "cut"}, headers={"X-CSRF-Token": wrong}
                )
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
            assert rig.engine.commands == []
            assert (await mine.post("/api/v1/commandes", json={"type": "cut"})).status_code == 200
            assert rig.engine.commands == [Cut()]

    asyncio.run(scenario())


def test_logging_out_ends_the_session_for_good(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            token = browser.cookies["regie_session"]
            assert (await browser.delete("/api/v1/session")).status_code == 200
            assert "regie_session" not in browser.cookies
            browser.cookies.set("regie_session", token)
            assert (await browser.get("/api/v1/session")).status_code == 401

    asyncio.run(scenario())


def test_a_restart_of_control_logs_nobody_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with make_rig(tmp_path).logged_in() as browser:
            cookie, csrf = browser.cookies["regie_session"], browser.headers["X-CSRF-Token"]
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            browser.cookies.set("regie_session", cookie)
            answer = await browser.post(
                "/api/v1/commandes", json={"type": "logo", "visible": True}, headers={"X-CSRF-Token": csrf}
            )
            assert answer.status_code == 200
            assert rig.engine.commands == [SetLogo(visible=True)]

    asyncio.run(scenario())


def test_a_session_that_is_not_used_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in() as browser:
            rig.clock.advance(LIFETIME_S + 1)
            answer = await browser.get("/api/v1/etat")
            assert (answer.status_code, answer.json()["code"]) == (401, "non_connecte")

    asyncio.run(scenario())


def test_a_password_to_be_changed_allows_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.services.accounts.add("technicien", (Role.TECHNICIAN,), PASSWORD, must_change=True)
        async with rig.logged_in() as browser, rig.logged_in() as elsewhere:
            assert (await browser.get("/api/v1/session")).json()["doit_changer"]
            refused = await browser.get("/api/v1/etat")
            assert (refused.status_code, refused.json()["code"]) == (403, "mot_de_passe_a_changer")
            assert (await browser.get("/regie")).headers["location"] == "/connexion?suite=/regie"

            change = {"ancien": PASSWORD, "nouveau": "x" * (MIN_LENGTH - 1)}
            short = await browser.post("/api/v1/session/mot-de-passe", json=change)
            assert (short.status_code, short.json()["code"]) == (409, "mot_de_passe_court")
            change["nouveau"] += "yz"
            assert (await browser.post("/api/v1/session/mot-de-passe", json=change)).status_code == 200
            assert (await browser.get("/api/v1/etat")).status_code == 200
            # Whoever knew the old password is out.
            assert (await elsewhere.get("/api/v1/session")).status_code == 401

    asyncio.run(scenario())


def test_nothing_secret_reaches_answers_or_logs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario() -> str:
        rig = make_rig(tmp_path)
        seen = []
        async with rig.logged_in() as browser:
            for method, path, body in (
                ("GET", "/api/v1/session", None),
                ("GET", "/api/v1/etat", None),
                ("GET", "/metrics", None),
                ("POST", "/api/v1/session", {"nom": "technicien", "mot_de_passe": "faux-et-secret"}),
                ("POST", "/api/v1/session", {"nom": "technicien", "mot_de_passe": 12}),
                ("POST", "/api/v1/session/mot-de-passe", {"ancien": "faux-et-secret", "nouveau": PASSWORD}),
            ):
                answer = await browser.request(method, path, json=body)
                seen.append(answer.text)
            token = browser.cookies["regie_session"]
        return "\n".join(seen) + f"\0{token}"

    answers, _, token = asyncio.run(scenario()).partition("\0")
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (PASSWORD, "faux-et-secret", token):
        assert secret not in answers
        assert secret not in logged
