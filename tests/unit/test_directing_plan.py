"""The chamber that the director is given: presets, fixed cameras, rooms, and what the register forbids."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from config.chamber import Directing, FixedFraming, Microphone, Person, Place
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Programme, Town
from regie.cameras.news import PresetView
from regie.directing import plan
from regie.domain.director import Size
from regie.domain.director.events import Discretion
from regie.domain.presets import Preset
from regie.domain.register import commands as cmd
from regie.domain.register.proxies import Writing
from regie.domain.register.votes import Ballot, Choice, Mode
from tests.unit.council import Council, convene

pytestmark = pytest.mark.unit


def config(**changes: Any) -> Config:
    return Config(
        ville=Town(nom="Ville"),
        source=(
            SourceConfig(id="cam1", nom="Une", genre=SourceKind.RTSP, adresse="rtsp://x"),
            SourceConfig(id="salle-b", nom="Annexe", genre=SourceKind.ROOM),
        ),
        elu=(Person(id="e1", nom="Mme Un"), Person(id="e2", nom="M. Deux")),
        place=(Place(id="p1", nom="Place 1", elu="e1"), Place(id="p2", nom="Place 2", elu="e2")),
        micro=(Microphone(id="m1", nom="Micro 1", source="cam1", canal=1, place="p1"),),
        **changes,
    )


def register(**changes: Any) -> Any:
    there = [SimpleNamespace(person="e1", room="mairie", is_open=True)]
    usual = {
        "president": "e1",
        "is_open": True,
        "stays": there,
        "members": ("e1", "e2"),
        "on_the_table": (),
        "doors": SimpleNamespace(hold=False),
        "floor": SimpleNamespace(turn=None, queue=()),
    }
    return SimpleNamespace(**(usual | changes))


def view(name: str, *places: str, room: bool = False, usable: bool = True) -> PresetView:
    one = Preset(id=name, camera="cam1", name=name, pan=0, tilt=0, zoom=1, places=places, room=room)
    return PresetView(preset=one, scope=one.scope, usable=usable)


def test_presets_become_framings_and_what_is_not_usable_is_left_out() -> None:
    presets = (
        view("a", "p1"),
        view("b", "p1", "p2"),
        view("c", room=True),
        view("libre"),
        view("z", "p2", usable=False),
    )
    chamber = plan.chamber_of(config(), presets, register(), {})
    assert {f.id: f.size for f in chamber.framings} == {"a": Size.CLOSE, "b": Size.PAIR, "c": Size.WIDE}
    assert chamber.president == "p1" and chamber.seat_of["p2"].name == "M. Deux"


def test_fixed_cameras_and_the_last_resort() -> None:
    fixed = config(
        cadrage=(FixedFraming(source="cam1", places=("p1",)),), programme=Programme(secours="cam1")
    )
    assert [f.size for f in plan.chamber_of(fixed, (), None, {}).framings] == [Size.CLOSE, Size.WIDE]
    with pytest.raises(ValueError, match="aucune place"):
        config(realisation=Directing(presidence="p9"))


def test_who_is_in_a_room_is_seen_and_heard_there() -> None:
    away = [
        SimpleNamespace(person="e1", room="mairie", is_open=True),
        SimpleNamespace(person="e2", room="salle-b", is_open=True),
    ]
    chamber = plan.chamber_of(config(), (), register(stays=away), {})
    assert chamber.seat_of["p2"].tile == "salle-b" and chamber.seat_of["p1"].tile is None
    assert chamber.microphone_of["salle-b"].seat == "p2"


def test_what_was_learnt_goes_before_the_file() -> None:
    assert plan.chamber_of(config(), (), None, {"m1": "p2"}).microphone_of["m1"].seat == "p2"


def test_the_absent_and_those_who_withdrew_are_not_framed() -> None:
    assert plan.faces_of(register(), config()) == frozenset({"p2"})
    assert plan.faces_of(register(stays=[]), config()) == frozenset()  # nobody keeps the register tonight
    assert plan.faces_of(None, config()) == frozenset()
    item = SimpleNamespace(recusals=(SimpleNamespace(seat="e1"),))
    out = register(on_the_table=(item,))
    assert plan.faces_of(out, config()) == frozenset({"p1", "p2"})
    # Nor does his microphone make anybody look for him, and nobody hears it.
    assert "m1" not in plan.chamber_of(config(), (), out, {}).microphone_of
    assert plan.closed_of(out, config(), {}) == ("m1",)
    assert plan.closed_of(out, config(), {"m1": "p2"}) == () == plan.closed_of(register(), config(), {})


def test_a_room_is_closed_when_all_who_sit_there_withdrew() -> None:
    there = [SimpleNamespace(person=f"e{n}", room="salle-b", is_open=True) for n in (1, 2)]
    one, both = (
        SimpleNamespace(recusals=tuple(SimpleNamespace(seat=seat) for seat in seats))
        for seats in (("e1",), ("e1", "e2"))
    )
    assert plan.closed_of(register(stays=there, on_the_table=(one,)), config(), {}) == ("m1",)
    assert plan.closed_of(register(stays=there, on_the_table=(both,)), config(), {}) == ("m1", "salle-b")
    # The other one speaks for the room.
    heard = plan.chamber_of(config(), (), register(stays=there, on_the_table=(one,)), {})
    assert heard.microphone_of["salle-b"].seat == "p2"


def test_who_objects_to_being_filmed_is_in_wide_shots_only() -> None:
    given = config(cadrage=(FixedFraming(source="cam1", places=("p2",)),))
    objecting = given.model_copy(
        update={"place": (given.place[0], given.place[1].model_copy(update={"refus_image": True}))}
    )
    presets = (view("a", "p1"), view("b", "p1", "p2"), view("c", room=True), view("d", "p2"))
    chamber = plan.chamber_of(objecting, presets, register(), {"m1": "p2"})
    assert [framing.id for framing in chamber.framings] == ["a", "c"]
    assert chamber.seat_of["p2"].name == "" and "m1" not in chamber.microphone_of


def test_a_public_ballot_tells_who_is_called_where_the_house_wants_it() -> None:
    council = Council(convene(5))
    council.come(1, 2, 3)
    writing = Writing(giver="e4", holder="e2", dated=date(2026, 3, 1))
    for command in (
        cmd.LodgeProxy(proxy="p", writing=writing),
        cmd.OpenSitting(president="e1"),
        cmd.CallItem(items=("1",)),
        cmd.RequestBallot(item="1", mode=Mode.PUBLIC, requesters=("e1", "e2", "e3")),
        cmd.OpenVote(),
    ):
        council.do(command)
    given = config(realisation=Directing(appel_nominal=True))

    def called() -> tuple[Discretion, str | None]:
        told = plan.told_discretion(council.register, False, given)
        return told.discretion, told.called

    assert called() == (Discretion.ROLL_CALL, "p1")
    assert plan.queue_of(council.register, given) == ("p2",)
    assert plan.told_discretion(council.register, False, config()).discretion is Discretion.VOTE
    council.do(cmd.CastBallots(ballots=(Ballot("e1", Choice.FOR), Ballot("e2", Choice.FOR))))
    assert called() == (Discretion.ROLL_CALL, "p2"), "his other voice is awaited"
    council.do(cmd.CastBallots(ballots=(Ballot("e4", Choice.FOR),)))
    assert called() == (Discretion.ROLL_CALL, None), "who is called has no place in the plan"
    assert plan.told_discretion(council.register, True, given).discretion is Discretion.CLOSED_DOORS


def test_what_a_vote_and_closed_doors_forbid() -> None:
    from regie.domain.register.items import ItemState

    def voting(mode: Mode) -> Any:
        item = SimpleNamespace(
            state=ItemState.VOTE_OPEN,
            vote=SimpleNamespace(mode=mode, proclaimed_ms=None),
            waiver=None,
            agenda=SimpleNamespace(is_election=False),
            recusals=(),
        )
        return register(on_the_table=(item,))

    assert plan.discretion_of(register(), False) is Discretion.NONE
    assert plan.discretion_of(voting(Mode.SECRET), False) is Discretion.SECRET_BALLOT
    assert plan.discretion_of(voting(next(m for m in Mode if m is not Mode.SECRET)), False) is Discretion.VOTE
    assert plan.discretion_of(None, True) is Discretion.CLOSED_DOORS
    assert plan.discretion_of(register(doors=SimpleNamespace(hold=True)), False) is Discretion.CLOSED_DOORS
