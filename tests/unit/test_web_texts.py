"""Every code that the server may say has its French sentence."""

import re
from pathlib import Path

import pytest

import web_ui
from regie.domain.model import SeanceState, SlateName
from web_ui import errors
from web_ui.texts import Texts

pytestmark = pytest.mark.unit

_CODE = re.compile(r'code(?:: ClassVar\[str\])? ?= ?"([a-z0-9_.]+)"')


def _codes() -> set[str]:
    found = {
        code for file in Path(web_ui.__file__).parent.glob("*.py") for code in _CODE.findall(file.read_text())
    }
    found |= set(errors._CODES.values()) | {"interne", "moteur_muet", "flux_arrete", "moteur_absent"}
    found |= {f"public.{state}" for state in SeanceState} | {"public.terminee_rejeu", "public.aucune_seance"}
    return found | {f"public.panneau.{slate}" for slate in SlateName}


def test_every_code_of_the_server_has_a_sentence() -> None:
    texts = Texts.load()
    unsaid = [code for code in _codes() if not (texts.has(code) or texts.has(f"alarme.{code}"))]
    assert sorted(unsaid) == []
    assert len(_codes()) > 30


def test_facts_take_their_place_and_a_missing_one_shows() -> None:
    texts = Texts({"essais": "Attendez {attendre_s} secondes."})
    assert texts.say("essais", {"attendre_s": 12}) == "Attendez 12 secondes."
    assert texts.say("essais") == "Attendez [attendre_s] secondes."


def test_an_unknown_code_is_still_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    assert Texts({}).say("jamais_vu") == "La demande n'a pas abouti (code jamais_vu)."
    assert "jamais_vu" in caplog.text
