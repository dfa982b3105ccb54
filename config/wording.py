"""What a configuration key expects, in French, from pydantic's account of what is wrong."""

from collections.abc import Callable, Mapping
from typing import Any

_PATTERNS = {
    r"^[a-z0-9][a-z0-9_-]{0,31}$": "de 1 à 32 lettres minuscules sans accent, chiffres, tirets",
    r"^#[0-9a-fA-F]{6}$": "une couleur comme #1d4e89",
}

_Context = Mapping[str, Any]
_SENTENCES: dict[str, Callable[[_Context], str]] = {
    "string_type": lambda c: "du texte entre guillemets",
    "int_type": lambda c: "un nombre entier",
    "int_parsing": lambda c: "un nombre entier",
    "int_from_float": lambda c: "un nombre entier",
    "float_type": lambda c: "un nombre",
    "float_parsing": lambda c: "un nombre",
    "bool_type": lambda c: "true ou false",
    "bool_parsing": lambda c: "true ou false",
    "path_type": lambda c: "un chemin de fichier entre guillemets",
    "tuple_type": lambda c: "une liste entre crochets",
    "model_type": lambda c: "une section",
    "datetime_type": lambda c: "une date comme 2026-11-21T19:00:00",
    "datetime_parsing": lambda c: "une date comme 2026-11-21T19:00:00",
    "datetime_from_date_parsing": lambda c: "une date comme 2026-11-21T19:00:00",
    "greater_than": lambda c: f"plus de {c['gt']:g}",
    "greater_than_equal": lambda c: f"au moins {c['ge']:g}",
    "less_than": lambda c: f"moins de {c['lt']:g}",
    "less_than_equal": lambda c: f"au plus {c['le']:g}",
    "literal_error": lambda c: "l'une de ces valeurs : " + _listed(c["expected"]),
    "enum": lambda c: "l'une de ces valeurs : " + _listed(c["expected"]),
    "string_pattern_mismatch": lambda c: _PATTERNS.get(c["pattern"], "une autre forme"),
    "string_too_short": lambda c: f"au moins {c['min_length']} caractère(s)",
    "string_too_long": lambda c: f"au plus {c['max_length']} caractères",
    "too_short": lambda c: f"au moins {c['min_length']} entrée(s)",
    "value_error": lambda c: str(c["error"]),
}


def expected(detail: Mapping[str, Any]) -> str:
    """The sentence for one entry of ``ValidationError.errors()``; pydantic's own when we have none."""
    sentence = _SENTENCES.get(detail["type"])
    return sentence(detail.get("ctx", {})) if sentence else str(detail["msg"])


def _listed(values: str) -> str:
    return values.replace("'", "").replace(" or ", ", ")
