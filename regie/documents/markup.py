"""From the light markup of the templates to a document's blocks.

CommonMark with tables, and two fences: ``signatures`` (a place a line) and ``graphique NAME`` (the text for who cannot see it). A
quotation is a boxed paragraph, ``---`` begins a page, HTML is plain text. What the paper cannot show is refused with its line.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from regie.documents.errors import DocumentError
from regie.documents.paper import (
    Block,
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
    Text,
)

# No rule that would change what a clerk typed: neither HTML, nor automatic links, nor typographic replacements.
_PARSER = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_SIZE = re.compile(r'width="([0-9.]+)mm" height="([0-9.]+)mm"')
_SCHEMES = ("http", "https", "mailto")


def blocks_of(text: str, figures: Mapping[str, str]) -> tuple[Block, ...]:
    """The blocks of a text; ``figures`` are SVG sources by name. Raises DocumentError."""
    return tuple(_Reader(_PARSER.parse(text), figures).blocks())


class _Reader:
    """Walks the parser's flat list of tokens."""

    def __init__(self, tokens: list[Token], figures: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._figures = figures

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _line(self) -> Line:
        return tuple(_inlines(self._next()))

    def blocks(self) -> Iterator[Block]:
        while self._at < len(self._tokens):
            token = self._next()
            match token.type:
                case "heading_open":
                    yield Heading(int(token.tag[1:]), self._line())
                case "inline":
                    yield Paragraph(tuple(_inlines(token)))
                case "blockquote_open":
                    yield from self._boxed()
                case "bullet_list_open" | "ordered_list_open":
                    yield self._listing(token)
                case "table_open":
                    yield self._table()
                case "fence":
                    yield self._fence(token)
                case "hr":
                    yield PageBreak()
                case "paragraph_open" | "paragraph_close" | "heading_close":
                    continue
                case _:
                    raise _refused(token)

    def _boxed(self) -> Iterator[Block]:
        while (token := self._next()).type != "blockquote_close":
            if token.type == "inline":
                yield Paragraph(tuple(_inlines(token)), boxed=True)
            elif not token.type.startswith("paragraph_"):
                raise _refused(token)

    def _listing(self, opening: Token) -> Listing:
        entries: list[Line] = []
        depth = 1
        while depth:
            token = self._next()
            if token.type in ("bullet_list_open", "ordered_list_open"):
                raise _refused(token)
            if token.type == "inline":
                entries.append(tuple(_inlines(token)))
            depth -= token.type in ("bullet_list_close", "ordered_list_close")
        start = opening.attrGet("start")
        return Listing(tuple(entries), opening.type.startswith("ordered"), int(start or 1))

    def _table(self) -> Table:
        rows: list[list[Line]] = []
        right: list[bool] = []
        while (token := self._next()).type != "table_close":
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if len(rows) == 1:
                    right.append("right" in str(token.attrGet("style") or ""))
                rows[-1].append(self._line())
        header, *body = rows
        return Table(tuple(header), tuple(map(tuple, body)), tuple(right))

    def _fence(self, token: Token) -> Block:
        kind, _, name = token.info.strip().partition(" ")
        if kind == "signatures":
            return Signatures(tuple(line.strip() for line in token.content.splitlines() if line.strip()))
        if kind == "graphique" and name in self._figures:
            svg = self._figures[name]
            return Figure(name, svg, " ".join(token.content.split()), *_size_mm(svg))
        raise _refused(token)


def _inlines(token: Token) -> Iterator[Inline]:
    bold = italic = 0
    href = ""
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline" | "text_special":
                if child.content:
                    yield Text(child.content, bool(bold), bool(italic), href)
            case "strong_open" | "strong_close":
                bold += child.nesting
            case "em_open" | "em_close":
                italic += child.nesting
            case "link_open":
                href = _checked(str(child.attrGet("href")), token)
            case "link_close":
                href = ""
            case "softbreak":
                yield Text(" ", bool(bold), bool(italic), href)
            case "hardbreak":
                yield LineBreak()
            case _:
                raise _refused(token)


def _size_mm(svg: str) -> tuple[int, int]:
    """Size of one of our drawings."""
    found = _SIZE.search(svg)
    return (round(float(found[1])), round(float(found[2]))) if found else (165, 62)


def _checked(address: str, token: Token) -> str:
    if urlsplit(address).scheme not in _SCHEMES:
        raise _refused(token)
    return address


def _refused(token: Token) -> DocumentError:
    line = token.map[0] + 1 if token.map else 0
    return DocumentError("the paper cannot show this", code="modele_markup", ligne=line, element=token.type)
