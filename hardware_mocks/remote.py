"""How a camera of the hall is driven: each by its own protocol, as in a real hall. All turn the hall's pictures, with inertia.

The first is a Sony behind Sony's header on UDP, the second of the PTZOptics kind on TCP, the third the same on bare UDP, the fourth
a Panasonic over HTTP.
"""

from typing import Any

from hardware_mocks.framings import WIDE_FIELD
from hardware_mocks.panasonic_camera import PanasonicCamera
from hardware_mocks.turret import Turret, lens, magnification
from hardware_mocks.visca_camera import Quirks, ViscaCamera
from hardware_mocks.visca_head import STEPS_PER_DEGREE
from hardware_mocks.visca_server import ViscaServer

MINRRAY_STEPS = 14.4
MINRRAY_SPEEDS = (
    *(1.0, 1.5, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.8, 4.5, 6.0),
    *(9.0, 15.0, 19.0, 25.0, 32.0, 38.0, 45.0, 58.0, 75.0, 88.0, 105.0, 120.0),
)
"""Degrees a second of its pan, as its manual's table says."""
MINRRAY_VERSION = bytes.fromhex("000252080100")
_WAYS = {
    1: ("visca", "sony"),
    2: ("visca-tcp", "ptzoptics"),
    3: ("visca-udp", "akvans"),
    4: ("panasonic", None),
}


class Remote:
    """The socket of a turret's head."""

    def __init__(self, turret: Turret, host: str) -> None:
        self._protocol, self._family = _WAYS[turret.number]
        self._host = host
        self.port = 0
        head = turret.head
        if self._protocol != "visca":
            head.tilt.low = -30 * STEPS_PER_DEGREE
        self.panasonic: PanasonicCamera | None = None
        self.visca: ViscaCamera | None = None
        if self._protocol == "panasonic":
            head.pan.low, head.pan.high = -175 * STEPS_PER_DEGREE, 175 * STEPS_PER_DEGREE
            self.panasonic = PanasonicCamera(host, head=head, lens=(magnification, lens))
        else:
            minrray = Quirks(model=MINRRAY_VERSION, steps_per_degree=MINRRAY_STEPS, speeds=MINRRAY_SPEEDS)
            self.visca = ViscaCamera(head, Quirks() if self._family == "sony" else minrray)
            self._server = ViscaServer(self.visca, host, turns=False)

    async def start(self, port: int) -> None:
        """Listen (0 picks a port)."""
        if self.panasonic is not None:
            await self.panasonic.start(port)
            self.port = self.panasonic.port
            return
        ports: dict[str, int | None] = {"visca": None, "visca-udp": None, "visca-tcp": None}
        ports[self._protocol] = port
        await self._server.start(ports["visca"], ports["visca-udp"], ports["visca-tcp"])
        (self.port,) = self._server.ports.values()

    async def stop(self) -> None:
        """Fall silent."""
        if self.panasonic is not None:
            await self.panasonic.stop()
        else:
            await self._server.stop()

    def describe(self) -> dict[str, Any]:
        """What an installer reads on the camera's menu."""
        return {
            "protocol": self._protocol,
            "family": self._family,
            "host": self._host,
            "port": self.port,
            "field": WIDE_FIELD,
        }
