"""What persons decided of the director and what lasts: a control that starts again in the same séance holds to it. Pure."""

from collections.abc import Iterator

import msgspec

from regie.domain.director import Mode
from regie.domain.director import events as told
from regie.domain.director.state import State
from regie.domain.model import SourceId


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions of one séance. ``chosen``: the seat that is kept on air; ``document``: the source said to be one."""

    seance: str
    mode: Mode = Mode.AUTO
    chosen: str | None = None
    excluded: frozenset[str] = frozenset()
    deaf: frozenset[str] = frozenset()
    document: SourceId | None = None

    def retold(self) -> Iterator[told.Told]:
        """What a fresh director is told of them."""
        yield told.ExcludedAre(seats=self.excluded, microphones=self.deaf)
        yield told.ModeAsked(mode=self.mode)
        if self.chosen is not None:
            yield told.SeatChosen(seat=self.chosen)
            yield told.Kept()
        if self.document is not None:
            yield told.DocumentIs(source=self.document)


def choices_of(state: State, seance: str, shared: SourceId | None) -> Choices:
    """Those in force. A mode that will go back to auto does not last, nor does what a room shares (``shared``) need keeping."""
    lasts = state.until is None
    return Choices(
        seance=seance,
        mode=state.mode if lasts else Mode.AUTO,
        chosen=state.chosen if lasts else None,
        excluded=state.excluded,
        deaf=state.deaf,
        document=state.document if state.document != shared else None,
    )
