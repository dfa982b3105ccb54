"""The list of what was hidden in a séance, live and afterwards, to be validated, exported, published. Never what was said. Pure.

The whole list is for the town. The public one says when and for how long something was hidden and under which item; not who did it
nor why.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

import msgspec

from regie.domain.masks import MaskKind, MaskLine
from regie.domain.removal import Removal

Span = tuple[int, int | None]
"""From, to, in UTC ms; to None: not closed."""

_HIDES = {MaskKind.SOUND: "son", MaskKind.PICTURE: "image", MaskKind.BOTH: "son et image"}
_COLUMNS = ("début", "fin", "durée (s)", "masqué", "comment", "point")
_OWN_COLUMNS = ("par", "motif", "demandé", "effectif", "identifiant")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One passage: its instants (UTC ms), what was hidden, and how: before it left (``direct``) or afterwards (``retrait``).

    ``effective_ms``: from when on nobody could get it; None for what is not done yet.
    """

    id: str
    start_ms: int
    end_ms: int | None
    hides: MaskKind
    how: str
    item: str = ""
    who: str = ""
    reason: str = ""
    asked_ms: int = 0
    effective_ms: int | None = None


def rows(
    masks: Iterable[MaskLine], removals: Iterable[Removal], spans: Mapping[str, Span] = MappingProxyType({})
) -> tuple[Row, ...]:
    """Both together, in the order of the séance.

    ``spans``: what a mask really hid (UTC ms), its look-back and guard included; without it, from its press to its release.
    """
    live = (
        Row(
            id=mask.id,
            start_ms=spans.get(mask.id, (mask.opened_ms, None))[0],
            end_ms=spans.get(mask.id, (0, mask.closed_ms))[1] if mask.closed_ms is not None else None,
            hides=mask.hides,
            how="direct",
            item=mask.item,
            who=mask.who,
            reason=mask.reason,
            asked_ms=mask.opened_ms,
            effective_ms=mask.opened_ms,
        )
        for mask in masks
    )
    late = (
        Row(
            id=removal.id,
            start_ms=removal.start_ms,
            end_ms=removal.end_ms,
            hides=removal.hides,
            how="retrait",
            item=removal.item,
            who=removal.who,
            reason=removal.reason,
            asked_ms=removal.asked_ms,
            effective_ms=removal.hidden_ms,
        )
        for removal in removals
    )
    return tuple(sorted((*live, *late), key=lambda row: (row.start_ms, row.id)))


def as_csv(listed: Sequence[Row], zone: tzinfo | None = None, *, public: bool = False) -> str:
    """The list for a spreadsheet: semicolons and French headings; hours of ``zone``, by default the machine's."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS if public else (*_COLUMNS, *_OWN_COLUMNS))
    for row in listed:
        length = "" if row.end_ms is None else f"{(row.end_ms - row.start_ms) / 1000:.1f}".replace(".", ",")
        how = "avant diffusion" if row.how == "direct" else "retiré après diffusion"
        cells = [_hour(row.start_ms, zone), _hour(row.end_ms, zone), length, _HIDES[row.hides], how, row.item]
        if not public:
            cells += [row.who, row.reason, _hour(row.asked_ms, zone), _hour(row.effective_ms, zone), row.id]
        writer.writerow(_harmless(cell) for cell in cells)
    return out.getvalue()


def as_json(listed: Sequence[Row], *, public: bool = False) -> bytes:
    """The list for a program, instants in UTC ms."""
    if not public:
        return msgspec.json.format(msgspec.json.encode(listed), indent=1)
    shown = [
        {"start_ms": r.start_ms, "end_ms": r.end_ms, "hides": r.hides, "how": r.how, "item": r.item}
        for r in listed
    ]
    return msgspec.json.format(msgspec.json.encode(shown), indent=1)


def _harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _hour(ms: int | None, zone: tzinfo | None) -> str:
    if ms is None:
        return ""
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
