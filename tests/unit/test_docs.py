"""The guides tell the truth: their links, images, keys, commands and alarms exist."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

import config
import web_ui
from config.schema import Config
from regie.__main__ import _parser

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *GUIDES]
IMAGE_LIMIT = 250_000

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_COMMAND = re.compile(r"(?:^|[\s/])regie ((?:demo|serve|check|journal|director)\b[^#]*)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def slug(heading: str) -> str:
    """The anchor that forges give to a heading."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_and_images_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(text_of(page)):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.is_file(), link
        assert ROOT in target.parents, link
        assert not anchor or anchor in anchors(target), link


def test_every_image_is_shown_and_light() -> None:
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in _LINK.findall(text_of(page))
        if link.endswith(".png")
    }
    images = set((ROOT / "docs" / "images").iterdir())
    assert images == shown
    assert not [image.name for image in images if image.stat().st_size > IMAGE_LIMIT]


def sections() -> dict[str, type[BaseModel]]:
    """The sections of a configuration and what each may say."""
    found: dict[str, type[BaseModel]] = {}
    for name, field in Config.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found[name] = kind
    return found


def named_keys(page: Path) -> Iterator[tuple[str, str]]:
    """(section, key) as a guide names them: ``section.key``, or a table whose rows begin with ``[section]``."""
    text = text_of(page)
    known = "|".join(sections())
    yield from re.findall(rf"`({known})\.(?!py`)([a-z0-9_]+)`", text)
    for row in re.findall(rf"^\| (`\[+(?:{known})\]+`[^\n]*)", text, re.MULTILINE):
        heads, _, said = row.partition(" | ")
        names = re.findall(r"\[([a-z]+)\]", heads)
        for key in re.findall(r"`([a-z0-9_]+)(?: = [^`]+)?`", said):
            yield next((name for name in names if key in sections()[name].model_fields), names[0]), key


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_keys_of_the_configuration_exist_and_are_in_the_example(page: Path) -> None:
    example = text_of(Path(config.__file__).with_name("exemple.toml"))
    for section, key in named_keys(page):
        assert key in sections()[section].model_fields, f"{section}.{key}"
        assert re.search(rf"^(?:# )?{key} = ", example, re.MULTILINE), f"{section}.{key}"


def test_the_installer_is_told_of_every_section() -> None:
    text = text_of(ROOT / "docs" / "installation.md")
    assert not [section for section in sections() if f"[{section}]" not in text]
    assert len(list(named_keys(ROOT / "docs" / "installation.md"))) > 20


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of every `regie …` shown, in blocks and in sentences."""
    text = text_of(page)
    blocks = [body.replace("\\\n", " ") for language, body in _FENCE.findall(text) if not language]
    lines = [line for body in blocks for line in body.splitlines()] + _INLINE.findall(_FENCE.sub("", text))
    for line in lines:
        for arguments in _COMMAND.findall(line):
            yield shlex.split(arguments)


def parses(arguments: list[str]) -> bool:
    try:
        _parser().parse_args(arguments)
    except SystemExit as end:
        return end.code == 0
    return True


def test_every_command_shown_is_one_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    shown = [arguments for page in PAGES for arguments in commands(page)]
    assert {arguments[0] for arguments in shown} == {"demo", "serve", "check", "journal", "director"}
    for arguments in shown:
        # A command that is only named in a sentence is shown without what it asks for.
        assert parses(arguments) or (len(arguments) == 1 and parses([*arguments, "--help"])), arguments
    assert not parses(["check", "a.toml", "--nonsense"])


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for code in [*(body for _, body in _FENCE.findall(text_of(page))), *_INLINE.findall(text_of(page))]
        for target in re.findall(r"(?:^|&& |sudo )make ([a-z]+)", code, re.MULTILINE)
    }
    assert {"demo", "test"} <= shown <= targets


def test_every_module_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", text_of(ROOT / "docs" / "architecture.md")))
    places = (ROOT, ROOT / "regie" / "media")
    assert not [name for name in named if not any((place / name).is_file() for place in places)]
    assert len(named) > 30


def test_every_alarm_is_explained_to_the_technician() -> None:
    texts = json.loads(text_of(Path(web_ui.__file__).parent / "static" / "texts.json"))
    codes = {key.split(".")[1] for key in texts if key.startswith("alarme.")}
    guide = text_of(ROOT / "docs" / "technicien.md")
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", guide, re.MULTILINE))
    assert codes <= explained, codes - explained
    assert len(codes) > 10
