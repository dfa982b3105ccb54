"""The table of rules: complete, spoken in French, and raised where it says that it is."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import regie.domain.register as register
from regie.domain.register import commands as cmd
from regie.domain.register.decide import HANDLERS
from regie.domain.register.rules import NOT_YET, RULES, Unlawful

pytestmark = pytest.mark.unit

SOURCES = [
    path.read_text(encoding="utf-8")
    for path in Path(register.__path__[0]).rglob("*.py")
    if path.name != "rules.py"
]
WANTED = {
    "CV": 11, "QU": 16, "PR": 16, "VO": 20, "DP": 5, "TC": 13, "TL": 10, "PV": 8, "P": 16, "AC": 3, "SE": 4,
}  # fmt: skip


def named_in_code() -> set[str]:
    """Every rule that the code names as a value: raised, flagged, found or chosen."""
    quoted = {name for text in SOURCES for name in re.findall(r'"([A-Z]+\d+)"', text)}
    return quoted & set(RULES)


def test_every_rule_that_enforces_or_warns_is_raised_or_says_why_not() -> None:
    owed = {rule.id for rule in RULES.values() if set("EW") & set(rule.kinds)}
    assert owed - named_in_code() == set(NOT_YET)


def test_every_rule_that_enforces_or_warns_has_an_example_that_expects_it() -> None:
    examples = [path for path in Path(__file__).parent.glob("test_register_*.py") if path != Path(__file__)]
    expected = {
        name for path in examples for name in re.findall(r'"([A-Z]+\d+)"', path.read_text(encoding="utf-8"))
    }
    owed = {rule.id for rule in RULES.values() if set("EW") & set(rule.kinds)}
    assert owed - expected == set(NOT_YET)


def test_the_code_names_no_rule_that_the_table_lacks() -> None:
    called = re.compile(r'(?:Unlawful|Finding|\.flag)\(\s*"([^"]+)"')
    assert {name for text in SOURCES for name in called.findall(text)} <= set(RULES)


@pytest.mark.parametrize("family, count", WANTED.items())
def test_families_have_no_hole(family: str, count: int) -> None:
    assert {f"{family}{n}" for n in range(1, count + 1)} <= set(RULES)
    assert {f"HC{n}" for n in range(9)} <= set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_is_one_french_sentence_with_its_article(
    rule: msgspec.Struct,
) -> None:
    values = msgspec.structs.asdict(rule)
    assert re.fullmatch(r"[A-ZÀÉ].+\.", values["sentence"])
    assert values["sentence"].count(". ") == 0
    assert values["article"]
    assert set(values["kinds"]) <= set("CEWL") and values["kinds"]


def test_a_refusal_carries_its_rule_for_the_pages() -> None:
    refusal = Unlawful("QU4", "the quorum is not reached", presents=16, requis=17)
    assert refusal.stable_code == "regle_qu4"
    assert refusal.facts == {
        "presents": 16,
        "requis": 17,
        "regle": "QU4",
        "article": "L.2121-17",
        "phrase": RULES["QU4"].sentence,
    }


def test_every_command_has_its_judge_and_survives_the_wire() -> None:
    kinds = get_args(cmd.AnyCommand)
    assert set(HANDLERS) | {cmd.Convene} == set(kinds)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)
    arrived = cmd.Arrive(person="e1", room="hall", who="auxiliaire-1", place="hall")
    assert msgspec.json.decode(msgspec.json.encode(arrived), type=cmd.AnyCommand) == arrived


def test_the_2020_decree_is_not_cited_since_august_2022() -> None:
    decree = [rule for rule in RULES.values() if "R.5211-2" in rule.article]
    assert len(decree) >= 8
    for rule in decree:
        assert "R.5211-2" in rule.cited(since_2022=False)
        assert "R.5211-2" not in rule.cited(since_2022=True)
