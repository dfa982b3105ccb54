"""Voices of the councillors: French speech by espeak-ng where it is installed, syllables of vowels otherwise. 48 kHz mono s16."""

import random
import shutil
import subprocess
import wave
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from hardware_mocks.people import Person

RATE = 48_000
Samples = NDArray[np.int16]
LEVEL = 0.25
"""Peak of a voice: about −12 dBFS."""
VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870), (490, 1350))


class Voices:
    """Speaks sentences. ``intelligible`` tells whether a synthesiser was found."""

    def __init__(self, seed: int, synthesiser: bool = True) -> None:
        self._program = shutil.which("espeak-ng") if synthesiser else None
        self._random = random.Random(seed)

    @property
    def intelligible(self) -> bool:
        """Is it speech?"""
        return self._program is not None

    def say(self, person: Person, sentence: str) -> Samples:
        """The sentence in this person's voice."""
        speech = self._espeak(person, sentence) if self._program else None
        return _levelled(_vowels(person, sentence) if speech is None else speech)

    def _espeak(self, person: Person, sentence: str) -> NDArray[np.float32] | None:
        variant = f"fr+{'f' if person.woman else 'm'}{1 + person.seed % (5 if person.woman else 7)}"
        pitch = round(20 + 50 * person.voice)
        speed = 150 + person.seed % 30
        command = [
            self._program or "",
            "-v",
            variant,
            "-p",
            str(pitch),
            "-s",
            str(speed),
            "--stdout",
            sentence,
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=20, check=True)
            with wave.open(BytesIO(done.stdout)) as file:
                rate = file.getframerate()
                pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError):
            self._program = None
            return None
        length = len(pcm) * RATE // rate
        resampled = np.interp(np.arange(length) * rate / RATE, np.arange(len(pcm)), pcm)
        return np.asarray(resampled, np.float32)


def _vowels(person: Person, sentence: str) -> NDArray[np.float32]:
    """A syllable for every three letters: a buzz at the voice's pitch through two resonances."""
    base = (190 if person.woman else 110) * (0.85 + 0.3 * person.voice)
    pieces = []
    for n in range(max(3, len(sentence) // 3)):
        letter = ord(sentence[3 * n % len(sentence)])
        length = RATE * (110 + letter % 70) // 1000
        t = np.arange(length) / RATE
        pitch = base * (1 + 0.08 * np.sin(n / 3)) * t
        first, second = VOWELS[letter % len(VOWELS)]
        buzz = sum(
            np.sin(2 * np.pi * h * pitch)
            * (
                np.exp(-(((h * base - first) / 180) ** 2))
                + 0.5 * np.exp(-(((h * base - second) / 260) ** 2))
                + 0.03
            )
            for h in range(1, 24)
        )
        envelope = np.sin(np.pi * np.arange(length) / length) ** 0.6
        pieces.append(np.asarray(buzz * envelope, np.float32))
        if letter == ord(" "):
            pieces.append(np.zeros(RATE // 20, np.float32))
    return np.concatenate(pieces)


def _levelled(speech: NDArray[np.float32]) -> Samples:
    peak = float(np.abs(speech).max()) if len(speech) else 0.0
    gain = LEVEL * 32767 / peak if peak > 0 else 0.0
    return (speech * gain).astype(np.int16)


def opening(samples: Samples) -> float:
    """How far a mouth that says this is open, 0 to 1."""
    if not len(samples):
        return 0.0
    rms = float(np.sqrt(np.mean(samples.astype(np.float32) ** 2))) / 32767
    return min(1.0, rms / (LEVEL * 0.3))
