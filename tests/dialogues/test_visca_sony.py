"""Conversations with cameras that speak VISCA over IP (UDP 52381)."""

import pytest

from camera_drivers import visca_commands as visca
from camera_drivers.visca_events import Back, Ending, Lost, NetworkChange
from tests.dialogues.visca import Talk

pytestmark = pytest.mark.dialogue

RESET = "02 00 00 01 00 00 00 00 01"
RECALL = "81 01 04 3f 02 03 ff"
STOP = "81 01 06 01 01 01 03 03 ff"


def header(kind: str, sequence: int, payload: str) -> str:
    length = len(bytes.fromhex(payload))
    return f"{kind} {length:04x} {sequence:08x} {payload}"


def command(sequence: int, payload: str) -> str:
    return header("01 00", sequence, payload)


def inquiry(sequence: int, payload: str) -> str:
    return header("01 10", sequence, payload)


def reply(sequence: int, payload: str) -> str:
    return header("01 11", sequence, payload)


def recall() -> visca.Command:
    return visca.preset("recall", 3)


def ready() -> Talk:
    """A conversation past its reset, with a known round trip, the next sequence number being 2."""
    talk = Talk().ask("hello", visca.VERSION)
    talk.sends(RESET, inquiry(1, "81 09 00 02 ff"))
    talk.camera(reply(1, "90 50 00 01 05 1c 01 02 02 ff")).ended(
        "hello", Ending.DONE, data="00 01 05 1c 01 02 02"
    )
    assert talk.others == [Back()]
    talk.others.clear()
    return talk


def test_the_sequence_is_reset_before_the_first_message() -> None:
    ready().quiet()


def test_acknowledged_then_completed() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL))
    talk.camera(reply(2, "90 41 ff")).open("recall").camera(reply(2, "90 51 ff"), after=1.5)
    talk.ended("recall", Ending.DONE).quiet()


def test_two_commands_run_at_once_and_end_in_any_order() -> None:
    talk = ready().ask("move", visca.absolute(0x100, -0x80, 0x18)).ask("zoom", visca.zoom_to(0x2015))
    talk.sends(command(2, "81 01 06 02 18 00 00 01 00 00 0f 0f 08 00 ff"))
    talk.camera(reply(2, "90 41 ff")).sends(command(3, "81 01 04 47 02 00 01 05 ff"))
    talk.camera(reply(3, "90 42 ff")).camera(reply(3, "90 52 ff")).ended("zoom", Ending.DONE).open("move")
    talk.camera(reply(2, "90 51 ff")).ended("move", Ending.DONE).quiet()


def test_a_third_command_waits_for_a_socket_but_an_inquiry_does_not() -> None:
    talk = ready().ask("a", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    talk.ask("b", visca.zoom_to(0)).sends(command(3, "81 01 04 47 00 00 00 00 ff")).camera(
        reply(3, "90 42 ff")
    )
    talk.ask("c", visca.focus_auto(True)).sends()
    talk.ask("where", visca.PAN_TILT_POSITION).sends(inquiry(4, "81 09 06 12 ff"))
    talk.camera(reply(4, "90 50 00 01 00 00 00 00 00 02 ff"))
    talk.ended("where", Ending.DONE, data="00 01 00 00 00 00 00 02").sends()
    talk.camera(reply(2, "90 51 ff")).sends(command(5, "81 01 04 38 02 ff"))


def test_a_lost_command_is_repeated_with_its_own_number() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL))
    talk.wait().sends(command(2, RECALL)).camera(reply(2, "90 41 ff")).camera(reply(2, "90 51 ff"))
    talk.ended("recall", Ending.DONE)
    assert talk.session.counters.repeated == 1


def test_a_lost_acknowledgement_does_not_hide_the_completion() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL))
    talk.camera(reply(2, "90 51 ff")).ended("recall", Ending.DONE).quiet()


def test_a_duplicated_answer_changes_nothing() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    talk.camera(reply(2, "90 41 ff")).camera(reply(2, "90 51 ff")).ended("recall", Ending.DONE)
    talk.camera(reply(2, "90 51 ff")).quiet()
    assert talk.session.counters.unexpected == 2


def test_a_lost_drive_is_never_sent_again() -> None:
    talk = ready().ask("left", visca.drive(-1, 0, 5, 5)).sends(command(2, "81 01 06 01 05 05 01 03 ff"))
    talk.wait().sends().ended("left", Ending.LOST)
    assert talk.others == [], "a drive alone does not tell that the camera is gone"


def test_only_the_newest_drive_leaves() -> None:
    talk = ready().ask("where", visca.ZOOM_POSITION).sends(inquiry(2, "81 09 04 47 ff"))
    for speed in (1, 2, 3):
        talk.ask(f"drive{speed}", visca.drive(1, 1, speed, speed))
    talk.ended("drive1", Ending.REPLACED).ended("drive2", Ending.REPLACED)
    talk.camera(reply(2, "90 50 00 00 00 00 ff")).sends(command(3, "81 01 06 01 03 03 02 01 ff"))


def test_the_stop_overtakes_everything_even_the_drive_in_flight() -> None:
    talk = ready().ask("left", visca.drive(-1, 0, 5, 5)).sends(command(2, "81 01 06 01 05 05 01 03 ff"))
    talk.ask("zoom", visca.zoom_to(0)).ask("stop", visca.stop())
    talk.sends(command(3, STOP)).ended("left", Ending.REPLACED)
    talk.camera(reply(2, "90 41 ff")).open("stop").camera(reply(3, "90 42 ff")).camera(reply(3, "90 52 ff"))
    talk.ended("stop", Ending.DONE)


def test_the_stop_is_repeated_until_it_is_confirmed() -> None:
    talk = ready().ask("stop", visca.stop()).sends(command(2, STOP))
    talk.wait().sends(command(2, STOP)).wait().sends(command(2, STOP)).camera(reply(2, "90 41 ff"))
    talk.camera(reply(2, "90 51 ff")).ended("stop", Ending.DONE)


def test_a_full_buffer_is_waited_for_not_hammered() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL)).camera(reply(2, "90 60 03 ff")).sends()
    before = talk.now
    talk.wait().sends(command(3, RECALL))
    assert 0.05 <= talk.now - before <= 0.1
    talk.camera(reply(3, "90 41 ff")).camera(reply(3, "90 51 ff")).ended("recall", Ending.DONE)


def test_a_buffer_that_stays_full_is_a_refusal_in_the_end() -> None:
    talk = ready().ask("recall", recall())
    for sequence in range(2, 9):
        talk.sends(command(sequence, RECALL)).camera(reply(sequence, "90 60 03 ff"))
        if "recall" in talk.endings:
            break
        talk.wait()
    talk.ended("recall", Ending.REFUSED, error=0x03)


@pytest.mark.parametrize("code", [0x01, 0x02, 0x41])
def test_a_refusal_is_told_once_and_not_repeated(code: int) -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL))
    talk.camera(reply(2, f"90 61 {code:02x} ff")).ended("recall", Ending.REFUSED, error=code).sends().quiet()


def test_a_command_refused_while_it_runs() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    talk.camera(reply(2, "90 61 04 ff")).ended("recall", Ending.REFUSED, error=0x04).quiet()


def test_out_of_step_the_sequence_is_reset_and_the_message_asked_again() -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL))
    talk.camera("02 01 00 02 00 00 00 02 0f 01").sends(RESET, command(1, RECALL))
    talk.camera(reply(1, "90 41 ff")).camera(reply(1, "90 51 ff")).ended("recall", Ending.DONE)


def test_out_of_step_a_drive_is_given_up() -> None:
    talk = ready().ask("left", visca.drive(-1, 0, 5, 5)).sends(command(2, "81 01 06 01 05 05 01 03 ff"))
    talk.camera("02 01 00 02 00 00 00 02 0f 01").ended("left", Ending.LOST)
    talk.ask("recall", recall()).sends(RESET, command(1, RECALL))


def test_a_silent_camera_is_lost_once_and_nothing_is_replayed_when_it_is_back() -> None:
    talk = ready().ask("recall", recall()).ask("zoom", visca.zoom_to(0)).sends(command(2, RECALL))
    for _ in range(4):
        talk.wait()
    talk.ended("recall", Ending.LOST).ended("zoom", Ending.LOST)
    assert talk.others == [Lost()]
    talk.sends(*[command(2, RECALL)] * 3).quiet()
    talk.ask("hello", visca.VERSION).sends(inquiry(3, "81 09 00 02 ff"))
    talk.camera(reply(3, "90 50 00 01 05 1c 01 02 02 ff")).ended(
        "hello", Ending.DONE, data="00 01 05 1c 01 02 02"
    )
    assert talk.others == [Lost(), Back()]
    talk.sends().quiet()


def test_a_camera_is_declared_lost_within_a_second_and_a_half() -> None:
    talk = ready()
    start = talk.now
    talk.ask("where", visca.PAN_TILT_POSITION)
    while not talk.others:
        talk.wait()
    assert talk.now - start <= 1.5


def test_a_completion_that_never_comes_is_a_loss_of_the_command_only() -> None:
    talk = (
        ready()
        .ask("focus", visca.focus_once())
        .sends(command(2, "81 01 04 18 01 ff"))
        .camera(reply(2, "90 41 ff"))
    )
    talk.wait().ended("focus", Ending.LOST)
    assert talk.others == []


def test_aver_tells_its_network_changed() -> None:
    talk = ready().camera(reply(0, "90 38 ff"))
    assert talk.others == [NetworkChange()]
    talk.quiet()


def test_an_answer_that_is_too_short_is_not_one() -> None:
    talk = ready().ask("zoom", visca.ZOOM_POSITION).sends(inquiry(2, "81 09 04 47 ff"))
    talk.camera(reply(2, "90 50 00 00 ff")).open("zoom").wait().sends(inquiry(2, "81 09 04 47 ff"))


def test_the_sequence_number_wraps() -> None:
    talk = ready()
    talk.session._sequence = 0xFFFFFFFF
    talk.ask("zoom", visca.zoom_to(0)).sends(command(0, "81 01 04 47 00 00 00 00 ff"))
    talk.camera(reply(0, "90 41 ff")).camera(reply(0, "90 51 ff")).ended("zoom", Ending.DONE)


def test_too_many_messages_are_dropped_and_said_so() -> None:
    talk = ready()
    for n in range(70):
        talk.ask(f"q{n}", visca.ZOOM_POSITION)
    assert sum(ending is Ending.DROPPED for ending, _, _ in talk.endings.values()) == 70 - 65
