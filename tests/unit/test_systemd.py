"""What systemd is told, and when nobody listens."""

import os
import socket
from pathlib import Path

import pytest

from regie.systemd import Notifier

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("abstract", [False, True])
def test_messages_reach_the_socket_of_the_environment(tmp_path: Path, abstract: bool) -> None:
    address = f"\0regie-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)
        notifier = Notifier({"NOTIFY_SOCKET": address.replace("\0", "@")})
        notifier.ready("running")
        notifier.alive()
        notifier.status("engine keeps dying")
        notifier.stopping()
        assert [systemd.recv(100) for _ in range(4)] == [
            b"READY=1\nSTATUS=running",
            b"WATCHDOG=1",
            b"STATUS=engine keeps dying",
            b"STOPPING=1",
        ]


def test_the_watchdog_is_fed_twice_as_often_as_asked() -> None:
    asked = {"NOTIFY_SOCKET": "/none", "WATCHDOG_USEC": "30000000"}
    assert Notifier(asked).watchdog_interval_s == 15
    assert Notifier(asked | {"WATCHDOG_PID": str(os.getpid())}).watchdog_interval_s == 15
    assert Notifier(asked | {"WATCHDOG_PID": "1"}).watchdog_interval_s is None, "it is for another process"
    assert Notifier({}).watchdog_interval_s is None


def test_without_systemd_nothing_happens() -> None:
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": "/none/there"}).alive()
