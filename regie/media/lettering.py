"""Text for the picture: the fonts shipped with the régie, fitting and wrapping."""

import unicodedata
from functools import lru_cache
from importlib import resources
from io import BytesIO

from PIL import ImageFont

Font = ImageFont.FreeTypeFont
ELLIPSIS = "…"

_NOT_A_CHARACTER = "\uffff"
_STROKES = {
    "Ł": "L",
    "ł": "l",
    "Đ": "D",
    "đ": "d",
    "Ħ": "H",
    "ħ": "h",
    "Ŧ": "T",
    "ŧ": "t",
    "Ø": "O",
    "ø": "o",
    "ı": "i",
}
"""Letters whose stroke Unicode does not decompose."""


@lru_cache(maxsize=4)
def _font_file(name: str) -> bytes:
    return (resources.files("regie.media") / "fonts" / name).read_bytes()


@lru_cache(maxsize=64)
def font(pixels: int, bold: bool = False) -> Font:
    """Atkinson Hyperlegible at a size in pixels."""
    return ImageFont.truetype(BytesIO(_font_file("atkinson-700.ttf" if bold else "atkinson-400.ttf")), pixels)


def width_of(text: str, face: Font) -> float:
    """Its width in pixels."""
    return float(face.getlength(text))


def line_height(face: Font) -> int:
    """From one line to the next."""
    ascent, descent = face.getmetrics()
    return ascent + descent


def clean(text: str) -> str:
    """One line, single spaces, nothing that is not printed; a letter the font has not is written without its mark."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_drawable(c) if c.isprintable() else " " for c in composed).split())


@lru_cache(maxsize=1024)
def _drawable(character: str) -> str:
    """The character, or the nearest that the font can draw: an empty box in a person's name is worse than a missing stroke."""
    if character.isspace() or _has_glyph(character):
        return character
    plain = _STROKES.get(character) or "".join(
        c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
    )
    return plain if plain != character and all(_has_glyph(c) for c in plain) else "?"


def _has_glyph(character: str) -> bool:
    face = font(32)
    return bytes(face.getmask(character)) != bytes(face.getmask(_NOT_A_CHARACTER))


def wrapped(text: str, face: Font, limit: float, lines: int) -> list[str]:
    """At most ``lines`` lines no wider than ``limit``, as even as can be; what does not fit ends with an ellipsis."""
    words = [piece for word in text.split() for piece in _pieces(word, face, limit)]
    greedy = _fill(words, face, limit)
    if len(greedy) > lines:
        kept = greedy[: lines - 1]
        rest = " ".join(greedy[lines - 1 :])
        return [*kept, _shortened(rest, face, limit)]
    if len(greedy) > 1:
        # The narrowest column that needs no more lines leaves no orphan word on the last one.
        narrow, wide = 0.0, limit
        while wide - narrow > 4:
            middle = (narrow + wide) / 2
            if len(_fill(words, face, middle)) > len(greedy) or any(
                width_of(w, face) > middle for w in words
            ):
                narrow = middle
            else:
                wide = middle
        return _fill(words, face, wide)
    return greedy


def largest(text: str, limit: float, wanted: int, least: int, bold: bool) -> Font:
    """The largest face from ``wanted`` down to ``least`` pixels in which the text fits on one line; ``least`` if none does."""
    for pixels in range(wanted, least, -1):
        face = font(pixels, bold)
        if width_of(text, face) <= limit:
            return face
    return font(least, bold)


def _fill(words: list[str], face: Font, limit: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, face) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _pieces(word: str, face: Font, limit: float) -> list[str]:
    """A word wider than the line is cut, at a hyphen if it has one in the right place."""
    pieces: list[str] = []
    while width_of(word, face) > limit and len(word) > 1:
        fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or width_of(word[:n], face) <= limit)
        hyphen = word.rfind("-", 1, fits)
        at = hyphen + 1 if hyphen > 0 else fits
        pieces.append(word[:at])
        word = word[at:]
    return [*pieces, word] if word else pieces


def _shortened(text: str, face: Font, limit: float) -> str:
    if width_of(text, face) <= limit:
        return text
    while text and width_of(text + ELLIPSIS, face) > limit:
        text = text[:-1].rstrip(" ,;:-·")
    return text + ELLIPSIS
