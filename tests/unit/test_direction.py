"""The director in control: told by the board, it cuts through the engine, sends cameras, names, stands back, remembers."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from regie.board import Levels
from regie.directing import news as ask
from regie.directing.recording import read
from regie.directing.replay import Directed, Replay
from regie.domain.commands import Cut, DeclareOpen, SetTitle
from regie.domain.director import Settings
from regie.domain.director.events import Button
from regie.domain.model import Layout, SeanceState, Shot, Title
from regie.domain.seance import Seance
from regie.errors import Refusal
from tests.unit.direction_rig import Rig

pytestmark = pytest.mark.unit


def test_it_cuts_to_who_speaks_names_him_and_remembers(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            await rig.until(lambda: rig.shot == Shot(("cam3",)), {"m2": 0.9})
            await rig.until(lambda: rig.title is not None, {"m2": 0.9})
            assert rig.title is not None and rig.title.title is not None and rig.title.title.name == "M. Deux"
            await rig.until(lambda: rig.title is not None and rig.title.title is None, {"m2": 0.9})
            await rig.until(lambda: bool(rig.news.get().cuts))
            assert rig.news.get().cuts[0].why.startswith("M. Deux (micro 2) depuis")
            await rig.until(lambda: any(s.ms > 1000 for s in rig.direction.times.rows()), {"m2": 0.9})
        # What it was told is on disk, and can be replayed; so are the speaking times.
        (file,) = (tmp_path / "seances" / "s1" / "realisation").glob("*.jsonl")
        head, lines = read(file)
        run = Replay(head, Directed(head.chamber, Settings(least_shot_ms=0, confirm_voice_ms=100))).through(
            lines
        )
        assert Shot(("cam3",)) in [aired.shot for aired in run.aired]
        again = Rig(tmp_path)
        async with again.running():
            assert [row.seat for row in again.direction.times.rows()] == ["p2"]

    asyncio.run(story())


def test_a_hand_on_the_picture_suspends_it(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            await rig.hands.call(Cut())
            news = rig.news.get()
            assert news.mode == "manuel" and news.back_ms is not None and news.back_of_ms == 2000
            rig.commands.clear()
            await rig.until(lambda: rig.news.get().mode == "auto", {"m2": 0.9})
            await rig.until(lambda: rig.shot == Shot(("cam3",)), {"m2": 0.9})
            await rig.hands.call(Cut())
            rig.direction.carry_out(ask.Keep())
            assert rig.news.get().back_ms is None and rig.news.get().mode == "manuel"

    asyncio.run(story())


def test_who_objects_to_being_filmed_is_neither_framed_nor_named(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path, objects=True)
        async with rig.running():
            await rig.until(lambda: rig.shot == Shot(("cam2",)), {"m1": 0.9})
            # His voice makes nobody look for him: a few seconds of it, and there is silence, which is wide.
            await rig.until(lambda: rig.shot == Shot(("cam1",)), {"m2": 0.9})
            assert "p2" not in rig.recalled
            seat = next(seat for seat in rig.news.get().seats if seat.id == "p2")
            assert seat.excluded and not seat.cameras and not seat.person and not seat.speaking
            for command in (ask.ChooseSeat(seat="p2"), ask.Exclude(seat="p2", out=False)):
                with pytest.raises(Refusal) as refused:
                    rig.direction.carry_out(command)
                assert refused.value.stable_code == "place_refus_image"
            with pytest.raises(Refusal):
                await rig.hands.call(SetTitle(title=Title("M. Deux", "", "B")))
            await rig.hands.call(SetTitle(title=Title("Mme Un", "", "A")))

    asyncio.run(story())


def test_a_seat_is_chosen_excluded_or_unknown(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.carry_out(ask.ChooseSeat(seat="p1"))
            await rig.until(lambda: rig.shot == Shot(("cam2",)))
            assert rig.news.get().mode == "semi"
            rig.direction.carry_out(ask.Exclude(seat="p1"))
            await rig.until(lambda: rig.shot == Shot(("cam1",)))
            for command, code in (
                (ask.ChooseSeat(seat="p1"), "place_exclue"),
                (ask.ChooseSeat(seat="p9"), "place_inconnue"),
            ):
                with pytest.raises(Refusal) as refused:
                    rig.direction.carry_out(command)
                assert refused.value.stable_code == code

    asyncio.run(story())


def test_mode_and_exclusions_outlive_a_start_of_control(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.carry_out(ask.Exclude(seat="p1"))
            rig.direction.carry_out(ask.Exclude(microphone="m9"))
            rig.direction.carry_out(ask.ShowDocument(source="pupitre"))
            await rig.hands.call(Cut())
            rig.direction.carry_out(ask.Keep())
        again = Rig(tmp_path)
        async with again.running():
            news = again.news.get()
            assert news.mode == "manuel" and news.back_ms is None and news.document == "pupitre"
            assert [seat.id for seat in news.seats if seat.excluded] == ["p1"]
            assert news.excluded_microphones == ("m9",)
            # A hand that holds for a while only is not kept beyond it, a seat that is kept on air is.
            again.direction.carry_out(ask.ChooseSeat(seat="p2"))
            again.direction.carry_out(ask.Keep())
        third = Rig(tmp_path)
        async with third.running():
            await third.until(lambda: "cam3" in third.shot.sources)
            assert third.news.get().mode == "semi" and third.news.get().back_ms is None
            third.direction.carry_out(ask.SetMode(mode="auto"))
            await third.hands.call(Cut())
        fourth = Rig(tmp_path)
        async with fourth.running():
            assert fourth.news.get().mode == "auto"
        other = Rig(tmp_path, seance=Seance(id="s2", title="x", state=SeanceState.LIVE, due_utc=0))
        async with other.running():
            assert not any(seat.excluded for seat in other.news.get().seats)
            assert other.news.get().document is None

    asyncio.run(story())


def test_a_console_says_which_source_is_the_document(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            for source, code in (("cam1", "document_camera"), ("inconnue", "source_inconnue")):
                with pytest.raises(Refusal) as refused:
                    rig.direction.carry_out(ask.ShowDocument(source=source))
                assert refused.value.stable_code == code
            rig.direction.carry_out(ask.ShowDocument(source="pupitre"))
            assert rig.news.get().document == "pupitre"
            await rig.until(lambda: rig.shot == Shot(("pupitre", "cam3"), Layout.DOCUMENT), {"m2": 0.9})
            rig.direction.carry_out(ask.ShowDocument())
            await rig.until(lambda: rig.shot == Shot(("cam3",)), {"m2": 0.9})

    asyncio.run(story())


def test_closed_doors_hide_everybody_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.shut = True
            rig.tell()
            await rig.until(lambda: rig.shot == Shot(("slate.huis_clos",)))

    asyncio.run(story())


def test_a_camera_that_refuses_is_not_hammered(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path, refuses={"p2"})
        rig.at["cam3"] = "ailleurs"
        rig.tell()
        async with rig.running():
            await rig.until(lambda: rig.recalled.count("p2") == 1, {"m2": 0.9})
            await rig.until(lambda: rig.news.get().holder == "p2", {"m2": 0.9})
            for _ in range(10):
                rig.levels.put(Levels(voices={"m2": 0.9}))
                await asyncio.sleep(0.05)
            assert rig.recalled.count("p2") == 1

    asyncio.run(story())


def test_the_seat_map_is_learnt_by_pressing_microphones(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.carry_out(ask.Learn(seat="p1"))
            rig.direction.button("m2", Button.ON)
            learning = rig.news.get().learning
            assert learning is not None and learning.seat == "p2"
            rig.direction.button("m1", Button.ON)
            assert rig.news.get().learning is None
            rig.direction.button("m1", Button.OFF)
            await rig.until(lambda: rig.news.get().holder == "p1", {"m2": 0.9})
        assert msgspec.json.decode((tmp_path / "micros.json").read_bytes()) == {"m2": "p1", "m1": "p2"}

    asyncio.run(story())


def test_the_conference_system_lost_leaves_the_voices(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.conference_is("lie")
            rig.direction.button("m2", Button.OFF)
            rig.direction.conference_is("perdu")
            await rig.until(lambda: rig.news.get().holder == "p2", {"m2": 0.9})
            assert rig.news.get().conference == "perdu"

    asyncio.run(story())


def test_who_withdrew_is_heard_by_nobody_until_the_item_is_over(tmp_path: Path) -> None:
    """Nor looked for when he presses his button; a fresh engine is told again."""

    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.withdrew = ("e2",)
            await rig.until(lambda: rig.closed == ("m2",))
            rig.direction.conference_is("lie")
            rig.direction.button("m2", Button.ON)
            rig.recalled.clear()
            await asyncio.sleep(1)
            assert Shot(("cam3",)) != rig.shot
            rig.closed, rig.run = (), "r2"
            rig.tell()
            await rig.until(lambda: rig.closed == ("m2",))
            rig.withdrew = ()
            await rig.until(lambda: rig.closed == ())

    asyncio.run(story())


def test_the_engine_is_told_which_microphones_are_said_to_be_open(tmp_path: Path) -> None:
    """At each change, again when it is a fresh one, and that nobody says once the conference system is lost."""

    async def story() -> None:
        rig = Rig(tmp_path)

        def declared() -> list[tuple[str, ...] | None]:
            return [one.microphones for one in rig.commands if isinstance(one, DeclareOpen)]

        async with rig.running():
            await rig.until(lambda: declared() == [None])
            rig.direction.conference_is("lie")
            rig.direction.button("m2", Button.ON)
            rig.direction.button(
                "pupitre", Button.PRIORITY
            )  # nobody's place: the engine hears it all the same
            rig.direction.button("m1", Button.REQUEST)
            await rig.until(lambda: declared()[-1] == ("m2", "pupitre"))
            rig.direction.button("m2", Button.OFF)
            await rig.until(lambda: declared()[-1] == ("pupitre",))
            rig.away = True
            rig.direction.button("pupitre", Button.OFF)
            await rig.until(lambda: rig.refused > 0)
            rig.away = False
            await rig.until(lambda: declared()[-1] == ())
            rig.run = "r2"
            before = len(declared())
            rig.tell()
            await rig.until(lambda: len(declared()) > before)
            assert declared()[-1] == ()
            rig.direction.conference_is("perdu")
            await rig.until(lambda: declared()[-1] is None)

    asyncio.run(story())
