"""How the public timeline advances over the programme's while the confidentiality delay changes. Pure integers.

Each step lets out ``lasts`` samples of public time. In steady state it shows one picture's duration of the programme; while the
delay grows or shrinks by stretching, the same pictures and sound last a little longer, or shorter: nothing is dropped, nothing is
encoded again but the sound. While it is built behind a slate, the programme waits. The delay is always left at a whole number of
seconds, so that the programme's seconds, and their keyframes, are the public's.
"""

from dataclasses import dataclass

from regie.domain.commands import DelayBy
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.errors import Refusal

LONGEST_S = 60
"""The longest delay that may be asked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """``lasts`` samples of public time from ``head``; they show the programme from ``shows`` on, or nothing of it (None)."""

    head: int
    lasts: int
    shows: int | None


class Pace:
    """Where the public timeline stands (``head``) and what it shows next (``read``); their difference is the delay held."""

    def __init__(self, tick: int, delay: int, stretch_percent: int = 8) -> None:
        """``tick``: samples of a picture. ``delay``: samples, a whole number of seconds."""
        if delay % SAMPLE_RATE:
            raise ValueError(
                "the delay is a whole number of seconds, so that seconds stay seconds on the public timeline"
            )
        self._tick = tick
        self._most = tick * stretch_percent // 100
        self.head = 0
        self.read = -delay
        self.target = delay
        self.by: DelayBy | None = None
        self._holding = False
        self._stop_at = 0

    @property
    def held(self) -> int:
        """Samples between what is live and what leaves next."""
        return self.head - self.read

    @property
    def stretching(self) -> bool:
        """The next step is longer or shorter than what it shows."""
        return self.by is DelayBy.STRETCH and self.held != self.target

    def ask(self, seconds: int, by: DelayBy, live: int) -> None:
        """Go to another delay; ``live``: the programme's time now. Raises Refusal for a way that does not lead there."""
        if not 0 <= seconds <= LONGEST_S:
            raise Refusal("the delay is between 0 and 60 seconds", code="retard_hors_limites")
        target = seconds * SAMPLE_RATE
        if (by is DelayBy.SLATE and target < self.held) or (by is DelayBy.EXIT and target > self.held):
            raise Refusal("this way of changing the delay leads the other way", code="retard_sens")
        holding = self._holding and by is DelayBy.SLATE
        self.target = target
        self.by = None if target == self.held else by
        self._holding = holding and self.by is not None
        # A second of the programme begins with a keyframe: it goes on, later, with a picture that needs no other.
        self._stop_at = _next_second(max(self.read + 1, live if by is DelayBy.EXIT else self.read + 1))

    @property
    def leaving(self) -> bool:
        """The programme stops here: the next step is a wait, or joins what is live."""
        stops = self.by in (DelayBy.SLATE, DelayBy.EXIT)
        return stops and not self._holding and self.read >= self._stop_at

    def remaining(self) -> int:
        """Public samples until the change is done; 0 when none is under way."""
        missing = abs(self.target - self.held)
        match self.by:
            case None:
                return 0
            case DelayBy.SLATE:
                return missing
            case DelayBy.STRETCH:
                return missing * self._tick // self._most if self._most else missing
            case DelayBy.EXIT:
                return max(0, self._stop_at - self.read)

    def leap(self) -> int | None:
        """« Wait and exit »: once what was held has been played, where the programme goes on; the part between never leaves.

        It joins what is ``target`` behind now, at the next second of the programme; less than a second is then waited for.
        """
        if self.by is not DelayBy.EXIT or self.read < self._stop_at:
            return None
        self.read = _next_second(self.head - self.target)
        self.by, self._holding = DelayBy.SLATE, True
        return self.read

    def step(self) -> Step:
        """Take the next step."""
        missing = self.target - self.held
        if missing == 0 and self.by is not None:
            self.by, self._holding = None, False
        if self.by is DelayBy.SLATE and (self._holding or self.read >= self._stop_at):
            self._holding = True
            return self._let_out(min(self._tick, missing), None)
        lasts = self._tick
        if self.by is DelayBy.STRETCH:
            lasts += max(-self._most, min(self._most, missing))
        return self._let_out(lasts, self._tick)

    def jump(self, now: int) -> None:
        """The time between was lost: go on at ``now`` with the delay asked for."""
        self.head = now - now % self._tick
        self.read = self.head - self.target
        self.by, self._holding = None, False

    def _let_out(self, lasts: int, consumed: int | None) -> Step:
        step = Step(self.head, lasts, None if consumed is None else self.read)
        self.head += lasts
        self.read += consumed or 0
        return step


class Course:
    """Which instant of the programme each public instant shows: the change points of the delay, oldest first.

    ``public_of`` and ``programme_of`` answer for the past, and for the future as if the delay stayed what it is.
    """

    def __init__(self, delay: int, keep: int = 4096) -> None:
        self._keep = keep
        self._points: tuple[tuple[int, int], ...] = ((0, -delay),)

    def note(self, step: Step) -> None:
        """A step that was taken. Only those that change the delay are kept."""
        if step.shows is None:
            return
        head, read = self._points[-1]
        if step.head - step.shows != head - read:
            self._points = (*self._points, (step.head, step.shows))[-self._keep :]

    @property
    def points(self) -> tuple[tuple[int, int], ...]:
        """(public instant, programme instant that it shows) at each change, oldest first."""
        return self._points

    def public_of(self, t: int) -> MediaTime:
        """When an instant of the programme leaves, or left."""
        head, read = next((p for p in reversed(self._points) if p[1] <= t), self._points[0])
        return MediaTime(head + t - read)

    def programme_of(self, u: int) -> MediaTime:
        """What a public instant shows; during a hold, what comes after it."""
        points = self._points
        for at, (head, read) in reversed(tuple(enumerate(points))):
            if head <= u or at == 0:
                t = read + u - head
                return MediaTime(min(t, points[at + 1][1]) if at + 1 < len(points) else t)
        raise AssertionError("a course has at least its start")


def _next_second(t: int) -> int:
    return -(-t // SAMPLE_RATE) * SAMPLE_RATE
