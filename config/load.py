"""From a TOML file to a :class:`config.schema.Config`: every mistake at once, each with its key, in French.

Paths are taken from the file's folder. Secrets are read from the environment or from files, and are never shown.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from config.inputs import SourceKind
from config.schema import Config, Server
from config.wording import expected

Loc = tuple[str | int, ...]
Table = dict[str, Any]

SECRETS = {
    "source": "mot_de_passe",
    "camera": "mot_de_passe",
    "destination": "cle",
    "salles": "turn_secret",
    "conference": "mot_de_passe",
}
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key it is at, what was expected there, what was found (empty when there is nothing to show)."""

    key: str
    expected: str
    found: str = ""

    def __str__(self) -> str:
        text = f"{self.key} : {self.expected}" if self.key else self.expected
        return f"{text} ({self.found})" if self.found else text


class ConfigError(Exception):
    """The configuration cannot be used. ``problems`` holds every mistake found, in the order of the file's sections."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(f"{self.path} : {problem}" for problem in self.problems)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read a configuration. Raises ConfigError with all its mistakes."""
    raw, base = _read(path), path.resolve().parent
    problems = [*_resolve_secrets(raw, base, environ), *_resolve_addresses(raw, base)]
    if isinstance(server := raw.setdefault("serveur", {}), dict):
        # Whatever folder the processes run in, they must agree on where the data is: the default too is beside the file.
        server.setdefault("dossier", str(Server().dossier))
    _resolve_paths(raw, Config, base)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        hidden = {problem.key for problem in problems}
        details = (detail for detail in error.errors(include_url=False) if not _is_echo(detail, raw))
        found = (_problem(detail, raw) for detail in details)
        problems += [problem for problem in found if problem.key not in hidden]
        raise ConfigError(path, tuple(problems)) from None
    if problems:
        raise ConfigError(path, tuple(problems))
    return config


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = Problem("", "ce fichier n'existe pas")
    except UnicodeDecodeError:
        problem = Problem("", "le fichier doit être écrit en UTF-8")
    except OSError as error:
        problem = Problem("", "le fichier doit pouvoir être lu", os.strerror(error.errno or 0))
    except tomllib.TOMLDecodeError as error:
        problem = Problem("", "le fichier doit être du TOML", str(error))
    raise ConfigError(path, (problem,))


def _resolve_secrets(raw: Table, base: Path, environ: Mapping[str, str]) -> Iterator[Problem]:
    for section, secret in SECRETS.items():
        for index, table in enumerate(_tables(raw, section)):
            at = section if isinstance(raw[section], dict) else _key((section, index), raw)
            if secret in table:
                del table[secret]
                yield Problem(
                    f"{at}.{secret}",
                    f"un secret ne s'écrit pas ici : mettre {secret}_env ou {secret}_fichier",
                )
            variable, file = table.get(f"{secret}_env"), table.get(f"{secret}_fichier")
            if variable is not None and file is not None:
                yield Problem(at, f"{secret}_env ou {secret}_fichier, pas les deux")
            elif isinstance(variable, str):
                table[secret] = environ.get(variable, "").strip()
                if not table[secret]:
                    yield Problem(
                        f"{at}.{secret}_env",
                        f"la variable d'environnement {variable} doit contenir le secret",
                        "absente ou vide",
                    )
            elif isinstance(file, str):
                table[secret] = _secret_file(base / file)
                if not table[secret]:
                    yield Problem(
                        f"{at}.{secret}_fichier",
                        f"le fichier {file} doit contenir le secret",
                        "absent, illisible ou vide",
                    )


def _secret_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _resolve_addresses(raw: Table, base: Path) -> Iterator[Problem]:
    for index, table in enumerate(_tables(raw, "source")):
        address = table.get("adresse")
        if not isinstance(address, str):
            continue
        scheme, separator, rest = address.partition("://")
        user = rest.partition("/")[0].rpartition("@")[0]
        if separator and ":" in user:
            table["adresse"] = f"{scheme}://{rest.partition('@')[2]}"
            yield Problem(
                f"{_key(('source', index), raw)}.adresse",
                "sans mot de passe : mettre utilisateur et mot_de_passe_env (ou mot_de_passe_fichier)",
            )
        elif not separator and table.get("genre") in (SourceKind.FILE.value, SourceKind.STILL.value):
            table["adresse"] = str(base / address)


def _tables(raw: Table, section: str) -> list[Table]:
    entries = raw.get(section)
    if isinstance(entries, dict):
        return [entries]
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _resolve_paths(table: Table, model: type[BaseModel], base: Path) -> None:
    for name, field in model.model_fields.items():
        value, kinds = table.get(name), {field.annotation, *get_args(field.annotation)}
        if isinstance(value, str) and Path in kinds:
            table[name] = str(base / Path(value).expanduser())
        inner = _inner_model(field.annotation)
        if inner is not None:
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, dict):
                    _resolve_paths(entry, inner, base)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _is_echo(detail: Any, raw: Table) -> bool:
    """A list whose entries are all wrong is also called too short by pydantic: not a mistake of its own."""
    value: Any = raw
    for step in detail["loc"]:
        value = _into(value, step)
    return detail["type"] == "too_short" and bool(value)


def _problem(detail: Any, raw: Table) -> Problem:
    loc: Loc = detail["loc"]
    key = _key(loc, raw)
    if detail["type"] == "extra_forbidden":
        return Problem(key, "clé inconnue", _suggestion(loc))
    if detail["type"] == "missing":
        return Problem(key, "cette clé est obligatoire", "absente")
    secret = loc and loc[-1] in SECRETS.values()
    return Problem(key, expected(detail), "" if secret else _shown(detail["input"]))


def _key(loc: Loc, raw: Table) -> str:
    """``source[cam2].adresse``: entries by their id (a camera by its source's) where they have one, else by their rank from 1."""
    text, at = "", raw
    for step in loc:
        at = _into(at, step)
        if isinstance(step, int):
            name = at.get("id", at.get("source")) if isinstance(at, dict) else None
            text += f"[{name if isinstance(name, str) and name else step + 1}]"
        else:
            text += f".{step}" if text else step
    return text


def _into(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _suggestion(loc: Loc) -> str:
    model: type[BaseModel] | None = Config
    for step in loc[:-1]:
        if isinstance(step, str) and model is not None:
            model = _inner_model(model.model_fields[step].annotation) if step in model.model_fields else None
    near = difflib.get_close_matches(str(loc[-1]), model.model_fields if model else (), n=1, cutoff=0.5)
    return f"peut-être « {near[0]} »" if near else ""


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"trouvé : {text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + '…'}"
