"""The masks of this run: opened at once, closed when told, held by a key, taken up from the run before. Lives on the loop.

A mask acts by its entry in the gate, which the delay line asks at the last instant; there is nothing to wait for. One that is open
stays open whatever dies: its page (an alarm is raised), control, or the engine itself, whose next run begins with it.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from regie.board import MaskStatus
from regie.clock import Clock, MediaClock
from regie.domain.commands import CloseMask, OpenMask
from regie.domain.pacing import LONGEST_S, Course
from regie.domain.timeline import MediaTime, from_ms
from regie.errors import Refusal
from regie.media.gate import ALWAYS, Gate

KEPT = 64
"""Masks that are told of once closed: long enough for the register to have them, whoever was away."""
MOST_OPEN = 32
LATEST = from_ms(5000)
"""A press is never older than that: a clock of ours that is wrong must not hide all that waits."""
SILENT_S = 3
"""A held mask whose page has said nothing for that long is held by nobody."""


class Line(Protocol):
    """What masks ask of the delay line."""

    @property
    def head(self) -> MediaTime:
        """Programme time of what leaves next."""

    @property
    def heard_to(self) -> MediaTime:
        """Programme time before which sound may have left."""

    @property
    def course(self) -> Course:
        """Programme time and public time."""


class Masking:
    """Opens and closes masks. ``ask_keys`` asks every rendition for a keyframe, ``hold`` for a picture of before an instant to be
    held. ``frozen``: a held picture stands for what the next masks hide, instead of the slate."""

    def __init__(
        self,
        gate: Gate,
        line: Line,
        media_clock: MediaClock,
        clock: Clock,
        guard_ms: int,
        ask_keys: Callable[[], None],
        left: Iterable[MaskStatus] = (),
        *,
        frozen: bool = False,
        hold: Callable[[MediaTime], None] = lambda start: None,
    ) -> None:
        """``left``: the masks of the run before; those that were open hide all of this one until they are closed."""
        self._gate = gate
        self._line = line
        self._media_clock = media_clock
        self._clock = clock
        self._guard = from_ms(guard_ms)
        self._ask_keys = ask_keys
        self._hold = hold
        self.frozen = frozen
        self._masks: dict[str, MaskStatus] = {}
        self._seen_ns: dict[str, int] = {}
        self._returns: list[int] = []
        for mask in left:
            if mask.is_open:
                self._take_up(mask)

    @property
    def masks(self) -> tuple[MaskStatus, ...]:
        """Those that are open, and the last that were closed, in the order they were opened."""
        return tuple(self._masks.values())

    @property
    def abandoned(self) -> tuple[str, ...]:
        """Masks whose key was held by a page that is silent."""
        return tuple(mask.id for mask in self._masks.values() if mask.is_open and mask.alone)

    def open(self, command: OpenMask) -> MaskStatus | None:
        """Hide, from what the operator was hearing minus the look-back. Asked again under the same id: None, nothing changes."""
        if not command.mask or len(command.mask) > 64:
            raise Refusal("a mask needs an id", code="masque_inconnu")
        if command.mask in self._masks:
            return None
        if sum(mask.is_open for mask in self._masks.values()) >= MOST_OPEN:
            raise Refusal("too many masks are open", code="trop_de_masques")
        now = self._media_clock.now()
        back_ms = max(0, min(command.look_back_ms, LONGEST_S * 1000)) + max(0, min(command.heard_ms, 2000))
        if command.since_ms is not None:
            back_ms = max(0, min(self._clock.utc_ns() // 1_000_000 - command.since_ms, LONGEST_S * 1000))
        # A command that a busy machine brings late still hides from what was heard when the key went down.
        pressed = now if command.at is None else max(now - LATEST, min(now, command.at))
        start = MediaTime(pressed - from_ms(back_ms) - self._guard)
        frozen = self.frozen and command.hides.hides_picture
        self._gate.hide(command.mask, start, command.hides, silent=command.silent, frozen=frozen)
        if frozen:
            self._hold(start)
        end = None
        if command.closes:
            end = MediaTime(now + self._guard)
            self._end(command.mask, end)
        now_ms = self._clock.utc_ns() // 1_000_000
        course = self._line.course
        opened = MaskStatus(
            id=command.mask,
            hides=command.hides,
            start=start,
            public_start=course.public_of(start),
            end=end,
            public_end=None if end is None else course.public_of(end),
            gone=max(0, self._line.heard_to - start),
            held=command.held and not command.closes,
            silent=command.silent,
            frozen=frozen,
            by=command.by,
            item=command.item,
            reason=command.reason,
            opened_ms=now_ms,
            closed_ms=None if end is None else now_ms,
        )
        self._masks[command.mask] = opened
        self._seen_ns[command.mask] = self._clock.monotonic_ns()
        self._forget()
        return opened

    def keep(self, mask: str, *, held: bool = True) -> None:
        """The key of a mask is still down; ``held`` false: it stays without."""
        kept = self._open_one(mask)
        self._seen_ns[mask] = self._clock.monotonic_ns()
        if kept.alone or kept.held is not held:
            self._masks[mask] = msgspec.structs.replace(kept, alone=False, held=held)

    def close(self, command: CloseMask) -> None:
        """Show what follows, the guard after it. One that is closed already stays as it is."""
        known = self._masks.get(command.mask)
        if known is not None and not known.is_open:
            return
        held = self._open_one(command.mask)
        now = self._media_clock.now()
        # Never in the past of what was heard: a late word from control does not lay bare what was said meanwhile.
        end = MediaTime(
            max(held.start, min(command.end if command.end is not None else now, now)) + self._guard
        )
        self._end(command.mask, end)
        self._masks[command.mask] = msgspec.structs.replace(
            held,
            end=end,
            public_end=self._line.course.public_of(end),
            held=False,
            alone=False,
            closed_ms=self._clock.utc_ns() // 1_000_000,
        )
        self._seen_ns.pop(command.mask, None)

    def tend(self) -> None:
        """To be called often: a keyframe just after a mask brings the picture back at once; and pages may have fallen silent."""
        now, now_ns = self._media_clock.now(), self._clock.monotonic_ns()
        if any(back <= now for back in self._returns):
            self._returns = [back for back in self._returns if back > now]
            self._ask_keys()
        for mask, seen_ns in self._seen_ns.items():
            held = self._masks.get(mask)
            silent = now_ns - seen_ns > SILENT_S * 1_000_000_000
            if held is not None and held.held and silent and not held.alone:
                self._masks[mask] = msgspec.structs.replace(held, alone=True)

    def _take_up(self, mask: MaskStatus) -> None:
        self._gate.hide(mask.id, ALWAYS, mask.hides, silent=mask.silent)
        start = self._line.head
        self._masks[mask.id] = msgspec.structs.replace(
            mask,
            start=start,
            public_start=self._line.course.public_of(start),
            gone=0,
            alone=mask.held,
            frozen=False,  # the picture that was held died with its run
        )

    def _end(self, mask: str, end: MediaTime) -> None:
        self._gate.show(mask, end)
        self._returns.append(end)

    def _open_one(self, mask: str) -> MaskStatus:
        held = self._masks.get(mask)
        if held is None or not held.is_open:
            raise Refusal("no such mask is open", code="masque_inconnu")
        return held

    def _forget(self) -> None:
        closed = [mask.id for mask in self._masks.values() if not mask.is_open]
        for mask in closed[: max(0, len(self._masks) - KEPT)]:
            del self._masks[mask]
            self._seen_ns.pop(mask, None)
