"""Dates, hours, counts and lists as French documents write them."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from regie.domain.register.delays import paris

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
NBSP, NARROW = "\u00a0", "\u202f"


def of(name: str) -> str:
    """« de M. Petit », « d'Ana Abadie »: before a vowel."""
    bare = unicodedata.normalize("NFD", name.replace("œ", "oe").replace("Œ", "Oe")).lower()
    # « d'Yves », but « de Yann ».
    elided = bare[:1] in set("aeiou") or (bare[:1] == "y" and bare[1:2] not in set("aeiou"))
    return f"d'{name}" if elided else f"de {name}"


def day(value: date) -> str:
    """« 12 mars 2026 », « 1er juin 2026 »."""
    number = "1er" if value.day == 1 else str(value.day)
    return f"{number}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def weekday(value: date) -> str:
    """« jeudi 12 mars 2026 »."""
    return f"{_DAYS[value.weekday()]} {day(value)}"


def short_day(value: date) -> str:
    """« 12/03/2026 »."""
    return value.strftime("%d/%m/%Y")


def hour(utc_ms: int | None) -> str:
    """« 18 h 30 », on the town's clock; nothing when there is no instant."""
    return "" if utc_ms is None else _hour(paris(utc_ms))


def hour_of(text: str) -> str:
    """« 18 h 30 » from « 18:30 »; another text as it is."""
    hours, colon, minutes = text.partition(":")
    return f"{int(hours)}{NBSP}h{NBSP}{minutes}" if colon and hours.isdigit() and minutes.isdigit() else text


def exact_hour(utc_ms: int | None) -> str:
    """« 18:30:05 », on the town's clock."""
    return "" if utc_ms is None else paris(utc_ms).strftime("%H:%M:%S")


def day_and_hour(utc_ms: int) -> str:
    """« 12/03/2026 à 18:30 »."""
    return paris(utc_ms).strftime("%d/%m/%Y à %H:%M")


def _hour(moment: datetime) -> str:
    return f"{moment.hour}{NBSP}h{NBSP}{moment.minute:02d}"


def duration(ms: int) -> str:
    """« 1 h 05 », « 12 min 30 s », « 8 s »."""
    seconds = ms // 1000
    if seconds >= 3600:
        return f"{seconds // 3600}{NBSP}h{NBSP}{seconds % 3600 // 60:02d}"
    if seconds >= 60:
        return f"{seconds // 60}{NBSP}min{NBSP}{seconds % 60:02d}{NBSP}s"
    return f"{seconds}{NBSP}s"


def count(number: int, one: str, many: str = "") -> str:
    """« 1 voix », « 3 pouvoirs »: the noun agrees from two."""
    return f"{number}{NBSP}{one if number < 2 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """« A, B et C »."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} et {names[-1]}"
