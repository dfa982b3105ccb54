"""Simpler ways to cut, scored beside the director: the loudest microphone, and a wide shot for ever."""

from collections.abc import Iterable

from regie.domain.director import Chamber, Size
from regie.domain.director import events as told
from regie.domain.director.moves import Move, Recall, Take
from regie.domain.model import Shot, SourceId

OPEN_DB = -40.0
SMOOTH = 0.4
HOLD_MS = 2000


class Loudest:
    """Follows the loudest microphone, as a mixer's « video follows audio » does with the published hold of 2 s.

    It sends a camera that is not on air and cuts when it arrived, which is better than most; when only the camera on air can film
    that seat, it turns on air.
    """

    def __init__(self, chamber: Chamber) -> None:
        self._chamber = chamber
        self._levels: dict[str, float] = {}
        self._air: Shot | None = None
        self._since = 0
        self._seat: str | None = None
        self._going: dict[SourceId, str] = {}
        self._at: dict[SourceId, str] = {}

    def tell(self, event: told.Told, now: int) -> Iterable[Move]:
        """Where cameras are, what is on air."""
        match event:
            case told.OnAir(shot=shot):
                self._air = shot
            case told.CameraSaid(source=source, state=told.CameraIs.ARRIVED, framing=str(framing)):
                self._at[source] = framing
                if self._going.pop(source, None) == framing and self._air != Shot((source,)):
                    if self._seat in self._chamber.framing_of[framing].seats:
                        self._since = now
                        return (Take(Shot((source,)), (framing,)),)
            case _:
                pass
        return ()

    def meters(self, levels: dict[str, float], now: int) -> Iterable[Move]:
        """Who is loudest now."""
        for mic in {*levels, *self._levels}:
            before = self._levels.get(mic, -60.0)
            self._levels[mic] = before + SMOOTH * (levels.get(mic, -60.0) - before)
        mic, level = max(self._levels.items(), key=lambda one: (one[1], one[0]), default=("", -99.0))
        known = self._chamber.microphone_of.get(mic)
        if level < OPEN_DB or known is None or known.seat is None or known.seat == self._seat:
            return ()
        if now - self._since < HOLD_MS:
            return ()
        self._seat, self._since = known.seat, now
        return self._show(known.seat)

    def _show(self, seat: str) -> Iterable[Move]:
        tile = self._chamber.seat_of[seat].tile
        if tile is not None:
            return (Take(Shot((tile,)), ()),)
        framings = [f for f in self._chamber.of_seat.get(seat, ()) if f.size is Size.CLOSE]
        for framing in framings:
            if self._at.get(framing.source) == framing.id and framing.source not in self._going:
                return (Take(Shot((framing.source,)), (framing.id,)),)
        on_air = self._air.sources if self._air is not None else ()
        framings.sort(key=lambda f: f.source in on_air)
        if not framings:
            return ()
        self._going[framings[0].source] = framings[0].id
        return (Recall(framings[0].source, framings[0].id),)


class Still:
    """A wide shot from the first to the last minute."""

    def tell(self, event: told.Told, now: int) -> Iterable[Move]:
        """Nothing to do."""
        return ()

    def meters(self, levels: dict[str, float], now: int) -> Iterable[Move]:
        """Nothing to do."""
        return ()
