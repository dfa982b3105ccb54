"""A VISCA conversation with one camera, without I/O: bytes and time go in; datagrams, events and the next deadline come out.

The shell (:mod:`camera_drivers.visca_io`) calls :meth:`Session.submit`, :meth:`Session.receive` and :meth:`Session.tick`, sends
what :meth:`Session.outgoing` gives, and wakes at :meth:`Session.deadline`. Times are seconds on any clock that never goes back.

Rules kept here, with their reasons:

* one un-acknowledged message at a time, two commands in execution: a camera has two sockets, and pipelining makes it slower
  (Sony list p. 13);
* an urgent command (stop) goes before all others and sweeps away the unsent ones it cancels;
* an unsent command is replaced by a newer one of the same ``merge``: only the newest position of the joystick matters;
* a lost command is sent again with the *same* sequence number when it names a state, never when it starts a movement;
* a camera that refuses is told so to the caller, with the reason, and is not hammered;
* after a loss nothing is replayed: nobody knows how far the camera got.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from camera_drivers.visca_commands import Command, Inquiry, Resend
from camera_drivers.visca_wire import (
    RESET,
    SEQUENCE_ERROR,
    ErrorCode,
    Packet,
    PayloadType,
    Reply,
    ReplyKind,
    Splitter,
    decode_packet,
    encode_packet,
    parse_reply,
)

SOCKETS = 2
TRIES = 4
"""One message and three repetitions."""
FIRST_TIMEOUT = 0.5
MIN_TIMEOUT, MAX_TIMEOUT = 0.06, 0.5
RTT_FACTOR = 3.0
RTT_WEIGHT = 0.25
BUFFER_FULL_PAUSE = 0.08
BUFFER_FULL_TRIES = 6
TIMEOUTS_BEFORE_RESET = 10
QUEUE_LIMIT = 64
SOCKET_PATIENCE = 4.0
"""A completion that was lost must not hold a socket: past that a command is tried, and the camera says if it is full."""


class Ending(Enum):
    """How a message ended."""

    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"
    REPLACED = "replaced"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one message. ``error`` is the camera's code when it refused; ``data`` an inquiry's answer."""

    ticket: int
    ending: Ending
    error: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Lost:
    """The camera answers no more."""


@dataclass(frozen=True, slots=True)
class Back:
    """The camera answers, for the first time or again."""


@dataclass(frozen=True, slots=True)
class NetworkChange:
    """The camera says that its network changed; nothing to do."""


Event = Outcome | Lost | Back | NetworkChange


@dataclass(slots=True)
class Counters:
    """Telemetry of one camera."""

    sent: int = 0
    repeated: int = 0
    timeouts: int = 0
    unexpected: int = 0
    resets: int = 0


@dataclass(slots=True)
class _Task:
    ticket: int
    message: Command | Inquiry
    sequence: int = 0
    tries: int = 0
    sent_at: float = 0.0
    due: float = 0.0
    socket: int = 0
    full: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Options:
    """What differs from camera to camera; see :mod:`camera_drivers.quirks`.

    ``header``: Sony's VISCA over IP, else raw bytes. ``meaningless_error_socket``: an error's socket nibble says nothing.
    ``acknowledges``: some answer with the completion alone. ``accepts_reset``: the sequence can be reset.
    """

    header: bool = True
    meaningless_error_socket: bool = False
    acknowledges: bool = True
    accepts_reset: bool = True
    sockets: int = SOCKETS


@dataclass(slots=True)
class _State:
    queue: deque[_Task] = field(default_factory=deque)
    waiting: _Task | None = None
    running: list[_Task] = field(default_factory=list)
    outgoing: deque[bytes] = field(default_factory=deque)
    events: deque[Event] = field(default_factory=deque)


class Session:
    """One camera's conversation. Not thread-safe; owned by one task."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.counters = Counters()
        self._s = _State()
        self._splitter = Splitter()
        self._ticket = 0
        self._sequence = 0
        self._rtt: float | None = None
        self._timeouts_in_a_row = 0
        self._present: bool | None = None
        self._reset_pending = self.options.header and self.options.accepts_reset

    # -- what the owner calls ---------------------------------------------------------------------------------------

    def submit(self, message: Command | Inquiry, now: float) -> int:
        """Queue a message; its :class:`Outcome` will carry the returned ticket."""
        self._ticket += 1
        task = _Task(self._ticket, message)
        if isinstance(message, Command) and message.merge:
            self._replace_unsent(message.merge)
        if isinstance(message, Command) and message.urgent:
            self._s.queue.appendleft(task)
        elif len(self._s.queue) >= QUEUE_LIMIT:
            self._end(task, Ending.DROPPED)
        else:
            self._s.queue.append(task)
        self._advance(now)
        return task.ticket

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the camera: a datagram, or any piece of a stream."""
        if self.options.header:
            packet = decode_packet(data)
            if packet is None:
                self.counters.unexpected += 1
            else:
                self._packet(packet, now)
        else:
            for payload in self._splitter.feed(data):
                self._reply(parse_reply(payload), None, now)
        self._advance(now)

    def tick(self, now: float) -> None:
        """Time passed: repeat what was lost, give up what is hopeless."""
        waiting = self._s.waiting
        if waiting is not None and now >= waiting.due:
            self._timed_out(waiting, now)
        for task in [t for t in self._s.running if now >= t.due]:
            self._s.running.remove(task)
            self._end(task, Ending.LOST)
        self._advance(now)

    def deadline(self) -> float | None:
        """When :meth:`tick` wants to be called; None when nothing is awaited."""
        times = [task.due for task in self._s.running]
        if self._s.waiting is not None:
            times.append(self._s.waiting.due)
        elif self._s.queue:
            patience = [task.sent_at + SOCKET_PATIENCE for task in self._s.running]
            times += [self._s.queue[0].not_before] if self._s.queue[0].not_before else patience
        return min(times, default=None)

    def sockets_in_use(self) -> list[int]:
        """Sockets of the commands that the camera carries out, as it gave them."""
        return [task.socket for task in self._s.running]

    def forget_running(self, now: float) -> None:
        """What the camera was carrying out is over for us: it was cancelled or stopped. Their callers are told « replaced »."""
        running, self._s.running = self._s.running, []
        for task in running:
            self._end(task, Ending.REPLACED)
        self._advance(now)

    def accepted(self) -> frozenset[int]:
        """Tickets of the commands that the camera acknowledged and has not completed."""
        return frozenset(task.ticket for task in self._s.running)

    def outgoing(self) -> list[bytes]:
        """What is to be sent now, in order."""
        data = list(self._s.outgoing)
        self._s.outgoing.clear()
        return data

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events = list(self._s.events)
        self._s.events.clear()
        return events

    def reconnected(self, now: float) -> None:
        """The connection under us is new (TCP), or was re-opened: nothing that was under way is known to have been done."""
        self._splitter.reset()
        self._abandon_all()
        self._reset_pending = self.options.header and self.options.accepts_reset
        self._advance(now)

    # -- sending ----------------------------------------------------------------------------------------------------

    def _replace_unsent(self, merge: str) -> None:
        kept: deque[_Task] = deque()
        for task in self._s.queue:
            old = task.message
            if isinstance(old, Command) and old.merge == merge and not old.urgent:
                self._end(task, Ending.REPLACED)
            else:
                kept.append(task)
        self._s.queue = kept

    def _stop_overtakes(self) -> None:
        """A stop does not wait for the answer to the very drive it ends. Only with sequence numbers: without them the drive's
        late acknowledgement would pass for the stop's."""
        waiting, queue = self._s.waiting, self._s.queue
        if not self.options.header or waiting is None or not queue:
            return
        first, awaited = queue[0].message, waiting.message
        if isinstance(first, Command) and first.urgent and isinstance(awaited, Command):
            if awaited.merge == first.merge and awaited.resend is Resend.NEVER:
                self._s.waiting = None
                self._end(waiting, Ending.REPLACED)

    def _advance(self, now: float) -> None:
        self._stop_overtakes()
        if self._s.waiting is not None or not self._s.queue:
            return
        task = self._next(now)
        if task is None:
            return
        if self._reset_pending:
            self._send_reset()
        self._s.queue.remove(task)
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        task.sequence = self._sequence
        self._s.waiting = task
        self._send(task, now)
        if isinstance(task.message, Command) and not self.options.acknowledges:
            # Its only answer is the completion, at the end of the movement: nothing to wait for before the next message.
            self._s.waiting = None
            task.due = now + task.message.completes_s
            self._s.running.append(task)

    def _next(self, now: float) -> _Task | None:
        """The first message that may go: inquiries need no socket, so they pass commands that wait for one."""
        busy = [task for task in self._s.running if now < task.sent_at + SOCKET_PATIENCE]
        free = len(busy) < self.options.sockets
        for task in self._s.queue:
            urgent = isinstance(task.message, Command) and task.message.urgent
            if now >= task.not_before and (free or urgent or isinstance(task.message, Inquiry)):
                return task
        return None

    def _send(self, task: _Task, now: float) -> None:
        task.tries += 1
        task.sent_at = now
        task.due = now + self._timeout()
        kind = PayloadType.COMMAND if isinstance(task.message, Command) else PayloadType.INQUIRY
        payload = task.message.payload
        packet = encode_packet(Packet(kind, task.sequence, payload)) if self.options.header else payload
        self._s.outgoing.append(packet)
        self.counters.sent += 1

    def _send_reset(self) -> None:
        self._reset_pending = False
        self._sequence = 0
        self._s.outgoing.append(encode_packet(Packet(PayloadType.CONTROL, 0, RESET)))
        self.counters.resets += 1

    def _timeout(self) -> float:
        if self._rtt is None:
            return FIRST_TIMEOUT
        return min(MAX_TIMEOUT, max(MIN_TIMEOUT, RTT_FACTOR * self._rtt))

    # -- losses -----------------------------------------------------------------------------------------------------

    def _timed_out(self, task: _Task, now: float) -> None:
        self.counters.timeouts += 1
        self._timeouts_in_a_row += 1
        if self._timeouts_in_a_row % TIMEOUTS_BEFORE_RESET == 0 and self.options.header:
            self._reset_pending = self.options.accepts_reset
        may_repeat = isinstance(task.message, Inquiry) or task.message.resend is Resend.FREELY
        if may_repeat and task.tries < TRIES:
            self.counters.repeated += 1
            self._send(task, now)
            return
        self._s.waiting = None
        self._end(task, Ending.LOST)
        if may_repeat and self._present is not False:
            self._present = False
            self._s.events.append(Lost())
            self._abandon_all()

    def _abandon_all(self) -> None:
        tasks = [*self._s.running, *self._s.queue]
        if self._s.waiting is not None:
            tasks.insert(0, self._s.waiting)
        self._s.waiting = None
        self._s.running.clear()
        self._s.queue.clear()
        for task in tasks:
            self._end(task, Ending.LOST)

    # -- answers ----------------------------------------------------------------------------------------------------

    def _packet(self, packet: Packet, now: float) -> None:
        if packet.type == PayloadType.CONTROL_REPLY or packet.type == PayloadType.CONTROL:
            if packet.payload.startswith(SEQUENCE_ERROR):
                self._out_of_step(now)
            return
        self._reply(parse_reply(packet.payload), packet.sequence, now)

    def _out_of_step(self, now: float) -> None:
        """The camera expects another sequence number: reset it, and ask again what may be asked again."""
        waiting = self._s.waiting
        self._reset_pending = self.options.accepts_reset
        if waiting is None:
            return
        self._s.waiting = None
        if (
            isinstance(waiting.message, Command)
            and waiting.message.resend is Resend.NEVER
            or waiting.tries >= TRIES
        ):
            self._end(waiting, Ending.LOST)
        else:
            self._s.queue.appendleft(waiting)

    def _reply(self, reply: Reply, sequence: int | None, now: float) -> None:
        match reply.kind:
            case ReplyKind.ACK:
                self._acknowledged(reply, sequence, now)
            case ReplyKind.COMPLETION:
                self._completed(reply, sequence, now)
            case ReplyKind.ANSWER:
                self._answered(reply, sequence, now)
            case ReplyKind.ERROR:
                self._refused(reply, sequence, now)
            case ReplyKind.NETWORK_CHANGE:
                self._s.events.append(NetworkChange())
            case ReplyKind.UNKNOWN:
                self.counters.unexpected += 1

    def _is_waiting(self, sequence: int | None, kind: type[Command] | type[Inquiry]) -> _Task | None:
        task = self._s.waiting
        if task is None or not isinstance(task.message, kind):
            return None
        return task if sequence is None or sequence == task.sequence else None

    def _heard(self, task: _Task, now: float) -> None:
        """A first answer came: the camera is there. A repeated message says nothing of the round trip (Karn)."""
        if task.tries == 1:
            sample = now - task.sent_at
            self._rtt = sample if self._rtt is None else self._rtt + RTT_WEIGHT * (sample - self._rtt)
        self._timeouts_in_a_row = 0
        if self._present is not True:
            self._present = True
            self._s.events.append(Back())

    def _acknowledged(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._is_waiting(sequence, Command)
        if task is None:
            self.counters.unexpected += 1
            return
        assert isinstance(task.message, Command)
        self._heard(task, now)
        self._s.waiting = None
        task.socket = reply.socket
        task.due = now + task.message.completes_s
        self._s.running.append(task)

    def _completed(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._running(reply, sequence)
        if task is not None:
            self._s.running.remove(task)
            self._end(task, Ending.DONE)
            return
        waiting = self._is_waiting(sequence, Command)
        if waiting is None:
            self.counters.unexpected += 1
            return
        # Its acknowledgement was lost on the way, or this camera sends none.
        self._heard(waiting, now)
        self._s.waiting = None
        self._end(waiting, Ending.DONE)

    def _running(self, reply: Reply, sequence: int | None) -> _Task | None:
        """The command that an answer is about. PTZOptics Move SE puts several in one socket: the oldest ends first."""
        if not self.options.acknowledges and sequence is None:
            return self._s.running[0] if self._s.running else None
        for task in self._s.running:
            if sequence == task.sequence if sequence is not None else reply.socket == task.socket:
                return task
        if sequence is None and self._s.waiting is None and len(self._s.running) == 1 and not reply.socket:
            return self._s.running[0]
        return None

    def _answered(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._is_waiting(sequence, Inquiry)
        if task is None:
            self.counters.unexpected += 1
            return
        assert isinstance(task.message, Inquiry)
        if not task.message.answered_by(reply.data, numbered=sequence is not None):
            self.counters.unexpected += 1
            return
        self._heard(task, now)
        self._s.waiting = None
        self._end(task, Ending.DONE, data=reply.data)

    def _refused(self, reply: Reply, sequence: int | None, now: float) -> None:
        if reply.error in (ErrorCode.NO_SOCKET, ErrorCode.CANCELLED) and self._cancel_answered(sequence, now):
            return
        if reply.error == ErrorCode.NO_SOCKET:
            return
        task = self._running(reply, sequence) if self._names_a_running_one(reply, sequence) else None
        if task is not None:
            self._s.running.remove(task)
            self._end(task, Ending.REFUSED, error=reply.error)
            return
        waiting = self._s.waiting
        if waiting is None or (sequence is not None and sequence != waiting.sequence):
            self.counters.unexpected += 1
            return
        self._heard(waiting, now)
        self._s.waiting = None
        if reply.error == ErrorCode.BUFFER_FULL and waiting.full < BUFFER_FULL_TRIES:
            waiting.full += 1
            waiting.tries = 0
            waiting.not_before = now + BUFFER_FULL_PAUSE
            self._s.queue.appendleft(waiting)
            return
        self._end(waiting, Ending.REFUSED, error=reply.error)

    def _cancel_answered(self, sequence: int | None, now: float) -> bool:
        """« Cancelled » and « no such socket » both mean that the socket is free: the cancel is done."""
        waiting = self._is_waiting(sequence, Command)
        if waiting is None or waiting.message.name != "cancel":
            return False
        self._heard(waiting, now)
        self._s.waiting = None
        self._end(waiting, Ending.DONE)
        return True

    def _names_a_running_one(self, reply: Reply, sequence: int | None) -> bool:
        if sequence is not None or not self.options.acknowledges:
            return True
        return bool(reply.socket) and not self.options.meaningless_error_socket and self._s.waiting is None

    def _end(self, task: _Task, ending: Ending, *, error: int = 0, data: bytes = b"") -> None:
        self._s.events.append(Outcome(task.ticket, ending, error, data))
