"""The remote rooms as they stand: what the engine and the register (the real law) hear of them."""

from datetime import date

import pytest

from regie.domain.register import commands as cmd
from regie.domain.register.remote import Link as RegisterLink
from regie.domain.register.votes import Choice, Mode
from regie.errors import Refusal
from regie.rooms import protocol as say
from regie.rooms.gathering import Room
from regie.rooms.protocol import Phase
from tests.unit.council import EPCI, Council, ballots, convene, convocation, rooms
from tests.unit.rooms_rig import Rig, engine_status, run, state, three_places

pytestmark = pytest.mark.unit


def test_its_microphone_is_closed_until_the_floor_is_given_and_after_an_engine_restart() -> None:
    async def scenario() -> None:
        rig = Rig()
        await rig.admitted()
        assert rig.engine.microphones == {"sud": False, "est": False}
        await rig.reception.give_floor("sud")
        await rig.step()
        assert rig.engine.microphones["sud"]
        rig.status.put(None)
        await rig.step()
        rig.engine.microphones.clear()
        rig.status.put(engine_status())
        await rig.step()
        assert rig.engine.microphones == {"sud": True, "est": False}
        await rig.reception.park("sud", "point 4")
        await rig.step()
        assert (rig.engine.microphones["sud"], rig.rtc.cleared) == (False, ["sud", "sud-doc"])

    run(scenario)


def test_the_registers_floor_opens_the_microphone_of_the_room_where_one_sits() -> None:
    async def scenario() -> None:
        rig = Rig(three_places())
        mailbox = await rig.admitted()
        await rig.reception.hear("sud", say.Hand(levee=True, personne="e21"), "")
        await rig.step()
        now = await state(mailbox)
        assert (now.main, now.rang) == (True, 1)
        assert ("e21", "Élu 21") in [(member.id, member.nom) for member in now.membres]
        with pytest.raises(Refusal, match="not in this room"):
            await rig.reception.hear("sud", say.Hand(levee=True, personne="e2"), "")
        await rig.core.submit(cmd.CallItem(items=("1",)), "president")
        await rig.core.submit(cmd.GiveFloor(person="e21"), "president")
        await rig.step()
        assert (rig.engine.microphones["sud"], (await state(mailbox)).parole) == (True, True)
        await rig.core.submit(cmd.TakeFloor(), "president")
        await rig.step()
        assert not rig.engine.microphones["sud"]

    run(scenario)


def test_a_lost_link_is_in_the_register_with_its_consequence_and_so_is_its_return() -> None:
    async def scenario() -> None:
        rig = Rig(three_places())
        await rig.admitted()
        council = rig.core.council
        assert council is not None
        council.do(cmd.CallItem(items=("1",)))
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        rig.flow(age=4_000)
        await rig.step()
        assert rig.reception.gathering.room("sud").lost_ms is not None, "seen at once"
        assert council.register.room("sud").link is RegisterLink.UP, "not yet in the register"
        rig.later(6_000)
        await rig.step()
        assert council.register.room("sud").link is RegisterLink.LOST
        assert council.register.item("1").vote is None, "an open vote is void (TL3)"
        await rig.reception.hear("sud", say.Offered(id=2, sdp="v=0"), "")
        rig.flow()
        rig.later(1_000)
        await rig.step()
        assert council.register.room("sud").link is RegisterLink.UP

    run(scenario)


def test_the_voices_of_a_vote_by_name_are_read_again_in_their_room() -> None:
    async def scenario() -> None:
        rig = Rig(three_places())
        mailbox = await rig.admitted()
        council = rig.core.council
        assert council is not None
        await rig.step()
        now = await state(mailbox)
        assert (now.role, now.animateur, now.scrutin) == ("participant_actif", "Élu 1", None)
        council.do(cmd.CallItem(items=("1",)))
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        voices = {f"e{n}": Choice.AGAINST if n == 21 else Choice.FOR for n in range(1, 34)}
        council.do(cmd.CloseVote(ballots=ballots(**voices)))
        await rig.step()
        shown = (await state(mailbox)).scrutin
        assert shown is not None and shown.conforme is None
        assert {voice.nom: voice.choix for voice in shown.voix} == {
            f"Élu {n}": "contre" if n == 21 else "pour" for n in range(20, 28)
        }, "those of the room, and no other"
        await rig.reception.hear("sud", say.Checked(conforme=True), "")
        await rig.step()
        shown = (await state(mailbox)).scrutin
        assert shown is not None and shown.conforme is True
        assert dict(council.register.item("1").checks) == {"sud": True}
        council.do(cmd.Proclaim())
        await rig.step()
        assert (await state(mailbox)).scrutin is None

    run(scenario)


def test_ten_seconds_both_ways_and_the_agents_word_are_told_to_the_register() -> None:
    async def scenario() -> None:
        call = convocation(several_places=True, says_remote=True, other_sessions=((date(2026, 3, 2), False),))
        council = Council(convene(45, body=EPCI, call=call, rooms=rooms("nord", "sud", "est")))
        council.do(cmd.OpenRoom(room="sud"))
        rig = Rig(council)
        await rig.admitted()
        for _ in range(11):
            await rig.reception.hear("sud", say.Measured(images=25, son_ms=1000), "")
            rig.flow()
            rig.later(1_000)
        with pytest.raises(Refusal, match="notice"):
            await rig.reception.hear("sud", say.Ready(public=True, affiche=False), "")
        await rig.reception.hear("sud", say.Ready(public=True, affiche=True), "")
        room = council.register.room("sud")
        assert room.tested and room.public_admitted

    run(scenario)


def test_a_connection_of_a_room_that_is_not_in_is_ended() -> None:
    async def scenario() -> None:
        rig = Rig()
        await rig.admitted()
        await rig.reception.park("sud", "point 4")
        rig.flow()  # rtc was not reached when the room was put aside
        await rig.step()
        assert rig.rtc.hung_up == ["session-1"]
        assert rig.reception.gathering.room("sud").link is None
        await rig.step()
        assert rig.rtc.hung_up == ["session-1"], "said once"

    run(scenario)


def test_a_room_whose_members_all_withdrew_waits_until_the_item_is_over() -> None:
    async def scenario() -> None:
        council = three_places()
        rig = Rig(council)
        await rig.admitted()

        def room() -> Room:
            return rig.reception.gathering.room("sud")

        council.do(cmd.CallItem(items=("1",)))
        for rank in range(20, 28):
            assert room().phase is Phase.ADMITTED, "somebody there still takes part"
            council.do(cmd.Recuse(item="1", seat=f"e{rank}"))
            await rig.step()
        # The public of the room may see and hear all the same; without a public it waits.
        assert room().phase is Phase.ADMITTED
        council.do(cmd.AdmitPublic(room="sud", admitted=False))
        await rig.step()
        assert (room().phase, room().parked_for) == (Phase.PARKED, "déport")
        await rig.reception.admit("sud")
        await rig.step()
        assert room().phase is Phase.ADMITTED, "a person lets it in all the same"
        await rig.reception.park("sud", "déport")
        council.do(cmd.NoteItem(item="1"))
        await rig.step()
        assert room().phase is Phase.ADMITTED

    run(scenario)
