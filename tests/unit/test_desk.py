"""Commands reach the part they concern, once; refusals keep their codes; the antenna is given and cut by persons only."""

import asyncio
import errno
import threading
from pathlib import Path
from typing import Any

import pytest

from regie.board import MaskStatus, RecordingStatus, WebTvStatus
from regie.domain import commands as do
from regie.domain.masks import MaskKind
from regie.domain.model import Layout, Shot, SlateName, Title
from regie.domain.removal import Removal
from regie.errors import Refusal
from regie.media import disk
from regie.media.antenna import Antenna
from regie.media.desk import Desk
from regie.media.engine_state import EngineState, StateFile, StateKeeper
from regie.media.seance_outputs import SeanceOutputs

pytestmark = pytest.mark.unit

SHOT = Shot(sources=("cam1",), layout=Layout.FULL)


class Recorder:
    """Stands for any part: notes what it is asked."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._answers = answers or {}

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.asked.append((name, *args, kwargs) if kwargs else (name, *args))
            answer = self._answers.get(name)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


class Files:
    """Files of a séance that only note."""

    def __init__(self, seance: str, directory: Path) -> None:
        self.seance, self.directory, self.recording = seance, directory, False
        self.said: list[str] = []
        self.sealed = None
        self.closed = asyncio.Event()

    def open(self, *, recording: bool) -> None:
        self.said.append("open")
        self.recording = recording

    def start_recording(self) -> None:
        self.recording = True

    def stop_recording(self) -> None:
        self.recording = False

    def close(self, *, ended: bool) -> None:
        self.said.append(f"close {ended}")

    def end_abandoned(self) -> None:
        self.said.append("end abandoned")

    def remove(self, removal: Removal) -> None:
        self.said.append(f"remove {removal.id}")

    def webtv(self, now: int) -> WebTvStatus:
        return WebTvStatus(seance=self.seance)

    def recording_status(self) -> RecordingStatus:
        return RecordingStatus(on=self.recording)


class Clock:
    def monotonic_ns(self) -> int:
        return 7_000_000_000

    def utc_ns(self) -> int:
        return 0


def desk(antenna: Antenna | None = None, **answers: Any) -> tuple[Desk, Recorder, list[Files]]:
    part = Recorder({"ask_key": True, "set_on": True, **answers})
    made: list[Files] = []

    def make(seance: str, directory: Path) -> Files:
        made.append(Files(seance, directory))
        return made[-1]

    outputs = SeanceOutputs(make, lambda: 0.0, 1000, end_slate_s=0.01)  # type: ignore[arg-type]
    return (
        Desk(part, part, part, outputs, part, Clock(), antenna or Antenna(), {}, part.measure_sync, part),  # type: ignore[arg-type]
        part,
        made,
    )


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (do.SetPreview(shot=SHOT), ("set_preview", SHOT)),
        (do.Cut(expected=SHOT), ("cut", SHOT)),
        (do.Auto(duration_ms=300), ("auto", 300, None)),
        (do.SetTransition(permille=400), ("set_transition", 400)),
        (do.TakeShot(shot=SHOT), ("take", SHOT)),
        (do.MeasureSync(source="cam1", seconds=12), ("measure_sync", "cam1", 12)),
        (do.SetExcluded(sources=("cam1",)), ("exclude", ("cam1",), {})),
        (do.SetClosed(inputs=("m1",)), ("close_inputs", ("m1",))),
        (do.SetTitle(title=Title("A")), ("set_title", Title("A"))),
        (do.OpenMask(mask="m"), ("open", do.OpenMask(mask="m"))),
        (do.KeepMask(mask="m"), ("keep", "m", {"held": True})),
        (do.CloseMask(mask="m"), ("close", do.CloseMask(mask="m"))),
        (do.SetDelay(seconds=20, by=do.DelayBy.STRETCH), ("set_delay", 20, do.DelayBy.STRETCH)),
        (do.SetLogo(visible=False), ("set_logo", False)),
        (
            do.SetInput(source="cam1", muted=True),
            ("set_input", do.SetInput(source="cam1", muted=True)),
        ),
        (do.SetOutput(output="a", on=True), ("set_on", "a", True)),
        (do.Watch(on=True), ("watch", True)),
        (do.RequestKeyframe(tier="360p"), ("ask_key", "360p")),
        (do.SetAntenna(on=True), ("antenna_on",)),
        (do.SetRecess(on=True), ("set_recess", True)),
        (
            do.SetAntenna(on=False, slate=SlateName.END, at_once=False),
            ("antenna_off", SlateName.END, {"at_once": False}),
        ),
    ],
)
def test_each_command_is_one_call(command: do.EngineCommand, asked: tuple[Any, ...]) -> None:
    carrying, part, _ = desk()
    carrying.carry_out(command)
    assert part.asked == [asked]


@pytest.mark.parametrize(("gone", "forgets"), [(0, False), (4800, True)])
def test_what_a_server_is_late_to_take_is_not_sent_once_it_is_masked_or_cut(gone: int, forgets: bool) -> None:
    late = MaskStatus(
        id="m", hides=MaskKind.BOTH, start=0, public_start=0, end=1, gone=gone, opened_ms=0, closed_ms=0
    )
    carrying, part, _ = desk(open=late)
    carrying.carry_out(do.OpenMask(mask="m"))
    assert (("forget_waiting",) in part.asked) is forgets
    carrying.carry_out(do.SetAntenna(on=False, slate=SlateName.CLOSED_DOORS))
    assert part.asked[-2:] == [
        ("antenna_off", SlateName.CLOSED_DOORS, {"at_once": True}),
        ("forget_waiting",),
    ]


def test_the_picture_held_is_chosen_and_a_removal_lets_go_of_it() -> None:
    carrying, part, _ = desk()
    carrying.carry_out(do.SetFrozen(on=True))
    assert carrying.masking.frozen is True
    carrying.carry_out(do.OpenSeance(seance="s1", directory="/seances/s1"))
    passage = Removal(id="aa", start_ms=1, end_ms=2)
    carrying.carry_out(do.RemovePassage(removal=passage))
    assert part.asked == [("let_go",)]


@pytest.mark.parametrize(
    ("command", "answers", "code"),
    [
        (do.SetOutput(output="x", on=True), {"set_on": False}, "sortie_inconnue"),
        (do.RequestKeyframe(tier="x"), {"ask_key": False}, "flux_inconnu"),
        (do.SetRecording(on=True), {}, "seance_absente"),
        (do.OpenSeance(seance="s", directory="relative"), {}, "seance_absente"),
        (do.Cut(), {"cut": Refusal("no", code="preparation_changee")}, "preparation_changee"),
    ],
)
def test_refusals_keep_their_codes(command: do.EngineCommand, answers: dict[str, Any], code: str) -> None:
    carrying, _, _ = desk(**answers)
    with pytest.raises(Refusal) as refused:
        carrying.carry_out(command)
    assert refused.value.stable_code == code


def test_a_refused_output_is_not_remembered() -> None:
    carrying, _, _ = desk(set_on=False)
    with pytest.raises(Refusal):
        carrying.carry_out(do.SetOutput(output="x", on=True))
    assert carrying.outputs_on == {}


def test_the_antenna_after_a_crash_waits_for_a_person() -> None:
    after = Antenna.after(EngineState(antenna_on=True, slate=SlateName.BEFORE), 5000)
    assert (after.on, after.slate, after.recovering) == (False, SlateName.FAULT, True)
    again = Antenna.after(EngineState(recovering=True, slate=SlateName.FAULT), 5000)
    assert again.recovering
    carrying, _, _ = desk(after)
    carrying.carry_out(do.SetAntenna(on=True))
    status = carrying.antenna.status(9000)
    assert (status.on, status.recovering, status.since_ms) == (True, False, 2000)


def test_a_closed_doors_slate_survives_a_crash() -> None:
    after = Antenna.after(EngineState(slate=SlateName.CLOSED_DOORS), 0)
    assert (after.on, after.slate, after.recovering) == (False, SlateName.CLOSED_DOORS, False)


def test_the_key_of_the_huis_clos_pressed_again_is_told_as_a_new_one() -> None:
    off = Antenna(False, SlateName.CLOSED_DOORS, since=1)
    assert off.cut(None, 9) is off
    assert off.cut(SlateName.CLOSED_DOORS, 9).since == 9


def test_cutting_without_a_slate_keeps_the_one_shown_and_repeating_changes_nothing() -> None:
    off = Antenna(False, SlateName.FAULT, since=1)
    assert off.cut(None, 9) is off
    assert off.cut(SlateName.FAULT, 9) is off
    assert off.given(2).cut(None, 3).slate is SlateName.PAUSE
    on = off.given(2)
    assert on.given(5) is on


async def _seance_walk() -> None:
    carrying, _, made = desk()
    opening = do.OpenSeance(seance="s1", directory="/seances/s1")
    carrying.carry_out(opening)
    carrying.carry_out(opening)
    assert [f.said for f in made] == [["open"]]
    carrying.carry_out(do.SetRecording(on=False))
    outputs = carrying._seance
    assert outputs.bound == "s1" and outputs.webtv(0).seance == "s1"
    carrying.carry_out(do.CloseSeance())
    carrying.carry_out(do.CloseSeance())
    assert outputs.closing and outputs.bound == "s1" and outputs.webtv(0).seance == ""
    with pytest.raises(Refusal):
        carrying.carry_out(do.SetRecording(on=True))
    await outputs.stop()
    assert made[0].said == ["open", "close True"]
    assert outputs.bound == "" and outputs.directory == ""


def test_a_seance_is_opened_once_and_closed_once() -> None:
    asyncio.run(_seance_walk())


async def _next_seance() -> None:
    carrying, _, made = desk()
    for seance in ("s1", "s2"):
        carrying.carry_out(do.OpenSeance(seance=seance, directory=f"/seances/{seance}"))
    await carrying._seance.stop()
    assert made[0].said == ["open", "close True"]
    assert made[1].said == ["open", "close False"], "the engine stops: the séance may go on in the next run"


def test_another_seance_ends_the_one_before() -> None:
    asyncio.run(_next_seance())


def test_the_state_survives_and_a_spoilt_file_is_not_fatal(tmp_path: Path) -> None:
    path = tmp_path / "run" / "engine-state.json"
    state = EngineState(seance="s1", programme=SHOT, outputs={"a": False}, antenna_on=True)
    StateFile(path).save(state)
    assert StateFile(path).load() == state
    path.write_text('{"seance": "s1", "of_a_newer_version": 1}')
    assert StateFile(path).load() == EngineState(seance="s1")
    path.write_text("{")
    assert StateFile(path).load() == EngineState()
    assert StateFile(tmp_path / "none").load() == EngineState()


def test_a_disk_that_refuses_the_state_is_told_once_and_the_state_is_kept_when_it_may(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")

    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "full")

    file = StateFile(tmp_path / "state.json")
    with monkeypatch.context() as patched:
        patched.setattr(disk, "replace", full)
        for _ in range(3):
            file.save(EngineState(seance="s1"))
    file.save(EngineState(seance="s1"))
    assert file.load() == EngineState(seance="s1")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["the engine's state cannot be kept: disque_plein", "the engine's state is kept again"]


def test_the_newest_state_is_on_the_disk_without_anybody_waiting_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, written = threading.Event(), []
    real = disk.replace

    def slow(path: Path, text: str) -> None:
        stuck.wait(5)
        written.append(text)
        real(path, text)

    monkeypatch.setattr(disk, "replace", slow)
    keeper = StateKeeper(StateFile(tmp_path / "state.json"))
    keeper.start()
    for n in range(50):
        keeper.keep(EngineState(seance=f"s{n}"))
    stuck.set()
    keeper.close()
    assert StateFile(tmp_path / "state.json").load() == EngineState(seance="s49")
    assert len(written) <= 2, "only the newest is worth it"
