"""`regie check` and `regie journal` as a person types them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from regie.demo import configuration, read_hall
from regie.domain.events import SeancePrepared
from regie.journal import FILE_NAME, Journal, Times
from tests.system.peers import Nginx, wait_for

pytestmark = pytest.mark.system


def regie(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regie", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=50, check=False, env={**os.environ, **environ}
    )


def film(path: Path, picture: str, sound: str) -> None:
    inputs = ["-f", "lavfi", "-i", f"{picture}=s=320x180:r=25", "-f", "lavfi", "-i", sound]
    subprocess.run(
        ["ffmpeg", "-v", "error", *inputs, "-t", "2", "-pix_fmt", "yuv420p", path], check=True, timeout=50
    )


def test_each_source_says_what_it_is(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4", "testsrc2", "sine")
    film(tmp_path / "noir.mp4", "color", "anullsrc")
    (tmp_path / "texte.mp4").write_text("this is not a film")
    file = tmp_path / "salle.toml"
    names = ("film", "noir", "texte", "absent")
    sources = "".join(
        f'[[source]]\nid = "{name}"\nnom = "{name}"\ngenre = "fichier"\nadresse = "{name}.mp4"\n'
        for name in names
    )
    file.write_text(f'[ville]\nnom = "V"\n[serveur]\nadresse = "127.0.0.1"\nport = 0\n{sources}')
    done = regie("check", file)
    assert done.returncode == 1
    lines = {line.split()[2]: line for line in done.stdout.splitlines() if " source " in line}
    assert lines["film"].startswith("ok") and "h264 320×180 25 fps" in lines["film"]
    assert lines["noir"].startswith("doubt") and "the picture is black; digital silence" in lines["noir"]
    assert lines["texte"].startswith("WRONG") and "not understood" in lines["texte"]
    assert lines["absent"].startswith("WRONG") and "not found" in lines["absent"]


def test_every_mistake_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "salle.toml"
    file.write_text('[ville]\nnome = "V"\n')
    for command in (
        ("check", file),
        ("serve", "--config", file),
        ("serve", "--config", tmp_path / "absent.toml"),
    ):
        done = regie(*command)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr and done.stdout == ""
    assert len(regie("check", file).stderr.splitlines()) == 3


def test_a_register_is_checked_and_printed(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    with Journal(file, "2026-11-21", 0) as journal:
        event = SeancePrepared(at_utc_ms=0, seance="2026-11-21", title="Conseil", due_utc=0)
        journal.append("c1", "technicien", [event], Times(written_utc_ms=0))
    whole = regie("journal", "verify", file)
    assert whole.returncode == 0 and "whole" in whole.stdout
    shown = regie("journal", "show", file)
    assert "seance_prepared" in shown.stdout and '"title":"Conseil"' in shown.stdout
    data = file.read_bytes()
    file.write_bytes(data.replace(b'"title":"Conseil"', b'"title":"Conteur"'))
    broken = regie("journal", "verify", file)
    assert broken.returncode == 1 and "was changed" in broken.stdout
    absent = regie("journal", "show", tmp_path / "none")
    assert absent.returncode == 1 and absent.stderr == "regie: there is no such register\n"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Path]:
    """The simulated hall; where it says what it is."""
    ready = tmp_path / "hall.json"
    command = [
        sys.executable,
        "-m",
        "hardware_mocks.hall",
        "--ready-file",
        str(ready),
        "--no-speech",
        "--size",
        "640x360",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(ready.exists, 60, "the hall listens")
            yield ready
        finally:
            process.terminate()


def destination(name: str, address: str, more: str = "") -> str:
    return f'[[destination]]\nid = "{name}"\nnom = "{name}"\nadresse = "{address}"\ncle_env = "CLE"\n{more}\n'


@pytest.mark.timeout(180)
def test_a_hall_and_its_servers_are_probed(hall: Path, tmp_path: Path) -> None:
    server = Nginx(tmp_path / "nginx", tls=True)
    server.start()
    try:
        file = tmp_path / "salle.toml"
        file.write_text(
            configuration(read_hall(hall), tmp_path / "var", "127.0.0.1", 0)
            + destination("plain", server.address())
            + destination("known", server.address(tls=True), f'certificat_ca = "{server.certificate}"')
            + destination("unknown", server.address(tls=True))
        )
        done = regie("check", file, CLE="sesame")
        assert server.recordings() == [], "nothing was published"
    finally:
        server.kill()
    # Heads are told under the same names as the pictures they turn.
    told = done.stdout.splitlines()
    lines = {line.split()[2]: line for line in told if line.split()[1] != "camera"}
    heads = {line.split()[2]: line for line in told if line.split()[1] == "camera"}
    for camera in ("cam1", "cam2", "cam3", "cam4"):
        assert "h264 640×360 25 fps" in lines[camera]
    models = {"cam1": "Sony BRC-X400", "cam2": "PTZOptics", "cam3": "AKVANS", "cam4": "Panasonic AW-HE40"}
    assert heads.keys() == models.keys(), done.stdout
    for camera, model in models.items():
        assert model in heads[camera] and not heads[camera].startswith("WRONG"), heads[camera]
    assert "34 channel(s)" in lines["micros"]
    assert "RTMP to 127.0.0.1 accepted" in lines["plain"]
    assert "RTMPS to localhost accepted" in lines["known"]
    assert lines["unknown"].startswith("WRONG") and "certificate" in lines["unknown"]
    assert done.returncode == 1
    assert "sesame" not in done.stdout + done.stderr
