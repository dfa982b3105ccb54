"""The score is worth what it measures: small debates of which the result is known, the shipped ones, and a recorded session's."""

import gzip
import json
from pathlib import Path

import pytest

from hardware_mocks import debates
from regie.__main__ import main
from regie.directing.command import score_files, settings_from
from regie.directing.recording import DebateError, Head, Line, Turn, read
from regie.directing.replay import Aired, Directed, Replay, Run
from regie.directing.score import Tally, tally, truth
from regie.directing.truth import heard
from regie.domain.director import Settings
from regie.domain.director import events as told
from regie.domain.director.moves import Move, Recall
from regie.domain.model import Shot
from tests.unit.director_rig import ANNE, BRUNO, CHAMBER, PRESIDENT

pytestmark = pytest.mark.unit
SHIPPED = sorted((Path(__file__).parents[2] / "benchmarks" / "debates").glob("*.jsonl.gz"))
HEAD = Head(chamber=CHAMBER, sources=("cam1", "cam2", "cam3", "cam4", "salle-b"))


def film(*shots: tuple[int, str, set[str]], ends: int) -> Run:
    aired = [Aired(start, Shot((source,)), frozenset(seats), not seats) for start, source, seats in shots]
    return Run(aired=aired, ends=ends)


def found(turns: list[Turn], run: Run) -> Tally:
    return tally(HEAD, turns, run, 3000)


def test_time_on_the_right_person_is_counted() -> None:
    turn = Turn(seat=ANNE, start=0, end=20_000)
    result = found(
        [turn], film((0, "cam1", set()), (1000, "cam3", {ANNE}), (11_000, "cam1", set()), ends=20_000)
    )
    assert result.speech == 20_000 and result.own == 10_000
    assert (
        result.right == 11_000
    )  # the first second of the group covers a move; the last nine are simply wrong
    assert result.delays == [1000] and result.wrong == 0 and result.cuts == 2


def test_a_group_is_right_while_several_speak() -> None:
    turns = [Turn(seat=ANNE, start=0, end=30_000), Turn(seat=BRUNO, start=10_000, end=20_000)]
    result = found(
        turns, film((0, "cam3", {ANNE}), (12_000, "cam1", set()), (20_000, "cam3", {ANNE}), ends=30_000)
    )
    assert result.right == 30_000 and result.delays == [0, 2000]


def test_a_cut_to_somebody_silent_is_wrong_and_a_short_shot_is_short() -> None:
    turn = Turn(seat=ANNE, start=0, end=20_000)
    result = found(
        [turn], film((0, "cam3", {ANNE}), (8000, "cam2", {BRUNO}), (9000, "cam3", {ANNE}), ends=20_000)
    )
    assert (result.wrong, result.short, result.right) == (1, 1, 19_000)


def test_a_turn_never_shown_counts_for_its_length() -> None:
    turns = [Turn(seat=ANNE, start=0, end=5000)]
    assert found(turns, film((0, "cam2", {PRESIDENT}), ends=6000)).delays == [5000]


def test_a_turn_whose_only_camera_was_on_air_is_told_apart() -> None:
    turns = [Turn(seat=PRESIDENT, start=0, end=5000)]
    result = found(turns, film((0, "cam2", {ANNE}), (4000, "cam2", {PRESIDENT}), ends=6000))
    assert result.delays == [] and result.delays_all == [4000]


def test_a_camera_that_moves_on_programme_is_seen() -> None:
    lines = [
        Line(t=0, told=told.SourcesLive(sources=frozenset(HEAD.sources))),
        Line(t=5000, told=told.Voices(voices={})),
    ]

    class Careless(Directed):
        def tell(self, event: told.Told, now: int) -> list[Move]:
            return [Recall("cam1", "cam1-large")] if isinstance(event, told.Tick) and now == 1000 else []

    run = Replay(HEAD, Careless(CHAMBER, Settings())).through(lines)
    assert run.moves_seen == [1000]


def test_the_shipped_debates_are_what_their_seeds_give(tmp_path: Path) -> None:
    debates.write(debates.debate(1, 12), tmp_path / "again.jsonl.gz")
    assert (tmp_path / "again.jsonl.gz").read_bytes() == SHIPPED[0].read_bytes()


def test_the_director_follows_a_shipped_debate_better_than_the_loudest_microphone() -> None:
    scores = score_files(SHIPPED[:1], Settings())
    ours, loudest = scores["director"], scores["loudest microphone"]
    assert ours.moves == ours.short == 0
    assert ours.right >= 93 and ours.right > loudest.right
    assert ours.median_ms <= 1500 and ours.wrong_h < loudest.wrong_h / 4
    assert ours.prepared >= 90 > loudest.prepared, "a camera waits for whoever asked for the floor"


def test_settings_change_the_film(tmp_path: Path) -> None:
    file = tmp_path / "slow.json"
    file.write_text('{"least_shot_ms": 15000}')
    short = tmp_path / "court.jsonl.gz"
    debates.write(debates.debate(12, 3), short)
    slow = score_files([short], settings_from(file))["director"]
    assert slow.cuts_h < score_files([short], Settings())["director"].cuts_h
    file.write_text('{"least_shot": 1}')
    with pytest.raises(DebateError):
        settings_from(tmp_path / "none.json")


def test_a_session_without_annotation_is_judged_on_its_microphones() -> None:
    head, lines = read(SHIPPED[0])
    known = truth(lines)
    again = heard(head, [line for line in lines if line.turn is None])
    near = [
        turn
        for turn in known
        if any(abs(turn.start - one.start) < 700 and turn.seat == one.seat for one in again)
    ]
    assert len(near) / len(known) > 0.8


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    short = tmp_path / "court.jsonl.gz"
    debates.write(debates.debate(11, 2), short)
    assert main(["director", "score", str(short)]) == 0
    text = capsys.readouterr().out
    assert "loudest microphone" in text and "moves seen" in text
    assert main(["director", "score", "--json", str(short)]) == 0
    assert json.loads(capsys.readouterr().out)["director"]["moves"] == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"\x1f\x8bnothing", b'{"debate": 99, "chamber": {}}\n'])
def test_what_is_not_a_debate_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "f.jsonl"
    file.write_bytes(content)
    with pytest.raises(DebateError):
        read(file)
    assert main(["director", "score", str(file)]) == 1


def test_a_last_line_cut_short_is_left_out_and_a_broken_one_is_told(tmp_path: Path) -> None:
    text = gzip.decompress(SHIPPED[0].read_bytes()).splitlines()[:20]
    file = tmp_path / "f.jsonl"
    file.write_bytes(b"\n".join([*text, b'{"t": 12, "to']))
    assert len(read(file)[1]) == 19
    file.write_bytes(b"\n".join([*text[:5], b"{broken", *text[5:]]))
    with pytest.raises(DebateError):
        read(file)
