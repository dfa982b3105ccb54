"""A small language for conversations with a camera: what we ask, the bytes that must leave, the bytes it answers, how it ends.

Bytes are written out from the makers' documents, never made by our encoder.
"""

from camera_drivers.visca import Session
from camera_drivers.visca_commands import Command, Inquiry
from camera_drivers.visca_events import Ending, Event, Options, Outcome


class Talk:
    """A conversation on virtual time."""

    def __init__(self, options: Options | None = None) -> None:
        self.session = Session(options)
        self.now = 100.0
        self.names: dict[int, str] = {}
        self.endings: dict[str, tuple[Ending, int, bytes]] = {}
        self.others: list[Event] = []

    def ask(self, name: str, message: Command | Inquiry) -> "Talk":
        """Submit a message under a name."""
        ticket = self.session.submit(message, self.now)
        self.names[ticket] = name
        return self._collect()

    def sends(self, *expected: str) -> "Talk":
        """These datagrams leave now, and no others."""
        got = [data.hex(" ") for data in self.session.outgoing()]
        assert got == [bytes.fromhex(e).hex(" ") for e in expected]
        return self

    def camera(self, data: str, after: float = 0.01) -> "Talk":
        """The camera answers, after so many seconds."""
        self.now += after
        self.session.receive(bytes.fromhex(data), self.now)
        return self._collect()

    def wait(self) -> "Talk":
        """Nothing comes: time goes to the next deadline."""
        deadline = self.session.deadline()
        assert deadline is not None and deadline >= self.now
        self.now = deadline
        self.session.tick(self.now)
        return self._collect()

    def quiet(self) -> "Talk":
        """Nothing is awaited any more."""
        assert self.session.deadline() is None
        return self

    def ended(self, name: str, ending: Ending, error: int = 0, data: str = "") -> "Talk":
        """The message of that name ended so."""
        assert self.endings.pop(name) == (ending, error, bytes.fromhex(data))
        return self

    def open(self, name: str) -> "Talk":
        """The message of that name has not ended."""
        assert name not in self.endings
        return self

    def _collect(self) -> "Talk":
        for event in self.session.events():
            if isinstance(event, Outcome):
                name = self.names.pop(event.ticket)
                self.endings[name] = (event.ending, event.error, event.data)
            else:
                self.others.append(event)
        return self
