"""Somebody who objects to being filmed, in a wide shot, as far as the citizens' segments: the hall dresses him in stripes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from hardware_mocks import marks
from regie.demo_cameras import HallFraming, write_book
from tests.system.peers import wait_for
from tests.system.session_rig import READY_S, Session

pytestmark = [pytest.mark.soak, pytest.mark.timeout(120)]
SEAT, CAMERA = 31, 4
SEEN_U = 200
"""Chroma of a stripe that is made out; under it, it is washed out."""


class Objecting(Session):
    """The place of one member says that he objects; the book knows where cam4 sees him close."""

    def _start_hall(self) -> subprocess.Popen[bytes]:
        ready = self.folder / "hall.json"
        command = [sys.executable, "-m", "hardware_mocks.hall", "--no-speech", "--striped", str(SEAT)]
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready)], stdout=self._logs, stderr=self._logs
        )
        wait_for(ready.exists, READY_S, "the hall is ready")
        self.described = json.loads(ready.read_text("utf-8"))
        return process

    def _configuration(self) -> str:
        known = [HallFraming(**one) for one in self.described["framings"] if one["camera"] == f"cam{CAMERA}"]
        write_book(self.data, tuple(one for one in known if tuple(one.seats) in ((), (SEAT,))), {})
        place = f'[[place]]\nid = "p{SEAT}"\nnom = "Place {SEAT}"\nrefus_image = true\n'
        return super()._configuration() + "\n" + place


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Objecting]:
    os.environ |= {"CLE_1": "secrete-1", "CLE_2": "secrete-2"}
    opened = Objecting(tmp_path)
    yield opened
    opened.close()


def made_out(medium: str, seconds: float) -> tuple[int, int]:
    """Pictures of that camera, and on how many of them a stripe is made out."""
    pictures = seen = 0
    with av.open(medium) as container:
        until = time.monotonic() + seconds
        for frame in container.decode(video=0):
            planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            mark = marks.read(planes[: frame.height])
            if mark is not None and mark.camera == CAMERA:
                pictures += 1
                seen += int(planes[frame.height : frame.height * 5 // 4].max() > SEEN_U)
            if time.monotonic() > until or seen > 20:
                break
    return pictures, seen


def test_citizens_cannot_make_him_out_in_a_wide_shot(session: Objecting) -> None:
    wait_for(lambda: session.camera(f"cam{CAMERA}")["veiled"], 20, "its veil is placed")
    wait_for(lambda: not session.camera(f"cam{CAMERA}")["excluded"], 10, "and it may be shown")
    session.seance("start")
    session.command(type="take", shot={"sources": [f"cam{CAMERA}"], "layout": "plein"})
    session.command(type="antenna", on=True)
    url = session.described["cameras"][CAMERA - 1]["url"]
    assert made_out(url, 5)[1] > 20, "he is plain to see on what the camera sends"
    segments = session.segments()
    wait_for(lambda: session.segments() >= segments + 3, 20, "citizens were sent some of it")
    for rendition in ("720p", "360p"):
        pictures, seen = made_out(str(session.snapshot(rendition)), 30)
        assert pictures > 50 and seen == 0, (rendition, pictures, seen)
