"""The mixer on virtual time: one picture and one block of sound a tick, whatever becomes of the sources."""

import threading
from collections.abc import Mapping

import av
import numpy as np
import pytest

from config.schema import Town
from regie.board import Decoding, InputStatus, SourceState, SourceStatus
from regie.clock import MediaClock
from regie.domain.commands import SetInput
from regie.domain.model import Layout, Shot, SlateName, Title, Veil
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.errors import Refusal
from regie.media.colour import blank, fill, planes_of
from regie.media.frames import Picture, ProgrammeFormat, Sound, SoundBlock
from regie.media.mixer import HOLD, Mixer

pytestmark = pytest.mark.unit

FORMAT = ProgrammeFormat(640, 360, 25)
TICK = FORMAT.tick
TOWN = Town(nom="Valmont-sur-Loire")
LUMA = {"cam1": 60, "cam2": 120, "cam3": 200}


class FakeSource:
    """A grey camera with a constant tone; a test makes it late, away, or not decoded."""

    def __init__(self, name: str, luma: int, level: float) -> None:
        self._id = name
        self.frame = blank(FORMAT.width, FORMAT.height)
        fill(planes_of(self.frame), (luma, 128, 128))
        self.level: float | None = level
        self.state = SourceState.LIVE
        self.ready = True
        self.frozen_at: int | None = None
        self.gone = False
        self.wanted: list[Decoding] = []

    @property
    def id(self) -> str:
        return self._id

    def picture_at(self, t: MediaTime) -> Picture | None:
        return (
            None
            if self.gone
            else Picture(self.frame, MediaTime(t if self.frozen_at is None else self.frozen_at))
        )

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        return None if self.level is None else np.full((2, samples), self.level, np.float32)

    def want(self, decoding: Decoding) -> None:
        self.wanted.append(decoding)

    def is_ready(self) -> bool:
        return self.ready

    def status(self) -> SourceStatus:
        return SourceStatus(id=self._id, name=f"Caméra {self._id}", kind="rtsp", state=self.state)

    def start(self) -> None: ...

    def stop(self) -> None: ...


class VirtualClock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.ns = 0

    def monotonic_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns


class Desk:
    """A mixer, its sources, and what came out of it."""

    def __init__(
        self,
        inputs: tuple[InputStatus, ...] = (),
        fade_ms: int = 500,
        stand_ins: tuple[str, ...] = (),
        fixed_veils: Mapping[str, tuple[Veil, ...]] | None = None,
    ) -> None:
        self.sources = {name: FakeSource(name, luma, 0.1) for name, luma in LUMA.items()}
        self.pictures: list[Picture] = []
        self.blocks: list[SoundBlock] = []
        self.clock = VirtualClock()
        self.mixer = Mixer(
            FORMAT, self.sources, MediaClock(self.clock, 0), self.pictures.append, self.blocks.append, TOWN,
            Shot(("cam1",)), Shot(("cam2",)), inputs, fade_ms=fade_ms, stand_ins=stand_ins,
            fixed_veils=fixed_veils,
        )  # fmt: skip
        self.mixer._book._draw_all()
        self.mixer.set_logo(False)
        self.n = 0

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.mixer.make(MediaTime(self.n * TICK))
            self.n += 1

    @property
    def frame(self) -> av.VideoFrame:
        return self.pictures[-1].frame

    def luma(self, x: int = 320, y: int = 100) -> int:
        return int(planes_of(self.frame)[0][y, x])

    def mean(self) -> float:
        return float(planes_of(self.frame)[0].mean())


def test_a_full_shot_is_the_cameras_own_picture_untouched() -> None:
    desk = Desk()
    desk.tick()
    assert desk.frame is desk.sources["cam1"].frame
    assert desk.pictures[-1].at == 0


def test_a_cut_shows_at_the_next_tick_and_swaps_the_buses() -> None:
    desk = Desk()
    desk.tick()
    desk.mixer.cut(Shot(("cam2",)))
    desk.tick()
    assert desk.luma() == LUMA["cam2"]
    shown = desk.mixer.snapshot()
    assert (shown.programme, shown.preview) == (Shot(("cam2",)), Shot(("cam1",)))


def test_a_cut_of_another_preview_than_the_one_seen_is_refused() -> None:
    desk = Desk()
    with pytest.raises(Refusal) as refusal:
        desk.mixer.cut(Shot(("cam3",)))
    assert refusal.value.stable_code == "preparation_changee"


def test_a_take_of_a_source_that_is_not_decoded_waits_and_the_picture_on_air_stays() -> None:
    desk = Desk()
    desk.sources["cam3"].ready = False
    desk.mixer.take(Shot(("cam3",)))
    desk.tick(10)
    assert desk.luma() == LUMA["cam1"]
    assert desk.mixer.snapshot().pending == Shot(("cam3",))
    assert "cam3" in desk.mixer.needed()
    desk.sources["cam3"].ready = True
    desk.tick()
    assert desk.luma() == LUMA["cam3"]
    assert desk.mixer.snapshot().pending is None


def test_a_layout_does_not_wait_for_a_source_that_is_away() -> None:
    desk = Desk()
    desk.sources["cam3"].ready, desk.sources["cam3"].state = False, SourceState.DOWN
    desk.mixer.take(Shot(("cam2", "cam3"), Layout.TWO))
    desk.tick()
    assert desk.mixer.snapshot().programme.layout is Layout.TWO


def test_a_fade_goes_through_all_levels_and_lasts_what_was_asked() -> None:
    desk = Desk(fade_ms=400)
    desk.tick()
    desk.mixer.auto()
    levels = []
    for _ in range(10):
        desk.tick()
        levels.append(desk.mean())
    expected = [60 + 60 * n / 10 for n in range(1, 11)]
    assert np.allclose(levels, expected, atol=1.5)
    assert desk.mixer.snapshot().programme == Shot(("cam2",))


def test_the_t_bar_by_hand_there_and_back() -> None:
    desk = Desk()
    for permille in (250, 500, 750, 500, 250):
        desk.mixer.set_transition(permille)
        desk.tick()
        assert abs(desk.mean() - (60 + 60 * permille / 1000)) < 1.5
    desk.mixer.set_transition(0)
    desk.tick()
    assert desk.frame is desk.sources["cam1"].frame


def test_unknown_sources_and_impossible_shots_are_refused() -> None:
    mixer = Desk().mixer
    for shot, code in ((Shot(("cam9",)), "source_inconnue"), (Shot(("cam1", "cam2")), "plan_invalide")):
        for act in (mixer.take, mixer.set_preview):
            with pytest.raises(Refusal) as refusal:
                act(shot)
            assert refusal.value.stable_code == code
    for wrong in (
        SetInput(source="cam1", gain_db=99.0),
        SetInput(source="cam1", delay_ms=99_999),
        SetInput(source="cam1", pan=1.5),
        SetInput(source="cam1", sends=("ailleurs",)),
    ):
        with pytest.raises(Refusal) as refusal:
            mixer.set_input(wrong)
        assert refusal.value.stable_code == "reglage_invalide"


def test_a_stale_source_keeps_its_last_picture_then_gives_way_to_a_slate_that_names_it_and_comes_back() -> (
    None
):
    desk = Desk()
    desk.tick()
    camera = desk.sources["cam1"]
    camera.frozen_at = 0
    desk.tick(HOLD // TICK)
    assert desk.frame is camera.frame
    desk.tick()
    assert desk.frame is not camera.frame
    assert ("panne", "Caméra cam1") in {(name.value, subject) for name, subject in desk.mixer._book._wanted}
    desk.mixer._book._draw_all()
    desk.tick()
    assert desk.frame is desk.mixer._book.picture(SlateName.FAULT, "Caméra cam1").frame
    camera.frozen_at = None
    desk.tick()
    assert desk.frame is camera.frame
    assert [p.at for p in desk.pictures] == [n * TICK for n in range(desk.n)], "the same timeline all along"


def test_a_source_that_never_gave_a_picture_shows_the_slate() -> None:
    desk = Desk()
    desk.sources["cam1"].gone = True
    desk.tick()
    assert desk.frame is desk.mixer._book.picture(SlateName.FAULT).frame


def test_a_lost_camera_on_air_is_stood_in_for_and_the_bus_does_not_change() -> None:
    desk = Desk(stand_ins=("cam3", "cam1"))
    desk.tick()
    lost, other = desk.sources["cam1"], desk.sources["cam3"]
    lost.state, lost.ready, other.ready = SourceState.STALE, False, False
    desk.tick()
    assert other.wanted == [Decoding.FULL] and "cam3" in desk.mixer.needed()
    other.ready = True
    desk.tick()
    assert desk.luma() == LUMA["cam3"]
    assert desk.mixer.snapshot().stand_in == "cam3"
    assert desk.mixer.snapshot().programme == Shot(("cam1",))
    lost.state, lost.ready = SourceState.LIVE, True
    desk.tick(from_ms(2000) // TICK)
    assert desk.luma() == LUMA["cam1"]


def test_a_source_that_must_not_be_shown_leaves_at_the_next_picture_whatever_the_layout() -> None:
    desk = Desk(stand_ins=("cam1", "cam2", "cam3"))
    desk.tick()
    desk.mixer.exclude(("cam1", "cam2"))
    desk.tick()
    assert desk.luma() == LUMA["cam3"], "neither the one on air nor the first that could stand in"
    assert desk.mixer.snapshot().excluded == ("cam1", "cam2")
    with pytest.raises(Refusal) as refusal:
        desk.mixer.cut()
    assert refusal.value.stable_code == "source_exclue"
    with pytest.raises(Refusal):
        desk.mixer.auto()
    with pytest.raises(Refusal):
        desk.mixer.take(Shot(("cam1",)))
    with pytest.raises(Refusal):
        desk.mixer.set_transition(10)
    desk.mixer.take(Shot(("cam3",)))
    desk.tick()
    desk.mixer.exclude(("cam3",))
    desk.mixer.take(Shot(("cam1", "cam2"), Layout.TWO))
    desk.tick()
    assert desk.luma(160, 180) == LUMA["cam1"] and desk.luma(480, 180) == LUMA["cam2"]
    desk.mixer.exclude(("cam2",))
    desk.tick()
    assert desk.luma(160, 180) == LUMA["cam1"] and desk.luma(480, 180) != LUMA["cam2"]
    desk.mixer.exclude(("cam1", "cam2", "cam3"))
    desk.mixer.set_preview(Shot(("cam1",)))
    desk.tick()
    shown = desk.mixer.preview_picture()
    assert shown is not None and int(planes_of(shown.frame)[0][100, 320]) == LUMA["cam1"], (
        "the technician sees"
    )
    desk.mixer.exclude(())
    desk.tick()
    assert desk.luma(480, 180) == LUMA["cam2"]


def test_veils_are_on_the_programme_whatever_the_layout_and_not_on_preview() -> None:
    desk = Desk(fixed_veils={"cam3": (Veil(0, 0, 500, 1000, grain=100),)})
    for source in desk.sources.values():
        planes_of(source.frame)[0][:, 1::4] = planes_of(source.frame)[0][:, ::4] = 16
    right = (Veil(500, 0, 1000, 1000, grain=100),)
    half = {"cam1": right, "cam2": right}

    def sharp(left: int, right: int, frame: av.VideoFrame | None = None) -> bool:
        luma = planes_of(frame or desk.frame)[0][100:200, left:right].astype(int)
        return int(np.abs(np.diff(luma, axis=1)).max()) > 10

    desk.mixer.exclude((), half)
    desk.tick()
    assert sharp(10, 310) and not sharp(330, 630) and desk.mixer.snapshot().veils == half
    assert sharp(330, 630, desk.sources["cam1"].frame)
    shown = desk.mixer.preview_picture()
    assert shown is not None and sharp(330, 630, shown.frame), "the technician sees"
    desk.mixer.set_transition(500)
    desk.tick()
    assert sharp(10, 310) and not sharp(330, 630), "neither of the two that a fade mixes"
    desk.mixer.set_transition(0)
    desk.mixer.take(Shot(("cam1", "cam2"), Layout.FOUR))
    desk.tick()
    assert sharp(10, 150) and not sharp(170, 310) and sharp(330, 470) and not sharp(490, 630)
    desk.mixer.take(Shot(("cam3",)))
    desk.tick()
    assert not sharp(10, 310) and sharp(330, 630), "a camera that does not turn is always veiled"
    desk.mixer.exclude(())
    desk.mixer.take(Shot(("cam1",)))
    desk.tick()
    assert desk.frame is desk.sources["cam1"].frame


def test_a_suspension_is_the_slate_and_silence_for_everybody_and_the_buses_stay() -> None:
    desk = Desk()
    desk.mixer.set_title(Title(name="Mme Diallo"))
    desk.tick(20)
    desk.mixer.set_recess(True)
    desk.tick(2)
    slate = desk.mixer._book.picture(SlateName.PAUSE).frame
    assert desk.frame is slate, "no title on it"
    desk.tick(2)
    assert not desk.blocks[-1].samples.any()
    desk.mixer.cut(Shot(("cam2",)))
    desk.tick(3)
    assert desk.frame is slate and desk.mixer.snapshot().programme == Shot(("cam2",))
    desk.mixer.set_recess(False)
    desk.mixer.set_title(None)
    desk.tick(20)
    assert desk.luma() == LUMA["cam2"] and desk.blocks[-1].samples.any()


def test_a_title_changes_its_own_area_only_and_leaves_without_a_trace() -> None:
    desk = Desk()
    desk.mixer.set_title(Title("Claire Aubry", "Maire", "Valmont ensemble"))
    desk.tick(12)
    drawn = planes_of(desk.frame)[0]
    assert drawn[10, 320] == LUMA["cam1"] and (drawn[270:340, 40:300] != LUMA["cam1"]).any()
    assert (planes_of(desk.sources["cam1"].frame)[0] == LUMA["cam1"]).all(), (
        "the camera's picture is never drawn into"
    )
    desk.mixer.set_title(None)
    desk.tick(12)
    assert desk.frame is desk.sources["cam1"].frame


def test_all_open_inputs_are_heard_whatever_is_on_air_and_a_muted_one_not_at_all() -> None:
    desk = Desk()
    desk.tick(5)
    assert desk.blocks[-1].samples.max() == pytest.approx(0.3, abs=1e-4)
    for name in LUMA:
        desk.mixer.set_input(SetInput(source=name, muted=True))
    desk.tick(3)
    assert not desk.blocks[-1].samples.any(), "exact silence"


def test_inputs_are_closed_and_opened_again_as_the_operator_had_them() -> None:
    desk = Desk()
    desk.mixer.set_input(SetInput(source="cam1", muted=True))
    desk.mixer.close_inputs((*LUMA, "nobody's"))
    desk.tick(5)
    assert not desk.blocks[-1].samples.any(), "exact silence"
    assert all(one.closed for one in desk.mixer.snapshot().inputs if one.source in LUMA)
    desk.mixer.set_input(SetInput(source="cam2", muted=False))
    desk.tick(3)
    assert not desk.blocks[-1].samples.any(), "an operator's fader does not open it"
    desk.mixer.close_inputs(())
    desk.tick(5)
    assert desk.blocks[-1].samples.any()
    assert [one.source for one in desk.mixer.snapshot().inputs if one.muted] == ["cam1"]


def test_the_desk_is_taken_up_from_the_last_run() -> None:
    left = InputStatus(source="cam1", gain_db=-6.0, muted=True, delay_ms=40, closed=True)
    assert Desk((left,)).mixer.snapshot().inputs[0] == left


def test_a_shot_of_the_last_run_whose_source_is_gone_is_not_taken_up() -> None:
    sources = {"cam2": FakeSource("cam2", 10, 0.0)}
    mixer = Mixer(
        FORMAT,
        sources,
        MediaClock(VirtualClock(), 0),
        lambda p: None,
        lambda s: None,
        TOWN,
        Shot(("cam1",)),
        Shot(("cam9",)),
    )
    assert mixer.snapshot().programme == Shot((SlateName.BEFORE.source_id,))
    assert mixer.snapshot().preview == Shot(("cam2",))


def test_a_late_tick_loses_its_picture_and_never_its_sound() -> None:
    desk = Desk()
    desk.clock.ns = 10 * 40_000_000 + 1
    following = desk.mixer._follow(3)
    assert following == 11
    assert [p.at for p in desk.pictures] == [10 * TICK]
    assert [b.at for b in desk.blocks] == [n * TICK for n in range(3, 11)]
    assert desk.mixer.counters().skipped == 7


def test_after_the_machine_slept_it_goes_on_from_now() -> None:
    desk = Desk()
    desk.clock.ns = 3600 * 10**9
    assert desk.mixer._follow(3) == 3600 * 25 + 1
    assert len(desk.pictures) == len(desk.blocks) == 1


def test_its_thread_keeps_time_and_stops() -> None:
    made = threading.Event()
    times: list[int] = []

    def picture(p: Picture) -> None:
        times.append(p.at)
        if len(times) >= 5:
            made.set()

    from regie.clock import SystemClock

    sources = {"cam1": FakeSource("cam1", 50, 0.0)}
    mixer = Mixer(FORMAT, sources, MediaClock(SystemClock()), picture, lambda s: None, TOWN)
    mixer.start()
    assert made.wait(10)
    mixer.stop()
    assert not mixer.failed
    assert all(t % TICK == 0 for t in times) and times == sorted(set(times))


def test_a_mixer_that_dies_says_so() -> None:
    died = threading.Event()

    def broken(p: Picture) -> None:
        died.set()
        raise RuntimeError("the sink broke")

    from regie.clock import SystemClock

    mixer = Mixer(
        FORMAT, {"cam1": FakeSource("cam1", 50, 0.0)}, MediaClock(SystemClock()), broken, lambda s: None, TOWN
    )
    mixer.start()
    assert died.wait(10)
    mixer._thread.join(5)
    assert mixer.failed
    mixer.stop()


def test_whatever_the_operator_does_every_tick_has_its_picture_and_its_sound() -> None:
    desk = Desk()
    random = np.random.default_rng(3)
    names = list(LUMA)
    for n in range(1000):
        act = random.integers(6)
        if act == 0:
            desk.mixer.take(Shot((names[random.integers(3)],)))
        elif act == 1:
            desk.mixer.auto(int(random.integers(0, 400)))
        elif act == 2:
            desk.mixer.set_transition(int(random.integers(0, 1001)))
        elif act == 3:
            camera = desk.sources[names[random.integers(3)]]
            camera.frozen_at = None if camera.frozen_at is not None else n * TICK
        desk.tick(2)
        desk.pictures[:-1] = []
    assert sum(b.samples.shape[1] for b in desk.blocks) == desk.n * TICK == 2000 * SAMPLE_RATE // 25
    assert max(float(np.abs(b.samples).max()) for b in desk.blocks) <= 0.9
