"""Freeing a camera's sockets for a newer movement, and cameras that answer with the completion alone."""

import pytest

from camera_drivers import visca_commands as visca
from camera_drivers.visca_events import Ending, Options
from tests.dialogues.test_visca_sony import RECALL, command, ready, recall, reply
from tests.dialogues.visca import Talk

pytestmark = pytest.mark.dialogue

ZOOM = "81 01 04 47 00 00 00 00 ff"


@pytest.mark.parametrize("answer", ["90 61 04 ff", "90 61 05 ff"])
def test_a_cancel_is_done_whether_the_socket_was_busy_or_free(answer: str) -> None:
    talk = ready().ask("recall", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    assert talk.session.sockets_in_use() == [1]
    talk.ask("cancel", visca.cancel(1)).sends(command(3, "81 21 ff")).camera(reply(3, answer))
    talk.ended("cancel", Ending.DONE)
    talk.session.forget_running(talk.now)
    talk._collect().ended("recall", Ending.REPLACED).quiet()
    assert talk.session.sockets_in_use() == []


def test_a_command_that_waited_for_a_socket_leaves_as_soon_as_one_is_forgotten() -> None:
    talk = ready().ask("a", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    talk.ask("b", visca.zoom_to(0)).sends(command(3, ZOOM)).camera(reply(3, "90 42 ff"))
    talk.ask("c", visca.absolute(0, 0, 8)).sends()
    talk.session.forget_running(talk.now)
    talk.sends(command(4, "81 01 06 02 08 00 00 00 00 00 00 00 00 00 ff"))


def test_what_was_forgotten_may_still_end_and_changes_nothing() -> None:
    talk = ready().ask("a", recall()).sends(command(2, RECALL)).camera(reply(2, "90 41 ff"))
    talk.session.forget_running(talk.now)
    talk._collect().ended("a", Ending.REPLACED)
    talk.ask("b", visca.zoom_to(0)).sends(command(3, ZOOM)).camera(reply(2, "90 51 ff")).open("b")
    talk.camera(reply(3, "90 41 ff")).camera(reply(3, "90 51 ff")).ended("b", Ending.DONE).quiet()


def test_accepted_is_between_the_acknowledgement_and_the_completion() -> None:
    talk = ready().ask("a", recall()).sends(command(2, RECALL))
    assert not talk.session.accepted()
    talk.camera(reply(2, "90 41 ff"))
    assert len(talk.session.accepted()) == 1
    talk.camera(reply(2, "90 51 ff"))
    assert not talk.session.accepted()


def test_without_acknowledgement_a_long_move_is_neither_repeated_nor_a_loss() -> None:
    talk = Talk(Options(header=False, acknowledges=False)).ask("recall", recall()).sends(RECALL)
    talk.ask("where", visca.ZOOM_POSITION).sends("81 09 04 47 ff")
    talk.camera("90 50 00 01 00 02 ff").ended("where", Ending.DONE, data="00 01 00 02").open("recall")
    talk.camera("90 51 ff", after=6.0).ended("recall", Ending.DONE).quiet()
    assert talk.session.counters.repeated == 0


def test_without_acknowledgement_a_refusal_is_of_the_command() -> None:
    talk = Talk(Options(header=False, acknowledges=False)).ask("recall", recall()).sends(RECALL)
    talk.camera("90 61 41 ff").ended("recall", Ending.REFUSED, error=0x41).quiet()


def test_a_pan_on_five_digits() -> None:
    ready().ask("far", visca.absolute_wide(0x9CA7, -0x1BA5, 0x18)).sends(
        command(2, "81 01 06 02 18 00 00 09 0c 0a 07 0e 04 05 0b ff")
    )
