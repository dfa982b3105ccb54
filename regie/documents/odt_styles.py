"""The styles of our ODT files, named in French: an agent who opens one changes them there."""

from xml.sax.saxutils import escape

from regie.documents.paper import Document

TEXT_WIDTH_MM = 166
NAMESPACES = " ".join(
    f'xmlns:{name}="{uri}"'
    for name, uri in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
        "xlink": "http://www.w3.org/1999/xlink",
        "dc": "http://purl.org/dc/elements/1.1/",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    }.items()
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _style(name: str, paragraph: str = "", text: str = "", parent: str = "Corps") -> str:
    inherits = f' style:parent-style-name="{parent}"' if parent else ""
    return (
        f'<style:style style:name="{name}" style:family="paragraph"{inherits}>'
        f"<style:paragraph-properties {paragraph}/><style:text-properties {text}/></style:style>"
    )


def _cell(name: str, properties: str) -> str:
    return (
        f'<style:style style:name="{name}" style:family="table-cell">'
        f'<style:table-cell-properties fo:padding="1mm" {properties}/></style:style>'
    )


def table_styles(colour: str) -> str:
    """Those of tables and cells, which office suites only obey inside ``content.xml``."""
    thin = "0.4pt solid #c4cad3"
    heading = f'fo:background-color="#eef1f5" fo:border-top="0.8pt solid {colour}" fo:border-bottom="{thin}"'
    cells = (
        ("TitreCellule", heading),
        ("Cellule", f'fo:border-bottom="{thin}"'),
        ("Signature", f'fo:border="{thin}"'),
    )
    return (
        '<style:style style:name="Tableau" style:family="table"><style:table-properties '
        f'style:width="{TEXT_WIDTH_MM}mm" table:align="margins"/></style:style>'
    ) + "".join(_cell(name, properties) for name, properties in cells)


def styles(document: Document) -> str:
    """``styles.xml``: one place for what every paragraph looks like, the page and its footer."""
    colour, grey = document.letterhead.colour, "#4a5565"
    bold = 'fo:font-weight="bold"'
    size = "17pt" if document.large else "10.5pt"
    heading = f'fo:color="{colour}" {bold} fo:font-size="{{}}pt"'
    space = 'fo:margin-top="5mm" fo:margin-bottom="2mm" fo:keep-with-next="always"'
    paragraphs = "".join(
        (
            _style(
                "Corps",
                'fo:margin-bottom="2.5mm" fo:text-align="justify" fo:line-height="115%" fo:orphans="2" fo:widows="2"',
                f'style:font-name="Police" fo:font-size="{size}" fo:language="fr" fo:country="FR"',
                parent="",
            ),
            _style(
                "En-tête",
                f'fo:text-align="start" fo:border-bottom="1.2pt solid {colour}" fo:padding-bottom="2mm"',
            ),
            _style(
                "Mention", 'fo:text-align="end"', f'fo:color="#8a5a00" {bold} fo:text-transform="uppercase"'
            ),
            _style(
                "Titre",
                'fo:text-align="center" fo:margin-top="3mm" fo:margin-bottom="1mm"',
                f'fo:font-size="18pt" {bold}',
            ),
            _style(
                "Sous-titre",
                'fo:text-align="center" fo:margin-bottom="5mm"',
                f'fo:font-size="12pt" fo:color="{grey}"',
            ),
            _style("Titre1", space, heading.format(13)),
            _style("Titre2", space, heading.format(11.5)),
            _style("Titre3", space, heading.format(10.5)),
            _style(
                "Encadré",
                f'fo:background-color="#f5f6f8" fo:padding="2mm" fo:border-left="2pt solid {colour}" fo:text-align="start"',
            ),
            _style("Liste", 'fo:margin-bottom="1mm" fo:text-align="start"'),
            _style("Figure", 'fo:text-align="center"'),
            _style("Saut", 'fo:break-before="page"'),
            _style("Après", 'fo:margin-bottom="1mm"', 'fo:font-size="5pt"'),
            _style(
                "Cellule",
                'fo:margin-bottom="0mm" fo:text-align="start" fo:line-height="100%"',
                'fo:font-size="9pt"',
            ),
            _style("CelluleChiffres", 'fo:text-align="end"', parent="Cellule"),
            _style("EntêteTableau", 'fo:keep-with-next="always"', bold, parent="Cellule"),
            _style("EntêteTableauChiffres", 'fo:text-align="end"', parent="EntêteTableau"),
            _style(
                "Pied",
                f'fo:border-top="0.4pt solid {grey}" fo:padding-top="1mm" fo:text-align="start"',
                f'fo:font-size="8.5pt" fo:color="{grey}"',
            ),
        )
    )
    return (
        f'{XML}<office:document-styles {NAMESPACES} office:version="1.3"><office:font-face-decls>'
        "<style:font-face style:name=\"Police\" svg:font-family=\"'Libertinus Serif', 'Liberation Serif', serif\" "
        'style:font-family-generic="roman"/></office:font-face-decls>'
        f"<office:styles>{paragraphs}"
        f'<style:style style:name="Gras" style:family="text"><style:text-properties {bold}/></style:style>'
        '<style:style style:name="Italique" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>'
        f'<style:style style:name="Collectivité" style:family="text"><style:text-properties {bold} fo:font-size="13pt" '
        f'fo:color="{colour}"/></style:style>'
        f"{_list_style('Puces')}{_list_style('Numéros')}</office:styles>"
        '<office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="210mm" '
        'fo:page-height="297mm" fo:margin-top="20mm" fo:margin-bottom="14mm" fo:margin-left="22mm" fo:margin-right="22mm"/>'
        '<style:footer-style><style:header-footer-properties fo:min-height="8mm" fo:margin-top="4mm"/></style:footer-style>'
        "</style:page-layout></office:automatic-styles><office:master-styles>"
        '<style:master-page style:name="Standard" style:page-layout-name="A4"><style:footer><text:p text:style-name="Pied">'
        f"{escape(f'{document.letterhead.name} · {document.title} · {document.subtitle}')} · page "
        "<text:page-number>1</text:page-number> / <text:page-count>1</text:page-count></text:p></style:footer>"
        "</style:master-page></office:master-styles></office:document-styles>"
    )


def _list_style(name: str) -> str:
    place = (
        '<style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
        '<style:list-level-label-alignment text:label-followed-by="listtab" fo:margin-left="9mm" fo:text-indent="-5mm" '
        'text:list-tab-stop-position="9mm"/></style:list-level-properties>'
    )
    level = (
        f'<text:list-level-style-bullet text:level="1" text:bullet-char="–">{place}</text:list-level-style-bullet>'
        if name == "Puces"
        else f'<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix=".">{place}'
        "</text:list-level-style-number>"
    )
    return f'<text:list-style style:name="{name}">{level}</text:list-style>'
