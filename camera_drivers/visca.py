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

from camera_drivers.visca_commands import Command, Inquiry, Resend
from camera_drivers.visca_events import Back, Counters, Ending, Event, Lost, NetworkChange, Options
from camera_drivers.visca_flow import Flow, Task
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

TRIES = 4
"""One message and three repetitions."""
FIRST_TIMEOUT = 0.5
MIN_TIMEOUT, MAX_TIMEOUT = 0.06, 0.5
RTT_FACTOR = 3.0
RTT_WEIGHT = 0.25
BUFFER_FULL_PAUSE = 0.08
BUFFER_FULL_TRIES = 6
TIMEOUTS_BEFORE_RESET = 10


class Session:
    """One camera's conversation. Not thread-safe; owned by one task."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.counters = Counters()
        self._flow = Flow(self.options)
        self._outgoing: deque[bytes] = deque()
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
        self._flow.add(Task(self._ticket, message))
        self._advance(now)
        return self._ticket

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
        waiting = self._flow.waiting
        if waiting is not None and now >= waiting.due:
            self._timed_out(waiting, now)
        for task in [t for t in self._flow.running if now >= t.due]:
            self._flow.settle(task, Ending.LOST)
        self._advance(now)

    def deadline(self) -> float | None:
        """When :meth:`tick` wants to be called; None when nothing is awaited."""
        return self._flow.deadline()

    def sockets_in_use(self) -> list[int]:
        """Sockets of the commands that the camera carries out, as it gave them."""
        return [task.socket for task in self._flow.running]

    def forget_running(self, now: float) -> None:
        """What the camera was carrying out is over for us: it was cancelled or stopped. Their callers are told « replaced »."""
        for task in [*self._flow.running]:
            self._flow.settle(task, Ending.REPLACED)
        self._advance(now)

    def accepted(self) -> frozenset[int]:
        """Tickets of the commands that the camera acknowledged and has not completed."""
        return frozenset(task.ticket for task in self._flow.running)

    def outgoing(self) -> list[bytes]:
        """What is to be sent now, in order."""
        data = list(self._outgoing)
        self._outgoing.clear()
        return data

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events = list(self._flow.events)
        self._flow.events.clear()
        return events

    def reconnected(self, now: float) -> None:
        """The connection under us is new (TCP), or was re-opened: nothing that was under way is known to have been done."""
        self._splitter.reset()
        self._flow.abandon()
        self._reset_pending = self.options.header and self.options.accepts_reset
        self._advance(now)

    # -- sending ----------------------------------------------------------------------------------------------------

    def _advance(self, now: float) -> None:
        self._flow.stop_overtakes()
        task = self._flow.next(now)
        if task is None:
            return
        if self._reset_pending:
            self._send_reset()
        self._flow.queue.remove(task)
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        task.sequence = self._sequence
        self._flow.waiting = task
        self._send(task, now)
        if isinstance(task.message, Command) and not self.options.acknowledges:
            # Its only answer is the completion, at the end of the movement: nothing to wait for before the next message.
            self._flow.run(task, now + task.message.completes_s)

    def _send(self, task: Task, now: float) -> None:
        task.tries += 1
        task.sent_at = now
        task.due = now + self._timeout()
        kind = PayloadType.COMMAND if isinstance(task.message, Command) else PayloadType.INQUIRY
        payload = task.message.payload
        packet = encode_packet(Packet(kind, task.sequence, payload)) if self.options.header else payload
        self._outgoing.append(packet)
        self.counters.sent += 1

    def _send_reset(self) -> None:
        self._reset_pending = False
        self._sequence = 0
        self._outgoing.append(encode_packet(Packet(PayloadType.CONTROL, 0, RESET)))
        self.counters.resets += 1

    def _timeout(self) -> float:
        if self._rtt is None:
            return FIRST_TIMEOUT
        return min(MAX_TIMEOUT, max(MIN_TIMEOUT, RTT_FACTOR * self._rtt))

    # -- losses -----------------------------------------------------------------------------------------------------

    def _timed_out(self, task: Task, now: float) -> None:
        self.counters.timeouts += 1
        self._timeouts_in_a_row += 1
        if self._timeouts_in_a_row % TIMEOUTS_BEFORE_RESET == 0 and self.options.header:
            self._reset_pending = self.options.accepts_reset
        if task.repeatable and task.tries < TRIES:
            self.counters.repeated += 1
            self._send(task, now)
            return
        self._flow.settle(task, Ending.LOST)
        if task.repeatable and self._present is not False:
            self._present = False
            self._flow.events.append(Lost())
            self._flow.abandon()

    # -- answers ----------------------------------------------------------------------------------------------------

    def _packet(self, packet: Packet, now: float) -> None:
        if packet.type == PayloadType.CONTROL_REPLY or packet.type == PayloadType.CONTROL:
            if packet.payload.startswith(SEQUENCE_ERROR):
                self._out_of_step(now)
            return
        self._reply(parse_reply(packet.payload), packet.sequence, now)

    def _out_of_step(self, now: float) -> None:
        """The camera expects another sequence number: reset it, and ask again what may be asked again."""
        waiting = self._flow.waiting
        self._reset_pending = self.options.accepts_reset
        if waiting is None:
            return
        moves = isinstance(waiting.message, Command) and waiting.message.resend is Resend.NEVER
        if moves or waiting.tries >= TRIES:
            self._flow.settle(waiting, Ending.LOST)
        else:
            self._flow.again(waiting)

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
                self._flow.events.append(NetworkChange())
            case ReplyKind.UNKNOWN:
                self.counters.unexpected += 1

    def _heard(self, task: Task, now: float) -> None:
        """A first answer came: the camera is there. A repeated message says nothing of the round trip (Karn)."""
        if task.tries == 1:
            sample = now - task.sent_at
            self._rtt = sample if self._rtt is None else self._rtt + RTT_WEIGHT * (sample - self._rtt)
        self._timeouts_in_a_row = 0
        if self._present is not True:
            self._present = True
            self._flow.events.append(Back())

    def _acknowledged(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._flow.awaited(sequence, Command)
        if task is None:
            self.counters.unexpected += 1
            return
        assert isinstance(task.message, Command)
        self._heard(task, now)
        self._flow.run(task, now + task.message.completes_s, reply.socket)

    def _completed(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._flow.answered(reply, sequence)
        if task is not None:
            self._flow.settle(task, Ending.DONE)
            return
        waiting = self._flow.awaited(sequence, Command)
        if waiting is None:
            self.counters.unexpected += 1
            return
        # Its acknowledgement was lost on the way, or this camera sends none.
        self._heard(waiting, now)
        self._flow.settle(waiting, Ending.DONE)

    def _answered(self, reply: Reply, sequence: int | None, now: float) -> None:
        task = self._flow.awaited(sequence, Inquiry)
        if task is None:
            self.counters.unexpected += 1
            return
        assert isinstance(task.message, Inquiry)
        if not task.message.answered_by(reply.data, numbered=sequence is not None):
            self.counters.unexpected += 1
            return
        self._heard(task, now)
        self._flow.settle(task, Ending.DONE, data=reply.data)

    def _refused(self, reply: Reply, sequence: int | None, now: float) -> None:
        if reply.error in (ErrorCode.NO_SOCKET, ErrorCode.CANCELLED) and self._cancel_answered(sequence, now):
            return
        if reply.error == ErrorCode.NO_SOCKET:
            return
        flow = self._flow
        task = flow.answered(reply, sequence) if flow.names_a_running_one(reply, sequence) else None
        if task is not None:
            flow.settle(task, Ending.REFUSED, error=reply.error)
            return
        waiting = flow.waiting
        if waiting is None or (sequence is not None and sequence != waiting.sequence):
            self.counters.unexpected += 1
            return
        self._heard(waiting, now)
        if reply.error == ErrorCode.BUFFER_FULL and waiting.full < BUFFER_FULL_TRIES:
            waiting.full += 1
            waiting.tries = 0
            waiting.not_before = now + BUFFER_FULL_PAUSE
            flow.again(waiting)
            return
        flow.settle(waiting, Ending.REFUSED, error=reply.error)

    def _cancel_answered(self, sequence: int | None, now: float) -> bool:
        """« Cancelled » and « no such socket » both mean that the socket is free: the cancel is done."""
        waiting = self._flow.awaited(sequence, Command)
        if waiting is None or waiting.message.name != "cancel":
            return False
        self._heard(waiting, now)
        self._flow.settle(waiting, Ending.DONE)
        return True
