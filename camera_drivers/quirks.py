"""What each model of camera is, and how it strays from the standard, with where that is written.

A model is found from its answer to CAM_VersionInq, or named in the configuration. Sources, by short name:

* ``X400 list``: Sony VISCA command list E-042-100 (BRC-X400/X401, SRG-X400/X402/201M2/X120/HD1M2);
* ``X1000 list``: Sony C-456-100; ``120DH manual``: Sony A-ES7-100; ``300SE manual``: Sony C-092-100;
* ``FR7 list``: Sony ILME-FR7 VISCA list, v4;
* ``Minrray protocol``: VISCA pages of the Telycam TLC-700-S and Minrray UV950A manuals (PTZOptics sells the same heads);
* ``repo#n``: a public issue thread where the behaviour was observed.

Fields of view are the makers' round figures; a calibration on the spot replaces them.
"""

from dataclasses import dataclass, replace
from enum import Enum

from camera_drivers.base import Capabilities
from camera_drivers.geometry import Axis, Lens, Zoom
from camera_drivers.visca_commands import RESERVED_PRESETS
from camera_drivers.visca_events import Options

SONY_VENDORS = frozenset({0x0001, 0x0020})


class Transport(Enum):
    """How a camera is reached."""

    SONY_UDP = "sony_udp"
    RAW_UDP = "raw_udp"
    RAW_TCP = "raw_tcp"


def _table(*rows: tuple[int, float]) -> Zoom:
    return Zoom(rows)


# fmt: off
X400_ZOOM = _table(
    (0x0000, 1), (0x0DC1, 2), (0x186C, 3), (0x2015, 4), (0x2594, 5), (0x29B7, 6), (0x2CFB, 7), (0x2FB0, 8), (0x320C, 9),
    (0x342D, 10), (0x3608, 11), (0x37AA, 12), (0x391C, 13), (0x3A66, 14), (0x3B90, 15), (0x3C9C, 16), (0x3D91, 17),
    (0x3E72, 18), (0x3F40, 19), (0x4000, 20),
)
X120_ZOOM = _table(
    (0x0000, 1), (0x0FB4, 2), (0x1BF0, 3), (0x24C5, 4), (0x2B1E, 5), (0x2FE4, 6), (0x33A9, 7), (0x36C9, 8), (0x3983, 9),
    (0x3BF7, 10), (0x3E1C, 11), (0x4000, 12),
)
X1000_ZOOM = _table(
    (0x0000, 1), (0x1800, 2), (0x2340, 3), (0x2A40, 4), (0x2F00, 5), (0x3300, 6), (0x3600, 7), (0x3880, 8), (0x3AC0, 9),
    (0x3CC0, 10), (0x3E80, 11), (0x4000, 12),
)
DH120_ZOOM = _table(
    (0x0000, 1), (0x1970, 2), (0x249C, 3), (0x2B5F, 4), (0x3020, 5), (0x33C4, 6), (0x36B7, 7), (0x392F, 8), (0x3B4D, 9),
    (0x3D1E, 10), (0x3EAD, 11), (0x4000, 12),
)
SE300_ZOOM = _table(
    (0x0000, 1), (0x16A1, 2), (0x2063, 3), (0x2628, 4), (0x2A1D, 5), (0x2D13, 6), (0x2F6D, 7), (0x3161, 8), (0x330D, 9),
    (0x3486, 10), (0x3A0A, 15), (0x3D60, 20), (0x3F1E, 25), (0x4000, 30),
)
MINRRAY_PAN = (
    1.0, 1.5, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.8, 4.5, 6.0, 9.0, 15.0, 19.0, 25.0, 32.0, 38.0, 45.0, 58.0, 75.0, 88.0,
    105.0, 120.0,
)
MINRRAY_TILT = (
    1.0, 1.5, 2.2, 3.6, 4.7, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 23.0, 30.0, 39.0, 48.0, 59.0, 69.0, 80.0,
)
# fmt: on


def _even(count: int, fastest: float) -> tuple[float, ...]:
    """Speeds evenly spread, where the maker publishes the ends only; the travel model learns the rest."""
    return tuple(fastest * (n + 1) / count for n in range(count))


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Speeds: degrees a second of each speed code, from 1 up. ``source``: where this is written."""

    name: str
    source: str
    transport: Transport = Transport.SONY_UDP
    pan: Axis = Axis(51.2, -170.0, 170.0)
    tilt: Axis = Axis(51.2, -20.0, 90.0)
    pan_digits: int = 4
    tilt_digits: int = 4
    zoom: Zoom = X400_ZOOM
    own_zoom: bool = True
    """That table is this model's; else another lens's, until the configuration says what its tele end enlarges."""
    lens: Lens = Lens(70.0)
    pan_speeds: tuple[float, ...] = _even(0x18, 101.0)
    tilt_speeds: tuple[float, ...] = _even(0x17, 91.0)
    two_speeds: bool = False
    """An absolute move carries a speed for the tilt too; Sony's has one for both."""
    first_preset: int = 0
    presets: int = 100
    reserved_presets: frozenset[int] = frozenset()
    tally: bool = False
    freeze: bool = False
    limits: bool = True
    preset_speed: bool = False
    reads_status: bool = True
    """Answers Pan-tiltStatusInq."""
    reads_lens: bool = True
    """Answers the lens block in one piece."""
    power_by_network: bool = True
    stop_is_missed: bool = False
    """A stop may be acknowledged and not obeyed: watch, and say it again."""
    acknowledges: bool = True
    meaningless_error_socket: bool = False
    accepts_reset: bool = True
    accepts_clear: bool = True

    def options(self) -> Options:
        """How to converse with it."""
        return Options(
            header=self.transport is Transport.SONY_UDP,
            meaningless_error_socket=self.meaningless_error_socket,
            acknowledges=self.acknowledges,
            accepts_reset=self.accepts_reset,
        )

    def capabilities(self) -> Capabilities:
        """What the console may offer."""
        return Capabilities(
            reads_position=True,
            absolute=True,
            presets=self.presets,
            tally=self.tally,
            freeze=self.freeze,
            limits=self.limits,
            image=True,
            preset_speed=self.preset_speed,
            pan=(self.pan.low, self.pan.high),
            tilt=(self.tilt.low, self.tilt.high),
            zoom=self.zoom.most,
            zoom_assumed=not self.own_zoom,
            pan_speed=self.pan_speeds[-1],
            tilt_speed=self.tilt_speeds[-1],
        )

    def preset_code(self, number: int) -> int:
        """A memory, counted from 1 by people, as this camera numbers it. Raises ValueError when there is none such."""
        code = number - 1 + self.first_preset
        if not 1 <= number <= self.presets or code in self.reserved_presets:
            raise ValueError(f"{self.name} has no memory {number}")
        return code

    def enlarging(self, most: float | None) -> "Model":
        """The same, its tele end enlarging as somebody says who knows; a table of its own stays."""
        return (
            self
            if most is None or self.own_zoom
            else replace(self, zoom=self.zoom.reaching(most), own_zoom=True)
        )

    def hung(self) -> "Model":
        """The same, upside down under the ceiling with its picture flipped in its menu."""
        return replace(self, tilt=self.tilt.upside_down())


X400 = Model("Sony BRC-X400", "X400 list", tally=True, freeze=True, preset_speed=True)
SRG_X400 = Model("Sony SRG-X400", "X400 list: tally and freeze are marked BRC only", preset_speed=True)
X120 = replace(SRG_X400, name="Sony SRG-X120", source="X400 list, ×12 lens", zoom=X120_ZOOM)
X40UH = Model("Sony SRG-X40UH", "Sony 5-046-290 (SRG-X40UH)", preset_speed=True)
X1000 = Model(
    "Sony BRC-X1000",
    "X1000 list: pan on five digits, 0x937 = 10°; tilt on four. Its limits are not set: the message that we know carries pan on "
    "four digits, and its reach takes five",
    pan=Axis(0x9CA7 / 170, -170.0, 170.0),
    tilt=Axis(0x9CA7 / 170, -30.0, 90.0),
    pan_digits=5,
    zoom=X1000_ZOOM,
    tally=True,
    limits=False,
)
FR7 = Model(
    "Sony ILME-FR7",
    "FR7 list: pan and tilt on five digits; the lens is interchangeable, so calibrate its field. Its limits are not set: the "
    "message that we know carries four digits",
    pan=Axis(0x9CA7 / 170, -170.0, 170.0),
    tilt=Axis(0xB3B0 / 195, -30.0, 195.0),
    pan_digits=5,
    tilt_digits=5,
    own_zoom=False,
    tally=True,
    limits=False,
)
DH120 = Model(
    "Sony SRG-120DH",
    "120DH manual: ±100°, ±25°, 71° wide; memories wear out (obs-ptz#24)",
    pan=Axis(51.2, -100.0, 100.0),
    tilt=Axis(51.2, -25.0, 25.0),
    zoom=DH120_ZOOM,
    lens=Lens(71.0),
    presets=16,
)
SE300 = Model("Sony SRG-300SE", "300SE manual", zoom=SE300_ZOOM, lens=Lens(65.0))
SONY = Model(
    "Sony, unknown model",
    "X400 list; angles and zoom to be calibrated",
    own_zoom=False,
    reads_lens=True,
    preset_speed=False,
)
PTZOPTICS = Model(
    "PTZOptics",
    "Minrray protocol: 14.4 steps a degree, speeds table; memories 90–99 and 255 reserved; Move SE G3 reuses sockets and its "
    "error sockets mean nothing (companion-module-ptzoptics-visca, port.ts); no last memory (ptzoptics-visca#2)",
    transport=Transport.RAW_TCP,
    pan=Axis(14.4, -170.0, 170.0),
    tilt=Axis(14.4, -30.0, 90.0),
    own_zoom=False,
    lens=Lens(61.0),
    pan_speeds=MINRRAY_PAN,
    tilt_speeds=MINRRAY_TILT,
    two_speeds=True,
    first_preset=1,
    presets=254,
    reserved_presets=RESERVED_PRESETS,
    limits=False,
    reads_status=False,
    reads_lens=False,
    meaningless_error_socket=True,
)
AVONIC = replace(
    PTZOPTICS, name="Avonic CM60", source="Avonic CM60-IP manual p. 43: a subset, address 1; Minrray protocol"
)
AVER = replace(
    PTZOPTICS,
    name="AVer",
    source="AVer control codes: header on 52381, sequence 0 in its examples, PT_Stop mandatory, sends z0 38 FF at its start; "
    "TR530 and TR320 cannot be switched on by network",
    transport=Transport.SONY_UDP,
    first_preset=0,
    power_by_network=False,
    accepts_reset=False,
)
LUMENS = replace(
    PTZOPTICS, name="Lumens", source="rejects the address 80 (sony-visca#4)", transport=Transport.SONY_UDP
)
AKVANS = replace(
    PTZOPTICS,
    name="AKVANS AV-E20",
    source="UDP 1259 without header (obs-ptz#177)",
    transport=Transport.RAW_UDP,
)
TENVEO = replace(
    PTZOPTICS,
    name="Tenveo",
    source="stop missed, memories need repeats (obs-ptz#183); recall ignored though stored (ptzoptics-visca#32)",
    stop_is_missed=True,
)
BIRDDOG = replace(
    PTZOPTICS,
    name="BirdDog",
    source="rejects IF_Clear (birddog-ptz#25); axes arrive at different times (birddog-ptz#203)",
    transport=Transport.SONY_UDP,
    accepts_clear=False,
)
CISCO = replace(
    PTZOPTICS,
    name="Cisco PrecisionHD",
    source="no memories, no sockets, completion without acknowledgement (obs-ptz#24)",
    presets=0,
    acknowledges=False,
)

FAMILIES: dict[str, Model] = {
    "sony": SONY,
    "ptzoptics": PTZOPTICS,
    "avonic": AVONIC,
    "aver": AVER,
    "lumens": LUMENS,
    "akvans": AKVANS,
    "tenveo": TENVEO,
    "birddog": BIRDDOG,
    "cisco": CISCO,
}
"""Names that a configuration may use; a Sony is then told apart by its own answer."""

SONY_MODELS: dict[int, Model] = {
    0x0511: DH120,
    0x0516: SE300,
    0x0519: X1000,
    0x051A: replace(X1000, name="Sony BRC-H800"),
    0x051B: replace(X1000, name="Sony BRC-H780"),
    0x051C: X400,
    0x051D: replace(X400, name="Sony BRC-X401"),
    0x051E: FR7,
    0x0617: SRG_X400,
    0x0618: X120,
    0x061A: replace(SRG_X400, name="Sony SRG-201M2"),
    0x061B: replace(X120, name="Sony SRG-HD1M2"),
    0x061C: replace(SRG_X400, name="Sony SRG-X402"),
    0x061F: X40UH,
    0x0620: replace(X40UH, name="Sony SRG-H40UH"),
    0x0621: replace(X40UH, name="Sony SRG-A40", source="Sony 5-053-155 (SRG-A40)"),
    0x0622: replace(X40UH, name="Sony SRG-A12", source="Sony 5-053-155 (SRG-A40), ×12 lens", zoom=X120_ZOOM),
}
"""By the model number of their answer."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a camera says it is. ``firmware``: as its maker writes it, hexadecimal."""

    model: Model
    firmware: str = ""
    sockets: int = 2


def identify(answer: bytes, family: Model = SONY) -> Identity:
    """From the seven bytes that answer CAM_VersionInq.

    Sony: vendor, model, revision (two bytes each), sockets. PTZOptics and kin put versions where Sony puts the model, so a
    known vendor *and* a known model are required to overrule ``family``. Too short an answer keeps the family.
    """
    if len(answer) < 7:
        return Identity(family)
    vendor, number = int.from_bytes(answer[:2]), int.from_bytes(answer[2:4])
    if vendor in SONY_VENDORS and number in SONY_MODELS:
        return Identity(SONY_MODELS[number], answer[4:6].hex(), answer[6] or 2)
    if family.name.startswith("Sony"):
        return Identity(SONY, answer[4:6].hex(), answer[6] or 2)
    return Identity(family, answer[1:6].hex())
