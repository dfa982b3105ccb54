"""What is shown while the camera on air is lost: another shot in under a second, and the first one again when it is back.

Pure. The buses do not change: the operator's shot stays the programme, another picture stands in for it. Only full-screen shots
are rescued; in a layout the other panes go on, and the lost one says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from regie.domain.model import Layout, Shot, SourceId
from regie.domain.timeline import MediaTime, from_ms

RETURN = from_ms(1500)
"""A source that is back must stay so long before it is shown again: a camera that reboots comes and goes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A source at one tick: does it give pictures (a source is stale after 500 ms without), could it go on air now?"""

    live: bool
    ready: bool


Look = Callable[[SourceId], Seen]


@dataclass(frozen=True, slots=True)
class Rescue:
    """Who stands in for whom. ``warm``: the source to decode in full now. ``back_since``: when the lost one came back."""

    lost: SourceId | None = None
    stand_in: SourceId | None = None
    warm: SourceId | None = None
    back_since: MediaTime | None = None

    def shot(self, programme: Shot) -> Shot:
        """What is really shown for the programme's shot."""
        return (
            Shot((self.stand_in,))
            if self.stand_in is not None and programme == Shot((self.lost or "",))
            else programme
        )


NONE = Rescue()


def step(rescue: Rescue, programme: Shot, look: Look, order: Sequence[SourceId], t: MediaTime) -> Rescue:
    """The rescue at ``t``. ``order``: the sources that may be lost, or stand in, best first."""
    on_air = programme.sources[0]
    if programme.layout is not Layout.FULL or on_air not in order:
        return NONE
    if rescue.lost != on_air:
        rescue = NONE
    seen = look(on_air)
    if rescue.stand_in is None:
        return NONE if seen.live else _find(on_air, look, order)
    stands = look(rescue.stand_in).live
    if not seen.live:
        return replace(rescue, back_since=None) if stands else _find(on_air, look, order)
    since = t if rescue.back_since is None else rescue.back_since
    if seen.ready and (t - since >= RETURN or not stands):
        return NONE
    return replace(rescue, back_since=since) if stands else _find(on_air, look, order)


def _find(lost: SourceId, look: Look, order: Sequence[SourceId]) -> Rescue:
    """The best source that gives pictures; it stands in as soon as it is decoded in full."""
    candidate = next((one for one in order if one != lost and look(one).live), None)
    ready = candidate is not None and look(candidate).ready
    return Rescue(lost=lost, stand_in=candidate if ready else None, warm=candidate)
