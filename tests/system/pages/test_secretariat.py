"""A séance from the lists to its documents, in Chromium: real register, real typesetter, documents made at the close."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from regie.clock import SystemClock
from regie.core import Core
from regie.domain.commands import PrepareSeance
from regie.domain.register import commands as cmd
from regie.domain.register.convocation import Channel
from regie.paperwork import Paperwork
from tests.system.pages.test_access import check
from tests.system.pages.tools import DESK, PHONE, TABLET
from tests.unit.web_fakes import PASSWORD, make_rig
from web_ui.app import create_app

pytestmark = pytest.mark.system
LISTS = Path(__file__).parents[3] / "web_ui" / "static" / "listes"


@dataclass
class Office:
    """The pages over a real register."""

    url: str
    core: Core
    loop: asyncio.AbstractEventLoop

    def do(self, *commands: cmd.AnyCommand) -> None:
        """Acts of the séance, as the auxiliary's page gives them."""
        for command in commands:
            asyncio.run_coroutine_threadsafe(self.core.submit(command, "auxiliaire"), self.loop).result(20)


class Listening(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    def install_signal_handlers(self) -> None:
        """Not in the main thread."""


def size_of(size: tuple[int, int]) -> ViewportSize:
    """As Playwright has it."""
    return {"width": size[0], "height": size[1]}


@contextmanager
def office(directory: Path) -> Iterator[Office]:
    rig = make_rig(directory)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ready: Future[Office] = Future()
    stop = asyncio.Event()

    async def serve() -> None:
        clock = SystemClock()
        core = Core(directory / "seances", clock, lambda: None)
        paperwork = Paperwork(rig.services.config, core)
        core.listen(paperwork.seance_changed)
        await core.load(PrepareSeance(title="Séance", due_utc=clock.utc_ns() // 10**9), dated=False)
        services = replace(rig.services, clock=clock, core=core, paperwork=paperwork)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        settings = uvicorn.Config(
            create_app(services), host="127.0.0.1", port=port, log_config=None, ws="websockets-sansio"
        )
        server = Listening(settings)
        jobs = [asyncio.create_task(job) for job in (core.run(), paperwork.run(), server.serve())]
        await server.listening.wait()
        ready.set_result(Office(f"http://127.0.0.1:{port}", core, loop))
        await stop.wait()
        server.should_exit = True
        await jobs[-1]
        for job in jobs[:-1]:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await core.close()

    served = asyncio.run_coroutine_threadsafe(serve(), loop)
    try:
        yield ready.result(20)
    finally:
        loop.call_soon_threadsafe(stop.set)
        served.result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def test_from_the_lists_to_the_documents(browser: Browser, tmp_path: Path) -> None:
    with office(tmp_path) as town:
        page = browser.new_page(viewport=size_of(TABLET), locale="fr-FR", timezone_id="Europe/Paris")
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{town.url}/secretariat")
        page.fill("#nom", "auxiliaire")
        page.fill("#mot-de-passe", PASSWORD)
        page.click("#entrer button")
        expect(page.locator("#bilan")).to_contain_text("à corriger avant de convoquer")
        expect(page.locator("#convoquer")).to_be_disabled()
        page.set_input_files("#fichiers", [LISTS / f"{name}.csv" for name in ("elus", "points", "seance")])
        expect(page.locator("#delai")).to_contain_text("6 jours francs pour 5 requis")
        # A mistake is told with its article, and mended on the page.
        page.fill("#r-envoi", "2026-06-23")
        page.locator("#r-envoi").blur()
        expect(page.locator("#fautes li[data-bloque]")).to_contain_text("L.2121-12 (CV1)")
        page.fill("#r-envoi", "2026-06-18")
        page.locator("#r-envoi").blur()
        expect(page.locator("#bilan")).to_have_text("Rien n’empêche de convoquer.")
        page.click("#convoquer")
        expect(page.locator("#reste-preuves")).to_contain_text("7 membres sans preuve d’envoi")
        page.click("#tous-electroniques")
        expect(page.locator("#reste-preuves")).to_contain_text("2 membres sans preuve d’envoi")
        page.get_by_label("Noter : M. Yann Le Goff").click()
        # One came back: another way is asked for, which « all » does not choose in her place, and is what is noted.
        page.get_by_label("Revenue : Mme Sofia Moreau").click()
        row = page.locator("#envois tr", has_text="Sofia Moreau")
        expect(row).to_contain_text("revenue (par voie électronique)")
        page.click("#tous-electroniques")
        expect(row).to_contain_text("revenue (par voie électronique)")
        expect(row.get_by_role("button")).to_have_count(2)
        page.get_by_label("En main propre : Mme Sofia Moreau").click()
        expect(row).to_contain_text("remise en main propre")
        convened = town.core.register()
        assert convened is not None
        told = [(one.channel, one.bounced) for one in convened.proofs if one.councillor == "sofia-moreau"]
        electronic, by_hand = Channel.ELECTRONIC, Channel.BY_HAND
        assert told == [(electronic, False), (electronic, True), (by_hand, False)]
        page.click("#tous-affiches")
        expect(page.locator("#reste-preuves")).to_contain_text("1 membre sans preuve d’envoi, 0 lieu")
        # Corrected, once it is said what that takes off: nothing that was sent has changed, the proofs stay.
        page.click("#convoquer")
        expect(page.locator("#convoquer")).to_have_text("Corriger la convocation")
        expect(page.locator("#convoquer-pourquoi")).to_contain_text("preuves déjà notées (6 envois")
        page.click("#convoquer")
        expect(page.locator("#convoquer")).to_have_text("Convoquer le conseil")
        expect(page.locator("#convoque")).to_be_visible()
        expect(page.locator("#reste-preuves")).to_contain_text("1 membre sans preuve d’envoi, 0 lieu")
        for name, size in {"bureau": DESK, "tablette": TABLET, "telephone": PHONE}.items():
            page.set_viewport_size(size_of(size))
            page.screenshot(path=tmp_path / f"preparation-{name}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            check(page)

        a_paper_is_given_to_citizens(page, town, tmp_path)
        register = town.core.register()
        assert register is not None
        chamber = register.specs[0].id
        town.do(*(cmd.Arrive(person=seat, room=chamber) for seat in register.members[:5]))
        town.do(
            cmd.OpenSitting(president="helene-aubert"), cmd.AppointSecretaries(secretaries=("sofia-moreau",))
        )
        town.do(
            cmd.CallItem(items=("p02",)), cmd.OpenVote(), cmd.CloseVote(), cmd.Proclaim(), cmd.CloseSitting()
        )

        page.set_viewport_size(size_of(TABLET))
        page.click("text=Documents")
        expect(page.locator("#etat")).to_contain_text("Procès-verbal en projet", timeout=60_000)
        expect(page.locator("#documents tr")).not_to_have_count(1, timeout=60_000)
        expect(page.locator("#manques")).to_contain_text("teneur des discussions (point 2)")
        page.click("#p-p02 summary")
        expect(page.locator("#rapport-p02")).to_have_value("Rapport n° 1")
        page.fill("#debats-p02", "Le rapport est présenté. Aucune question.")
        page.locator("#debats-p02").blur()
        expect(page.locator("#etat")).to_have_text("Toutes les mentions obligatoires sont là.")
        page.click("#refaire")
        expect(page.locator("#refaire")).to_be_enabled(timeout=60_000)
        with page.expect_download() as got:
            page.get_by_label("Procès-verbal, PDF", exact=True).click()
        assert got.value.path().read_bytes().startswith(b"%PDF")
        copies_to_a_list_that_was_just_pasted(page)
        for name, size in {"bureau": DESK, "tablette": TABLET, "telephone": PHONE}.items():
            page.set_viewport_size(size_of(size))
            page.screenshot(path=tmp_path / f"documents-{name}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            check(page)
        assert troubles == []
        page.close()


def a_paper_is_given_to_citizens(page: Page, town: Office, folder: Path) -> None:
    (folder / "Plan_de l'école.pdf").write_bytes(b"%PDF-1.7 plan")
    (folder / "programme.exe").write_bytes(b"MZ")
    page.set_viewport_size(size_of(TABLET))
    expect(page.locator("#points-pieces")).to_contain_text("à joindre : plan.pdf, devis.pdf")
    page.set_input_files("#piece-p02", [folder / "Plan_de l'école.pdf", folder / "programme.exe"])
    expect(page.locator("#ennui-pieces")).to_contain_text(
        "« programme » n’est pas une pièce que chacun peut ouvrir"
    )
    expect(page.get_by_role("button", name="Retirer : Plan de l'école")).to_be_visible()
    page.screenshot(path=folder / "pieces.png", full_page=True)
    citizen = page.context.browser.new_page(viewport=size_of(PHONE)) if page.context.browser else page
    citizen.goto(f"{town.url}/")
    link = citizen.get_by_role("link", name="Plan de l'école")
    expect(link).to_contain_text("PDF, 1 ko")
    with citizen.expect_download() as got:
        link.click()
    assert got.value.suggested_filename == "Plan de l'école.pdf"
    assert citizen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    citizen.screenshot(path=folder / "citoyen.png", full_page=True)
    check(citizen)
    citizen.close()
    page.get_by_role("button", name="Retirer : Plan de l'école").click()
    expect(page.get_by_role("button", name="Retirer : Plan de l'école")).to_have_count(0)


def copies_to_a_list_that_was_just_pasted(page: Page) -> None:
    """As a community of communes has it: the sending is noted to the list that one reads, not to the one before."""

    def intercommunal(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"intercommunal": True})

    page.route("**/api/v1/seances/*/d*", intercommunal)
    page.reload()
    page.fill("#destinataires", "Mme Un ; Valmont ; un@exemple.fr")
    page.locator("#destinataires").blur()
    expect(page.locator("#copies-etat")).to_have_text("1 sur 1 sans envoi noté.")
    page.fill("#destinataires", "Mme Un ; Valmont ; un@exemple.fr\nM. Deux ; Belval ; deux@exemple.fr")
    page.click("#copies-envoyees")
    expect(page.locator("#copies-etat")).to_contain_text("Envoyées à tous")
    page.reload()
    expect(page.locator("#destinataires")).to_have_value(re.compile("M. Deux"))
    expect(page.locator("#copies-etat")).to_contain_text("Envoyées à tous")
    page.unroute("**/api/v1/seances/*/d*")
