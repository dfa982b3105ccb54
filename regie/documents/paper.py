"""A document as data: blocks in order, from which ODT and PDF are drawn alike. Nothing here knows a template or a format."""

from datetime import datetime

import msgspec


class Text(msgspec.Struct, frozen=True):
    """Some words; ``href`` makes them a link."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""


class LineBreak(msgspec.Struct, frozen=True):
    """The same paragraph goes on below."""


Inline = Text | LineBreak
Line = tuple[Inline, ...]


class Heading(msgspec.Struct, frozen=True):
    """A title inside the document; ``level`` from 1, none skipped."""

    level: int
    line: Line


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph; ``boxed``: set apart by a rule and a tint."""

    line: Line
    boxed: bool = False


class Listing(msgspec.Struct, frozen=True):
    """Points, or numbers from ``start``."""

    entries: tuple[Line, ...]
    ordered: bool = False
    start: int = 1


class Table(msgspec.Struct, frozen=True):
    """Rows under a header that is repeated on each page; ``right``: which columns hold figures."""

    header: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: tuple[bool, ...]


class Signatures(msgspec.Struct, frozen=True):
    """Places to sign, side by side, each under its quality."""

    places: tuple[str, ...]


class Figure(msgspec.Struct, frozen=True):
    """A drawing; ``text`` says to who cannot see it what it shows. Size in millimetres."""

    name: str
    svg: str
    text: str
    width_mm: int = 165
    height_mm: int = 62


class PageBreak(msgspec.Struct, frozen=True):
    """What follows begins a page."""


Block = Heading | Paragraph | Listing | Table | Signatures | Figure | PageBreak


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a town's documents bears; ``colour`` as ``#rrggbb``; ``logo``: SVG source, or nothing."""

    name: str
    organ: str
    address: str = ""
    colour: str = "#1d4e89"
    logo: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. ``mark``: a word across its head, such as « Projet »; ``made``: the date that its properties bear."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    letterhead: Letterhead
    made: datetime
    mark: str = ""
    large: bool = False
    """To be read from two metres: a poster."""


def words(line: Line) -> str:
    """A line without its dress."""
    return "".join(part.text if isinstance(part, Text) else "\n" for part in line)


class Column(msgspec.Struct, frozen=True):
    """How wide a column should be: ``weight`` one to another; ``short``: no wider than its longest cell."""

    weight: int
    short: bool


_SHORT, _LONGEST = 18, 60


def columns(table: Table) -> tuple[Column, ...]:
    """Short columns take what they need, the others share the rest by what they hold; one at least is not short."""
    longest = [
        max(len(words(cell)) for cell in column) for column in zip(table.header, *table.rows, strict=True)
    ]
    widest = longest.index(max(longest))
    return tuple(
        Column(max(4, min(length, _LONGEST)) + 2, length <= _SHORT and rank != widest)
        for rank, length in enumerate(longest)
    )
