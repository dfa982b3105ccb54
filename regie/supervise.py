"""The parent of our processes: starts them, replaces those that die or hang, stops them in order.

One thread, no asyncio: it waits on the processes themselves (pidfds), their heartbeats (pipes) and its signals. A dead process is
replaced by a new one from its :class:`Program`, at once; after five deaths in a minute, every five seconds and with a severe log;
it never gives up. A process whose heart stops is aborted (its stacks go to the log), then killed.

Stopping follows ``stop_rank``: the engine first, so that its slate and its last segments leave while the pages still serve them;
then control; then simulators, so that the engine never sees its sources go. Should the supervisor itself be killed, the kernel
kills its children: two engines never share a folder.
"""

import contextlib
import ctypes
import fcntl
import logging
import os
import resource
import selectors
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from regie import heartbeat
from regie.clock import Clock, SystemClock
from regie.errors import RegieError
from regie.systemd import Notifier

log = logging.getLogger(__name__)

HUNG_S = 6.0
FIRST_BEAT_S = 45.0
ABORT_S = 1.0
STOP_S = 8.0
LAST_CHANCE_S = 1.0
IMPATIENT_SIGNALS = 2  # Ctrl-C pressed twice more: kill
RESTARTS = 5
RESTART_WINDOW_S = 60.0
BACK_OFF_S = 5.0
_PR_SET_PDEATHSIG = 1
NO_CORE = 1
"""Limit, in bytes, of a memory image of a process that crashes: it would hold what is masked. At 1 the kernel writes none and gives
none to a collector of crashes (``core_pattern`` with a pipe), which at 0 would still get it whole (core(5), ``fs/coredump.c``)."""
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_libc = ctypes.CDLL(None, use_errno=True)


class StartError(RegieError):
    """The régie cannot start: port taken, folder in use, a part that does not come up."""

    code = "demarrage"


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep alive. ``beats``: it has a :class:`regie.heartbeat.Heart`. Lower ``stop_rank`` is stopped earlier."""

    name: str
    argv: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    beats: bool = True
    stop_rank: int = 0


class Budget:
    """When may the next restart be? At once, five times a minute; then after a pause. Pure: time is given."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=RESTARTS)

    def died(self, now: float) -> float:
        """Seconds to wait before the restart."""
        spent = len(self._deaths) == RESTARTS and now - self._deaths[0] < RESTART_WINDOW_S
        self._deaths.append(now)
        return BACK_OFF_S if spent else 0.0


class _Child:
    """One instance of a program: its process, its pidfd, the reading end of its heartbeat."""

    def __init__(self, program: Program, now: float, stderr: IO[Any] | None) -> None:
        self.program = program
        self.beaten = not program.beats
        self.deadline: float | None = now + FIRST_BEAT_S if program.beats else None
        self.aborted = False
        environ = {**os.environ, **program.environ}
        environ.pop(heartbeat.VARIABLE, None)
        self.pulse: int | None = None
        inherited: tuple[int, ...] = program.pass_fds
        writing: int | None = None
        if program.beats:
            self.pulse, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            environ[heartbeat.VARIABLE] = str(writing)
            inherited = (*inherited, writing)
        try:
            self.process = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env=environ,
                pass_fds=inherited,
                process_group=0,  # Ctrl-C is for us: we stop them in order
                preexec_fn=_as_our_child(os.getpid()),
            )
        finally:
            if writing is not None:
                os.close(writing)
        self.pidfd = os.pidfd_open(self.process.pid)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def close(self) -> None:
        os.close(self.pidfd)
        if self.pulse is not None:
            os.close(self.pulse)


def _as_our_child(parent: int) -> Callable[[], None]:
    """It dies with us, and leaves no memory image."""
    prctl, limit = _libc.prctl, resource.setrlimit
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    core = NO_CORE if most == resource.RLIM_INFINITY else min(NO_CORE, most)

    def ask() -> None:
        limit(resource.RLIMIT_CORE, (core, core))
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Supervisor:
    """Keeps programs alive from :meth:`start` to the end of its ``with`` block. Main thread only: it owns the signals."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        notifier: Notifier | None = None,
        stderr: IO[Any] | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._notifier = notifier or Notifier()
        self._stderr = stderr
        self._selector = selectors.DefaultSelector()
        self._children: dict[str, _Child] = {}
        self._budgets: dict[str, Budget] = {}
        self._restarts: dict[str, tuple[float, Program]] = {}
        self._stop_asked = 0
        self._fed = float("-inf")

    def __enter__(self) -> Self:
        self._signals, waker = socket.socketpair()
        self._signals.setblocking(False)
        waker.setblocking(False)
        self._waker = waker
        self._old_wakeup = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self._old_handlers = {number: signal.signal(number, self._asked) for number in _STOP_SIGNALS}
        self._selector.register(self._signals, selectors.EVENT_READ, None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            self._stop()
        finally:
            signal.set_wakeup_fd(self._old_wakeup)
            for number, handler in self._old_handlers.items():
                signal.signal(number, handler)
            self._selector.close()
            self._signals.close()
            self._waker.close()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked += 1

    @property
    def stop_asked(self) -> bool:
        """Did a signal ask for the end?"""
        return self._stop_asked > 0

    @property
    def ready(self) -> bool:
        """Do all programs run, and has every heart beaten?"""
        return not self._restarts and all(child.beaten for child in self._children.values())

    def start(self, program: Program) -> None:
        """Start a program and keep it alive. Raises StartError when it cannot be executed at all."""
        self._budgets.setdefault(program.name, Budget())
        try:
            child = _Child(program, self._now(), self._stderr)
        except OSError as error:
            raise StartError(f"{program.name} cannot be started: {os.strerror(error.errno or 0)}") from error
        self._children[program.name] = child
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)
        if child.pulse is not None:
            self._selector.register(child.pulse, selectors.EVENT_READ, child)
        log.info("started", extra={"program": program.name, "pid": child.process.pid})

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Keep everybody alive until the condition holds; False after ``timeout_s`` or when a signal asks for the end."""
        deadline = self._now() + timeout_s
        while not condition():
            if self.stop_asked or self._now() >= deadline:
                return False
            self._turn(min(deadline, self._now() + 0.05))
        return True

    def run(self, on_ready: Callable[[], None] | None = None, for_s: float | None = None) -> None:
        """Keep everybody alive until a signal asks for the end, or ``for_s`` seconds after all were ready."""
        end: float | None = None
        announced = False
        while not self.stop_asked and (end is None or self._now() < end):
            if self.ready and not announced:
                announced = True
                log.info("ready", extra={"programs": sorted(self._children)})
                self._notifier.ready("running")
                end = None if for_s is None else self._now() + for_s
                if on_ready is not None:
                    on_ready()
            self._turn(end)

    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def _turn(self, until: float | None) -> None:
        """Wait for something to happen, or for the next deadline, then do what is due."""
        deadlines = [
            until,
            *(due for due, _ in self._restarts.values()),
            *(c.deadline for c in self._children.values()),
        ]
        if self._notifier.watchdog_interval_s is not None:
            deadlines.append(self._fed + self._notifier.watchdog_interval_s)
        known = [deadline for deadline in deadlines if deadline is not None]
        self._wait(max(0.0, min(known) - self._now()) if known else None)
        now = self._now()
        for child in tuple(self._children.values()):
            if child.deadline is not None and now >= child.deadline:
                self._hung(child, now)
        for name, (due, program) in tuple(self._restarts.items()):
            if now >= due:
                del self._restarts[name]
                self._restart(program)
        interval = self._notifier.watchdog_interval_s
        if interval is not None and now >= self._fed + interval:
            self._fed = now
            self._notifier.alive()

    def _wait(self, timeout_s: float | None) -> None:
        ended = []
        for key, _ in self._selector.select(timeout_s):
            child: _Child | None = key.data
            if child is None:
                with contextlib.suppress(BlockingIOError):
                    self._signals.recv(256)
            elif key.fd == child.pidfd:
                ended.append(child)
            else:
                self._beat(child)
        for child in ended:
            self._died(child)

    def _beat(self, child: _Child) -> None:
        assert child.pulse is not None
        if not os.read(child.pulse, 4096):  # closed: the process is ending, its pidfd will tell
            self._selector.unregister(child.pulse)
        elif not child.aborted:
            child.beaten = True
            child.deadline = self._now() + HUNG_S

    def _hung(self, child: _Child, now: float) -> None:
        if child.aborted:
            child.deadline = None
            child.signal(signal.SIGKILL)
            return
        log.error("hung: it is replaced", extra={"program": child.program.name, "pid": child.process.pid})
        child.aborted = True
        child.deadline = now + ABORT_S
        child.signal(signal.SIGABRT)

    def _died(self, child: _Child) -> None:
        code = self._bury(child)
        program = child.program
        if self.stop_asked:
            return
        delay = self._budgets[program.name].died(self._now())
        facts = {"program": program.name, "code": code, "restart_in_s": delay}
        if delay:
            log.critical("died again: restarts are slowed down", extra=facts)
            self._notifier.status(f"{program.name} keeps dying")
        else:
            log.error("died: it is replaced", extra=facts)
        self._restarts[program.name] = (self._now() + delay, program)

    def _bury(self, child: _Child) -> int:
        code = child.process.wait()
        for fd in (child.pidfd, child.pulse):
            if fd is not None:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(fd)
        child.close()
        del self._children[child.program.name]
        return code

    def _restart(self, program: Program) -> None:
        try:
            self.start(program)
        except StartError as error:
            log.critical("cannot be restarted", extra={"program": program.name, "reason": error.message})
            self._restarts[program.name] = (self._now() + BACK_OFF_S, program)

    def _stop(self) -> None:
        self._restarts.clear()
        self._stop_asked = max(1, self._stop_asked)  # from here on a death is not a reason to restart
        patience = self._stop_asked + IMPATIENT_SIGNALS
        self._notifier.stopping()
        log.info("stopping")
        limit = self._now() + STOP_S
        for rank in sorted({child.program.stop_rank for child in self._children.values()}):
            deadline = max(limit, self._now() + LAST_CHANCE_S)
            for child in self._of_rank(rank):
                child.deadline = None
                child.signal(signal.SIGTERM)
            while (
                (left := list(self._of_rank(rank))) and self._now() < deadline and self._stop_asked < patience
            ):
                self._wait(deadline - self._now())
            for child in left:
                log.error("did not stop: it is killed", extra={"program": child.program.name})
                child.signal(signal.SIGKILL)
                self._bury(child)
        log.info("stopped")

    def _of_rank(self, rank: int) -> Iterator[_Child]:
        return (child for child in tuple(self._children.values()) if child.program.stop_rank == rank)


def listen(host: str, port: int) -> socket.socket:
    """The socket of the pages: bound here once, so that a restart of control refuses nobody. Raises StartError."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StartError(
            f"cannot listen on {host}:{port}: {reason}", code="port_occupe", port=port
        ) from error


@contextlib.contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Make sure that nobody else runs a régie on this data folder. Raises StartError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "verrou").open("a")
    except OSError as error:
        raise StartError(f"the folder {folder} cannot be used: {os.strerror(error.errno or 0)}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(f"another régie is running on {folder}", code="dossier_occupe") from error
        yield
