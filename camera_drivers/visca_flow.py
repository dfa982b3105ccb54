"""The messages of a VISCA conversation: those that wait, the one that awaits its acknowledgement, those being carried out.

Without I/O and without bytes: :class:`camera_drivers.visca.Session` says what is sent and what was answered.
"""

from collections import deque
from dataclasses import dataclass

from camera_drivers.visca_commands import Command, Inquiry, Resend
from camera_drivers.visca_events import Ending, Event, Options, Outcome
from camera_drivers.visca_wire import Reply

QUEUE_LIMIT = 64
SOCKET_PATIENCE = 4.0
"""A completion that was lost must not hold a socket: past that a command is tried, and the camera says if it is full."""


@dataclass(slots=True)
class Task:
    """A message on its way. Times are seconds; ``socket``: the one that the camera gave it; ``full``: how often it had none."""

    ticket: int
    message: Command | Inquiry
    sequence: int = 0
    tries: int = 0
    sent_at: float = 0.0
    due: float = 0.0
    socket: int = 0
    full: int = 0
    not_before: float = 0.0

    @property
    def repeatable(self) -> bool:
        """Does saying it again change nothing?"""
        return isinstance(self.message, Inquiry) or self.message.resend is Resend.FREELY


class Flow:
    """See the module. ``waiting``: sent, and not acknowledged; ``running``: acknowledged, and not completed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.queue: deque[Task] = deque()
        self.waiting: Task | None = None
        self.running: list[Task] = []
        self.events: deque[Event] = deque()

    def add(self, task: Task) -> None:
        """Queue a message: urgent ones first, newer ones in place of those they replace."""
        message = task.message
        if isinstance(message, Command) and message.merge:
            self._replace_unsent(message.merge)
        if isinstance(message, Command) and message.urgent:
            self.queue.appendleft(task)
        elif len(self.queue) >= QUEUE_LIMIT:
            self.end(task, Ending.DROPPED)
        else:
            self.queue.append(task)

    def _replace_unsent(self, merge: str) -> None:
        kept: deque[Task] = deque()
        for task in self.queue:
            old = task.message
            if isinstance(old, Command) and old.merge == merge and not old.urgent:
                self.end(task, Ending.REPLACED)
            else:
                kept.append(task)
        self.queue = kept

    def stop_overtakes(self) -> None:
        """A stop does not wait for the answer to the very drive it ends. Only with sequence numbers: without them the drive's
        late acknowledgement would pass for the stop's."""
        waiting = self.waiting
        if not self._options.header or waiting is None or not self.queue:
            return
        first, awaited = self.queue[0].message, waiting.message
        if isinstance(first, Command) and first.urgent and isinstance(awaited, Command):
            if awaited.merge == first.merge and awaited.resend is Resend.NEVER:
                self.settle(waiting, Ending.REPLACED)

    def next(self, now: float) -> Task | None:
        """The first message that may go: inquiries need no socket, so they pass commands that wait for one."""
        if self.waiting is not None:
            return None
        busy = [task for task in self.running if now < task.sent_at + SOCKET_PATIENCE]
        free = len(busy) < self._options.sockets
        for task in self.queue:
            urgent = isinstance(task.message, Command) and task.message.urgent
            if now >= task.not_before and (free or urgent or isinstance(task.message, Inquiry)):
                return task
        return None

    def deadline(self) -> float | None:
        """When the first of them is due; None when nothing is awaited."""
        times = [task.due for task in self.running]
        if self.waiting is not None:
            times.append(self.waiting.due)
        else:
            times += [at for task in self.queue if (at := self._may_go_at(task)) > 0]
        return min(times, default=None)

    def _may_go_at(self, task: Task) -> float:
        """When a queued message may go: never an instant that is past while it waits for a socket."""
        message = task.message
        full = len(self.running) - self._options.sockets
        if isinstance(message, Inquiry) or message.urgent or full < 0:
            return task.not_before
        patience = sorted(one.sent_at + SOCKET_PATIENCE for one in self.running)
        return max(task.not_before, patience[full])

    # -- what becomes of them ---------------------------------------------------------------------------------------

    def awaited(self, sequence: int | None, kind: type[Command] | type[Inquiry]) -> Task | None:
        """The un-acknowledged message, if it is of that kind and an answer with that number may be its own."""
        task = self.waiting
        if task is None or not isinstance(task.message, kind):
            return None
        return task if sequence is None or sequence == task.sequence else None

    def answered(self, reply: Reply, sequence: int | None) -> Task | None:
        """The running command that an answer is about. PTZOptics Move SE puts several in one socket: the oldest ends first."""
        if not self._options.acknowledges and sequence is None:
            return self.running[0] if self.running else None
        for task in self.running:
            if sequence == task.sequence if sequence is not None else reply.socket == task.socket:
                return task
        if sequence is None and self.waiting is None and len(self.running) == 1 and not reply.socket:
            return self.running[0]
        return None

    def names_a_running_one(self, reply: Reply, sequence: int | None) -> bool:
        """May an error be about a command that is being carried out?"""
        if sequence is not None or not self._options.acknowledges:
            return True
        return bool(reply.socket) and not self._options.meaningless_error_socket and self.waiting is None

    def run(self, task: Task, until: float, socket: int = 0) -> None:
        """The camera carries a command out, until then at the latest."""
        self.waiting = None
        task.socket, task.due = socket, until
        self.running.append(task)

    def again(self, task: Task) -> None:
        """The un-acknowledged message waits for another turn, before all others."""
        self.waiting = None
        self.queue.appendleft(task)

    def settle(self, task: Task, ending: Ending, *, error: int = 0, data: bytes = b"") -> None:
        """A message that was sent ends."""
        if self.waiting is task:
            self.waiting = None
        elif task in self.running:
            self.running.remove(task)
        self.end(task, ending, error=error, data=data)

    def abandon(self) -> None:
        """All of them are lost."""
        tasks = [*([self.waiting] if self.waiting is not None else []), *self.running, *self.queue]
        self.waiting = None
        self.running.clear()
        self.queue.clear()
        for task in tasks:
            self.end(task, Ending.LOST)

    def end(self, task: Task, ending: Ending, *, error: int = 0, data: bytes = b"") -> None:
        """Tell how a message ended."""
        self.events.append(Outcome(task.ticket, ending, error, data))
