"""The sound desk: every input with its fader, the microphones sharing their gain, and one mix a bus.

All inputs are worked on together, as rows of one array. Time is an argument: the caller asks for the block at ``t`` and each input
is asked for its own sound around that instant. What holds whatever happens: gains move by ramps without a corner; a closed
microphone is exact zero in every mix; the squared gains of the microphones that share sum to one; nothing passes the limiters.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.automix import SUB, Activity, GainSharing
from audio.dsp import SAMPLE_RATE, Block, Limiter
from audio.faults import Faults
from audio.filters import K_WEIGHTING, FilterBank, high_pass
from audio.gains import Gates, moved, opened, shaped
from audio.intake import Feed, Intake, Plug
from audio.levelling import Levelling
from audio.loudness import LoudnessMeter
from audio.meters import Meters, decibels
from audio.routing import Routing, routed
from audio.settings import HEADPHONES, PROGRAMME, Dials, Setting, Strip, return_of

Values = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

WEB_LUFS = -16.0
CANDIDATES = 3
"""Microphones, or people far away, that may be speaking at once: only those are listened to for speech."""
_LINGER = SAMPLE_RATE
"""A remote that was closed keeps its own return that long: by then its limiter and the programme's do the same."""
_ALONE = 0.7
"""Gain from which a microphone has most of the sharing: what it hears is its own speaker."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """One block: the programme, the other mixes that were asked for, and the open inputs apart (inputs, n).

    The return of a remote input that is not heard is the programme itself: it is left out of ``others``.
    """

    programme: Block
    others: Mapping[str, Block] = field(default_factory=dict)
    tracks: Block | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The microphones and remotes that may be speaking, loudest first, and what they say (a row each)."""

    names: tuple[str, ...]
    samples: Block


class MicBus:
    """See the module. Settings may be changed from any thread; :meth:`block` is for one thread."""

    def __init__(
        self, strips: Sequence[Strip], feeds: Mapping[str, Feed], *, target_lufs: float = WEB_LUFS
    ) -> None:
        """``feeds``: by the names that the strips give."""
        self.strips = tuple(strips)
        count = len(self.strips)
        self._settings = {strip.name: strip.setting for strip in self.strips}
        self._intake = Intake([Plug(strip.feed, strip.rows) for strip in self.strips], feeds)
        self._owner = self._intake.owner
        self._first = np.searchsorted(self._owner, np.arange(count))
        self._lanes = np.array([len(strip.rows) for strip in self.strips], np.float64)
        self._microphones = self._lanes == 1
        self._may_rest = np.array([strip.rests for strip in self.strips], bool)
        self._people = self._microphones | np.array([strip.remote for strip in self.strips], bool)
        self._routing = Routing(self.strips, self._owner)
        self._activity, self._sharing, self._gates = Activity(count), GainSharing(count), Gates(count)
        self._levelling = Levelling(count, target_lufs)
        self._low = FilterBank([high_pass(0)] * len(self._owner))
        self._weigh = FilterBank([K_WEIGHTING] * len(self._owner))
        self._weighed: Indices = np.zeros(0, np.intp)
        self._followed: tuple[Mapping[str, Setting], bool, frozenset[str]] = ({}, False, frozenset())
        self._hushed, self._sounding_from = False, 0
        self._opened_from: dict[str, int] = {}
        self._follow(0)
        self._routes = self._next_routes
        self._user, self._open = self._dials.user, self._dials.open
        self._level, self._shared = np.ones(count), np.ones(count)
        self._edge = np.zeros(count)
        self._unheard = np.full(count, _LINGER)
        self._returns = {return_of(one.name): n for n, one in enumerate(self.strips) if one.remote}
        self._said = np.zeros((count, 0), np.float32)
        self._limiters = {name: Limiter() for name in self.mixes}
        self._running: frozenset[str] = frozenset()
        self._as_programme: tuple[str, ...] = ()
        self._meters, self._outgoing = Meters(count), Meters(2)
        self._mixed: dict[str, Meters] = {}
        self.loudness = LoudnessMeter()
        self.faults = Faults([strip.name for strip in self.strips], self._microphones)
        self.heard = Heard((), np.zeros((0, 0), np.float32))

    # -- settings and readings, from any thread ---------------------------------------------------------------------

    def __contains__(self, name: object) -> bool:
        return name in self._settings

    @property
    def mixes(self) -> tuple[str, ...]:
        """The mixes that may be asked for."""
        return self._routing.mixes

    def set(self, name: str, since: int = 0, **changes: Any) -> Setting:
        """Change these fields of one input's :class:`Setting`; heard from the next block on. KeyError for an unknown input.

        ``since``: when it is asked. Blocks are made late on a machine that is held up: what was said before, into what was still
        closed, is not let in by them.
        """
        before = self._settings[name]
        setting = replace(before, **changes)
        if setting.opens(before):
            self._opened_from = {**self._opened_from, name: since}
        # The dictionary is replaced, never changed: the mixing thread knows by that that something moved.
        self._settings = {**self._settings, name: setting}
        return setting

    def hush(self, on: bool, since: int = 0) -> None:
        """No input is in any mix but what the technician listens to, from the next block on; settings and meters stay. ``since``:
        see :meth:`set`."""
        if not on:
            self._sounding_from = since
        self._hushed = on

    def settings(self) -> Mapping[str, Setting]:
        """The setting of every input, in order."""
        return self._settings

    @property
    def ahead(self) -> int:
        """Samples beyond the block's end that inputs are asked for, to make up for the limiter's look-ahead."""
        return self._limiters[PROGRAMME].delay

    def input_levels(self) -> dict[str, tuple[float, float]]:
        """Peak and RMS of each input, after its gain and before its mute: a closed microphone still shows that it works, but one
        that rests."""
        peaks, powers = self._meters.reading
        return {
            strip.name: (float(p), float(r)) for strip, p, r in zip(self.strips, peaks, powers, strict=True)
        }

    def programme_levels(self) -> tuple[float, float]:
        """Peak of left and of right, as they go out."""
        left, right = self._outgoing.reading[0]
        return float(left), float(right)

    def mix_levels(self) -> dict[str, tuple[float, float]]:
        """Peak of left and of right of the other mixes that are being made."""
        found: dict[str, tuple[float, float]] = {}
        for name, meters in tuple(self._mixed.items()):
            left, right = meters.reading[0]
            found[name] = (float(left), float(right))
        return found | dict.fromkeys(self._as_programme, self.programme_levels())

    def automatic_gains(self) -> dict[str, tuple[float, float]]:
        """For each input: what the sharing gives it and what the levelling adds, in dB."""
        shared, level = decibels(self._shared**2), decibels(self._level**2)
        return {
            strip.name: (float(s), float(v)) for strip, s, v in zip(self.strips, shared, level, strict=True)
        }

    # -- one block --------------------------------------------------------------------------------------------------

    def block(self, t: int, n: int, wanted: Iterable[str] = (), *, tracks: bool = False) -> Mixed:
        """The mixes from ``t``, ``n`` samples (a multiple of :data:`~audio.automix.SUB`); ask for consecutive blocks.

        ``wanted``: other mixes than the programme. ``tracks``: also each open input apart, before its fader.
        """
        self._follow(t)
        lanes = self._intake.read(t + self.ahead, n, self._dials.delays_ms, self._resting())
        filtered = np.flatnonzero(self._dials.filtered[self._owner])
        raw_peak = self._joined(np.abs(lanes).max(axis=1).astype(np.float64), np.maximum)
        raw = lanes[self._first]
        said = lanes.copy() if tracks and filtered.size else lanes
        if filtered.size:
            lanes[filtered] = self._low.process(lanes[filtered], filtered)
        power = self._power(lanes)
        opening = opened(self._open, self._dials.open, power.shape[1])
        gains = self._gains(power, opening)
        apart = shaped(said, self._owner, self._open, opening) if tracks else None
        self._open = opening[:, -1]
        self._level_voices(lanes)
        self._choose(lanes)
        activity = self._activity
        self.faults.feed(t, raw, raw_peak, activity.envelope, activity.active, self._open > 0)
        scale = self._user * self._level
        self._meters.feed(raw_peak * scale, power.mean(axis=1) * scale**2, n)
        heard = shaped(lanes, self._owner, self._edge, gains)
        sounds = (self._edge != 0) | gains.any(axis=1)
        self._unheard = np.where(sounds, 0, self._unheard + n)
        self._edge = gains[:, -1]
        mixes = self._mix(heard, lanes, frozenset(wanted))
        programme = mixes.pop(PROGRAMME)
        self._outgoing.feed(np.abs(programme).max(axis=1).astype(np.float64), np.zeros(2), n)
        self.loudness.feed(programme)
        return Mixed(programme, mixes, self._in_time(apart))

    def _in_time(self, apart: Block | None) -> Block | None:
        """The inputs apart, with the programme: those of :attr:`ahead` before. Forgotten while nobody wants them."""
        if apart is None:
            self._said = np.zeros((len(self.strips), 0), np.float32)
            return None
        if self._said.shape[1] == 0:
            self._said = np.zeros((len(self.strips), self.ahead), np.float32)
        line = np.concatenate((self._said, self._joined(apart, np.add)), axis=1)
        self._said = line[:, apart.shape[1] :]
        return line[:, : apart.shape[1]]

    def _resting(self) -> Flags:
        """Inputs that are closed, to the end of their fade, and that nobody listens to alone."""
        closed = (self._dials.open == 0) & (self._open == 0)
        found: Flags = self._may_rest & closed & ~self._dials.solo
        return found

    def _follow(self, t: int) -> None:
        """Take over what the settings say now, but for what they open after ``t``."""
        settings, hushed = self._settings, self._hushed or t < self._sounding_from
        closed = frozenset(name for name, since in self._opened_from.items() if t < since)
        before, was_hushed, was_closed = self._followed
        if settings is before and hushed is was_hushed and closed == was_closed:
            return
        self._followed = settings, hushed, closed
        for n, (name, setting) in enumerate(settings.items()):
            old = before.get(name, Setting())
            if old.high_pass_hz != setting.high_pass_hz:
                for lane in np.flatnonzero(self._owner == n):
                    self._low.change(int(lane), high_pass(setting.high_pass_hz))
            if old.levelled and not setting.levelled:
                self._levelling.forget(n)
        heard = {name: one.kept_shut() if name in closed else one for name, one in settings.items()}
        self._dials = Dials.of(heard.values())
        self._next_routes = self._routing.matrices(heard)
        if hushed:
            silent = {name: 0 * matrix for name, matrix in self._next_routes.items() if name != HEADPHONES}
            self._next_routes = {**self._next_routes, **silent}

    def _joined(self, lanes: NDArray[Any], join: np.ufunc) -> NDArray[Any]:
        """One row an input from one a lane."""
        found: NDArray[Any] = join.reduceat(lanes, self._first, axis=0) if len(lanes) else lanes
        return found

    def _power(self, lanes: Block) -> Values:
        """Mean power of each input in each sub-block (inputs, sub-blocks)."""
        parts = lanes.reshape(len(lanes), -1, SUB)
        squares = np.einsum("lks,lks->lk", parts, parts).astype(np.float64) / SUB
        found: Values = self._joined(squares, np.add) / self._lanes[:, None]
        return found

    def _gains(self, power: Values, opening: Values) -> Values:
        """The gain of each input at the end of each sub-block."""
        parts = power.shape[1]
        user = moved(self._user, self._dials.user, parts)
        loud = power * user**2
        shared, gates = np.empty_like(power), np.empty_like(power)
        for k in range(parts):
            heard = self._activity.step(loud[:, k])
            shares = self._sharing.step(heard, self._dials.automix & (opening[:, k] > 0))
            shared[:, k] = np.where(self._dials.automix, shares, 1.0)
            gates[:, k] = self._gates.step(self._activity.envelope, self._dials.thresholds)
        self._user, self._shared = user[:, -1], shared[:, -1]
        wanted = np.where(self._dials.levelled, 10 ** (self._levelling.gain_db / 20), 1.0)
        level = moved(self._level, wanted, parts)
        self._level = wanted
        gains: Values = user * level * shared * gates * opening
        return gains

    def _level_voices(self, lanes: Block) -> None:
        """Measure those who speak alone or nearly, on the programme's own scale."""
        dials = self._dials
        alone = ~dials.automix | (self._shared > _ALONE)
        chosen = np.flatnonzero(dials.levelled & (self._open > 0) & alone & self._activity.active)
        mine = np.flatnonzero(np.isin(self._owner, chosen))
        self._weigh.rest(np.setdiff1d(mine, self._weighed))
        self._weighed = mine
        if mine.size:
            weighted = self._weigh.process(lanes[mine], mine)
            power = np.zeros(len(self.strips))
            np.add.at(power, self._owner[mine], np.einsum("ls,ls->l", weighted, weighted) / lanes.shape[1])
            # A microphone in the middle is heard on both sides.
            power *= np.where(self._microphones, 2.0, 1.0) * self._user**2
            self._levelling.step(power[chosen], chosen, lanes.shape[1])

    def _choose(self, lanes: Block) -> None:
        """Keep what the loudest active microphones and remotes say, for who tells speech from noise."""
        speaking = np.flatnonzero(self._activity.active & (self._open > 0) & self._people)
        loudest = speaking[np.argsort(-self._activity.envelope[speaking])][:CANDIDATES]
        names = tuple(self.strips[int(n)].name for n in loudest)
        said = [lanes[self._owner == n].mean(axis=0) for n in loudest]
        self.heard = Heard(names, np.stack(said) if said else lanes[:0])

    def _mix(self, heard: Block, lanes: Block, wanted: frozenset[str]) -> dict[str, Block]:
        before, self._routes = self._routes, self._next_routes
        mixes: dict[str, Block] = {}
        made = [
            name
            for name in self.mixes
            if name == PROGRAMME or (name in wanted and not self._is_programme(name))
        ]
        for name in made:
            if name != PROGRAMME and name not in self._running:
                # A return goes on from the programme, which was heard until now.
                begun = deepcopy(self._limiters[PROGRAMME]) if name in self._returns else Limiter()
                self._limiters[name] = begun
        for name in made:
            if name == HEADPHONES and not before[name].any() and not self._routes[name].any():
                mixes[name] = mixes[PROGRAMME]
                continue
            total = routed(lanes if name == HEADPHONES else heard, before[name], self._routes[name])
            mixes[name] = self._limiters[name].process(total)
        self._running = frozenset(made)
        self._measure({name: mix for name, mix in mixes.items() if name not in (PROGRAMME, HEADPHONES)})
        self._as_programme = tuple(name for name in wanted if self._is_programme(name))
        return mixes

    def _is_programme(self, name: str) -> bool:
        """Is it the return of a remote that is not heard?"""
        mine = self._returns.get(name)
        return mine is not None and bool(self._unheard[mine] >= _LINGER)

    def _measure(self, mixes: Mapping[str, Block]) -> None:
        # Replaced, never changed: readings come from other threads.
        self._mixed = {name: self._mixed.get(name) or Meters(2) for name in mixes}
        for name, mix in mixes.items():
            self._mixed[name].feed(np.abs(mix).max(axis=1).astype(np.float64), np.zeros(2), mix.shape[1])
