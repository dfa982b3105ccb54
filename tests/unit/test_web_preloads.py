"""The citizens' page asks for all its modules at once: one forgotten in its head would be found late, on a slow network."""

import re
from pathlib import Path

import pytest

import web_ui

pytestmark = pytest.mark.unit

UI = Path(web_ui.__file__).parent
_IMPORT = re.compile(r'^import\b[^;]*?"(\.[^"]+)"', re.MULTILINE)


def imported(module: Path, known: set[Path]) -> set[Path]:
    """A module and all that it imports."""
    if module not in known:
        known.add(module)
        for name in _IMPORT.findall(module.read_text(encoding="utf-8")):
            imported((module.parent / name).resolve(), known)
    return known


def test_the_head_of_the_citizens_page_names_every_module() -> None:
    page = (UI / "templates" / "public.html").read_text(encoding="utf-8")
    named = re.findall(r'<link rel="modulepreload" href="/static/(js/[^"]+)" />', page)
    main = UI / "static" / "js" / "public" / "main.js"
    wanted = {str(one.relative_to(UI / "static")) for one in imported(main, set()) - {main}}
    assert set(named) == wanted and len(named) == len(wanted) > 10
