"""`regie check` and `regie journal` as a person types them."""

import subprocess
import sys
from pathlib import Path

import pytest

from regie.domain.events import SeancePrepared
from regie.journal import FILE_NAME, Journal, Times

pytestmark = pytest.mark.system


def regie(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regie", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


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
