"""The session: who speaks, when, for how long. Seeded: the same seed gives the same debate."""

import random
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from hardware_mocks.people import CHAIR, SENTENCES, Person
from hardware_mocks.voices import RATE, Samples, Voices

CHAIRMAN = 1
GAP_S = (0.5, 1.6)
INTERRUPTION = 0.12
OPENS, CLOSES = RATE * 8 // 10, RATE * 6 // 10
"""A microphone is opened so long before the first word, and closed so long after the last."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One speech: a seat, its sentences, and the silence before it (negative: it begins over the last one)."""

    seat: int
    sentences: tuple[str, ...]
    gap: float


class Script:
    """An endless, seeded suite of turns: the mayor gives the floor, somebody speaks, sometimes somebody cuts in."""

    def __init__(self, people: tuple[Person, ...], seed: int, silent: frozenset[int] = frozenset()) -> None:
        """``silent``: seats where nobody speaks."""
        self._random = random.Random(seed)
        self._seats = [p.id for p in people if p.id != CHAIRMAN and p.id not in silent]
        self._last = CHAIRMAN
        self._turns = 0

    def next(self) -> Turn:
        """The next turn."""
        draw = self._random
        self._turns += 1
        if self._turns % 2:
            return Turn(CHAIRMAN, (draw.choice(CHAIR),), draw.uniform(*GAP_S))
        seat = draw.choice([s for s in self._seats if s != self._last])
        self._last = seat
        gap = -0.8 if draw.random() < INTERRUPTION else draw.uniform(*GAP_S)
        return Turn(seat, tuple(draw.sample(SENTENCES, draw.randint(1, 3))), gap)


class Debate:
    """Turns as sound: gives each block of time what every microphone hears. Speech is made ahead, in a thread of its own."""

    def __init__(
        self, people: tuple[Person, ...], seed: int, voices: Voices, silent: frozenset[int] = frozenset()
    ) -> None:
        self._people = {p.id: p for p in people}
        self._script = Script(people, seed, silent)
        self._voices = voices
        self._ready: deque[tuple[int, int, Samples]] = deque()
        self._room = threading.Semaphore(3)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._prepare, name="voices", daemon=True)
        self._playing: list[tuple[int, int, Samples]] = []
        self._next_start = RATE
        self._forced: deque[int] = deque()
        self._closing: dict[int, int] = {}
        self._now = self._listens_until = 0

    def start(self) -> None:
        """Begin to prepare speech."""
        self._thread.start()

    def stop(self) -> None:
        """No more speech."""
        self._stop.set()
        self._room.release()
        if self._thread.ident is not None:
            self._thread.join(5)

    def force(self, seat: int) -> None:
        """Use case: this seat speaks next. Raises KeyError for a seat that nobody holds."""
        self._forced.append(self._people[seat].id)

    def listen(self, seconds: float) -> None:
        """Use case: somebody speaks elsewhere; nobody begins to speak here for that long."""
        self._listens_until = self._now + round(seconds * RATE)

    def _prepare(self) -> None:
        while not self._stop.is_set():
            self._room.acquire()
            if self._stop.is_set():
                return
            turn = self._script.next()
            seat = self._forced.popleft() if self._forced else turn.seat
            person = self._people[seat]
            parts = [self._voices.say(person, sentence) for sentence in turn.sentences]
            pause = np.zeros(RATE // 3, np.int16)
            speech = np.concatenate([piece for part in parts for piece in (part, pause)])
            self._ready.append((seat, round(turn.gap * RATE), speech))

    def block(self, start: int, samples: int) -> dict[int, Samples]:
        """What each open microphone hears from sample ``start`` on. Blocks follow one another."""
        self._now = start
        while (
            start >= self._listens_until
            and self._ready
            and (not self._playing or self._next_start < start + samples)
        ):
            seat, gap, speech = self._ready.popleft()
            self._room.release()
            begin = max(start, self._next_start + gap)
            self._playing.append((seat, begin, speech))
            self._next_start = begin + len(speech)
        heard: dict[int, Samples] = {}
        for seat, begin, speech in self._playing:
            if begin < start + samples and begin + len(speech) > start:
                block = heard.setdefault(seat, np.zeros(samples, np.int16))
                first = max(0, begin - start)
                source = speech[max(0, start - begin) : start + samples - begin]
                block[first : first + len(source)] += source
        self._playing = [p for p in self._playing if p[1] + len(p[2]) > start + samples]
        return heard

    def microphones(self, now: int) -> dict[int, str]:
        """Microphones at sample ``now``: open around a speech, asking once a speech is ready to come. The mayor's stays open."""
        asking = {seat: "request" for seat, _, _ in tuple(self._ready)}
        for seat, begin, speech in self._playing:
            if begin - OPENS <= now < begin + len(speech) + CLOSES:
                asking[seat] = "on"
            elif now < begin:
                asking.setdefault(seat, "request")
        self._closing = {seat: at for seat, at in self._closing.items() if at > now}
        for seat, begin, speech in self._playing:
            self._closing[seat] = begin + len(speech) + CLOSES
        for seat, at in self._closing.items():
            if at - CLOSES <= now:
                asking[seat] = "on"
        return {**asking, CHAIRMAN: "on"}
