"""Telling systemd how we are: READY, WATCHDOG, STOPPING (protocol: sd_notify(3)). Silent when systemd did not start us."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """One datagram a message to the socket that systemd named in the environment."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ is sd_notify's way to write the NUL of the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        usec = environ.get("WATCHDOG_USEC", "")
        own = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog_s = int(usec) / 1e6 if usec.isdigit() and own and self._address else None

    @property
    def watchdog_interval_s(self) -> float | None:
        """How often :meth:`alive` has to be called (half of what systemd tolerates); None when it does not ask."""
        return None if self._watchdog_s is None else self._watchdog_s / 2

    def ready(self, status: str) -> None:
        """Everything runs."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """What `systemctl status` shows."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The stop has begun."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        ) as sender:
            try:
                sender.sendto(text.encode(), self._address)
            except OSError:
                return  # systemd is busy or gone; the next message says more than a retry
