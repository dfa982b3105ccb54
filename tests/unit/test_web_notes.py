"""Notes jotted during the séance: added, never replaced; they begin the minutes and go nowhere else."""

import asyncio
from pathlib import Path

import pytest

from regie.documents import dossier
from tests.unit.register_rig import HERE, office
from web_ui.notes_api import noted

pytestmark = pytest.mark.unit
NOTES = f"{HERE}/notes/1"
EIGHT_MS = 1_773_344_460_000
"""12 March 2026, 20 h 41 in Paris."""


def test_a_note_is_added_with_its_hour_and_once() -> None:
    first = noted("", "Mme Diallo demande\nle plan", EIGHT_MS)
    assert first == "- 20\xa0h\xa041 : Mme Diallo demande le plan"
    assert noted(first, "Mme Diallo demande le plan", EIGHT_MS) == first
    assert noted("Déjà écrit.\n\n", "suite", EIGHT_MS) == "Déjà écrit.\n- 20\xa0h\xa041 : suite"


def test_two_pages_note_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(tmp_path) as there:
            async with there.rig.logged_in("auxiliaire") as one, there.rig.logged_in("greffe") as other:
                view = there.core.view()
                assert view is not None
                now_ms = there.rig.clock.utc_ns() // 1_000_000
                bodies = [{"texte": f"note {n}", "saisi_ms": now_ms + n, "seance": view.id} for n in range(6)]
                sent = [
                    (one if rank % 2 else other).post(NOTES, json=body) for rank, body in enumerate(bodies)
                ]
                assert {answer.status_code for answer in await asyncio.gather(*sent)} == {200}
                assert (await one.post(NOTES, json=bodies[0])).status_code == 200
                told = (await other.get(NOTES)).json()["texte"].splitlines()
                assert sorted(line[-6:] for line in told) == [f"note {n}" for n in range(6)]
                wrong = {**bodies[0], "seance": "2020-01-01"}
                assert (await one.post(NOTES, json=wrong)).json()["code"] == "autre_seance"
                assert (await one.post(f"{HERE}/notes/nul", json=bodies[0])).json()["code"] == "point_inconnu"
                long = {**bodies[0], "texte": "x" * 4000}
                answers = [await one.post(NOTES, json={**long, "saisi_ms": n * 60_000}) for n in range(11)]
                assert answers[-1].json()["code"] == "notes_trop_longues"
                assert len((await one.get(NOTES)).json()["texte"]) <= 40_000
                kept = dossier.load(there.rig.services.seances_dir / view.id)
                assert "note 3" in kept.debates["1"] and "2" not in kept.debates
            async with there.rig.logged_in("sud") as room, there.rig.logged_in("president") as president:
                assert (await room.get(NOTES)).status_code == 403
                assert (await president.post(NOTES, json=bodies[0])).status_code == 403

    asyncio.run(scenario())
