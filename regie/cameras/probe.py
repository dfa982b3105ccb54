"""What a configured camera answers, for `regie check`; and for one that does not answer, what is probably wrong."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from camera_drivers.base import Camera, CameraState, Capabilities, Report
from camera_drivers.onvif import OnvifCamera
from camera_drivers.quirks import SONY
from config.inputs import CameraConfig, CameraProtocol
from regie.cameras.factory import Workshop
from regie.errors import DeviceError

PATIENCE_S = 4.0
OTHER_S = 1.5
KNOCK_S = 1.0
POLL_S = 0.05
STAND_BY = "stand-by"
PORTS: Mapping[CameraProtocol, int] = {
    CameraProtocol.VISCA: 52381,
    CameraProtocol.VISCA_TCP: 5678,
    CameraProtocol.VISCA_UDP: 1259,
    CameraProtocol.PANASONIC: 80,
    CameraProtocol.ONVIF: 80,
}
"""Where each protocol is usually reached."""
_NDI = {
    "ndi_absente": "NDI's library cannot be used (make ndi; Debian: libavahi-client3)",
    "ndi_introuvable": "nobody announces such an NDI source (mDNS needs avahi-daemon; ndi://HOST/CHANNEL does without)",
    "camera_perdue": "it is announced, and does not answer",
}
_OVER_TCP = frozenset({CameraProtocol.VISCA_TCP, CameraProtocol.PANASONIC, CameraProtocol.ONVIF})


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: ``wrong`` when the camera cannot be driven; ``doubts``: what a person should look at."""

    answer: str
    wrong: bool = False
    doubts: tuple[str, ...] = ()


async def examine(
    config: CameraConfig, workshop: Workshop, ports: Mapping[CameraProtocol, int] = PORTS
) -> Finding:
    """Ask a camera what it is. ``ports``: where another protocol is looked for when it does not answer."""
    try:
        async with _asked(config, workshop, PATIENCE_S) as (camera, report):
            if report.state not in (CameraState.UNKNOWN, CameraState.LOST):
                return _describe(camera, report)
            if config.protocole is CameraProtocol.NDI:
                return Finding(
                    _NDI.get(report.detail, "it is there, and says that it cannot be turned"), wrong=True
                )
            if config.protocole is CameraProtocol.ONVIF and report.detail:
                return Finding(_refusal(config, report), wrong=True)
            if report.detail:
                return _describe(camera, report)
    except DeviceError:
        return Finding(f"the address {config.adresse} is not known", wrong=True)
    return Finding(await _why(config, workshop, ports), wrong=True)


@contextlib.asynccontextmanager
async def _asked(
    config: CameraConfig, workshop: Workshop, patience: float
) -> AsyncIterator[tuple[Camera, Report]]:
    driver = await workshop.make(config, None, {})
    camera = driver.camera
    known = asyncio.Event()

    def told() -> None:
        report = camera.report()
        if report.state not in (CameraState.UNKNOWN, CameraState.LOST) or report.detail:
            known.set()

    camera.listen(told)

    async def run() -> None:
        with contextlib.suppress(OSError):
            await driver.run()

    running = asyncio.create_task(run(), name="probe")
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await known.wait()
        yield camera, camera.report()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _describe(camera: Camera, report: Report) -> Finding:
    can = camera.capabilities()
    firmware = f", firmware {camera.firmware}" if camera.firmware else ""
    facts = [
        f"{report.model}{firmware}",
        *(_reach(can) if can.reads_position else ("never tells where it looks",)),
        f"{can.presets} memories" if can.presets else "no memory",
        *(name for name, has in (("lamp", can.tally), ("limits", can.limits)) if has),
    ]
    if report.position is not None:
        here = report.position
        facts.append(f"now at pan {here.pan:.1f}°, tilt {here.tilt:.1f}°, ×{here.zoom:.1f}")
    doubts = []
    if report.detail == STAND_BY:
        doubts.append("it is in stand-by: its picture is black")
    if isinstance(camera, OnvifCamera):
        doubts.append("ONVIF tells no angles: check pan_deg, tilt_deg, zoom_max, and measure its field")
    if can.zoom_assumed:
        doubts.append(
            f"its lens is not known and is taken for a ×{can.zoom:g}: write its zoom_max, then measure its field"
        )
    if report.model == SONY.name:
        doubts.append("its model is not known: measure its field, and check where it says it looks")
    return Finding(", ".join(facts), doubts=tuple(doubts))


def _refusal(config: CameraConfig, report: Report) -> str:
    """An ONVIF camera that answers, and cannot be used."""
    port = config.port or PORTS[config.protocole]
    hint = (
        ": utilisateur, mot_de_passe_env? an ONVIF user is made in its menu"
        if "password" in report.detail
        else ""
    )
    return f"{report.model} on port {port}: {report.detail}{hint}"


def _reach(can: Capabilities) -> tuple[str, ...]:
    return (
        f"pan {can.pan[0]:.0f} to {can.pan[1]:.0f}°",
        f"tilt {can.tilt[0]:.0f} to {can.tilt[1]:.0f}°",
        f"×{can.zoom:g}",
    )


async def _why(config: CameraConfig, workshop: Workshop, ports: Mapping[CameraProtocol, int]) -> str:
    port = config.port or PORTS[config.protocole]
    kind = "TCP" if config.protocole in _OVER_TCP else "UDP"
    other = await _other(config, workshop, ports)
    if other is not None:
        protocol, found = other
        return f"no answer on {kind} port {port}, but it speaks « {protocol.value} » on port {found}: protocole, port?"
    knock = await _knock(config.adresse, port) if kind == "TCP" else await _knock(config.adresse, 80)
    if knock == "silent":
        return "no machine answers at this address: address, cable, power?"
    if kind == "TCP" and knock == "open":
        return f"something listens on TCP port {port} and does not speak « {config.protocole.value} »"
    return f"the machine is there, and nothing answers on {kind} port {port}: port? is this control disabled in its menu?"


async def _other(
    config: CameraConfig, workshop: Workshop, ports: Mapping[CameraProtocol, int]
) -> tuple[CameraProtocol, int] | None:
    """Another protocol that the same address speaks on its usual port."""
    here = (config.protocole, config.port or PORTS[config.protocole])
    tried = [(protocol, port) for protocol, port in ports.items() if (protocol, port) != here]

    async def speaks(protocol: CameraProtocol, port: int) -> bool:
        other = config.model_copy(update={"protocole": protocol, "port": port, "modele": None})
        async with _asked(other, workshop, OTHER_S) as (_, report):
            return report.state not in (CameraState.UNKNOWN, CameraState.LOST) or bool(report.detail)

    for protocol, port in tried:
        if await speaks(protocol, port):
            return protocol, port
    return None


async def _knock(host: str, port: int) -> str:
    """``open``, ``closed`` (a machine is there and refuses), ``silent``."""
    try:
        async with asyncio.timeout(KNOCK_S):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return "closed"
    except (OSError, TimeoutError):
        return "silent"
    writer.close()
    return "open"
