"""The remote rooms together, on virtual time."""

import pytest

from regie.errors import Refusal
from regie.rooms import protocol
from regie.rooms.gathering import (
    LOST_MS,
    TWO_WAY_MS,
    Attested,
    Back,
    Gathering,
    Link,
    Lost,
    Open,
    gathering,
)
from regie.rooms.protocol import Phase

pytestmark = pytest.mark.unit
REPORT_MS = 5_000


def code(act: object) -> str:
    with pytest.raises(Refusal) as refusal:
        act()  # type: ignore[operator]
    return refusal.value.stable_code


def flowing(now_ms: int, session: str = "s", age: int = 20) -> Link:
    return Link(session=session, connected=True, at_ms=now_ms, picture_age_ms=age, sound_age_ms=age)


def admitted() -> Gathering:
    rooms = gathering({"b": "Salle B", "c": "Salle C"}).page_came("b")
    rooms, effects = rooms.admit("b")
    assert effects == (Open("b", False),), "a microphone is closed at first"
    return rooms.connected("b", "s", False, 0)


def test_a_room_waits_until_somebody_lets_it_in() -> None:
    rooms = gathering({"b": "Salle B"})
    assert code(lambda: rooms.admit("b")) == "salle_absente"
    rooms = rooms.page_came("b")
    assert rooms.room("b").phase is Phase.WAITING
    assert code(lambda: rooms.hand("b", True, "", 0)) == "salle_pas_admise"
    assert code(lambda: rooms.give_floor("b")) == "salle_pas_admise"
    assert rooms.page_left("b")[0].room("b").phase is Phase.AWAY


def test_a_room_that_comes_back_is_what_it_was() -> None:
    rooms = admitted().hand("b", True, "e1", 10)
    rooms, _ = rooms.give_floor("b")
    rooms = rooms.hand("b", True, "e1", 20)
    back = rooms.page_left("b")[0].page_came("b").room("b")
    assert (back.phase, back.floor, back.hand_ms, back.hand_person) == (Phase.ADMITTED, True, 20, "e1")


def test_the_queue_is_by_order_of_asking() -> None:
    rooms = admitted().page_came("c").admit("c")[0]
    rooms = rooms.hand("c", True, "", 5).hand("b", True, "", 9).hand("c", True, "", 12)
    assert (rooms.rank("c"), rooms.rank("b")) == (1, 2)
    rooms, effects = rooms.give_floor("c")
    assert effects == (Open("c", True),)
    assert (rooms.rank("c"), rooms.rank("b")) == (None, 1)
    assert rooms.take_floor("c")[1] == (Open("c", False),)


def test_a_room_put_aside_is_cut_off() -> None:
    rooms = admitted().give_floor("b")[0].hand("b", True, "", 3)
    rooms, effects = rooms.park("b", "point 4")
    room = rooms.room("b")
    assert effects == (Open("b", False),)
    assert (room.phase, room.floor, room.hand_ms, room.link) == (Phase.PARKED, False, None, None)
    assert rooms.admit("b")[0].room("b").phase is Phase.ADMITTED


def test_both_ways_for_ten_seconds_then_the_agents_word() -> None:
    rooms = admitted().link_news("b", flowing(0), False, 0).receives("b", True, True, 0)
    for now in range(1000, TWO_WAY_MS, 1000):
        rooms = rooms.link_news("b", flowing(now), False, now)
        assert code(lambda r=rooms, n=now: r.confirm("b", True, True, n)) == "mesure_en_cours"
    rooms = rooms.link_news("b", flowing(TWO_WAY_MS), False, TWO_WAY_MS)
    assert code(lambda: rooms.confirm("b", True, False, TWO_WAY_MS)) == "affiche_manquante"
    rooms, effects = rooms.confirm("b", True, True, TWO_WAY_MS)
    assert effects == (Attested("b", True),) and rooms.room("b").ready(TWO_WAY_MS)


@pytest.mark.parametrize("break_", ["sends nothing", "receives nothing", "sends no sound"])
def test_a_break_of_either_way_begins_the_measure_again(break_: str) -> None:
    rooms = admitted().link_news("b", flowing(0), False, 0).receives("b", True, True, 0)
    if break_ == "receives nothing":
        rooms = rooms.receives("b", False, False, 9000)
    elif break_ == "sends nothing":
        rooms = rooms.link_news("b", flowing(9000, age=4000), False, 9000)
    else:
        silent = Link(session="s", connected=True, at_ms=9000, picture_age_ms=5, sound_age_ms=None)
        rooms = rooms.link_news("b", silent, False, 9000)
    rooms = rooms.receives("b", True, True, 9500).link_news("b", flowing(9500), False, 9500)
    assert not rooms.room("b").measured(10_100)
    assert rooms.room("b").measured(19_600)


def test_a_loss_is_noticed_then_reported_and_so_is_the_return() -> None:
    rooms = admitted().link_news("b", flowing(0), False, 0)
    rooms, effects = rooms.step(LOST_MS - 100, REPORT_MS)
    assert effects == () and rooms.room("b").lost_ms is None
    rooms, effects = rooms.step(LOST_MS + 100, REPORT_MS)
    since = rooms.room("b").lost_ms
    assert effects == () and since == LOST_MS + 100
    rooms, effects = rooms.step(since + REPORT_MS, REPORT_MS)
    assert effects == (Lost("b", since),)
    assert rooms.step(since + REPORT_MS + 900, REPORT_MS)[1] == (), "said once"
    rooms = rooms.connected("b", "t", False, 20_000).link_news("b", flowing(20_000, "t"), False, 20_000)
    rooms, effects = rooms.step(20_100, REPORT_MS)
    assert effects == (Back("b"),) and rooms.room("b").lost_ms is None


def test_a_short_cut_is_nobodys_business() -> None:
    rooms = admitted().link_news("b", flowing(0), False, 0)
    rooms, _ = rooms.step(3_000, REPORT_MS)
    rooms = rooms.link_news("b", flowing(4_000), False, 4_000)
    rooms, effects = rooms.step(4_100, REPORT_MS)
    assert effects == () and rooms.room("b").lost_ms is None


def test_a_room_that_gets_nothing_is_lost_though_it_is_seen() -> None:
    rooms = admitted()
    for now in range(0, 6_000, 1_000):
        heard = now < 2_000
        rooms = rooms.link_news("b", flowing(now), False, now).receives("b", False, heard, now)
        rooms, effects = rooms.step(now, REPORT_MS)
        assert effects == () and (rooms.room("b").lost_ms is None) is (now < 4_000), now
    # Another connection is no cure by itself.
    rooms = rooms.connected("b", "t", False, 6_000).link_news("b", flowing(9_100, "t"), False, 9_100)
    rooms, effects = rooms.step(9_100, REPORT_MS)
    assert effects == (Lost("b", 4_000),)
    rooms, effects = rooms.receives("b", True, True, 9_500).step(9_500, REPORT_MS)
    assert effects == (Back("b"),)
    # Without a page nobody says what reaches it.
    rooms = (
        rooms.receives("b", False, False, 9_600)
        .page_left("b")[0]
        .link_news("b", flowing(20_000, "t"), False, 20_000)
    )
    assert rooms.step(20_000, REPORT_MS)[0].room("b").lost_ms is None


def test_news_of_an_older_connection_is_no_news() -> None:
    rooms = admitted().connected("b", "new", False, 50)
    assert rooms.link_news("b", Link(session="s", connected=False, at_ms=60), False, 60) is rooms


def test_tests_are_valid_for_a_day_if_all_passed() -> None:
    good = protocol.Tested(camera=True, micro=True, haut_parleur=True, montant_kbps=2000)
    room = admitted().tested("b", good, 1000).room("b")
    assert room.tests_valid(1000 + 86_399_000) and not room.tests_valid(1000 + 86_400_000)
    weak = protocol.Tested(camera=True, micro=True, haut_parleur=True, montant_kbps=100)
    assert not admitted().tested("b", weak, 1000).room("b").tests_valid(2000)


def test_dismissed_rooms_keep_nothing_but_their_tests() -> None:
    rooms = admitted().give_floor("b")[0]
    gone = rooms.dismiss("b")[0].room("b")
    assert (gone.phase, gone.floor, gone.link, gone.page) == (Phase.AWAY, False, None, False)
    assert code(lambda: rooms.room("x")) == "salle_inconnue"
