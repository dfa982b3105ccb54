"""The remote rooms as control keeps them: who is let in, what each asks for, what people of the régie do with them."""

from datetime import date

import pytest

from regie.domain.register import commands as cmd
from regie.errors import Refusal
from regie.messages import RoomNews, Way
from regie.rooms import protocol as say
from regie.rooms.access import Use
from regie.rooms.protocol import Answered, Order, Phase, Word
from tests.unit.council import EPCI, Council, convene, convocation, rooms
from tests.unit.rooms_rig import Rig, engine_status, run, state, told

pytestmark = pytest.mark.unit


def test_an_invited_room_is_told_everything_once_it_is_let_in() -> None:
    async def scenario() -> None:
        rig = Rig()
        invitation = await rig.reception.invite("sud")
        room, key = await rig.reception.join(invitation.code)
        assert (room, rig.reception.room_of(key)) == ("sud", "sud")
        with pytest.raises(Refusal, match="no invitation"):
            await rig.reception.join(invitation.token)
        mailbox = rig.reception.enter("sud")
        await rig.step()
        assert (await state(mailbox)).phase is Phase.WAITING
        with pytest.raises(Refusal, match="not admitted"):
            await rig.reception.hear("sud", say.Offered(id=1, sdp="v=0"), "")
        await rig.reception.admit("sud")
        await rig.reception.hear("sud", say.Offered(id=7, sdp="v=0"), "")
        answers = [one for one in await mailbox.take() if isinstance(one, Answered)]
        assert [one.id for one in answers] == [7] and rig.rtc.offers == [("sud", False)]
        rig.status.put(engine_status("cam1", "sud"))
        await rig.step()
        assert (await state(mailbox)).antenne

    run(scenario)


def test_rooms_come_back_as_they_were_after_a_restart() -> None:
    async def scenario() -> None:
        rig = Rig()
        invitation = await rig.reception.invite("sud")
        _, key = await rig.reception.join(invitation.token)
        await rig.admitted()
        await rig.reception.give_floor("sud")
        await rig.reception.hear("sud", say.Microphone(ouvert=False), "")
        await rig.step()
        again = Rig(book=rig.saved)
        assert again.reception.room_of(key) == "sud"
        mailbox = again.reception.enter("sud")
        await again.step()
        now = await state(mailbox)
        assert (now.phase, now.parole) == (Phase.ADMITTED, True)
        assert not now.ouvert_par_la_salle, "what the room closed stays closed"
        # Its connection did not notice anything: it is taken up as it is.
        again.reception.link_news(
            RoomNews(session="old", source="sud", state="connected", picture_age_ms=5, sound_age_ms=5)
        )
        link = again.reception.gathering.room("sud").link
        assert link is not None and link.session == "old"

    run(scenario)


def test_another_page_takes_the_place_of_the_first_and_rtc_lost_is_told() -> None:
    async def scenario() -> None:
        rig = Rig()
        first = await rig.admitted()
        second = rig.reception.enter("sud")
        assert Order(quoi="partir") in await told(first, Order)
        await rig.reception.exit("sud", first)
        assert rig.reception.gathering.room("sud").page, "the second is still there"
        rig.reception.rtc_lost()
        assert await told(second, Order) == [Order(quoi="recommencer")]

    run(scenario)


def test_words_go_both_ways_and_none_is_empty() -> None:
    async def scenario() -> None:
        rig = Rig()
        mailbox = await rig.admitted()
        await rig.reception.hear("sud", say.Wrote(texte="  Bonjour \n la régie "), "")
        rig.reception.write("sud", "Bonjour")
        words = [one for one in await told(mailbox, Word) if isinstance(one, Word)]
        assert [(one.de, one.texte) for one in words] == [
            ("Salle Sud", "Bonjour la régie"),
            ("Régie", "Bonjour"),
        ]
        with pytest.raises(Refusal, match="empty"):
            rig.reception.write("sud", "   ")

    run(scenario)


def test_documents_are_apart_and_refused_where_none_is_configured() -> None:
    async def scenario() -> None:
        rig = Rig()
        await rig.admitted()
        await rig.reception.hear("sud", say.Offered(id=2, sdp="v=0", document=True), "")
        assert rig.rtc.offers[-1] == ("sud-doc", True)
        assert rig.reception.gathering.room("sud").document is not None
        await rig.reception.stop_sharing("sud")
        assert rig.rtc.hung_up == ["session-2"]
        rig.reception.enter("est")
        await rig.reception.admit("est")
        with pytest.raises(Refusal, match="shares no document"):
            await rig.reception.hear("est", say.Offered(id=1, sdp="v=0", document=True), "")

    run(scenario)


def test_an_encoder_is_let_in_by_its_key_and_a_screen_only_watches_a_room_that_is_in() -> None:
    async def scenario() -> None:
        rig = Rig()
        reception = rig.reception
        screen, encoder = await reception.grant("sud", Use.SCREEN), await reception.grant("sud", Use.ENCODER)
        assert reception.room_of(screen) is None and reception.room_of(encoder) is None, "they are no pages"
        found = reception.opened_by(screen)
        assert found is not None and (found.room, found.use) == ("sud", Use.SCREEN)
        with pytest.raises(Refusal) as refusal:
            await reception.carry("sud", Way.OUT, "v=0", "")
        assert refusal.value.stable_code == "salle_pas_admise"
        sent, _ = await reception.carry("sud", Way.IN, "v=0", "")
        assert reception.gathering.room("sud").phase is Phase.ADMITTED
        shown, _ = await reception.carry("sud", Way.OUT, "v=0", "")
        assert rig.rtc.ways == [Way.IN, Way.OUT]
        with pytest.raises(Refusal, match="no such connection"):
            await reception.drop("est", shown)
        await reception.drop("sud", shown)
        assert rig.rtc.hung_up == [shown]
        # Put aside: everything of the room is cut, and its encoder does not come back by itself.
        await reception.park("sud", "point 4")
        assert rig.rtc.cleared[0] == "sud"
        with pytest.raises(Refusal, match="put aside"):
            await reception.carry("sud", Way.IN, "v=0", "")
        assert sent != shown

    run(scenario)


def test_an_encoder_and_a_page_do_not_take_the_room_from_each_other_for_ever() -> None:
    async def scenario() -> None:
        rig = Rig()
        mailbox = await rig.admitted()
        await rig.reception.hear("sud", say.Microphone(ouvert=False), "")
        await rig.reception.carry("sud", Way.IN, "v=0", "")
        assert Order(quoi="partir") in await told(mailbox, Order)
        await rig.reception.exit("sud", mailbox)
        room = rig.reception.gathering.room("sud")
        assert (room.phase, room.page, room.own_mute) == (Phase.ADMITTED, False, False)
        assert room.link is not None and room.link.session == "session-2"
        assert rig.reception.encodes("sud") and not rig.reception.confirmed("sud")

    run(scenario)


def test_the_agents_word_given_for_an_encoder_on_the_auxiliarys_page_is_known() -> None:
    async def scenario() -> None:
        call = convocation(several_places=True, says_remote=True, other_sessions=((date(2026, 3, 2), False),))
        council = Council(convene(45, body=EPCI, call=call, rooms=rooms("nord", "sud", "est")))
        council.do(cmd.OpenRoom(room="sud"))
        rig = Rig(council)
        await rig.reception.carry("sud", Way.IN, "v=0", "")
        assert rig.reception.encodes("sud") and not rig.reception.confirmed("sud")
        council.do(cmd.AttestRoom(room="sud", passed=True))
        assert rig.reception.confirmed("sud")

    run(scenario)


def test_a_person_follows_on_one_screen_at_a_time_until_withdrawn() -> None:
    async def scenario() -> None:
        rig = Rig()
        await rig.admitted()
        reception = rig.reception
        key = await reception.invite_person("sud", "M. Juriste")
        found = reception.opened_by(key)
        assert found is not None and found.use is Use.PASSIVE and reception.persons("sud") == ("M. Juriste",)
        first, _ = await reception.carry("sud", Way.OUT, "v=0", "", screen=True, person=found.person)
        with pytest.raises(Refusal) as refusal:
            await reception.carry("sud", Way.OUT, "v=0", "", screen=True, person=found.person)
        assert refusal.value.stable_code == "participant_deja_la"
        link = reception.gathering.room("sud").link
        reception.link_news(RoomNews(session=first, source="sud", state="closed"))
        assert reception.gathering.room("sud").link == link, "the room's own goes on"
        second, _ = await reception.carry("sud", Way.OUT, "v=0", "", screen=True, person=found.person)
        await reception.remove_person("sud", "M. Juriste")
        assert reception.opened_by(key) is None and rig.rtc.hung_up == [second]
        assert reception.persons("sud") == ()

    run(scenario)
