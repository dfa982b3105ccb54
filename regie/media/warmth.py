"""Who is decoded in full (« warm »), who by keyframes only, who not at all. Pure: loads and wishes in, decisions out.

What is on air, prepared or on its way is always warm, and so is what the configuration wants warm. The others are, one by one in
their order, while somebody looks at the multiview and the machine has headroom: a hot cut to them is then instant. While nobody
looks, the others are not decoded: only the packets of their current GOP are kept, so that a take may catch up as it does otherwise.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from regie.board import Decoding
from regie.domain.model import SourceId

WARM_BELOW = 0.70
"""Share of the machine in use under which one more source may be warmed."""
COOL_ABOVE = 0.85
"""Share above which sources are cooled, one at each decision, the last warmed first."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What must be warm now, what should be, whether somebody looks, and the load of the whole machine (0 to 1)."""

    needed: AbstractSet[SourceId]
    always: AbstractSet[SourceId]
    watched: bool
    load: float


class Warmth:
    """Decides about once a second. Between the two limits nothing changes, so that decisions do not swing with their own effect."""

    def __init__(self, sources: Sequence[SourceId]) -> None:
        self._sources = tuple(sources)
        self._extra: tuple[SourceId, ...] = ()

    def decide(self, wishes: Wishes) -> dict[SourceId, Decoding]:
        """How much of each source to decode from now on."""
        must = set(wishes.needed) | set(wishes.always)
        extra = [s for s in self._extra if s not in must] if wishes.watched else []
        if extra and wishes.load > COOL_ABOVE:
            extra.pop()
        elif wishes.watched and wishes.load < WARM_BELOW:
            waiting = [s for s in self._sources if s not in must and s not in extra]
            extra += waiting[:1]
        self._extra = tuple(extra)
        warm = must | set(extra)
        cold = Decoding.KEYFRAMES if wishes.watched else Decoding.NONE
        return {s: Decoding.FULL if s in warm else cold for s in self._sources}
