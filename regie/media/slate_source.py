"""Slates as sources of the mixer, drawn in a thread of their own: a picture is always there, its clock is right each minute."""

import logging
import threading

from config.schema import Town
from regie.board import Decoding, SourceState, SourceStatus
from regie.clock import Clock
from regie.domain.model import SlateName, SourceId
from regie.domain.timeline import MediaTime
from regie.media.frames import Picture, ProgrammeFormat, Sound
from regie.media.slates import MINUTE_NS, draw_slate

log = logging.getLogger(__name__)

_Key = tuple[SlateName, str]
MAX_SUBJECTS = 32


class SlateBook:
    """The slates of a run: the named ones, and « incident » ones that name the source at fault.

    :meth:`picture` never waits: a slate that is not drawn yet is asked for, and the plain one stands in.
    """

    def __init__(self, town: Town, fmt: ProgrammeFormat, clock: Clock) -> None:
        self._town = town
        self._fmt = fmt
        self._clock = clock
        self._pictures: dict[_Key, Picture] = {}
        self._asked = threading.Event()
        self._stop = threading.Event()
        self._wanted: set[_Key] = {(name, "") for name in SlateName}
        self._thread = threading.Thread(target=self._run, name="slates", daemon=True)

    def start(self) -> None:
        """Draw them all before returning, so that the first tick has a picture; then keep their clocks right."""
        self._draw_all()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._asked.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def picture(self, name: SlateName, subject: str = "") -> Picture:
        """The newest picture of a slate; ``subject`` names a source at fault."""
        known = self._pictures.get((name, subject))
        if known is None:
            if len(self._wanted) < MAX_SUBJECTS + len(SlateName):
                self._wanted.add((name, subject))
                self._asked.set()
            return self._pictures[(name, "")]
        return known

    def _run(self) -> None:
        while not self._stop.is_set():
            utc = self._clock.utc_ns()
            self._asked.wait((MINUTE_NS - utc % MINUTE_NS) / 1e9)
            if self._stop.is_set():
                return
            try:
                if self._asked.is_set():
                    self._asked.clear()
                    self._draw(set(self._wanted) - set(self._pictures))
                else:
                    self._draw_all()
            except Exception:  # noqa: BLE001 - a slate whose clock is late is better than no slates at all
                log.exception("a slate could not be drawn")

    def _draw_all(self) -> None:
        self._draw(set(self._wanted))

    def _draw(self, keys: set[_Key]) -> None:
        for name, subject in sorted(keys):
            self._pictures[(name, subject)] = draw_slate(
                name, self._town, self._fmt, self._clock.utc_ns(), subject=subject
            )


class SlateSource:
    """One named slate, as a source."""

    def __init__(self, name: SlateName, book: SlateBook) -> None:
        self._name = name
        self._book = book

    @property
    def id(self) -> SourceId:
        """Its name in shots and commands."""
        return self._name.source_id

    def picture_at(self, t: MediaTime) -> Picture | None:
        """The slate."""
        return Picture(self._book.picture(self._name).frame, t)

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        """None: it is silent."""
        return None

    def want(self, decoding: Decoding) -> None:
        """Nothing to decide."""

    def is_ready(self) -> bool:
        """Always."""
        return True

    def status(self) -> SourceStatus:
        """For the board."""
        return SourceStatus(id=self.id, name=self._name.value, kind="panneau", state=SourceState.LIVE)

    def start(self) -> None:
        """The book draws."""

    def stop(self) -> None:
        """The book stops."""
