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
        if sentence is None:
            log.warning("texts: no sentence for %s", code)
            return _UNKNOWN.format(code=code)
        return sentence.format_map(_Blank(facts or {}))
