"""Retention by the page: what is due is listed, nothing goes without the visa, and old readings are forgotten by themselves."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.test_retention import held
from tests.unit.web_fakes import make_rig
from web_ui.reads import FILE_NAME as READS

pytestmark = pytest.mark.unit
HERE = "/api/v1/conservation"


def test_a_slip_is_made_visaed_and_carried_out_by_an_administrator(tmp_path: Path) -> None:
    folder = held(tmp_path)

    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.clock.ns = int(datetime(2028, 6, 1, 12, tzinfo=UTC).timestamp() * 1_000_000_000)
        async with rig.logged_in("auxiliaire") as clerk, rig.logged_in("technicien") as admin:
            told = (await clerk.get(HERE)).json()
            assert [(one["serie"], one["echu"]) for one in told["gardes"]] == [
                ("original", False),
                ("enregistrement", True),
                ("rediffusion", True),
            ]
            assert not told["peut_eliminer"] and (await admin.get(HERE)).json()["peut_eliminer"]
            (slip,) = (await clerk.post(f"{HERE}/bordereaux", json={})).json()["bordereaux"]
            assert (await clerk.post(f"{HERE}/bordereaux", json={})).json()["code"] == "rien_a_eliminer"
            done = f"{HERE}/bordereaux/{slip['id']}"
            assert (await admin.post(f"{done}/elimination", json={})).json()["code"] == "visa_absent"
            assert (await clerk.get(f"{done}.pdf")).content.startswith(b"%PDF")
            visa = {"reference": "AD86-14", "jour": "2028-06-02"}
            assert (await clerk.put(f"{done}/visa", json=visa)).status_code == 200
            assert (await clerk.post(f"{done}/elimination", json={})).status_code == 403
            assert (folder / "hls").exists()
            (slip,) = (await admin.post(f"{done}/elimination", json={})).json()["bordereaux"]
            assert (slip["visa"], slip["execute"]) == ("AD86-14", "2028-06-01")
            assert not (folder / "hls").exists() and (folder / "original").exists()

    asyncio.run(scenario())


def test_p9_readings_older_than_the_house_rules_are_forgotten(tmp_path: Path) -> None:
    def line(year: int) -> str:
        utc_s = int(datetime(year, 5, 1, tzinfo=UTC).timestamp())
        return json.dumps({"utc_s": utc_s, "account": "auxiliaire", "what": "journal", "seance": "s"})

    (tmp_path / READS).write_text("\n".join([line(2024), "illisible", line(2026)]) + "\n")

    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.clock.ns = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1_000_000_000)
        async with rig.logged_in("auxiliaire") as clerk:
            await clerk.get("/api/v1/registre")
            await clerk.get("/api/v1/registre")

    asyncio.run(scenario())
    kept = (tmp_path / READS).read_text().splitlines()
    assert kept[:2] == ["illisible", line(2026)] and len(kept) == 4
    assert (tmp_path / READS).stat().st_mode & 0o777 == 0o600
