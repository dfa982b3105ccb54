"""The second pass in a real browser: a passage is heard, marked, taken out, the list validated, the clean files given."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from regie.domain.model import SeanceState
from regie.media.removed import kept
from tests.encoded import MASK_LUMA
from tests.system.pages.tools import DESK, PHONE, Visitors, until
from tests.system.pages.world import Sitting, World
from tests.unit.test_redact import NOON, original

pytestmark = pytest.mark.system

__all__ = ["original"]
SEANCE = "2026-11-22-conseil"
DARK = """() => {
  const small = Object.assign(document.createElement('canvas'), { width: 32, height: 18 });
  const pen = small.getContext('2d');
  pen.drawImage(document.querySelector('#video'), 0, 0, 32, 18);
  const data = pen.getImageData(0, 0, 32, 18).data;
  return data.reduce((sum, value, n) => sum + (n % 4 === 0 ? value : 0), 0) / (data.length / 4); }"""


def pictures(path: Path) -> dict[int, NDArray[np.int16]]:
    """One dot in sixteen of each picture, by its rank in time; a picture may last longer than one."""
    with av.open(str(path)) as container:
        return {
            round((frame.time or 0) * 25): frame.to_ndarray()[: frame.height : 4, ::4].astype(np.int16)
            for frame in container.decode(video=0)
        }


def test_a_passage_is_marked_heard_taken_out_and_the_list_validated(
    world: World, visitors: Visitors, tmp_path: Path, original: Path
) -> None:
    began = NOON // 10**9
    seance = tmp_path / "seances" / SEANCE
    shutil.copytree(original, seance)
    ended = Sitting(SEANCE, "Conseil municipal", SeanceState.ENDED, began, began, began + 8)
    world.do(lambda: setattr(world.sittings, "over", (ended,)))
    page = visitors.technician()
    page.goto(f"{world.url}/regie/relecture/{SEANCE}")
    expect(page.locator("#titre")).to_have_text("Relecture · Conseil municipal")
    expect(page.locator("#aucun")).to_be_visible()
    until(page, "document.querySelector('#video').readyState >= 2")
    expect(page.locator("#onde-etat")).to_have_text("")
    assert page.evaluate(
        "(() => { const c = document.querySelector('#dessin');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0); })()"
    ), "the waveform is drawn"

    def at(seconds: float) -> float:
        page.evaluate(
            "t => { const v = document.querySelector('#video'); v.pause(); v.currentTime = t; }", seconds
        )
        there = f"!v.seeking && v.readyState >= 2 && Math.abs(v.currentTime - {seconds}) < 0.1"
        until(page, f"(v => {there})(document.querySelector('#video'))")
        return float(page.evaluate(DARK))

    before = at(3.5)
    assert before > MASK_LUMA + 20
    # By keyboard: where it begins, where it ends, heard once more, a second around it.
    at(3.0)
    page.keyboard.press("d")
    at(4.5)
    page.keyboard.press("f")
    expect(page.locator("#retirer")).to_be_enabled()
    page.keyboard.press("e")
    until(page, "(v => v.paused && v.currentTime >= 5.4)(document.querySelector('#video'))")
    page.fill("#motif", "situation d’un agent")
    page.fill("#point", "7")
    # Not in one click.
    page.click("#retirer")
    assert kept(seance) == []
    page.hover("#retirer")
    page.mouse.down()
    row = page.locator("#liste tr")
    expect(row).to_have_count(1, timeout=20_000)
    page.mouse.up()
    expect(row).to_contain_text("situation d’un agent")
    expect(row).to_contain_text("retiré après diffusion")
    (done,) = kept(seance)
    assert abs(done.start_ms - NOON // 10**6 - 3000) < 60 and abs(done.end_ms - NOON // 10**6 - 4500) < 60
    expect(page.locator("#etat")).to_have_text("Le rejeu attend la validation de la liste.")
    until(page, "document.querySelector('#video').readyState >= 2")
    assert at(3.5) < before - 20 and at(1.5) > MASK_LUMA + 20
    page.click("#valider")
    expect(page.locator("#validation")).to_contain_text("Validée par technicien")
    page.click("#exporter")
    expect(page.locator("#fichiers a")).not_to_have_count(0, timeout=30_000)
    with page.expect_download() as given:
        page.locator("#fichiers a", has_text="r.mp4").click()
    clean = pictures(Path(given.value.path()))
    (recording,) = (original / "enregistrement").glob("*.mp4")
    masked = [
        n for n, seen in pictures(recording).items() if n not in clean or np.abs(clean[n] - seen).mean() > 5
    ]
    # From the picture marked to the next keyframe after the end, and nothing else; a passage is widened by a millisecond.
    assert masked[0] in (74, 75, 76) and masked == list(range(masked[0], 125))
    for size in (DESK, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
