"""Confidentiality over HTTP: who may hide and show, what is stamped by the server, what the public is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from regie.board import AntennaStatus, DelayStatus, MaskStatus
from regie.domain.commands import CloseMask, OpenMask, SetAntenna
from regie.domain.masks import MaskKind, MaskLine, Stretch
from regie.domain.model import SlateName
from regie.domain.removal import Removal
from regie.errors import Refusal
from regie.media.removed import save
from regie.messages import ThumbnailNews
from regie.rooms.access import Use
from tests.unit import rooms_rig
from tests.unit.council import Council, convene, item
from tests.unit.test_secrecy import until
from tests.unit.web_fakes import make_rig, status
from web_ui.hub import Hub
from web_ui.texts import Texts

pytestmark = pytest.mark.unit


def _line(**more: object) -> MaskLine:
    values: dict[str, object] = {
        "id": "m", "hides": MaskKind.BOTH, "who": "Une personne", "item": "p3", "reason": "situation d'un agent",
        "opened_ms": 2000, "closed_ms": 9000, "stretches": (Stretch("r1", 48_000, 96_000, 480_000, 528_000),),
    }  # fmt: skip
    return MaskLine(**(values | more))  # type: ignore[arg-type]


def test_a_mask_is_stamped_with_who_asked_and_closed_through_the_register(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as browser:
            opened = {"type": "masquer", "mask": "m", "by": "quelqu'un d'autre"}
            assert (await browser.post("/api/v1/commandes", json=opened)).status_code == 200
            closed = {"type": "demasquer", "mask": "m"}
            assert (await browser.post("/api/v1/commandes", json=closed)).status_code == 200
        assert rig.engine.commands == [OpenMask(mask="m", by="auxiliaire"), CloseMask(mask="m")]
        assert rig.secrecy.done == [("release", "m", "auxiliaire")]

    asyncio.run(scenario())


def test_the_configuration_takes_the_keys_back_from_those_it_lends_them_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        section = rig.services.config.confidentialite
        object.__setattr__(section, "auxiliaire_masque", False)
        async with rig.logged_in("auxiliaire") as browser:
            for command in (
                {"type": "masquer", "mask": "m"},
                {"type": "antenna", "on": False, "slate": "panne"},
            ):
                assert (await browser.post("/api/v1/commandes", json=command)).status_code == 403
        async with rig.logged_in("president") as browser:
            assert (
                await browser.post("/api/v1/commandes", json={"type": "masquer", "mask": "m"})
            ).status_code == 200

    asyncio.run(scenario())


def test_what_the_register_proposes_is_told_until_something_was_hidden_since(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        council = Council(convene(9, (item("2", title="Protection de Mme Anne Petit"),)))
        council.open(8)
        council.call("2")
        rig.core.convened, rig.clock.ns = council.register, council.now * 1_000_000
        delay = DelayStatus(held_ms=10_000)

        async def told(browser: httpx.AsyncClient, *masks: MaskStatus, on: bool = True) -> object:
            rig.board.status.put(status(delay=delay, masks=masks, antenna=AntennaStatus(on=on)))
            return (await browser.get("/api/v1/confidentialite")).json()["proposition"]

        async with rig.logged_in() as browser:
            found = await told(browser)
            assert found == {
                "point": "2", "rang": 1, "noms": ["Anne Petit"], "parole": False, "debut_ms": council.now - 3000, "duree_ms": 5000,
            }  # fmt: skip
            assert await told(browser, on=False) is None
            mask = MaskStatus(
                id="m", hides=MaskKind.BOTH, start=0, public_start=0, end=1, opened_ms=council.now
            )
            assert await told(browser, mask) is None, "it was taken"
            old = msgspec.structs.replace(mask, opened_ms=council.now - 60_000)
            assert await told(browser, old) == found
            confirmed = {"type": "masquer", "mask": "p", "closes": True, "since_ms": council.now - 3000}
            assert (await browser.post("/api/v1/commandes", json=confirmed)).status_code == 200
        async with rig.browser() as citizen:
            assert (await citizen.get("/api/v1/confidentialite")).status_code == 401

    asyncio.run(scenario())


def test_a_huis_clos_is_shut_by_the_one_and_reopened_by_the_president(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        address, said = "/api/v1/confidentialite/public", {"publique": True}
        async with rig.logged_in("technicien") as browser:
            cut = {"type": "antenna", "on": False, "slate": "huis_clos"}
            assert (await browser.post("/api/v1/commandes", json=cut)).status_code == 200
            assert (await browser.post(address, json=said)).status_code == 403
        async with rig.logged_in("president") as browser:
            assert (await browser.post(address, json=said)).status_code == 200
        assert rig.secrecy.done == [("shut", "technicien"), ("public", "president")]
        assert rig.engine.commands == [SetAntenna(on=False, slate=SlateName.CLOSED_DOORS)]

    asyncio.run(scenario())


def test_the_public_is_told_when_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.secrecy.book = (_line(), _line(id="n", stretches=(Stretch("ancien", 0, 0),)))
        async with rig.browser() as citizen:
            answer = await citizen.get("/api/v1/public/masques")
        assert answer.json() == [
            {"genre": "son_et_image", "debut_ms": 1000, "fin_ms": 10_000, "debut_s": None, "fin_s": None}
        ]
        for secret in ("personne", "p3", "agent"):
            assert secret not in answer.text
        async with rig.logged_in("technicien") as browser:
            whole = (await browser.get("/api/v1/confidentialite")).json()
        assert [mask["motif"] for mask in whole["masques"]] == ["situation d'un agent"] * 2

    asyncio.run(scenario())


def test_what_was_taken_out_of_a_late_mask_is_told_with_it_and_another_passage_apart(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.secrecy.book = (_line(),)
        view = rig.core.view()
        assert view is not None
        directory = rig.services.seances_dir / view.id
        save(directory, Removal(id="aa", start_ms=1200, end_ms=3000, mask="m", asked_ms=1, done_ms=2))
        save(directory, Removal(id="bb", start_ms=9500, end_ms=12_000, asked_ms=2))
        async with rig.browser() as citizen:
            told = (await citizen.get("/api/v1/public/masques")).json()
        assert [(one["debut_ms"], one["fin_ms"]) for one in told] == [(1000, 10_000), (9500, 12_000)]

    asyncio.run(scenario())


def test_what_citizens_have_not_reached_is_not_told_yet(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        now_ms = rig.clock.ns // 1_000_000
        rig.secrecy.book = (_line(stretches=(Stretch("r1", (now_ms - 2000) * 48, 0),)),)
        async with rig.browser() as citizen:
            assert (await citizen.get("/api/v1/public/masques")).json() == []
            rig.clock.advance(10)
            told = await citizen.get("/api/v1/public/masques", headers={"If-None-Match": "autre"})
            assert len(told.json()) == 1

    asyncio.run(scenario())


def test_an_item_that_may_not_be_called_now_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.arming.refusal = Refusal("on air", code="antenne_en_direct")
        async with rig.logged_in("president") as browser:
            asked = {"cle": "c" * 16, "commande": {"type": "call_item", "items": ["p3"]}}
            answer = await browser.post("/api/v1/registre", json=asked)
        assert answer.json()["code"] == "antenne_en_direct", answer.text
        assert "huis clos" in answer.json()["message"]
        assert rig.core.submitted == []

    asyncio.run(scenario())


def test_no_live_thumbnail_ever_leaves_the_building(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        hub = Hub(rig.services, Texts.load())
        rig.board.thumbnails.put({"cam1": ThumbnailNews(source="cam1", at=0, jpeg=b"live")})
        task = asyncio.create_task(hub.run())
        with hub.client(near=True) as near, hub.client(near=False) as far:
            assert near is not None and far is not None
            for at in (0, 1):
                for client in (near, far):
                    await hub.watch(client, True)
                rig.board.thumbnails.put({"cam1": ThumbnailNews(source="cam1", at=at, jpeg=b"live")})
                await asyncio.sleep(0.05)
                got = [any(isinstance(one, bytes) for one in await client.take()) for client in (near, far)]
                assert got == [True, False]
                rig.board.status.put(status(now=at + 1))  # so that there is something to take again
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_a_huis_clos_and_a_mask_cut_the_screens_of_the_rooms_public(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        hub = Hub(rig.services, Texts.load())
        task = asyncio.create_task(hub.run())
        rig.rtc.away = True
        rig.secrecy.shut = True
        rig.board.status.put(status())
        await asyncio.sleep(0.05)
        rig.rtc.away = False
        await until(lambda: rig.rtc.screens_cut == 1)
        rig.board.status.put(status())
        await asyncio.sleep(0.05)
        assert rig.rtc.screens_cut == 1, "once"
        # A mask hides from them as it does from citizens.
        rig.secrecy.shut = False
        rig.board.status.put(status())
        await asyncio.sleep(0.05)
        mask = MaskStatus(id="m", hides=MaskKind.SOUND, start=0, public_start=0, opened_ms=0)
        rig.board.status.put(status(masks=(mask,)))
        await until(lambda: rig.rtc.screens_cut == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_a_screen_that_is_opened_slowly_does_not_outrun_what_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        rig, rooms = make_rig(tmp_path), rooms_rig.Rig()
        object.__setattr__(rig.services, "rooms", rooms.reception)
        await rooms.admitted()
        offered, offer = len(rooms.rtc.offers), rooms.rtc.offer_room
        key = await rooms.reception.grant("sud", Use.SCREEN)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/sdp"}
        address = "/api/v1/salles/sud/whep"
        mask = MaskStatus(id="m", hides=MaskKind.SOUND, start=0, public_start=0, opened_ms=0)

        async def slowly() -> AsyncIterator[bytes]:
            yield b"v=0"
            rig.secrecy.shut = True
            yield b"\r\n"

        async def hidden_meanwhile(*asked: Any, **more: Any) -> tuple[str, str]:
            rig.board.status.put(status(masks=(mask,)))
            return await offer(*asked, **more)

        async with rig.browser() as browser:
            late = await browser.post(address, content=slowly(), headers=headers)
            assert (late.json()["code"], len(rooms.rtc.offers)) == ("ecran_huis_clos", offered)
            rig.secrecy.shut = False
            monkeypatch.setattr(rooms.rtc, "offer_room", hidden_meanwhile)
            late = await browser.post(address, content=b"v=0", headers=headers)
            assert late.json()["code"] == "ecran_masque"
            assert rooms.rtc.hung_up == [f"session-{offered + 1}"]
            monkeypatch.undo()
            rig.board.status.put(status())
            shown = await browser.post(address, content=b"v=0", headers=headers)
            assert shown.status_code == 201, shown.text

    asyncio.run(scenario())


def test_what_is_live_is_never_monitored_from_elsewhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        left = {"flux": "antenne", "sdp": "v=0"}
        async with rig.logged_in() as browser:
            assert (await browser.get("/api/v1/session")).json()["dehors"] is True
            assert (await browser.post("/api/v1/moniteur", json=left)).status_code == 200
            for stream in ("programme", "casque"):
                refused = await browser.post("/api/v1/moniteur", json=left | {"flux": stream})
                assert refused.json()["code"] == "moniteur_dehors"
                assert "Hors du bâtiment" in refused.json()["message"]
        assert [stream for stream, _, _ in rig.rtc.offers] == ["antenne"]
        # In the building it is what the operator listens to, while he holds the key too.
        mask = MaskStatus(id="m", hides=MaskKind.SOUND, start=0, public_start=0, opened_ms=0)
        rig.board.status.put(status(masks=(mask,)))
        async with rig.logged_in(address="192.168.1.20") as browser:
            assert (await browser.get("/api/v1/session")).json()["dehors"] is False
            assert (
                await browser.post("/api/v1/moniteur", json=left | {"flux": "programme"})
            ).status_code == 200

    asyncio.run(scenario())


def test_who_comes_through_the_towns_proxy_is_where_the_proxy_says(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path, proxy=True)
        live = {"flux": "programme", "sdp": "v=0"}
        async with rig.logged_in(address="10.0.0.2") as browser:
            for address, code in (("192.168.1.20", 200), ("8.8.4.4", 409)):
                browser.headers["X-Forwarded-For"] = address
                answer = await browser.post("/api/v1/moniteur", json=live)
                assert answer.status_code == code, answer.text

    asyncio.run(scenario())
