"""Retention: nothing for ever by default, nothing destroyed without a visa, the register never touched."""

import os
from datetime import date
from pathlib import Path

import msgspec
import pytest

from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Documents, Retention, Town
from regie.__main__ import main
from regie.documents import dossier, privacy
from regie.documents.retention import Eliminations, Series, due, months_later, timers
from regie.domain.register.minutes import MinutesState
from regie.errors import Refusal
from regie.journal import FILE_NAME, Journal, Times, verify
from tests.unit import documents_rig
from tests.unit.documents_rig import text_of
from web_ui.pieces import Pieces

pytestmark = pytest.mark.unit
SEANCE = "2026-03-12"
KEPT = Retention()
LATE = date(2028, 6, 1)


def held(data: Path) -> Path:
    folder = data / "seances" / SEANCE
    with Journal(folder / FILE_NAME, SEANCE, 0) as journal:
        journal.append("all", "test", documents_rig.evening().told, Times(written_utc_ms=0))
    for name in ("original", "enregistrement", "hls/720p"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.mp4").write_bytes(b"x" * 1000)
    return folder


def adopt(folder: Path, day: date) -> None:
    kept = documents_rig.evening_dossier()
    minutes = msgspec.structs.replace(kept.minutes, state=MinutesState.ADOPTED, adopted=day)
    dossier.save(folder, msgspec.structs.replace(kept, minutes=minutes))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 3, 12), 24, date(2028, 3, 12)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_months(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_each_series_has_its_timer(tmp_path: Path) -> None:
    folder = held(tmp_path)
    original, recording, replay = timers(tmp_path, KEPT)
    assert (original.series, original.until) == (Series.ORIGINAL, None)
    assert (recording.series, recording.until) == (Series.RECORDING, date(2028, 3, 12))
    assert (replay.series, replay.until, replay.size) == (Series.REPLAY, date(2028, 3, 12), 1000)
    adopt(folder, date(2026, 4, 2))
    assert timers(tmp_path, KEPT)[0].until == date(2026, 6, 2)
    assert [one.series for one in due(timers(tmp_path, KEPT), date(2026, 6, 2))] == [Series.ORIGINAL]
    assert due(timers(tmp_path, KEPT), date(2026, 6, 1)) == ()


def test_a_file_that_goes_while_the_folder_is_counted_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = held(tmp_path)
    for name in ("seen.m4s", "gone.m4s"):
        (folder / "hls/720p" / name).write_bytes(b"x" * 100)
    stat = Path.stat

    def while_segments_go(path: Path, **how: bool) -> os.stat_result:
        if path.name == "gone.m4s":
            path.unlink(missing_ok=True)
        found = stat(path, **how)
        if path.name == "seen.m4s":
            path.unlink()
        return found

    monkeypatch.setattr(Path, "stat", while_segments_go)
    replay = timers(tmp_path, KEPT)[-1]
    assert (replay.series, replay.files, replay.size) == (Series.REPLAY, 2, 1100)


def test_p7_nothing_is_destroyed_without_a_visa_and_never_the_register(tmp_path: Path) -> None:
    folder = held(tmp_path)
    adopt(folder, date(2026, 4, 2))
    slips = Eliminations(tmp_path)
    slip = slips.propose(KEPT, LATE)
    assert [line.series for line in slip.lines] == [Series.ORIGINAL, Series.RECORDING, Series.REPLAY]
    with pytest.raises(Refusal, match="nothing is due"):
        slips.propose(KEPT, LATE)
    with pytest.raises(Refusal, match="without a visa"):
        slips.carry_out(slip.id, LATE)
    with pytest.raises(Refusal, match="reference"):
        slips.endorse(slip.id, " ", LATE)
    assert (folder / "enregistrement").exists()
    slips.endorse(slip.id, "AD86-2028-14", LATE)
    done = Eliminations(tmp_path).carry_out(slip.id, LATE)
    assert done.done == LATE and done.visa == "AD86-2028-14"
    assert not any((folder / name).exists() for name in ("original", "enregistrement", "hls"))
    assert verify(folder / FILE_NAME).faults == ()
    assert timers(tmp_path, KEPT) == ()
    assert slips.carry_out(slip.id, LATE) == done


def test_p7_papers_put_online_technical_journals_and_what_was_made_of_a_recording_go_too(
    tmp_path: Path,
) -> None:
    folder = held(tmp_path)
    made = (
        "pieces/0011.pdf",
        "pieces/pieces.json",
        "realisation/1.jsonl",
        "export/a.mp4",
        "retraits/onde.bin",
    )
    kept = ("retraits/retraits.json", "realisation/reglages.json", "temps-de-parole.json")
    for name in (*made, *kept):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x" * 10)
    ends = {one.series: (one.files, one.until) for one in timers(tmp_path, KEPT)}
    assert ends[Series.PAPERS] == (2, date(2028, 3, 12))
    assert ends[Series.TECHNICAL] == (1, date(2027, 3, 12))
    assert ends[Series.RECORDING][0] == ends[Series.REPLAY][0] == 2
    slips = Eliminations(tmp_path)
    early = slips.propose(KEPT, date(2027, 6, 1))
    assert [line.series for line in early.lines] == [Series.TECHNICAL]
    slips.endorse(early.id, "AD86-2027-3", LATE)
    slips.carry_out(early.id, LATE)
    assert (folder / "pieces").exists() and not (folder / "realisation/1.jsonl").exists()
    rest = slips.propose(KEPT, LATE)
    assert [line.series for line in rest.lines] == [Series.RECORDING, Series.REPLAY, Series.PAPERS]
    slips.endorse(rest.id, "AD86-2028-14", LATE)
    slips.carry_out(rest.id, LATE)
    assert not any((folder / name).exists() for name in made)
    assert all((folder / name).exists() for name in kept)
    assert Pieces(folder).all() == ()


def test_a_seance_that_was_only_broadcast_has_timers_too(tmp_path: Path) -> None:
    folder = tmp_path / "seances" / "2026-01-10-2" / "hls"
    folder.mkdir(parents=True)
    (folder / "a.m4s").write_bytes(b"x")
    (tmp_path / "seances" / "autre").mkdir()
    assert [(one.series, one.until) for one in timers(tmp_path, KEPT)] == [(Series.REPLAY, date(2028, 1, 10))]


@pytest.fixture
def config() -> Config:
    source = SourceConfig(id="mire", nom="Mire", genre=SourceKind.BARS)
    documents = Documents(dpo="dpo@valmont.example", adresse="1 place de la Mairie")
    return Config(ville=Town(nom="Ville de Valmont"), source=(source,), documents=documents)


def test_p1_p10_notices_name_who_answers_and_how_long(tmp_path: Path, config: Config) -> None:
    made = {name: text_of(paper) for name, paper in privacy.notices(config, LATE)}
    assert "dpo@valmont.example" in made["registre-traitement"] and "24 mois" in made["registre-traitement"]
    assert "Ni biométrie" in made["registre-traitement"]
    assert "ne sont pas filmés" in made["affiche"] and "L.2121-18" in made["affiche"]
    assert (
        "L.5211-11"
        in {n: text_of(p) for n, p in privacy.notices(config, LATE, intercommunal=True)}["affiche"]
    )
    files = [privacy.write(tmp_path, name, paper) for name, paper in privacy.notices(config, LATE)]
    assert all(file.stat().st_size > 1000 for pair in files for file in pair)


def test_the_slip_on_paper_waits_for_its_visa(tmp_path: Path, config: Config) -> None:
    adopt(held(tmp_path), date(2026, 4, 2))
    slips = Eliminations(tmp_path)
    slip = slips.propose(KEPT, LATE)
    text = text_of(privacy.slip_paper(config, slip))
    assert "Original scellé | 12/03/2026 | 02/06/2026 | 1" in text and "Visa n°" not in text
    text = text_of(privacy.slip_paper(config, slips.endorse(slip.id, "AD86-14", LATE)))
    assert "Visa n° AD86-14 du 1er\xa0juin\xa02028" in text


def test_the_command_line_from_the_due_list_to_the_deletion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "regie.toml"
    file.write_text(
        '[ville]\nnom = "Valmont"\n[serveur]\ndossier = "var"\n[[source]]\nid = "m"\nnom = "Mire"\ngenre = "mire"\n',
        encoding="utf-8",
    )
    folder = tmp_path / "var" / "seances" / "2020-01-10"
    (folder / "hls").mkdir(parents=True)
    (folder / "hls" / "a.m4s").write_bytes(b"x")
    common = ["--config", str(file)]
    assert main(["privacy", "due", *common]) == 0
    assert "terme 10/01/2022, à éliminer" in capsys.readouterr().out
    assert main(["privacy", "propose", *common]) == 0
    name = Eliminations(tmp_path / "var").slips()[0].id
    assert main(["privacy", "delete", *common, name]) == 1
    assert (folder / "hls").exists()
    assert main(["privacy", "visa", *common, name, "AD-1"]) == 0
    assert main(["privacy", "delete", *common, name]) == 0
    assert not (folder / "hls").exists()
    assert main(["privacy", "notices", *common, "--out", str(tmp_path / "kit")]) == 0
    assert len(list((tmp_path / "kit").iterdir())) == 6
