"""Paper to PDF: PDF/A-2a and PDF/UA-1, tagged. The typesetter checks both as it writes and refuses what would break them.

The page is written for Typst with every word as a string literal: nothing of a document can be taken for code.
"""

from collections.abc import Iterator
from typing import Literal

import typst

from regie.documents.errors import DocumentError
from regie.documents.paper import (
    Block,
    Document,
    Figure,
    Heading,
    Inline,
    Line,
    LineBreak,
    Listing,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    columns,
)

STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
_FONT = "Libertinus Serif"  # shipped inside the typesetter, so that every machine draws the same page


def pdf(document: Document) -> bytes:
    """The file. Raises DocumentError when the typesetter refuses the page."""
    drawings = {f"figure{rank}": block.svg for rank, block in _figures(document)}
    if document.letterhead.logo:
        drawings["logo"] = document.letterhead.logo
    try:
        made = typst.compile(
            source(document).encode(),
            format="pdf",
            sys_inputs=drawings,
            pdf_standards=[*STANDARDS],
            timestamp=document.made,
            ignore_system_fonts=True,
        )
    except typst.TypstError as error:
        raise DocumentError("the page cannot be set", code="document_mise_en_page") from error
    assert isinstance(made, bytes)
    return made


def _figures(document: Document) -> Iterator[tuple[int, Figure]]:
    return ((rank, block) for rank, block in enumerate(document.blocks) if isinstance(block, Figure))


def source(document: Document) -> str:
    """The page as the typesetter reads it."""
    return "\n".join(
        (_preamble(document), *(_block(rank, block) for rank, block in enumerate(document.blocks)))
    )


def _preamble(document: Document) -> str:
    head, made = document.letterhead, document.made
    day = f"datetime(year: {made.year}, month: {made.month}, day: {made.day})"
    logo = (
        '#image(bytes(sys.inputs.at("logo")), format: "svg", height: 14mm, alt: "Logo")' if head.logo else ""
    )
    mark = (
        f'#h(1fr)#text(fill: rgb("#8a5a00"), weight: "bold", upper({_string(document.mark)}))'
        if document.mark
        else ""
    )
    address = f"#linebreak()#text(size: 9pt, fill: grey, {_string(head.address)})" if head.address else ""
    return f"""#let tint = rgb("{head.colour}")
#let grey = rgb("#4a5565")
#set document(title: {_string(document.title)}, author: {_string(head.name)}, date: {day})
#set text(lang: "fr", region: "FR", font: "{_FONT}", size: {"17pt" if document.large else "10.5pt"})
#set par(justify: true, leading: 0.62em, spacing: 0.95em)
#set page(paper: "a4", margin: (x: 22mm, top: 20mm, bottom: 22mm), footer-descent: 35%, footer: context {{
  set text(size: 8.5pt, fill: grey)
  line(length: 100%, stroke: 0.4pt + grey)
  v(-0.6em)
  grid(columns: (1fr, auto), {_string(f"{head.name} · {document.title} · {document.subtitle}")},
    [#counter(page).display() / #counter(page).final().first()])
}})
#set heading(numbering: none)
#show heading: it => block(above: 1.5em, below: 0.7em, sticky: true, text(fill: tint, it.body))
#show heading.where(level: 1): set text(size: 13pt)
#show heading.where(level: 2): set text(size: 11.5pt)
#show heading.where(level: 3): set text(size: 10.5pt)
#show link: it => text(fill: rgb("#0b57d0"), it)
#set list(indent: 4mm, marker: [–])
#set enum(indent: 4mm)
#set table(inset: (x: 4pt, y: 3.5pt), stroke: (x, y) => (bottom: 0.4pt + rgb("#c4cad3"), top: if y == 0 {{ 0.8pt + tint }}),
  fill: (x, y) => if y == 0 {{ rgb("#eef1f5") }})
#show table: set par(justify: false, leading: 0.5em)
#show table: set text(size: 9pt)
#grid(columns: ({"auto, 1fr" if head.logo else "1fr,"}), column-gutter: 5mm, align: horizon, {f"[{logo}]," if logo else ""}
  [#text(size: 13pt, weight: "bold", fill: tint, {_string(head.name)}){mark}#linebreak()#text({_string(head.organ)}){address}])
#v(-0.4em)
#line(length: 100%, stroke: 1.2pt + tint)
#v(0.6em)
#align(center)[#title(text(size: {"30pt" if document.large else "18pt"}, {_string(document.title)}))
#v(-0.5em)
#text(size: 12pt, fill: grey, {_string(document.subtitle)})]
#v(0.8em)"""


def _block(rank: int, block: Block) -> str:
    match block:
        case Heading():
            return f"#heading(level: {block.level}, {_line(block.line)})"
        case Paragraph() if block.boxed:
            return (
                '#block(width: 100%, fill: rgb("#f5f6f8"), stroke: (left: 2pt + tint), inset: 8pt, '
                f"par(justify: false, {_line(block.line)}))"
            )
        case Paragraph():
            return f"#par({_line(block.line)})"
        case Listing():
            entries = ", ".join(map(_line, block.entries))
            return f"#enum(start: {block.start}, {entries})" if block.ordered else f"#list({entries})"
        case Table():
            return _table(block)
        case Signatures():
            return _signatures(block)
        case Figure():
            return (
                f'#block(breakable: false, image(bytes(sys.inputs.at("figure{rank}")), format: "svg", '
                f"width: {block.width_mm}mm, height: {block.height_mm}mm, alt: {_string(block.text)}))"
            )
        case PageBreak():
            return "#pagebreak(weak: true)"


def _signatures(block: Signatures) -> str:
    """Never one place across the page: alone, it stands on the right."""
    columns = min(3, max(2, len(block.places)))
    alone = ("[]",) if len(block.places) == 1 else ()
    places = (
        f'block(height: 30mm, width: 100%, inset: 4pt, stroke: 0.4pt + rgb("#c4cad3"), text(size: 9pt, {_string(place)}))'
        for place in block.places
    )
    grid = f"grid(columns: {columns} * (1fr,), gutter: 4mm, {', '.join((*alone, *places))})"
    return f"#v(0.8em)\n#block(breakable: false, {grid})"


def _table(table: Table) -> str:
    widths = ", ".join("auto" if column.short else f"{column.weight}fr" for column in columns(table))
    aligns = ", ".join("right" if right else "left" for right in table.right)
    header = ", ".join(f"strong({_line(cell)})" for cell in table.header)
    cells = ", ".join(_line(cell) for row in table.rows for cell in row)
    return f"#table(columns: ({widths},), align: ({aligns},), table.header({header}), {cells})"


def _line(line: Line) -> str:
    """An expression of the typesetter's code, worth the line."""
    return f"({' + '.join(('[]', *map(_inline, line)))})"


def _inline(part: Inline) -> str:
    if isinstance(part, LineBreak):
        return "linebreak()"
    drawn = _string(part.text)
    drawn = f"strong({drawn})" if part.bold else drawn
    drawn = f"emph({drawn})" if part.italic else drawn
    return f"link({_string(part.href)}, {drawn})" if part.href else drawn


def _string(text: str) -> str:
    """A string literal: nothing in it is code."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{escaped}"'
