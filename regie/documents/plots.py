"""Drawings for where one looks rather than reads: presence over time, speaking time. SVG, 1 unit = 1 mm, legible in grey."""

from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from regie.documents import french
from regie.documents.view import Seance

WIDTH, HEIGHT = 165, 62
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 6, 9, 9
_INK, _GREY, _TINT = "#14181f", "#4a5565", "#e9ecf1"
_FONT = "Libertinus Serif, Liberation Serif, serif"
_BARS = 14
Scale = Callable[[int], float]


def _svg(parts: Iterable[str], height: float = HEIGHT) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}mm" height="{height}mm" '
        f'font-family="{_FONT}" font-size="3" fill="{_INK}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = _INK) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'


def presence(seance: Seance, colour: str) -> str:
    """How many members were there, with the quorum and the items; an empty frame for a séance that was not opened."""
    start, end = seance.ouverte, seance.levee
    if start is None or end is None or end <= start or seance.ouverture is None:
        return _svg([_text(WIDTH / 2, HEIGHT / 2, "La séance n'a pas été ouverte.", "middle")])
    steps = [(start, seance.ouverture.presents)]
    steps += [
        (one.heure, one.presents)
        for one in seance.mouvements
        if one.presents is not None and start < one.heure <= end
    ]
    top = max(seance.ouverture.en_exercice, *(count for _, count in steps))

    def x(at: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (at - start) / (end - start)

    def y(count: int) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * count / top

    return _svg((*_items(seance, x, end), *_axes(seance, x, y, top), _curve(steps, x, y, end, colour)))


def _items(seance: Seance, x: Scale, end: int) -> Iterable[str]:
    called = sorted((point.appele, point.rang) for point in seance.points if point.appele is not None)
    for rank, (at, number) in enumerate(called):
        until = called[rank + 1][0] if rank + 1 < len(called) else end
        left, width = x(at), x(until) - x(at)
        if rank % 2 == 0:
            yield (
                f'<rect x="{left:.2f}" y="{_TOP}" width="{width:.2f}" height="{HEIGHT - _TOP - _BOTTOM}" fill="{_TINT}"/>'
            )
        if width > 4:
            yield _text(left + width / 2, _TOP - 1.5, str(number), "middle", _GREY)


def _axes(seance: Seance, x: Scale, y: Scale, top: int) -> Iterable[str]:
    assert seance.ouverte is not None and seance.levee is not None and seance.ouverture is not None
    needed = seance.ouverture.requis
    for count in sorted({0, needed, top}):
        yield _text(_LEFT - 2, y(count) + 1, str(count), "end")
    floor = y(0)
    yield f'<path d="M{_LEFT} {floor:.2f}H{WIDTH - _RIGHT}" stroke="{_GREY}" stroke-width="0.25" fill="none"/>'
    yield (
        f'<path d="M{_LEFT} {y(needed):.2f}H{WIDTH - _RIGHT}" stroke="#8a5a00" stroke-width="0.4" '
        'stroke-dasharray="1.5 1" fill="none"/>'
    )
    yield _text(WIDTH - _RIGHT, y(needed) - 1, "quorum", "end", "#8a5a00")
    yield _text(_LEFT, HEIGHT - 3, french.hour(seance.ouverte))
    yield _text(WIDTH - _RIGHT, HEIGHT - 3, french.hour(seance.levee), "end")
    yield _text(_LEFT, _TOP - 5, "Présents, par point de l'ordre du jour", fill=_GREY)


def _curve(steps: list[tuple[int, int]], x: Scale, y: Scale, end: int, colour: str) -> str:
    path = f"M{x(steps[0][0]):.2f} {y(steps[0][1]):.2f}"
    for at, count in steps[1:]:
        path += f"H{x(at):.2f}V{y(count):.2f}"
    return f'<path d="{path}H{x(end):.2f}" stroke="{colour}" stroke-width="0.7" fill="none"/>'


def speaking(seance: Seance, colour: str) -> str:
    """Who spoke how long, the longest first; the others together below."""
    shown, others = seance.paroles[:_BARS], seance.paroles[_BARS:]
    lines = [(one.nom, one.duree) for one in shown]
    if others:
        lines.append((f"{len(others)} autres", sum(one.duree for one in others)))
    longest = max((lasted for _, lasted in lines), default=0) or 1
    height = max(12.0, 4.6 * len(lines) + 4)
    parts: list[str] = []
    for rank, (name, lasted) in enumerate(lines):
        y = 4 + 4.6 * rank
        width = 85 * lasted / longest
        parts.append(_text(52, y + 2.4, name, "end"))
        parts.append(f'<rect x="54" y="{y:.2f}" width="{width:.2f}" height="3" fill="{colour}"/>')
        parts.append(_text(56 + width, y + 2.4, french.duration(lasted), fill=_GREY))
    return _svg(parts, height)
