"""When each output received the programme of a séance: ``<séance>/sorties.jsonl``, one line at each beginning and at each end.

It is what tells a platform which part of its own video holds a passage that was taken out.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from regie.board import OutputState, OutputStatus
from regie.domain.notice import Airing
from regie.media import jsonlines

log = logging.getLogger(__name__)

FILE = "sorties.jsonl"


class AiringLog:
    """Writes the log of one séance; told of the outputs every second."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE
        self._live: dict[str, Airing] = {}

    def note(self, outputs: Sequence[OutputStatus], now_ms: int) -> None:
        """``now_ms``: this instant, UTC ms as the files date it. A disk that refuses is logged: the broadcast goes on."""
        for output in outputs:
            held = self._live.get(output.id)
            # An output that came back within the second is another airing: it began after the one that is held.
            start_ms = now_ms - output.since_ms
            live = output.state is OutputState.LIVE
            if held is not None and (not live or start_ms - held.start_ms > _JITTER_MS):
                del self._live[output.id]
                self._write(msgspec.structs.replace(held, end_ms=now_ms if not live else start_ms))
                held = None
            if live and held is None:
                self._live[output.id] = Airing(output=output.id, name=output.name, start_ms=start_ms)
                self._write(self._live[output.id])

    def _write(self, airing: Airing) -> None:
        try:
            jsonlines.append(self._file, airing)
        except OSError as error:
            log.error("an output's times cannot be written", extra={"reason": type(error).__name__})


_JITTER_MS = 700
"""Two readings of when an output began differ by less, as long as it is the same connection."""


def airings(directory: Path) -> tuple[Airing, ...]:
    """The airings of a séance, in order; of one that was cut by a crash only the beginning is known."""
    found: dict[tuple[str, int], Airing] = {}
    if not (directory / FILE).is_file():
        return ()
    for airing in jsonlines.read(directory / FILE, Airing):
        found[airing.output, airing.start_ms] = airing
    return tuple(found.values())
