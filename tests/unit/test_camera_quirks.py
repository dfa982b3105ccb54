"""Models found from what they answer, and the lens that each is taken to have."""

import asyncio

import pytest

from camera_drivers import panasonic_wire, quirks, visca_answers
from camera_drivers import visca_commands as visca
from camera_drivers.base import CameraRefused, Position
from camera_drivers.panasonic import PanasonicCamera
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.zones import Zone, Zones
from config.inputs import CameraConfig, CameraFamily, CameraProtocol
from regie.cameras.factory import Workshop

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


AT_TELE = b"\x04\x00\x00\x00"
BESIDE = Zone("Public", ((2.2, -20.0), (20.0, -20.0), (20.0, 20.0), (2.2, 20.0)))
"""Just out of a ×20 picture at its tightest (3.4° across), well inside a ×12 one (5.6°)."""


@pytest.mark.parametrize("family", [family for family in CameraFamily if family is not CameraFamily.SONY])
def test_at_tele_the_framing_of_a_x12_head_is_judged_by_its_own_field(family: CameraFamily) -> None:
    def config(zoom_max: float | None) -> CameraConfig:
        return CameraConfig(
            source="cam1",
            protocole=CameraProtocol.VISCA_TCP,
            adresse="127.0.0.1",
            modele=family,
            zoom_max=zoom_max,
        )

    async def run() -> None:
        for zoom_max, field, seen in ((None, 3.37, []), (12.0, 5.62, ["Public"])):
            camera = (await Workshop(port=0).make(config(zoom_max), None, {})).camera
            assert isinstance(camera, ViscaCamera)
            zoom = visca_answers.zoom(AT_TELE, camera.model)
            assert camera.lens.field(zoom)[0] == pytest.approx(field, abs=0.01)
            assert Zones([BESIDE], camera.lens).seen(Position(0.0, 0.0, zoom)) == seen
            can = camera.capabilities()
            assert can.zoom == pytest.approx(zoom) and can.zoom_assumed is (zoom_max is None)
        with pytest.raises(CameraRefused, match="reach"):
            await camera.go_to(Position(0.0, 0.0, 13.0))

    asyncio.run(run())


def test_a_panasonic_takes_its_own_tele_end_too() -> None:
    async def run() -> None:
        config = CameraConfig(source="cam1", protocole=CameraProtocol.PANASONIC, adresse="127.0.0.1")
        for zoom_max, most in ((None, 30.0), (20.0, 20.0)):
            camera = (
                await Workshop(port=0).make(config.model_copy(update={"zoom_max": zoom_max}), None, {})
            ).camera
            assert isinstance(camera, PanasonicCamera)
            can = camera.capabilities()
            assert can.zoom == pytest.approx(most) and can.zoom_assumed is (zoom_max is None)
            camera.model = "Panasonic AW-HE40"
            assert not camera.capabilities().zoom_assumed, "the table is that of this one"

    asyncio.run(run())
    x20 = panasonic_wire.ZOOM.reaching(20.0)
    assert panasonic_wire.zoom("gzFFF", x20) == pytest.approx(20)
    assert panasonic_wire.go_to(Position(0, 0, 20), 1.0, x20)[1].command == "#AXZFFF"


def test_a_model_whose_table_its_maker_gives_keeps_it() -> None:
    for model in quirks.SONY_MODELS.values():
        assert model.own_zoom is (model is not quirks.FR7)
        assert not model.own_zoom or model.enlarging(4.0) is model
    fr7 = quirks.FR7.enlarging(4.8)
    assert fr7.zoom.most == pytest.approx(4.8) and fr7.zoom.magnification(0) == 1.0
    assert fr7.zoom.position(4.8) == 0x4000 and not fr7.capabilities().zoom_assumed
