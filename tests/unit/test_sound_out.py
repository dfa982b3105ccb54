"""A mix on a sound card whose clock is not ours, that runs dry, stalls and goes away."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from config.outputs import SoundOutputConfig
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.errors import DeviceError
from regie.media.alsa import Frames
from regie.media.frames import Sound, SoundBlock
from regie.media.sound_out import WAITING, SoundOutput, SoundOutputs

pytestmark = pytest.mark.unit
BLOCK = 1920
CONFIG = SoundOutputConfig(id="sono", nom="Sono", adresse="alsa://x")


class Card:
    """Plays ``ppm`` faster than our clock; time passes by :meth:`pass_time`."""

    def __init__(self, ppm: float = 0.0) -> None:
        self._rate = 1 + ppm / 1e6
        self.left = 0.0
        self.begun = 0
        self.heard: list[Frames] = []
        self.fails = False
        self.closed = False

    def waiting(self) -> int | None:
        return round(self.left) if self.left > 0 else None

    def begin(self, silence: int) -> None:
        self.begun += 1
        self.left = silence

    def write(self, frames: Frames) -> None:
        if self.fails:
            raise DeviceError("unplugged", code="carte_perdue")
        self.left += len(frames)
        self.heard.append(frames)

    def close(self) -> None:
        self.closed = True

    def pass_time(self, samples: int) -> None:
        self.left = max(0.0, self.left - samples * self._rate)


def tone(t: int) -> Sound:
    wave = 0.5 * np.sin(2 * np.pi * 480 * (t + np.arange(BLOCK)) / SAMPLE_RATE)
    return np.stack([wave, -wave]).astype(np.float32)


@pytest.mark.parametrize("ppm", [-300.0, 300.0])
def test_two_clocks_are_kept_together_without_a_click(ppm: float) -> None:
    """A minute: what waits stays within a tenth of a tick, and nothing is heard of it."""
    output, card = SoundOutput(CONFIG), Card(ppm)
    card.begin(WAITING)
    waiting = []
    for n in range(60 * 25):
        output._one(card, tone(n * BLOCK))
        card.pass_time(BLOCK)
        waiting.append(card.left)
    assert card.begun == 1
    assert max(abs(one - WAITING) for one in waiting) < SAMPLE_RATE * 8 // 1000
    left = np.concatenate(card.heard)[SAMPLE_RATE:, 0].astype(np.float64) / 32767
    # A sine's second difference is itself, scaled: a click would stand out.
    assert np.abs(np.diff(left, 2)).max() < 0.5 * (2 * np.pi * 480 / SAMPLE_RATE) ** 2 * 1.5


def test_a_card_that_ran_dry_begins_again_on_silence_and_one_that_is_full_loses_a_block() -> None:
    output, card = SoundOutput(CONFIG), Card()
    card.begin(WAITING)
    card.pass_time(SAMPLE_RATE)
    output._one(card, tone(0))
    assert card.begun == 2 and card.left == WAITING + BLOCK
    assert card.heard[-1][0, 0] == 0, "and fades in"
    card.left = SAMPLE_RATE
    output._one(card, tone(BLOCK))
    assert len(card.heard) == 1 and output.status().restarts == 2


@pytest.mark.parametrize(
    ("channels", "width", "expected"), [((1, 2), 2, [1, -1]), ((4, 3), 4, [0, 0, -1, 1]), ((2,), 2, [0, 0])]
)
def test_channels_of_the_card(channels: tuple[int, ...], width: int, expected: list[int]) -> None:
    config = SoundOutputConfig(id="s", nom="S", adresse="alsa://x", voies=width, canaux=channels)
    output, card = SoundOutput(config), Card()
    card.begin(WAITING)
    output._one(card, tone(25))
    assert np.sign(card.heard[0][1000]).tolist() == expected, "the two sides of this tone cancel each other"


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_card_that_goes_away_is_taken_again_and_what_waited_is_forgotten() -> None:
    cards = [Card(), Card()]
    tries: list[str] = []

    def make(name: str, channels: int) -> Card:
        tries.append(name)
        if len(tries) == 1:
            raise DeviceError("no such card", code="carte_absente")
        return cards[len(tries) - 2]

    output = SoundOutput(CONFIG, make)
    output.start()
    until(lambda: output.status().reason == "carte_absente")
    for n in range(100):
        output.put(SoundBlock(tone(0), MediaTime(n * BLOCK)))
    until(lambda: output.status().playing)
    output.put(SoundBlock(tone(0), MediaTime(0)))
    until(lambda: len(cards[0].heard) == 1)
    cards[0].fails = True
    output.put(SoundBlock(tone(0), MediaTime(0)))
    until(lambda: cards[0].closed and cards[1].begun == 1)
    assert tries == ["x"] * 3
    output.stop()
    assert cards[1].closed


def test_each_output_gets_its_own_mix() -> None:
    other = SoundOutputConfig(id="regie", nom="Retour", adresse="alsa://y", melange="programme")
    cards = {"x": Card(), "y": Card()}
    outputs = SoundOutputs([CONFIG, other], lambda name, _: cards[name])
    assert outputs.mixes == ("salle", "programme")
    assert [one.playing for one in outputs.statuses()] == [False, False]
    outputs.start()
    until(lambda: all(one.playing for one in outputs.statuses()))
    outputs.take("programme", SoundBlock(tone(0), MediaTime(0)))
    outputs.take("salle", SoundBlock(-tone(0), MediaTime(0)))
    until(lambda: all(card.heard for card in cards.values()))
    outputs.stop()
    assert [len(card.heard) for card in cards.values()] == [1, 1]
    assert np.array_equal(cards["x"].heard[0], -cards["y"].heard[0]), "each its own"


def test_a_fault_of_ours_is_an_alarm_and_the_card_is_taken_again() -> None:
    cards = [Card(), Card()]
    output = SoundOutput(CONFIG, lambda name, channels: cards.pop(0))
    first, second = cards
    output.start()
    until(lambda: output.status().playing)
    output.put(SoundBlock(np.zeros((3, BLOCK), np.float32), MediaTime(0)))
    until(lambda: first.closed and second.begun == 1 and output.status().playing)
    output.stop()


def test_outputs_of_wrong_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="canaux"):
        SoundOutputConfig(id="s", nom="S", adresse="alsa://x", voies=2, canaux=(1, 3))
