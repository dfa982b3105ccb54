"""Accounts and sessions on disk: hashed, private, and there after a restart."""

import json
import stat
from pathlib import Path

import pytest

from regie.domain.model import Role
from regie.errors import Refusal, RegieError
from tests.unit.web_fakes import CHEAP, PASSWORD, FakeClock
from web_ui.accounts import DEMO_PASSWORD, Accounts, add_demo_accounts, first_run
from web_ui.sessions import LIFETIME_S, Sessions, csrf_of

pytestmark = pytest.mark.unit


def _accounts(directory: Path) -> Accounts:
    accounts = Accounts(directory, cost=CHEAP)
    accounts.add("technicien", (Role.TECHNICIAN,), PASSWORD, must_change=True)
    return accounts


def test_the_right_password_opens_and_survives_a_restart(tmp_path: Path) -> None:
    _accounts(tmp_path)
    account = Accounts(tmp_path).check("technicien", PASSWORD)
    assert account is not None
    assert (account.roles, account.must_change) == ((Role.TECHNICIAN,), True)


@pytest.mark.parametrize(
    ("name", "password"), [("technicien", "autre"), ("technicien", ""), ("inconnu", PASSWORD), ("", "")]
)
def test_anything_else_does_not(tmp_path: Path, name: str, password: str) -> None:
    assert _accounts(tmp_path).check(name, password) is None


def test_the_file_is_private_and_holds_no_password(tmp_path: Path) -> None:
    _accounts(tmp_path)
    file = tmp_path / "comptes.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["comptes.json"]


def test_two_accounts_with_one_password_have_different_hashes(tmp_path: Path) -> None:
    accounts = _accounts(tmp_path)
    accounts.add("president", (Role.PRESIDENT,), PASSWORD, must_change=False)
    kept = json.loads((tmp_path / "comptes.json").read_text())["accounts"]
    assert kept[0]["password"]["key"] != kept[1]["password"]["key"]


def test_a_damaged_file_is_said_and_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "comptes.json").write_text("{")
    with pytest.raises(RegieError) as caught:
        Accounts(tmp_path)
    assert caught.value.stable_code == "comptes_illisibles"


def test_a_changed_password_replaces_the_old_one(tmp_path: Path) -> None:
    accounts = _accounts(tmp_path)
    accounts.change_password("technicien", PASSWORD, "une phrase bien plus longue")
    account = accounts.check("technicien", "une phrase bien plus longue")
    assert account is not None
    assert not account.must_change
    assert accounts.check("technicien", PASSWORD) is None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("faux", "une phrase bien plus longue", "identifiants"),
        (PASSWORD, "court", "mot_de_passe_court"),
        (PASSWORD, "x" * 201, "mot_de_passe_court"),
        (PASSWORD, PASSWORD, "mot_de_passe_identique"),
    ],
)
def test_a_bad_new_password_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    accounts = _accounts(tmp_path)
    with pytest.raises(Refusal) as caught:
        accounts.change_password("technicien", old, new)
    assert caught.value.stable_code == code
    assert accounts.check("technicien", PASSWORD) is not None


def test_the_first_run_gives_a_password_once_that_must_be_changed(tmp_path: Path) -> None:
    made = first_run(tmp_path)
    assert made is not None
    account = Accounts(tmp_path).check(*made)
    assert account is not None
    assert account.must_change
    assert first_run(tmp_path) is None


def test_accounts_of_a_demonstration_open_nothing_elsewhere(tmp_path: Path) -> None:
    created = dict(add_demo_accounts(tmp_path))
    assert created == {name: DEMO_PASSWORD for name in ("technicien", "president", "auxiliaire")}
    assert Accounts(tmp_path, demo=True).check("technicien", DEMO_PASSWORD) is not None
    real = Accounts(tmp_path)
    assert real.check("technicien", DEMO_PASSWORD) is None
    assert real.empty()


def test_a_demonstration_leaves_real_accounts_alone(tmp_path: Path) -> None:
    _accounts(tmp_path)
    created = add_demo_accounts(tmp_path)
    assert "technicien" not in dict(created)
    assert Accounts(tmp_path).check("technicien", PASSWORD) is not None


def test_a_session_survives_a_restart_and_its_token_is_not_on_disk(tmp_path: Path) -> None:
    clock = FakeClock()
    token = Sessions(tmp_path, clock).open("technicien")
    again = Sessions(tmp_path, clock).find(token)
    assert again is not None
    assert again.account == "technicien"
    kept = (tmp_path / "sessions.json").read_text()
    assert token not in kept
    assert csrf_of(token) not in kept
    assert stat.S_IMODE((tmp_path / "sessions.json").stat().st_mode) == 0o600


def test_a_session_slides_while_it_is_used_and_ends_when_it_is_not(tmp_path: Path) -> None:
    clock = FakeClock()
    sessions = Sessions(tmp_path, clock)
    token = sessions.open("technicien")
    for _ in range(5):
        clock.advance(LIFETIME_S * 0.9)
        assert sessions.find(token) is not None
    assert Sessions(tmp_path, clock).find(token) is not None
    clock.advance(LIFETIME_S)
    assert sessions.find(token) is None


def test_a_session_in_use_is_not_written_at_each_request(tmp_path: Path) -> None:
    clock = FakeClock()
    sessions = Sessions(tmp_path, clock)
    token = sessions.open("technicien")
    before = (tmp_path / "sessions.json").stat().st_ino
    for _ in range(100):
        clock.advance(1)
        assert sessions.find(token) is not None
    assert (tmp_path / "sessions.json").stat().st_ino == before


def test_closing_closes_one_or_all(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, FakeClock())
    one, two, other = sessions.open("a"), sessions.open("a"), sessions.open("b")
    sessions.close(one)
    assert sessions.find(one) is None
    three = sessions.open("a")
    sessions.close_account("a", but=three)
    assert [bool(sessions.find(token)) for token in (two, three, other)] == [False, True, True]


def test_the_oldest_of_too_many_sessions_goes(tmp_path: Path) -> None:
    clock = FakeClock()
    sessions = Sessions(tmp_path, clock)
    tokens = []
    for _ in range(25):
        clock.advance(1)
        tokens.append(sessions.open("a"))
    assert [bool(sessions.find(token)) for token in tokens] == [False] * 5 + [True] * 20


def test_unreadable_sessions_log_out_but_do_not_stop(tmp_path: Path) -> None:
    (tmp_path / "sessions.json").write_text("nonsense")
    sessions = Sessions(tmp_path, FakeClock())
    assert sessions.find("x") is None
    assert sessions.find(sessions.open("a")) is not None
