"""Models found from what they answer."""

import pytest

from camera_drivers import quirks
from camera_drivers import visca_commands as visca

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("answer", "name", "most"),
    [
        ("00 01 05 1c 01 02 02", "Sony BRC-X400", 20),
        ("00 20 05 1c 01 02 02", "Sony BRC-X400", 20),
        ("00 01 06 18 01 00 02", "Sony SRG-X120", 12),
        ("00 01 05 11 01 00 02", "Sony SRG-120DH", 12),
        ("00 01 05 19 01 00 02", "Sony BRC-X1000", 12),
        ("00 01 7f 7f 01 00 02", "Sony, unknown model", 20),
        ("00 01", "Sony, unknown model", 20),
    ],
)
def test_a_sony_tells_its_model(answer: str, name: str, most: float) -> None:
    model = quirks.identify(bytes.fromhex(answer)).model
    assert (model.name, model.zoom.most) == (name, most)


def test_the_number_of_sockets_and_the_firmware_are_its_own() -> None:
    found = quirks.identify(bytes.fromhex("0001051c013304"))
    assert (found.sockets, found.firmware) == (4, "0133")


@pytest.mark.parametrize("answer", ["01 02 03 04 05 06 02", "00 01 11 22 33 44 01"])
def test_another_maker_s_versions_are_not_taken_for_a_sony(answer: str) -> None:
    assert quirks.identify(bytes.fromhex(answer), quirks.PTZOPTICS).model is quirks.PTZOPTICS


def test_a_sony_behind_a_wrong_family_is_recognised() -> None:
    assert quirks.identify(bytes.fromhex("0001051c010202"), quirks.PTZOPTICS).model is quirks.X400


@pytest.mark.parametrize(
    "model", [*quirks.FAMILIES.values(), quirks.X400, quirks.X1000, quirks.FR7, quirks.DH120]
)
def test_each_record_has_its_source_and_numbers_that_its_messages_can_carry(model: quirks.Model) -> None:
    assert model.source
    for axis, digits in ((model.pan, model.pan_digits), (model.tilt, model.tilt_digits)):
        bound = 1 << (4 * digits - 1)
        assert -bound <= axis.steps(axis.low) < axis.steps(axis.high) < bound
    for speeds in (model.pan_speeds, model.tilt_speeds):
        assert all(a < b for a, b in zip(speeds, speeds[1:], strict=False))
    assert model.zoom.position(1.0) == 0 and model.zoom.position(model.zoom.most) == 0x4000
    shown = model.capabilities()
    assert (shown.pan[0], shown.tilt[1]) == (model.pan.low, model.tilt.high)


@pytest.mark.parametrize(
    "model", [*quirks.FAMILIES.values(), *quirks.SONY_MODELS.values()], ids=lambda model: model.name
)
def test_a_model_that_says_limits_can_be_sent_them_over_its_whole_reach(model: quirks.Model) -> None:
    for one in (model, model.hung()) if model.limits else ():
        for up_right, pan, tilt in ((False, one.pan.low, one.tilt.low), (True, one.pan.high, one.tilt.high)):
            assert visca.limit(up_right, one.pan.steps(pan), one.tilt.steps(tilt)).payload
    assert not model.limits or max(model.pan_digits, model.tilt_digits) == 4


def test_the_heads_on_five_digits_say_that_they_take_no_limits() -> None:
    five = [m for m in quirks.SONY_MODELS.values() if m.pan_digits == 5]
    assert {m.name[5:] for m in five} == {"BRC-X1000", "BRC-H800", "BRC-H780", "ILME-FR7"}
    assert not any(m.capabilities().limits for m in five)


@pytest.mark.parametrize(
    ("model", "number", "code"), [(quirks.X400, 1, 0), (quirks.X400, 100, 99), (quirks.PTZOPTICS, 89, 89)]
)
def test_memories_are_numbered_as_the_camera_does(model: quirks.Model, number: int, code: int) -> None:
    assert model.preset_code(number) == code


@pytest.mark.parametrize(
    ("model", "number"), [(quirks.X400, 0), (quirks.X400, 101), (quirks.PTZOPTICS, 95), (quirks.CISCO, 1)]
)
def test_memories_that_are_none_are_refused(model: quirks.Model, number: int) -> None:
    with pytest.raises(ValueError, match="memory"):
        model.preset_code(number)


def test_a_hung_camera_looks_down() -> None:
    assert (quirks.X400.hung().tilt.low, quirks.X400.hung().tilt.high) == (-90.0, 20.0)


def test_raw_transports_have_no_header() -> None:
    assert not quirks.AKVANS.options().header and quirks.AVER.options().header
    assert not quirks.CISCO.options().acknowledges
