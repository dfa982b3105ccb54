"""What every camera offers, whatever it speaks: one protocol, one set of states, errors that say whether to try again.

Angles are degrees, pan positive to the right, tilt positive upwards, both from the camera's own axis. Zoom is the magnification
(1.0 is the widest). A driver converts to its camera's steps and back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from camera_drivers.geometry import Lens


class CameraError(Exception):
    """A camera did not do what was asked. ``code`` is stable; ``retry`` says whether asking again can help."""

    code: ClassVar[str] = "camera"
    retry: ClassVar[bool] = False


class CameraLost(CameraError):
    """It does not answer."""

    code = "camera_perdue"
    retry = True


class CameraRefused(CameraError):
    """It answered no; ``reason`` says why, in the maker's terms."""

    code = "camera_refus"

    def __init__(self, reason: str, retry_later: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_later = retry_later


class Superseded(CameraError):
    """A newer command took the place of this one before it was sent."""

    code = "camera_remplacee"


class CameraState(Enum):
    """What is known of a camera, from its answers and never from what was sent."""

    UNKNOWN = "unknown"
    READY = "ready"
    MOVING = "moving"
    ARRIVED = "arrived"
    ALTERED = "altered"
    LOST = "lost"


class FocusMode(StrEnum):
    """How a camera focuses: by itself, as it is now, or by itself once and then as it is."""

    AUTO = "auto"
    HELD = "held"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a camera looks. ``focus`` in the camera's steps, None for automatic."""

    pan: float
    tilt: float
    zoom: float
    focus: int | None = None


@dataclass(frozen=True, slots=True)
class Speeds:
    """Velocity wanted, each from −1 to 1: the whole of a joystick."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0

    @property
    def still(self) -> bool:
        """Nothing moves."""
        return not (self.pan or self.tilt or self.zoom)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the console may offer for a camera."""

    reads_position: bool = True
    absolute: bool = True
    presets: int = 0
    tally: bool = False
    freeze: bool = False
    limits: bool = False
    image: bool = False
    """Exposure, white balance and focus can be held and copied."""
    preset_speed: bool = False
    pan: tuple[float, float] = (-170.0, 170.0)
    tilt: tuple[float, float] = (-30.0, 90.0)
    zoom: float = 20.0
    zoom_assumed: bool = False
    """What its tele end enlarges was neither told by its maker nor configured: it is that of another lens."""
    pan_speed: float = 101.0
    """Degrees a second at full speed."""
    tilt_speed: float = 91.0


@dataclass(frozen=True, slots=True)
class Report:
    """A camera at one instant. ``since`` on the owner's clock; ``eta`` seconds left of a move, None when unknown. ``memory``: the
    one of its memories that it was last sent to, for a camera that does not tell where it looks."""

    state: CameraState
    since: float
    position: Position | None = None
    target: Position | None = None
    eta: float | None = None
    model: str = ""
    detail: str = ""
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Exposure, white balance and focus that a camera uses, in its own steps."""

    shutter: int
    iris: int
    gain: int
    red: int
    blue: int
    focus: int
    focus_auto: bool


class Camera(Protocol):
    """A camera that can be turned. Every call raises CameraLost or CameraRefused when it did not happen."""

    lens: "Lens"
    """Its field of view, as far as it is known."""
    firmware: str
    """As its maker writes it; empty when it does not tell."""

    async def run(self) -> None:
        """Find it and watch it for ever, through losses; ends by cancellation. Nothing is known of it before."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have this called at each thing newly known; it must not block."""

    def watch_closely(self, every: float | None) -> None:
        """Ask where it is at least so often (seconds) even at rest; None: as seldom as suits it."""

    def foresee(self, target: Position, speed: float) -> float | None:
        """Seconds that a move from where it is should take; None when it cannot be told."""

    def report(self) -> Report:
        """What is known now; never waits."""

    def capabilities(self) -> Capabilities:
        """What it can do; refined once its model answered."""

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        """Start to move; arrival is seen in :meth:`report`."""

    async def drive(self, speeds: Speeds) -> None:
        """Move at a speed until :meth:`stop`, or until the owner falls silent."""

    async def stop(self) -> None:
        """Stop, confirmed by the camera."""

    async def set_tally(self, red: bool, green: bool) -> None:
        """The lamp; the whole wanted state, not a change."""

    async def store_preset(self, number: int) -> None:
        """Mirror the present framing in the camera's own memory."""

    async def image(self) -> ImageSettings:
        """Exposure, white balance and focus that it uses now; CameraRefused from a model that does not tell."""

    async def hold_image(self, settings: ImageSettings | None, focus: bool = False) -> None:
        """Manual at these values (``focus``: that too), read again to be sure; None: automatic again."""

    async def focus(self, mode: FocusMode) -> None:
        """How it focuses; CameraRefused from a model that does not let it be said."""

    async def freeze_recalls(self, on: bool) -> None:
        """Show a still picture while a memory of the camera is recalled; CameraRefused from a model that cannot."""

    async def set_limits(self, pan: tuple[float, float], tilt: tuple[float, float]) -> None:
        """Mechanical limits, degrees; CameraRefused from a model that has none."""

    async def clear_limits(self) -> None:
        """Remove the mechanical limits; CameraRefused from a model that has none."""

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        """Go to a memory of the camera, at a share of its speed where that can be said with it (NDI, ONVIF); else at the speed
        that its menu gives to recalls."""


class PlainHead:
    """What a camera does not do unless its driver says otherwise: each is a refusal."""

    async def set_limits(self, pan: tuple[float, float], tilt: tuple[float, float]) -> None:
        """No mechanical limits."""
        raise CameraRefused("this model has no mechanical limits to be set")

    async def clear_limits(self) -> None:
        """No mechanical limits."""
        raise CameraRefused("this model has no mechanical limits to be set")

    async def image(self) -> ImageSettings:
        """Nothing told of its picture."""
        raise CameraRefused("the settings of its picture are not read")

    async def hold_image(self, settings: ImageSettings | None, focus: bool = False) -> None:
        """Nothing set of its picture."""
        raise CameraRefused("the settings of its picture are not set")

    async def focus(self, mode: FocusMode) -> None:
        """Nothing set of its focus."""
        raise CameraRefused("its focus is not set")

    async def freeze_recalls(self, on: bool) -> None:
        """No still picture."""
        raise CameraRefused("this model does not freeze its picture")
