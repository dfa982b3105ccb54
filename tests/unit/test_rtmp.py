"""Keys, delays between tries, reasons; no secret in any text."""

import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.outputs import DestinationConfig
from regie.errors import RegieError
from regie.media.rtmp import destination
from regie.media.rtmp_publisher import OutputError, _delay, _explain

pytestmark = pytest.mark.unit

KEY = "clef-tres-secrete"


def config(**more: object) -> DestinationConfig:
    return DestinationConfig.model_validate(
        {"id": "tv", "nom": "TV", "adresse": "rtmps://tv.exemple.fr/live", **more}
    )


def test_the_key_comes_from_the_configuration_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    monkeypatch.setenv("REGIE_TEST_KEY", KEY)
    given_keys: list[dict[str, object]] = [
        {"cle": KEY},
        {"cle_env": "REGIE_TEST_KEY"},
        {"cle_fichier": tmp_path / "key"},
        {"adresse": f"rtmps://tv.exemple.fr/live/{KEY}"},
    ]
    for more in given_keys:
        to = destination(config(**more))
        assert (to.target.app, to.target.stream, to.target.port) == ("live", KEY, 443)
        assert KEY not in repr(to)


@pytest.mark.parametrize("more", [{"cle_env": "REGIE_TEST_NO_KEY"}, {"cle_fichier": Path("/nowhere/key")}])
def test_a_key_that_is_missing_is_said(more: dict[str, object]) -> None:
    with pytest.raises(RegieError) as refused:
        destination(config(**more))
    assert refused.value.stable_code == "cle_absente"


@given(st.integers(0, 10_000), st.floats(0, 1e6))
def test_a_server_that_comes_back_never_waits_long(attempt: int, failing_s: float) -> None:
    """A try, then a keyframe at most a second later: three seconds hold whatever happened before."""
    assert 0.3 <= _delay(attempt, failing_s, "connexion_refusee") <= (1.0 if failing_s < 60 else 2.0)


def test_a_key_refused_for_long_is_tried_less_often() -> None:
    assert [_delay(n, 0, "cle_refusee") for n in range(5)] == [0.3, 0.5, 0.75, 1.0, 1.0]
    assert _delay(100, 100, "cle_refusee") == 5.0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutputError("x", code="serveur_muet"), "serveur_muet"),
        (ssl.SSLCertVerificationError("x"), "certificat_refuse"),
        (ssl.SSLError(1, "x"), "tls_impossible"),
        (socket.gaierror(-2, "x"), "nom_inconnu"),
        (ConnectionRefusedError(), "connexion_refusee"),
        (ConnectionResetError(), "connexion_perdue"),
        (TimeoutError(), "injoignable"),
        (OSError(101, "x"), "injoignable"),
    ],
)
def test_each_failure_has_its_code(error: Exception, code: str) -> None:
    assert _explain(error)[0] == code
