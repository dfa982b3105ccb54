"""The French sentences that people read, by stable code: ``static/texts.json``, shared with the pages' scripts."""

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from regie.errors import Fact

log = logging.getLogger(__name__)

FILE = Path(__file__).parent / "static" / "texts.json"
_UNKNOWN = "La demande n'a pas abouti (code {code})."


class _Blank(dict[str, Fact]):
    """Facts for a sentence; one that is missing leaves its place visible rather than failing the answer."""

    def __missing__(self, key: str) -> str:
        return f"[{key}]"


def _of_a_rule(facts: Mapping[str, Fact]) -> str:
    """A refusal by the law: the rule's sentence, its article, and the figures that decided."""
    article = str(facts.get("article", ""))
    cited = f"art. {article}" if article.startswith(("L.", "R.")) else article
    figures = ""
    if "presents" in facts and "requis" in facts:
        figures = f" : {facts['presents']} présents, {facts['requis']} requis"
    elif "votants" in facts and "total" in facts:
        figures = f" : {facts['total']} voix comptées, {facts['votants']} votants"
    elif "manquants" in facts:
        figures = f" : il en manque {facts['manquants']}"
    return f"{str(facts['phrase']).removesuffix('.')} ({cited}){figures}."


class Texts:
    """The sentences, read once."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = dict(sentences)

    @classmethod
    def load(cls, file: Path = FILE) -> "Texts":
        """Read the file. Raises OSError, msgspec.MsgspecError: the program is then not whole."""
        return cls(msgspec.json.decode(file.read_bytes(), type=dict[str, str]))

    def has(self, code: str) -> bool:
        """Is there a sentence for this code?"""
        return code in self._sentences

    def say(self, code: str, facts: Mapping[str, Fact] | None = None) -> str:
        """The sentence of a code, ``{name}`` replaced by its facts; a plain one with the code when there is none."""
        sentence = self._sentences.get(code)
        if sentence is None and facts and "phrase" in facts:
            return _of_a_rule(facts)
        if sentence is None:
            log.warning("texts: no sentence for %s", code)
            return _UNKNOWN.format(code=code)
        return sentence.format_map(_Blank(facts or {}))
