"""How fast a dead process may be restarted; sockets and folders that are taken."""

import socket
from pathlib import Path

import pytest

from regie.supervise import BACK_OFF_S, Budget, StartError, listen, sole_user

pytestmark = pytest.mark.unit


def test_five_restarts_a_minute_at_once_then_slowly_for_ever() -> None:
    budget = Budget()
    assert [budget.died(at) for at in (0.0, 0.1, 0.2, 0.3, 0.4)] == [0.0] * 5
    assert budget.died(0.5) == BACK_OFF_S
    assert budget.died(59.0) == BACK_OFF_S


def test_a_quiet_minute_restores_the_budget() -> None:
    budget = Budget()
    for at in range(6):
        budget.died(float(at))
    assert budget.died(120.0) == 0.0


def test_rare_deaths_never_spend_it() -> None:
    budget = Budget()
    assert {budget.died(20.0 * step) for step in range(100)} == {0.0}


def test_a_port_that_is_taken_is_said() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"127.0.0.1:{port}") as caught:
            listen("127.0.0.1", port)
        assert caught.value.stable_code == "port_occupe"


def test_the_socket_is_not_leaked_to_programs_that_do_not_need_it() -> None:
    with listen("127.0.0.1", 0) as pages:
        assert not pages.get_inheritable()
        assert pages.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_two_regies_never_share_a_folder(tmp_path: Path) -> None:
    with sole_user(tmp_path / "var"), pytest.raises(StartError) as caught, sole_user(tmp_path / "var"):
        pass
    assert caught.value.stable_code == "dossier_occupe"
    with sole_user(tmp_path / "var"):
        pass
