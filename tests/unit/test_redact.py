"""`regie redact` at the command line, on a séance that is over."""

import csv
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from audio.offline import podcast
from regie.domain.masklist import as_csv, rows
from regie.domain.masks import MaskKind, MaskLine, Stretch
from regie.domain.register import commands as cmd
from regie.domain.register.delays import paris_day
from regie.domain.removal import Removal
from regie.domain.timeline import Epoch
from regie.errors import Refusal, RegieError
from regie.journal import FILE_NAME, Journal, Times
from regie.media.chaptered import begun_ms, joined, length_ms, listing, placed, with_chapters
from regie.media.hls import HlsOutput
from regie.media.recording import Recorder
from regie.media.removed import kept, save
from regie.redact import begun_ns, command, instant_ms
from regie.supervise import sole_user
from tests.encoded import MAIN, feed, programme
from tests.unit.council import Council, convene, convocation

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_000_000_000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "seances" / "s"
    stream = programme(8)
    hls = HlsOutput(folder / "hls", stream.tiers, 2, Epoch("r1", NOON))
    recorder = Recorder(folder / "enregistrement" / "r.mp4", stream.main, Epoch("r1", NOON))
    hls.start()
    recorder.start()
    for packet in stream.packets:
        feed(hls, packet)
        feed(recorder, packet)
    assert hls.close(ended=True) and recorder.close()
    return folder


@pytest.fixture
def seance(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "data" / "seances" / "s"))


def test_an_instant_as_people_type_it() -> None:
    begun = NOON
    local = datetime.fromtimestamp(NOON / 1e9, UTC).astimezone()
    assert instant_ms("+00:02:03,5", begun) == NOON // 1_000_000 + 123_500
    assert instant_ms("+2:03", begun) == NOON // 1_000_000 + 123_000
    assert instant_ms(f"{local:%H:%M:%S}.250", begun) == NOON // 1_000_000 + 250
    assert instant_ms(local.isoformat(), begun) == NOON // 1_000_000
    # Past midnight it is the next day.
    assert instant_ms(f"{(local.hour - 2) % 24:02d}:00:00", begun) > NOON // 1_000_000
    with pytest.raises(Refusal) as refused:
        instant_ms("vers neuf heures", begun)
    assert refused.value.stable_code == "instant_invalide"


def test_a_passage_is_taken_out_listed_and_what_is_clean_is_exported(
    seance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        str(seance),
        "--from",
        "+0:03",
        "--to",
        "+0:04.5",
        "--reason",
        "=nom d'un agent",
        "--who",
        "Greffe",
        "--item",
        "7",
    ]
    assert command(given) == 0
    (done,) = kept(seance)
    assert (done.who, done.reason, done.end_ms - done.start_ms) == ("Greffe", "=nom d'un agent", 1500)
    assert "pieces cleaned" in capsys.readouterr().out
    assert command([str(seance), "--export", str(tmp_path / "out")]) == 0
    with av.open(str(tmp_path / "out" / "seance.m4a")) as container:
        assert container.duration is not None and abs(container.duration - 8_000_000) < 60_000
        assert sum(1 for _ in container.decode(audio=0)) > 370
    assert (tmp_path / "out" / "r.mp4").read_bytes() == (seance / "enregistrement" / "r.mp4").read_bytes()
    with (tmp_path / "out" / "masques.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file, delimiter=";")
    assert (line["durée (s)"], line["point"], line["motif"]) == ("1,5", "7", "'=nom d'un agent")
    public = (tmp_path / "out" / "masques-public.csv").read_text(encoding="utf-8-sig")
    assert "Greffe" not in public and "agent" not in public and "retiré après diffusion" in public
    assert set(json.loads((tmp_path / "out" / "masques-public.json").read_bytes())[0]) == {
        "start_ms",
        "end_ms",
        "hides",
        "how",
        "item",
    }
    assert command([str(seance), "--wave"]) == 0
    assert abs((seance / "retraits" / "onde.bin").stat().st_size - 80) <= 1


def chapters_of(file: Path) -> list[tuple[float, str]]:
    """As FFmpeg tells them: begin (s), title."""
    asked = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(file)]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)["chapters"]
    return [(float(one["start_time"]), one["tags"]["title"]) for one in told]


def test_what_is_given_out_bears_its_chapters(tmp_path: Path, original: Path) -> None:
    (recording,) = (original / "enregistrement").glob("*.mp4")
    begun, length = begun_ms(recording), length_ms(recording)
    assert begun is not None and abs(begun - NOON // 1_000_000) < 100 and abs(length - 8000) < 100
    marks = [(begun - 60_000, "0. Avant"), (begun + 2500, "1. Tarifs"), (begun + 6000, "1. Tarifs – Élu 3")]
    found = placed([*marks, (begun + 9000, "2. Après")], begun, length)
    assert found == ((0, 2500, "0. Avant"), (2500, 6000, "1. Tarifs"), (6000, length, "1. Tarifs – Élu 3"))
    assert placed([(begun + 9000, "2. Après")], begun, length) == ()
    assert listing(found) == "0:00:00 0. Avant\n0:00:02 1. Tarifs\n0:00:06 1. Tarifs – Élu 3\n"
    assert listing([(3_723_000, 4_000_000, "9. Fin")]) == "1:02:03 9. Fin\n"
    target = tmp_path / "r.mp4"
    with_chapters(recording, target, found)
    listed = [(0.0, "0. Avant"), (2.5, "1. Tarifs"), (6.0, "1. Tarifs – Élu 3")]
    assert chapters_of(target) == listed
    # The podcast bears them too; what goes on from one recording to the next is one chapter of it.
    again = placed([(begun, "1. Tarifs – Élu 3"), (begun + 2000, "2. Eau")], begun, length)
    podcast([recording, recording], tmp_path / "s.m4a", joined([(length, found), (length, again)]))
    assert chapters_of(tmp_path / "s.m4a") == [*listed, (length / 1000 + 2, "2. Eau")]
    with av.open(str(recording)) as before, av.open(str(target)) as after:
        for kind in ("video", "audio"):
            first = [bytes(p) for p in before.demux(**{kind: 0}) if p.dts is not None]
            assert first == [bytes(p) for p in after.demux(**{kind: 0}) if p.dts is not None]
            before.seek(0)
            after.seek(0)


def test_every_file_given_out_bears_the_chapters_of_the_register(seance: Path, tmp_path: Path) -> None:
    begun = NOON // 1_000_000
    day = paris_day(begun)
    council = Council(convene(9, call=convocation(day=day, sent=day - timedelta(days=12))), begun - 60_000)
    council.open(7)
    council.now = begun + 2000
    council.call("1")
    council.wait(1)
    council.do(cmd.GiveFloor(person="e3"))
    with Journal(seance / FILE_NAME, "s", 0) as journal:
        journal.append("all", "essai", council.told, Times(written_utc_ms=0))
    assert command([str(seance), "--export", str(tmp_path / "out")]) == 0
    titles = ["Ouverture", "1. Point 1", "1. Point 1 – Élu 3"]
    for name in ("r.mp4", "seance.m4a"):
        told = chapters_of(tmp_path / "out" / name)
        assert [title for _, title in told] == titles
        assert [round(at, 1) for at, _ in told] == [0.0, 3.0, 5.0]
    listed = (tmp_path / "out" / "r-chapitres.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 1)[1] for line in listed] == titles and listed[0].startswith("0:00:00 ")
    # Who spoke in a passage that was taken out is not told: the turn begins where it may be heard.
    at = begun + 4500
    save(seance, Removal(id="aa", start_ms=at, end_ms=at + 1500, asked_ms=1, hidden_ms=2, done_ms=3))
    assert command([str(seance), "--export", str(tmp_path / "clean")]) == 0
    assert [round(at, 1) for at, _ in chapters_of(tmp_path / "clean" / "r.mp4")] == [0.0, 3.0, 6.0]


def test_a_seance_that_a_regie_is_writing_is_left_to_it(seance: Path) -> None:
    index = seance / "hls" / MAIN / "index.m3u8"
    index.write_text(index.read_text(encoding="utf-8").replace("#EXT-X-ENDLIST\n", ""), encoding="utf-8")
    given = [str(seance), "--from", "+0:01", "--to", "+0:02"]
    with sole_user(seance.parent.parent), pytest.raises(RegieError) as refused:
        command(given)
    assert refused.value.stable_code == "dossier_occupe"
    assert command(given) == 0


def test_nothing_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        begun_ns(tmp_path)


def test_the_list_holds_both_kinds_in_order() -> None:
    live = MaskLine(
        id="m1", hides=MaskKind.BOTH, who="t", opened_ms=5000, closed_ms=9000, stretches=(Stretch("r", 0, 0),)
    )
    late = Removal(id="aa", start_ms=1000, end_ms=2000)
    listed = rows([live], [late])
    assert [(row.id, row.how) for row in listed] == [("aa", "retrait"), ("m1", "direct")]
    assert as_csv(listed, UTC).count("\r\n") == 3
