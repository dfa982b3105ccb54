"""The remote rooms as control keeps them: what the engine, the register (the real law) and the pages hear of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from regie import demo_rooms
from regie.board import EngineStatus, Latest
from regie.domain.commands import EngineCommand, SetAntenna, SetInput
from regie.domain.model import Shot
from regie.domain.register import commands as cmd
from regie.domain.register.assembly import room_of
from regie.domain.register.remote import Link as RegisterLink
from regie.domain.register.state import Phase as Sitting
from regie.domain.register.state import Register
from regie.domain.register.votes import Choice, Mode
from regie.domain.seance import Seance
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.messages import RoomNews, Way
from regie.rooms import protocol as say
from regie.rooms.access import Book, Use
from regie.rooms.mailbox import Mailbox
from regie.rooms.protocol import Answered, Order, Phase, State, Told, Word
from regie.rooms.reception import Reception
from tests.unit.council import EPCI, Council, ballots, convene, convocation, rooms

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.ms = 1_773_340_200_000

    def utc_ns(self) -> int:
        return self.ms * 1_000_000

    def monotonic_ns(self) -> int:
        return self.ms * 1_000_000


class Rtc:
    def __init__(self) -> None:
        self.offers: list[tuple[str, bool]] = []
        self.ways: list[Way] = []
        self.hung_up: list[str] = []
        self.cleared: list[str] = []

    async def offer_room(
        self, room: str, way: Way, sdp: str, client: str, *, document: bool = False, screen: bool = False
    ) -> tuple[str, str]:
        self.offers.append((room, document))
        self.ways.append(way)
        return f"session-{len(self.offers)}", "v=0 answer"

    async def hangup(self, session: str) -> None:
        self.hung_up.append(session)

    async def clear_room(self, room: str) -> None:
        self.cleared.append(room)


class Engine:
    def __init__(self) -> None:
        self.microphones: dict[str, bool] = {}
        self.away = False

    async def call(self, command: EngineCommand) -> None:
        if self.away:
            raise LinkLost("away")
        assert isinstance(command, SetInput) and command.muted is not None
        self.microphones[command.source] = not command.muted


class Core:
    """The register's law, without its disk."""

    def __init__(self, council: Council | None) -> None:
        self.council = council
        self.listeners: list[Callable[[], None]] = []

    async def submit(self, command: cmd.AnyCommand, author: str, command_id: str = "") -> object:
        assert self.council is not None
        self.council.do(command)
        for listener in tuple(self.listeners):
            listener()
        return None

    def view(self) -> Seance | None:
        return None

    def register(self) -> Register | None:
        return self.council.register if self.council is not None else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


def engine_status(*on_air: str) -> EngineStatus:
    shot = Shot(on_air or ("cam1",))
    epoch = Epoch("run", 0)
    return EngineStatus(
        epoch=epoch, now=MediaTime(0), width=1280, height=720, fps=25, programme=shot, preview=shot
    )


class Rig:
    def __init__(self, council: Council | None = None, book: Book | None = None) -> None:
        self.clock, self.rtc, self.engine, self.core = Clock(), Rtc(), Engine(), Core(council)
        self.status: Latest[EngineStatus | None] = Latest(engine_status())
        if council is not None:
            self.clock.ms = council.now
        self.saved = book or Book()
        self.reception = Reception(
            {"sud": "Salle Sud", "est": "Salle Est"},
            {"sud": "sud-doc"},
            self.clock,
            self.rtc,
            self.engine,
            self.core,
            self.status,
            self.saved,
            self._save,
        )

    def _save(self, book: Book) -> None:
        self.saved = book

    def later(self, ms: int) -> None:
        self.clock.ms += ms
        if self.core.council is not None:
            self.core.council.wait(ms // 1000)

    async def step(self) -> None:
        await self.reception._step()

    async def admitted(self) -> Mailbox:
        mailbox = self.reception.enter("sud")
        await self.reception.admit("sud")
        await self.reception.hear("sud", say.Offered(id=1, sdp="v=0"), "127.0.0.1")
        self.flow()
        await self.step()
        return mailbox

    def flow(self, age: int = 20, state: str = "connected") -> None:
        """A second of the room's link."""
        session = f"session-{len(self.rtc.offers)}"
        news = RoomNews(session=session, source="sud", state=state, picture_age_ms=age, sound_age_ms=age)
        self.reception.link_news(news)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(bounded())


async def state(mailbox: Mailbox) -> State:
    return next(told for told in reversed(await mailbox.take()) if isinstance(told, State))


async def told(mailbox: Mailbox, kind: type[Told]) -> list[Told]:
    return [one for one in await mailbox.take() if isinstance(one, kind)]


def three_places() -> Council:
    """A community in session in three rooms, e5 speaks from « sud »."""
    call = convocation(several_places=True, says_remote=True, other_sessions=((date(2026, 3, 2), False),))
    council = Council(convene(45, body=EPCI, call=call, rooms=rooms("nord", "sud", "est")))
    for room in ("nord", "sud", "est"):
        council.do(cmd.OpenRoom(room=room))
        council.do(cmd.AttestRoom(room=room, passed=True))
        council.do(cmd.AdmitPublic(room=room))
    council.do(cmd.ReportStream(up=True))
    council.come(*range(1, 20), room="nord")
    council.come(*range(20, 28), room="sud")
    council.come(*range(28, 34), room="est")
    council.do(cmd.OpenSitting(president="e1"))
    return council


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


def test_the_demonstrations_president_gives_the_floor_to_each_room_in_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_rooms, "ROOMS", {"sud": "Salle Sud", "est": "Salle Est"})
    monkeypatch.setattr(demo_rooms, "CHAMBER_S", 0.001)
    monkeypatch.setattr(demo_rooms, "REMOTE_S", 0.001)

    async def scenario() -> None:
        core = Core(three_places())
        spoke: list[str] = []
        enough = asyncio.Event()

        def heard() -> None:
            register = core.register()
            turn = register.floor.turn if register is not None else None
            if register is not None and turn is not None:
                spoke.append(room_of(register, turn.person))
            if len(spoke) == 3:
                enough.set()

        core.listen(heard)
        job = asyncio.create_task(demo_rooms.hold_the_floor(core))
        await enough.wait()
        job.cancel()
        assert spoke[:3] == ["sud", "est", "sud"]

    run(scenario)


def test_the_demonstration_calls_the_roll_of_a_room_that_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_rooms, "ROLL_S", 0.001)

    async def scenario() -> None:
        council = three_places()
        core = Core(council)
        council.do(cmd.ReportLinkLost(room="sud", since_ms=council.now - 40_000))
        council.do(cmd.ReportLinkBack(room="sud"))
        called = asyncio.Event()
        core.listen(called.set)
        job = asyncio.create_task(demo_rooms.call_the_roll(core))
        await called.wait()
        job.cancel()
        assert {room.id: room.link for room in council.register.rooms}["sud"] is RegisterLink.UP

    run(scenario)


class Air:
    """The engine, of which only the antenna is asked for."""

    def __init__(self) -> None:
        self.given: list[bool] = []

    async def call(self, command: EngineCommand) -> None:
        assert isinstance(command, SetAntenna)
        self.given.append(command.on)


def test_a_room_is_lost_and_regained_in_the_middle_of_a_lawful_seance_in_three_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole way: the link, the page, the law, the president's choice, the roll, the vote done again."""
    for name in ("ROLL_S", "PRESIDE_S"):
        monkeypatch.setattr(demo_rooms, name, 0.001)

    async def until(so: Callable[[], bool]) -> None:
        while not so():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.001)

    async def scenario() -> None:
        rig, air = Rig(three_places()), Air()
        council = rig.core.council
        assert council is not None
        await rig.admitted()
        jobs = [
            asyncio.create_task(demo_rooms.preside(rig.core, air, rig.clock)),
            asyncio.create_task(demo_rooms.call_the_roll(rig.core)),
        ]
        council.do(cmd.CallItem(items=("1",)))
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        present = council.register.opening
        # The laptop of the south sleeps. Nothing comes any more.
        for _ in range(40):
            rig.later(1_000)
            await rig.step()
        await until(lambda: council.register.phase is Sitting.SUSPENDED)
        assert council.register.room("sud").link is RegisterLink.LOST
        assert council.register.item("1").vote is None, "the vote that was open is void (TL3)"
        assert air.given == []
        # It wakes: same identity, a new connection; the roll, then the president resumes.
        await rig.reception.hear("sud", say.Offered(id=2, sdp="v=0"), "")
        rig.flow()
        await rig.step()
        await until(lambda: air.given == [True])
        register = council.register
        assert register.phase is Sitting.OPEN and register.room("sud").link is RegisterLink.UP
        assert register.resumptions[-1].weight == (present.weight if present is not None else 0)
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        assert council.register.item("1").vote is not None
        for job in jobs:
            job.cancel()

    run(scenario)
