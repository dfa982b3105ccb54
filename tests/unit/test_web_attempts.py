"""Guessing is slow, and cannot keep the technician out."""

import pytest

from tests.unit.web_fakes import FakeClock
from web_ui.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW_S, Attempts, network_of

pytestmark = pytest.mark.unit


def test_an_address_tries_so_many_times_then_waits_out_the_window() -> None:
    clock = FakeClock()
    attempts = Attempts(clock)
    for i in range(PER_ADDRESS):
        assert attempts.begin(f"compte{i}", "192.0.2.1") == 0
    assert attempts.begin("technicien", "192.0.2.1") == WINDOW_S
    clock.advance(WINDOW_S - 0.5)
    assert attempts.begin("technicien", "192.0.2.1") == 1
    clock.advance(0.5)
    assert attempts.begin("technicien", "192.0.2.1") == 0


def test_an_account_is_tried_so_many_times_whatever_the_addresses() -> None:
    attempts = Attempts(FakeClock())
    for i in range(PER_ACCOUNT):
        assert attempts.begin("technicien", f"192.0.2.{i}") == 0
    assert attempts.begin("technicien", "198.51.100.1") > 0
    assert attempts.begin("president", "198.51.100.1") == 0


def test_an_account_under_attack_stays_open_where_it_was_opened_before() -> None:
    attempts = Attempts(FakeClock())
    assert attempts.begin("technicien", "10.0.0.5") == 0
    attempts.succeeded("technicien", "10.0.0.5")
    for i in range(PER_ACCOUNT + 5):
        attempts.begin("technicien", f"192.0.2.{i}")
    assert attempts.begin("technicien", "198.51.100.1") > 0
    assert attempts.begin("technicien", "10.0.0.5") == 0


def test_success_forgives_the_mistakes_of_the_address() -> None:
    attempts = Attempts(FakeClock())
    for _ in range(PER_ADDRESS * 2):
        assert attempts.begin("technicien", "10.0.0.5") == 0
        attempts.succeeded("technicien", "10.0.0.5")


def test_addresses_are_counted_by_subscriber() -> None:
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::7") != network_of("2001:db8:1:3::7")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert len(network_of("n'importe quoi" * 100)) <= 64


def test_memory_is_bounded() -> None:
    attempts = Attempts(FakeClock())
    for i in range(20_000):
        attempts.begin(f"compte{i}", f"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}")
    assert len(attempts._addresses._keys) <= 4096
    assert len(attempts._accounts._keys) <= 4096
