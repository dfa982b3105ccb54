"""What must not go out, as spans of media time, and their algebra.

A mask is opened under a key and closed later under the same key; until then it covers everything after its start: a mask that
nobody closes still hides. Several masks may overlap, each closed on its own; an instant is hidden while any of them covers it.
"""

from collections.abc import Iterable

import msgspec

from regie.domain.timeline import MediaTime, Span


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same instants as disjoint spans in order, neighbours joined; empty spans vanish."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start):
        if span.end is not None and span.end <= span.start:
            continue
        last = merged[-1] if merged else None
        if last is None or (last.end is not None and span.start > last.end):
            merged.append(span)
        elif last.end is not None:
            end = None if span.end is None else MediaTime(max(last.end, span.end))
            merged[-1] = Span(last.start, end)
    return tuple(merged)


def clip(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    """What of these spans lies in [start, end[, as closed spans."""
    return tuple(
        Span(MediaTime(max(span.start, start)), MediaTime(end if span.end is None else min(span.end, end)))
        for span in spans
        if start < end and span.touches(start, end)
    )


class Mask(msgspec.Struct, frozen=True):
    """One reason to hide: who holds it, and from when to when."""

    key: str
    span: Span


class Redactions(msgspec.Struct, frozen=True):
    """A set of masks. Every change returns a new value."""

    masks: tuple[Mask, ...] = ()

    def open(self, key: str, start: MediaTime) -> "Redactions":
        """Hide everything from ``start`` on. A mask already open under this key is kept from the earlier of both starts."""
        held = self._held(key)
        if held is not None:
            start = min(start, held.span.start)
        return Redactions((*(m for m in self.masks if m is not held), Mask(key, Span(start))))

    def close(self, key: str, end: MediaTime) -> "Redactions":
        """End the open mask of this key at ``end`` (never before its start). Nothing open under it: nothing changes."""
        held = self._held(key)
        if held is None:
            return self
        closed = Mask(key, Span(held.span.start, max(end, held.span.start)))
        return Redactions((*(m for m in self.masks if m is not held), closed))

    def add(self, key: str, span: Span) -> "Redactions":
        """Hide one more span, as it is."""
        return Redactions((*self.masks, Mask(key, span)))

    def is_open(self, key: str) -> bool:
        """Is a mask open under this key?"""
        return self._held(key) is not None

    def covers(self, t: int) -> bool:
        """Is this instant hidden?"""
        return any(mask.span.covers(t) for mask in self.masks)

    def touches(self, start: int, end: int) -> bool:
        """Is any instant of [start, end[ hidden?"""
        return bool(self.within(start, end))

    def holders(self, start: int, end: int) -> tuple[str, ...]:
        """The keys of the masks that hide part of [start, end[, in the order they were set."""
        return tuple(m.key for m in self.masks if clip((m.span,), start, end))

    def spans(self) -> tuple[Span, ...]:
        """What is hidden, as disjoint spans in order."""
        return union(mask.span for mask in self.masks)

    def within(self, start: int, end: int) -> tuple[Span, ...]:
        """What of [start, end[ is hidden, as disjoint closed spans in order."""
        return clip(self.spans(), start, end)

    def forget_before(self, t: int) -> "Redactions":
        """Without the masks that ended at or before ``t``: they can hide nothing any more."""
        kept = tuple(m for m in self.masks if m.span.end is None or m.span.end > t)
        return self if len(kept) == len(self.masks) else Redactions(kept)

    def _held(self, key: str) -> Mask | None:
        return next((m for m in self.masks if m.key == key and m.span.end is None), None)
