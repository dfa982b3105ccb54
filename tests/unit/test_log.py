"""Logs: one JSON line each, nothing personal."""

import json
import logging
from typing import Any

import pytest

from regie.errors import Refusal
from regie.log import JsonFormatter

pytestmark = pytest.mark.unit


def written(
    message: str, *args: object, error: BaseException | None = None, verbose: bool = False, **extra: object
) -> dict[str, Any]:
    record = logging.LogRecord("regie.essai", logging.WARNING, __file__, 1, message, args, None)
    if error is not None:
        try:
            raise error
        except BaseException as caught:  # noqa: BLE001 - the traceback is what is tested
            record.exc_info = (type(caught), caught, caught.__traceback__)
    vars(record).update(extra)
    line = JsonFormatter("moteur", verbose).format(record)
    assert "\n" not in line
    decoded: dict[str, Any] = json.loads(line)
    return decoded


def test_a_line_says_who_when_and_what() -> None:
    line = written("source %s is back", "cam2", source="cam2", after_ms=1200)
    assert line["process"] == "moteur"
    assert line["level"] == "warning"
    assert line["message"] == "source cam2 is back"
    assert (line["source"], line["after_ms"]) == ("cam2", 1200)
    assert str(line["time"]).endswith("+00:00")


def test_an_address_loses_its_credentials() -> None:
    assert written("opening %s", "rtsp://salle:sesame@10.0.0.3/1")["message"] == "opening rtsp://10.0.0.3/1"


def test_the_text_of_a_foreign_exception_is_not_written() -> None:
    secret = "Mme Untel a voté contre"
    line = written("failed", error=ValueError(secret))
    assert secret not in json.dumps(line, ensure_ascii=False)
    (told,) = line["error"]
    assert told["type"] == "ValueError"
    assert "test_log.py" in told["at"][-1]


def test_the_text_of_a_foreign_exception_is_there_for_who_asks() -> None:
    line = written("failed", error=ValueError("bad header"), verbose=True)
    assert "bad header" in json.dumps(line)


def test_our_own_errors_tell_their_code_and_facts() -> None:
    (told,) = written("refused", error=Refusal("no such source", code="source_inconnue", source="cam9"))[
        "error"
    ]
    assert told["code"] == "source_inconnue"
    assert told["facts"] == {"source": "cam9"}


def test_every_error_of_a_group_is_told() -> None:
    group = ExceptionGroup("several", [ValueError("a"), OSError(28, "x")])
    types = [told["type"] for told in written("failed", error=group)["error"]]
    assert types == ["ExceptionGroup", "ValueError", "OSError"]
