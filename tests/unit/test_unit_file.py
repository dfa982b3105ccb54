"""The systemd unit agrees with what the supervisor does."""

import configparser
from pathlib import Path

import pytest

import config
from regie.supervise import LAST_CHANCE_S, NO_CORE, STOP_S

pytestmark = pytest.mark.unit


def test_the_unit_leaves_the_supervisor_its_time_and_its_order() -> None:
    unit = configparser.RawConfigParser(strict=True, comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(Path(config.__file__).with_name("regie.service"), encoding="utf-8")
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["KillMode"] == "mixed", "the supervisor alone is told: it stops the others in order"
    assert float(service["TimeoutStopSec"]) > STOP_S + 2 * LAST_CHANCE_S
    assert float(service["WatchdogSec"]) >= 10
    assert service["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0", "it never gives up"
    assert service["LimitCORE"] == str(NO_CORE), "what is masked is in no memory image"
    assert "AF_UNIX" in service["RestrictAddressFamilies"]
