"""Templates: text in a light markup with places for what the séance says. A town's own stand before ours, file by file.

A value never becomes markup: what a name holds (an asterisk, a bar) is printed as it is. Templates run in a sandbox: they read the
view and call nothing else.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

from regie.documents import french
from regie.documents.errors import DocumentError

OURS = Path(__file__).parent / "modeles"
SUFFIX = ".md"
_PUNCTUATION = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>()#+-.!|&~\"'$%/:;=?@^,"})


_TAGS_ALONE = re.compile(r"^[ \t]*((?:\{%[^\n]*?%\}[ \t]*)+)\n", re.MULTILINE)


class Marked(str):
    """Markup that a filter made on purpose."""


def plain(value: object) -> str:
    """A value as text that no markup can come out of; on one line."""
    if isinstance(value, Marked):
        return value
    return str(value).replace("\r", "").replace("\n", " ").translate(_PUNCTUATION)


def prose(text: str) -> Marked:
    """What a person wrote, as paragraphs; lines that begin with « - » are points of a list."""
    lines = []
    for line in text.splitlines():
        stripped = line.strip()
        point = stripped.startswith("- ")
        lines.append(f"- {plain(stripped[2:])}" if point else plain(stripped))
    return Marked("\n".join(lines))


def _link(label: str, address: str) -> Marked:
    safe = address.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    return Marked(f"[{plain(label)}](<{safe}>)" if address else plain(label))


class TagsAlone(Extension):
    """A line that holds only tags leaves no line behind; any other line ends where it ends, whatever stands there."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template's source; the newline goes into a comment, so that errors keep their line."""
        return _TAGS_ALONE.sub(r"\1{#\n#}", source)


class Templates:
    """The templates of a town: its own folder first, then ours."""

    def __init__(self, own: Path | None = None) -> None:
        folders = [own, OURS] if own is not None else [OURS]
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            undefined=StrictUndefined,
            finalize=plain,
            extensions=[TagsAlone],
            autoescape=False,
        )
        self._environment.filters |= {
            "jour": french.day,
            "jour_semaine": french.weekday,
            "jour_court": french.short_day,
            "heure": french.hour,
            "heure_exacte": french.exact_hour,
            "heure_dite": french.hour_of,
            "jour_heure": french.day_and_hour,
            "duree": french.duration,
            "nombre": french.count,
            "liste": french.listed,
            "de": french.of,
            "noms": lambda names: french.listed(list(names)) or "néant",
            "texte": prose,
            "lien": _link,
        }

    def text(self, name: str, values: Mapping[str, object]) -> str:
        """A template filled in. Raises DocumentError with the file, and the line where it is known."""
        file = f"{name}{SUFFIX}"
        try:
            return self._environment.get_template(file).render(values)
        except TemplateNotFound as error:
            raise DocumentError("no such template", code="modele_absent", fichier=file) from error
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise DocumentError(
                "a template is wrong", code="modele_faux", fichier=file, ligne=line
            ) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise DocumentError(
                "a template is wrong", code="modele_faux", fichier=file, ligne=None
            ) from error
