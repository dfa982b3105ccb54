"""Rules that other parts than the legal register hold: papers, rights, what is kept. One example each, under its rule's name."""

import re
from datetime import date
from pathlib import Path

import pytest

import regie.documents
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Town
from regie.documents import french, privacy
from regie.documents.record import record_of
from regie.domain.commands import StartSeance
from regie.domain.model import Role
from regie.domain.register import commands as cmd
from regie.domain.register.presence import Cause
from regie.domain.register.proxies import Writing
from regie.domain.register.regimes import REGIMES, RegimeId
from regie.domain.register.roster import Councillor
from regie.domain.register.rules import RULES
from tests.unit import documents_rig as rig
from tests.unit.council import Council, convene
from web_ui.register_rights import may_enter
from web_ui.rights import may

pytestmark = pytest.mark.unit

MODELS = sorted(Path(next(iter(regie.documents.__path__)), "modeles").glob("*.md"))


@pytest.fixture(scope="module")
def papers() -> dict[str, str]:
    """The papers of an evening, by name."""
    return rig.texts(rig.evening_record(), rig.evening_dossier())


def test_pr11_a_proxy_keeps_no_instruction() -> None:
    fields = set(Writing.__struct_fields__) | set(cmd.LodgeProxy.__struct_fields__)
    assert not {name for name in fields if re.search("instruct|choice|vote|consigne", name)}


def test_pr16_the_minutes_name_the_giver_the_holder_and_the_date_of_each_proxy(
    papers: dict[str, str],
) -> None:
    for giver in range(25, 31):
        assert f"Élu {giver}, pouvoir à Élu {giver - 20} du 04/03/2026" in papers["proces-verbal"]


def test_pr9_pr16_a_proxy_received_or_ended_during_the_seance_is_in_the_minutes() -> None:
    council = Council(convene(33))
    council.proxy(30, 1)
    council.open(18)
    council.wait(1800)
    council.proxy(18, 5)
    council.proxy(17, 6)
    council.do(cmd.RevokeProxy(proxy="p17-6", mistaken=True))
    council.do(cmd.Leave(person="e18"))
    council.do(cmd.RevokeProxy(proxy="p30-1"))
    council.do(cmd.CloseSitting())
    minutes = rig.texts(record_of(council.told, "2026-03-12"), rig.evening_dossier())["proces-verbal"]
    said = minutes.replace("\xa0", " ")
    assert "Pouvoir d'Élu 18 à Élu 5 du 04/03/2026, reçu à 20 h 00." in said
    assert "Pouvoir d'Élu 30 à Élu 1 du 04/03/2026, prend fin à 20 h 00 (révocation)." in said
    assert "Élu 17 à" not in said


def test_pv2_the_minutes_tell_every_coming_and_going() -> None:
    council = Council(convene(33))
    council.open(18)
    for command in (cmd.Leave(person="e5", cause=Cause.RECUSAL), cmd.Arrive(person="e5", room="hall")):
        council.wait(600)
        council.do(command)
    council.wait(600)
    council.do(cmd.Leave(person="e5"))
    council.do(cmd.Arrive(person="e30", room="hall"))
    council.do(cmd.CloseSitting())
    made = rig.texts(record_of(council.told, "2026-03-12"), rig.evening_dossier())
    told = "Élu 5 quitte la séance (déport) à 19 h 40, revient à 19 h 50, quitte la séance à 20 h 00."
    assert told in made["proces-verbal"].replace("\xa0", " ")
    assert "Élu 30 arrive à 20 h 00." in made["proces-verbal"].replace("\xa0", " ")
    assert "présent, quitte la séance (déport) à" in made["feuille-de-presence"]


def test_hc1_a_public_seance_is_broadcast_without_a_vote_by_who_presides_or_conducts() -> None:
    allowed = {role for role in Role if may({role}, StartSeance())}
    assert {Role.PRESIDENT, Role.TECHNICIAN} <= allowed
    assert not any(event.KIND.startswith("broadcast") for event in rig.evening().told)


def test_hc5_what_was_dealt_with_behind_closed_doors_is_in_the_minutes_and_in_the_list(
    papers: dict[str, str],
) -> None:
    minutes = papers["proces-verbal"]
    assert "# Huis clos" in minutes and "Protocole transactionnel avec M. Untel" in minutes
    assert "2026-046" in minutes and "2026-046" in papers["liste-des-deliberations"]
    assert "s'est réuni à huis clos (article L.2121-18)" in papers["deliberation-005"]
    assert "s'est réuni en séance publique" in papers["deliberation-004"]


def test_d10_an_extract_names_those_of_the_item_not_of_the_opening(papers: dict[str, str]) -> None:
    """Élu 30, represented at the opening, came before the fourth item: he is present there, and nothing else."""
    before, after = papers["deliberation-003"], papers["deliberation-004"]
    (represented,) = re.findall(r"^Représentés : .*$", after, re.MULTILINE)
    assert "Élu 30 (pouvoir à Élu 10 du 04/03/2026)" in before
    assert "Élu 30" not in represented and "Élu 20 et Élu 30." in after
    (absent,) = re.findall(r"^Absents : .*$", after, re.MULTILINE)
    assert "Élu 33" in absent and "Élu 30" not in absent


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ana Abadie", "d'Ana Abadie"),
        ("Élise Étienne", "d'Élise Étienne"),
        ("Mme Diallo", "de Mme Diallo"),
        ("Yves Roy", "d'Yves Roy"),
        ("Yann Roy", "de Yann Roy"),
    ],
)
def test_a_name_after_de(name: str, said: str) -> None:
    assert french.of(name) == said


def test_hc7_no_paper_forbids_the_press_or_the_public_to_record() -> None:
    assert len(MODELS) > 10
    for model in MODELS:
        text = model.read_text(encoding="utf-8").lower()
        assert not re.search(r"(interdit|interdiction|défense)[^.]{0,40}(enregistr|filmer)", text), model.name


@pytest.mark.parametrize(
    "command",
    [cmd.GiveFloor(person="e1"), cmd.TakeFloor(), cmd.PassPresidency(president="e2"), cmd.OpenDebate()],
    ids=lambda command: type(command).__name__,
)
def test_hc8_the_police_of_the_assembly_is_not_the_technicians(command: cmd.AnyCommand) -> None:
    assert may_enter({Role.PRESIDENT}, command)
    assert not may_enter({Role.TECHNICIAN}, command) and not may_enter({Role.ADMIN}, command)


def test_tc13_first_remote_seances_of_the_crisis_have_their_own_regime_and_no_other() -> None:
    crisis = {name for name, regime in REGIMES.items() if regime.exceptional}
    assert crisis == {RegimeId.COVID_A, RegimeId.COVID_B, RegimeId.COVID_C}


def test_pv8_a_paper_that_goes_online_says_who_signs_and_keeps_a_place_for_its_day(
    papers: dict[str, str],
) -> None:
    assert "Mise en ligne le" in papers["liste-des-deliberations"]
    assert "Le maire, Élu 1" in papers["liste-des-deliberations"]


def test_p10_p2_p3_the_notices_say_who_may_object_to_what_and_to_whom() -> None:
    source = SourceConfig(id="mire", nom="Mire", genre=SourceKind.BARS)
    config = Config(ville=Town(nom="Valmont"), source=(source,))
    made = {name: rig.text_of(paper) for name, paper in privacy.notices(config, date(2026, 3, 1))}
    assert "séance est publique" in made["affiche"] and "opposition" in made["affiche"]
    assert "ne sont pas filmés" in made["affiche"] and "voix seule" in made["affiche"]
    assert {"Responsable", "Finalités", "Conservation"} <= set(
        re.findall(r"\w+", made["registre-traitement"])
    )


def test_p12_birth_dates_break_a_tie_and_are_printed_nowhere() -> None:
    """Asked for in the lists only where an election may need them (VO12)."""
    born = Councillor(id="e4", name="Élu 4", rank=4, born=date(1961, 7, 9))
    record = record_of(Council(convene(9, extra=[born])).told, "2026-03-12")
    told = "".join(rig.texts(record, rig.evening_dossier()).values())
    assert "Élu 4" in told and "1961" not in told


def test_p11_no_relay_to_another_platform_is_there_by_default() -> None:
    source = SourceConfig(id="mire", nom="Mire", genre=SourceKind.BARS)
    assert Config(ville=Town(nom="Valmont"), source=(source,)).destination == ()


def test_p14_p15_names_are_published_for_public_ballots_only(papers: dict[str, str]) -> None:
    online = papers["proces-verbal-en-ligne"]
    public, ordinary = online.split("2. Rénovation")[-1], online.split("1. Subvention")[-1]
    assert "Contre (8)" in public.split("3. Vœu")[0]
    assert "Contre (" not in ordinary.split("2. Rénovation")[0]
    secret = online.split("– scrutin secret", 1)[1].split("Délibération n°")[0]
    assert "Élu" not in secret


def test_every_rule_has_an_example_somewhere_under_its_name() -> None:
    """The register's rules are examined in ``test_register_*``, the others here and where each is held."""
    named: set[str] = set()
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for words in re.findall(r"def test_(\w+)", text):
            named |= {word.upper() for word in words.split("_")}
        if path != Path(__file__):
            named |= set(re.findall(r"\b([A-Z]{1,2}\d+)\b", text))
    assert set(RULES) - named == set(WITHOUT_EXAMPLE)


WITHOUT_EXAMPLE = {
    "AC1": "the régie makes no captions, and calls no replay accessible",
    "AC2": "of pages: the keyboard and the contrasts are examined by the tests of the pages",
    "SE1": "a file of the town's, not of the software",
    "SE2": "nothing is sent to the prefecture from here",
    "SE3": "of the installation",
    "SE4": "there is no electronic secret vote",
    "P4": "of framing: who is not filmed has his place among the zones, examined with the cameras",
    "P5": "of framing: a blur of the configuration, examined with the cameras",
    "P13": "of the cut: examined with the masks and the huis clos (tests of the secret)",
    "P8": "a request is answered by hand, with the files of the second pass",
}
