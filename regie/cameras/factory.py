"""From a ``[[camera]]`` of the configuration to a driver of it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from camera_drivers.base import Camera
from camera_drivers.geometry import Lens
from camera_drivers.ndi import NdiCamera
from camera_drivers.onvif import OnvifCamera
from camera_drivers.onvif_line import Account
from camera_drivers.onvif_scale import Reach
from camera_drivers.panasonic import PanasonicCamera
from camera_drivers.quirks import FAMILIES, PTZOPTICS, SONY, Model, Transport
from camera_drivers.travel import Moves
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.visca_io import SharedSocket
from camera_drivers.visca_keep import keep
from config.inputs import CameraConfig, CameraProtocol
from regie.errors import DeviceError

PANASONIC_PORT = ONVIF_PORT = 80


@dataclass(frozen=True, slots=True)
class Driver:
    """A camera and what keeps it: ``run`` finds it and watches it for ever."""

    camera: Camera
    run: Callable[[], Awaitable[None]]


class Workshop:
    """Makes drivers; holds the socket that the Sony cameras share."""

    def __init__(self, port: int | None = None) -> None:
        """``port``: of the shared socket, for tests."""
        self._port = port
        self._shared: SharedSocket | None = None
        self._lock = asyncio.Lock()

    async def make(self, config: CameraConfig, lens: Lens | None, learnt: Mapping[str, Moves]) -> Driver:
        """A new driver, on the running loop. Raises DeviceError when the address cannot be resolved."""
        if config.protocole is CameraProtocol.NDI:
            return _ndi(config)
        host = await _numeric(config.adresse)
        settle = config.stabilisation_ms / 1000
        if config.protocole is CameraProtocol.PANASONIC:
            panasonic = PanasonicCamera(
                host, config.port or PANASONIC_PORT, lens=lens, settle=settle, zoom_max=config.zoom_max
            )
            return Driver(panasonic, panasonic.run)
        if config.protocole is CameraProtocol.ONVIF:
            return _onvif(config, host, lens, learnt)
        family = family_of(config)
        visca = ViscaCamera(
            family,
            hung=config.suspendue,
            lens=lens,
            settle=settle,
            learnt=learnt,
            zoom_max=config.zoom_max,
        )
        shared = await self._socket() if family.transport is Transport.SONY_UDP else None
        return Driver(visca, lambda: keep(visca, host, config.port, shared))

    async def close(self) -> None:
        """Close the shared socket."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    async def _socket(self) -> SharedSocket:
        async with self._lock:
            if self._shared is None:
                self._shared = await (
                    SharedSocket.open() if self._port is None else SharedSocket.open(port=self._port)
                )
            return self._shared


def _ndi(config: CameraConfig) -> Driver:
    try:
        camera = NdiCamera(config.adresse, travel=config.trajet_s)
    except ValueError as error:
        raise DeviceError(str(error), code="adresse_invalide") from None
    return Driver(camera, camera.run)


def _onvif(config: CameraConfig, host: str, lens: Lens | None, learnt: Mapping[str, Moves]) -> Driver:
    secret = config.mot_de_passe
    account = Account(config.utilisateur or "", "" if secret is None else secret.get_secret_value())
    reach = Reach(config.pan_deg, config.tilt_deg, config.zoom_max or Reach().zoom)
    settle = config.stabilisation_ms / 1000
    camera = OnvifCamera(
        host, config.port or ONVIF_PORT, account, reach=reach, lens=lens, settle=settle, learnt=learnt
    )
    return Driver(camera, camera.run)


_TRANSPORTS = {
    CameraProtocol.VISCA: Transport.SONY_UDP,
    CameraProtocol.VISCA_TCP: Transport.RAW_TCP,
    CameraProtocol.VISCA_UDP: Transport.RAW_UDP,
}


def family_of(config: CameraConfig) -> Model:
    """What a VISCA camera is taken for, reached as the configuration says. Without a word on it, a Sony behind Sony's header, one
    of the Minrray kind elsewhere."""
    transport = _TRANSPORTS[config.protocole]
    usual = SONY if transport is Transport.SONY_UDP else PTZOPTICS
    family = usual if config.modele is None else FAMILIES[config.modele.value]
    return replace(family, transport=transport)


async def _numeric(host: str) -> str:
    """Answers are told apart by their sender's numeric address."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, None, family=socket.AF_INET, type=socket.SOCK_DGRAM
        )
    except OSError as error:
        raise DeviceError("the camera's address is not known", code="adresse_invalide") from error
    return str(found[0][4][0])
