"""Chapters as any player takes them: date ranges of a media playlist (RFC 8216 §4.3.2.7) and WebVTT files. Pure: text out."""

from collections.abc import Sequence

from regie.documents.chaptering import said
from regie.domain.register.chapters import Chapter
from regie.domain.register.moments import Moment
from regie.domain.shifts import Shift, dated
from regie.media.playlist import date_range
from web_ui.agenda import ItemInfo, MomentInfo

CLASS = "regie.point"
_MS = 1_000_000


def ranges(chapters: Sequence[Chapter], shifts: Sequence[Shift], public_ms: int) -> tuple[str, ...]:
    """An ``EXT-X-DATERANGE`` line for each item that citizens have seen called; it lasts until the next one.

    A range is named by its item and the instant of the call: another order of the agenda, or an item that is called again, gives
    no range another meaning to who has kept it.

    ``shifts``: the changes of the delay, so that the date is that of the picture. ``public_ms``: the newest instant that citizens
    have received (UTC ms).
    """
    begun = [c for c in chapters if c.called_ms is not None and c.called_ms <= public_ms]
    return tuple(
        date_range(
            f"point-{_quotable(one.item)}-{one.called_ms}",
            dated(one.called_ms or 0, shifts) * _MS,
            None,
            CLASS,
            X_NUMERO=str(one.number),
            X_TITRE=_quotable(one.title),
        )
        for one in sorted(begun, key=lambda c: c.called_ms or 0)
    )


def finer_ranges(moments: Sequence[Moment], shifts: Sequence[Shift], public_ms: int) -> tuple[str, ...]:
    """An ``EXT-X-DATERANGE`` line for each turn, vote, suspension or huis clos that citizens have seen begin.

    Its class says which; its length comes once they have seen its end.
    """
    begun = [one for one in moments if one.since_ms <= public_ms]
    return tuple(
        date_range(
            f"{one.kind}-{one.since_ms}",
            dated(one.since_ms, shifts) * _MS,
            dated(one.until_ms, shifts) * _MS
            if one.until_ms is not None and one.until_ms <= public_ms
            else None,
            f"regie.{one.kind}",
            False,
            X_TITRE=_quotable(said(one)),
            **({"X_NUMERO": str(one.item)} if one.item else {}),
        )
        for one in begun
    )


def moments_webvtt(moments: Sequence[MomentInfo], length_s: float) -> str:
    """A WebVTT file with a cue for each moment within the items."""
    cues = ["WEBVTT"]
    for one in moments:
        end = length_s if one.fin_s is None else one.fin_s
        if end > one.debut_s:
            title = _escaped(f"{one.point}. {one.titre}" if one.point else one.titre)
            cues.append(f"{one.genre}\n{_instant(one.debut_s)} --> {_instant(end)}\n{title}")
    return "\n\n".join(cues) + "\n"


def webvtt(items: Sequence[ItemInfo], length_s: float) -> str:
    """A WebVTT file (W3C) with a cue for each item that began, until the next one or the end."""
    begun = sorted((one for one in items if one.debut_s is not None), key=lambda one: one.debut_s or 0.0)
    cues = ["WEBVTT"]
    for one, after in zip(begun, [*begun[1:], None], strict=True):
        start = one.debut_s or 0.0
        end = length_s if after is None else after.debut_s or 0.0
        if end > start:
            title = _escaped(f"{one.numero}. {one.titre}")
            cues.append(f"{one.numero}\n{_instant(start)} --> {_instant(end)}\n{title}")
    return "\n\n".join(cues) + "\n"


def _escaped(text: str) -> str:
    return _one_line(text).replace("&", "&amp;").replace("<", "&lt;")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quotable(text: str) -> str:
    return _one_line(text).replace('"', "’")


def _instant(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
