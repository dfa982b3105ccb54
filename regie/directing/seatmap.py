"""« Apprentissage »: whose microphone is whose, learnt by pressing the microphones of the seats in turn."""

from collections.abc import Sequence
from pathlib import Path

from regie.directing.keeping import load_seats, save_seats
from regie.directing.news import LearningNews


class SeatMap:
    """What was learnt, kept on disk once the lesson is over; it goes before the configuration."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._awaited: str | None = None
        self._heard: str | None = None
        self._learnt = load_seats(folder)

    @property
    def learnt(self) -> dict[str, str]:
        """Seat by microphone."""
        return self._learnt

    def learn(self, seat: str | None) -> None:
        """The next microphone pressed is that seat's; None: the lesson is over. Raises OSError."""
        if seat is None and self._awaited is not None:
            save_seats(self._folder, self._learnt)
        self._awaited, self._heard = seat, None

    def pressed(self, microphone: str, seats: Sequence[str]) -> bool:
        """A microphone was opened: it belongs to the seat that is awaited, and the next of ``seats`` is awaited. Was it learnt?

        Raises OSError after the last one, when the disk fails.
        """
        if self._awaited is None:
            return False
        self._heard = microphone
        kept = {mic: seat for mic, seat in self._learnt.items() if seat != self._awaited}
        self._learnt = {**kept, microphone: self._awaited}
        rank = seats.index(self._awaited) + 1 if self._awaited in seats else len(seats)
        self._awaited = seats[rank] if rank < len(seats) else None
        if self._awaited is None:
            save_seats(self._folder, self._learnt)
        return True

    def news(self) -> LearningNews | None:
        """The lesson, while it goes on."""
        if self._awaited is None:
            return None
        return LearningNews(seat=self._awaited, learnt=self._learnt, heard=self._heard)
