"""Paper to ODT (OASIS OpenDocument 1.3): a zip of XML, written here so that the same paper gives the same bytes."""

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from regie.documents.odt_styles import NAMESPACES, TEXT_WIDTH_MM, XML, styles, table_styles
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

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"
_ZIPPED = (1980, 1, 1, 0, 0, 0)
_EMPTY = '<text:p text:style-name="Cellule"/>'


def odt(document: Document) -> bytes:
    """The file."""
    pictures = {f"Pictures/{figure.name}.svg": figure.svg for figure in _figures(document)}
    if document.letterhead.logo:
        pictures["Pictures/logo.svg"] = document.letterhead.logo
    parts = {
        "content.xml": _content(document),
        "styles.xml": styles(document),
        "meta.xml": _meta(document),
        **pictures,
    }
    parts["META-INF/manifest.xml"] = _manifest(parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # First and not compressed: file managers read the kind of the document there.
        archive.writestr(zipfile.ZipInfo("mimetype", _ZIPPED), MEDIA_TYPE)
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _ZIPPED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return packed.getvalue()


def _figures(document: Document) -> Iterator[Figure]:
    return (block for block in document.blocks if isinstance(block, Figure))


def _manifest(parts: dict[str, str]) -> str:
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" '
        f'manifest:media-type="{"image/svg+xml" if name.endswith(".svg") else "text/xml"}"/>'
        for name in parts
    )
    return (
        f'{XML}<manifest:manifest {NAMESPACES} manifest:version="1.3"><manifest:file-entry manifest:full-path="/" '
        f'manifest:version="1.3" manifest:media-type="{MEDIA_TYPE}"/>{entries}</manifest:manifest>'
    )


def _meta(document: Document) -> str:
    made = document.made.strftime("%Y-%m-%dT%H:%M:%S")
    return (
        f'{XML}<office:document-meta {NAMESPACES} office:version="1.3"><office:meta>'
        f"<dc:title>{escape(f'{document.title} · {document.subtitle}')}</dc:title>"
        f"<dc:creator>{escape(document.letterhead.name)}</dc:creator><dc:language>fr-FR</dc:language>"
        f"<meta:generator>régie</meta:generator><meta:creation-date>{made}</meta:creation-date><dc:date>{made}</dc:date>"
        "</office:meta></office:document-meta>"
    )


def _content(document: Document) -> str:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    widths = "".join(
        f'<style:style style:name="T{rank}C{place}" style:family="table-column">'
        f'<style:table-column-properties style:rel-column-width="{weight}*" '
        f'style:column-width="{TEXT_WIDTH_MM * weight / sum(weights):.1f}mm"/></style:style>'
        for rank, table in enumerate(tables)
        for weights in ([column.weight for column in columns(table)],)
        for place, weight in enumerate(weights)
    )
    mark = f'<text:p text:style-name="Mention">{escape(document.mark)}</text:p>' if document.mark else ""
    body = "".join(_blocks(document))
    automatic = f"{table_styles(document.letterhead.colour)}{widths}"
    title = (
        f'<text:p text:style-name="Titre">{escape(document.title)}</text:p>'
        f'<text:p text:style-name="Sous-titre">{escape(document.subtitle)}</text:p>'
    )
    return (
        f'{XML}<office:document-content {NAMESPACES} office:version="1.3">'
        f"<office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:text>{_head(document)}{mark}{title}{body}</office:text></office:body>"
        "</office:document-content>"
    )


def _head(document: Document) -> str:
    head = document.letterhead
    logo = _picture("logo", "Logo", 14, 14) if head.logo else ""
    address = f"<text:line-break/>{escape(head.address)}" if head.address else ""
    return (
        f'<text:p text:style-name="En-tête">{logo}<text:span text:style-name="Collectivité">{escape(head.name)}</text:span>'
        f"<text:line-break/>{escape(head.organ)}{address}</text:p>"
    )


def _blocks(document: Document) -> Iterator[str]:
    tables = 0
    for block in document.blocks:
        if isinstance(block, Table):
            yield _table(block, tables)
            tables += 1
        else:
            yield _block(block)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return (
                f'<text:h text:style-name="Titre{block.level}" text:outline-level="{block.level}">'
                f"{_line(block.line)}</text:h>"
            )
        case Paragraph():
            return _paragraph(block.line, "Encadré" if block.boxed else "Corps")
        case Listing():
            style = "Numéros" if block.ordered else "Puces"
            first = f' text:start-value="{block.start}"' if block.ordered else ""
            entries = (
                f"<text:list-item{first if rank == 0 else ''}>{_paragraph(entry, 'Liste')}</text:list-item>"
                for rank, entry in enumerate(block.entries)
            )
            return f'<text:list text:style-name="{style}">{"".join(entries)}</text:list>'
        case Signatures():
            return _signatures(block)
        case Figure():
            picture = _picture(block.name, block.text, block.width_mm, block.height_mm)
            return f'<text:p text:style-name="Figure">{picture}</text:p>'
        case PageBreak():
            return '<text:p text:style-name="Saut"/>'
        case Table():
            raise AssertionError("tables need their rank")


def _picture(name: str, text: str, width_mm: int, height_mm: int) -> str:
    return (
        f'<draw:frame draw:name="{name}" text:anchor-type="as-char" svg:width="{width_mm}mm" svg:height="{height_mm}mm">'
        f'<draw:image xlink:href="Pictures/{name}.svg" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'
        f"<svg:title>{escape(text)}</svg:title></draw:frame>"
    )


def _table(table: Table, rank: int) -> str:
    drawn = "".join(
        f'<table:table-column table:style-name="T{rank}C{place}"/>' for place in range(len(table.header))
    )
    header = _row(table.header, table.right, "EntêteTableau", "TitreCellule")
    rows = "".join(_row(row, table.right, "Cellule", "Cellule") for row in table.rows)
    return (
        f'<table:table table:name="Tableau{rank + 1}" table:style-name="Tableau">{drawn}'
        f"<table:table-header-rows>{header}</table:table-header-rows>{rows}</table:table>"
        '<text:p text:style-name="Après"/>'
    )


def _row(cells: tuple[Line, ...], right: tuple[bool, ...], paragraph: str, cell: str) -> str:
    drawn = "".join(
        f'<table:table-cell table:style-name="{cell}" office:value-type="string">'
        f"{_paragraph(line, f'{paragraph}Chiffres' if figures else paragraph)}</table:table-cell>"
        for line, figures in zip(cells, right, strict=True)
    )
    return f"<table:table-row>{drawn}</table:table-row>"


def _signatures(block: Signatures) -> str:
    cells = "".join(
        f'<table:table-cell table:style-name="Signature" office:value-type="string">{_paragraph_text(place)}'
        f"{_EMPTY * 5}</table:table-cell>"
        for place in block.places
    )
    return (
        '<table:table table:name="Signatures" table:style-name="Tableau">'
        f'<table:table-column table:number-columns-repeated="{len(block.places)}"/>'
        f'<table:table-row>{cells}</table:table-row></table:table><text:p text:style-name="Après"/>'
    )


def _paragraph_text(text: str) -> str:
    return f'<text:p text:style-name="Cellule">{escape(text)}</text:p>'


def _paragraph(line: Line, style: str) -> str:
    return f'<text:p text:style-name="{style}">{_line(line)}</text:p>'


def _line(line: Line) -> str:
    return "".join(map(_inline, line))


def _inline(part: Inline) -> str:
    if isinstance(part, LineBreak):
        return "<text:line-break/>"
    # Runs of spaces and tabs collapse in XML; nobody types them on purpose in these documents.
    drawn = escape(part.text)
    for wanted, style in ((part.bold, "Gras"), (part.italic, "Italique")):
        drawn = f'<text:span text:style-name="{style}">{drawn}</text:span>' if wanted else drawn
    if part.href:
        return f'<text:a xlink:type="simple" xlink:href={quoteattr(part.href)}>{drawn}</text:a>'
    return drawn
