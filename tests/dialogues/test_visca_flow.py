"""When the messages that wait want to be looked at again: never at an instant that is past already."""

import pytest

from camera_drivers import visca_commands as visca
from camera_drivers.visca_events import Options
from camera_drivers.visca_flow import SOCKET_PATIENCE, Flow, Task

pytestmark = pytest.mark.unit


def test_a_command_that_was_told_to_wait_does_not_spin_while_both_sockets_are_busy() -> None:
    flow = Flow(Options())
    for ticket, sent in ((1, 10.0), (2, 10.1)):
        flow.run(Task(ticket, visca.stop(), sent_at=sent), until=60.0)
    later = Task(3, visca.zoom_to(100), not_before=10.2)
    flow.add(later)
    assert flow.next(10.5) is None
    free_at = 10.0 + SOCKET_PATIENCE
    assert flow.deadline() == free_at
    assert flow.next(free_at) is later
    flow.running.clear()
    assert flow.deadline() == 10.2
