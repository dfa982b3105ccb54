"""Who spoke in a session that nobody annotated: from its microphones, afterwards, when the end of each word is known."""

from collections.abc import Sequence

from regie.directing.recording import Head, Line, Turn
from regie.domain.director import Settings, begin
from regie.domain.director import events as told
from regie.domain.director.machine import step

PAUSE_MS = 1500
"""Two bursts of one speaker nearer than this are one turn."""
SHORTEST_MS = 1500


def heard(head: Head, lines: Sequence[Line]) -> tuple[Turn, ...]:
    """The turns, by first word: confirmed speech joined over short pauses, without what is too short to be a turn."""
    settings = Settings()
    state = begin(0)
    spans: dict[str, list[list[int]]] = {}
    for line in lines:
        if not isinstance(line.told, told.Voices | told.ButtonSaid | told.ButtonsLost | told.Tick):
            continue
        state = step(head.chamber, settings, state, line.told, line.t).state
        for talk in state.talks:
            if not talk.confirmed:
                continue
            own = spans.setdefault(talk.seat, [])
            if own and talk.began - own[-1][1] <= PAUSE_MS:
                own[-1][1] = max(own[-1][1], talk.last)
            else:
                own.append([talk.began, talk.last])
    turns = [
        Turn(seat=seat, start=start, end=end)
        for seat, own in spans.items()
        for start, end in own
        if end - start >= SHORTEST_MS
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start, turn.seat)))
