"""`regie check` on cameras: what a good one is, and what is wrong with one that does not answer."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from config.inputs import CameraConfig, CameraProtocol
from hardware_mocks.onvif_camera import OnvifCamera
from hardware_mocks.panasonic_camera import PanasonicCamera
from hardware_mocks.visca_camera import ViscaCamera
from hardware_mocks.visca_server import ViscaServer
from regie.cameras import probe
from regie.cameras.factory import Workshop
from regie.cameras.probe import Finding, examine

pytestmark = pytest.mark.system


def camera(protocol: CameraProtocol, port: int, address: str = "127.0.0.1") -> CameraConfig:
    return CameraConfig(source="cam1", protocole=protocol, adresse=address, port=port)


@asynccontextmanager
async def visca(**ports: int | None) -> AsyncIterator[ViscaServer]:
    server = ViscaServer(ViscaCamera())
    await server.start(**({"sony": None, "raw_udp": None, "tcp": None} | ports))
    try:
        yield server
    finally:
        await server.stop()


async def ask(config: CameraConfig, elsewhere: dict[CameraProtocol, int] | None = None) -> Finding:
    workshop = Workshop(port=0)
    try:
        return await examine(config, workshop, elsewhere or {})
    finally:
        await workshop.close()


def test_a_good_camera_tells_its_model_its_firmware_and_what_it_can() -> None:
    async def scenario() -> None:
        async with visca(sony=0) as server:
            found = await ask(camera(CameraProtocol.VISCA, server.ports["sony"]))
            assert not found.wrong and not found.doubts
            for said in (
                "Sony BRC-X400, firmware 0102",
                "pan -170 to 170°",
                "×20",
                "100 memories",
                "lamp",
                "limits",
            ):
                assert said in found.answer
            server.camera.switch_off()
            asleep = await ask(camera(CameraProtocol.VISCA, server.ports["sony"]))
            assert asleep.doubts == ("it is in stand-by: its picture is black",)
        panasonic = PanasonicCamera()
        await panasonic.start()
        found = await ask(camera(CameraProtocol.PANASONIC, panasonic.port))
        assert found.answer.startswith("Panasonic AW-HE40, pan -175 to 175°")
        assert not found.doubts, "the lens of this one is known"
        await panasonic.stop()
        async with visca(tcp=0) as server:
            server.camera.quirks.model = bytes.fromhex("000252080100")
            config = camera(CameraProtocol.VISCA_TCP, server.ports["tcp"])
            (doubt,) = (await ask(config)).doubts
            assert "taken for a ×20: write its zoom_max" in doubt
            told = await ask(config.model_copy(update={"zoom_max": 12.0}))
            assert "×12" in told.answer and not told.doubts

    asyncio.run(scenario())


def test_an_onvif_camera_tells_its_model_or_that_its_user_is_wrong() -> None:
    async def scenario() -> None:
        simulated = OnvifCamera(user="regie", password="a real secret")
        await simulated.start()
        config = camera(CameraProtocol.ONVIF, simulated.port)
        signed = {"utilisateur": "regie", "mot_de_passe": SecretStr("a real secret"), "zoom_max": 12.0}
        good = await ask(config.model_copy(update=signed))
        assert good.answer.startswith(
            "Chambre PTZ-20, firmware 2.4, pan -170 to 170°, tilt -30 to 90°, ×12, 64 memories"
        )
        assert not good.wrong and "pan_deg" in good.doubts[0]
        unsigned = await ask(config)
        assert unsigned.wrong and "refuses the user or the password: utilisateur" in unsigned.answer
        await simulated.stop()

    asyncio.run(scenario())


def test_a_wrong_one_is_told_what_is_probably_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PATIENCE_S", 0.8)
    monkeypatch.setattr(probe, "OTHER_S", 0.8)

    async def scenario() -> None:
        unknown = await ask(camera(CameraProtocol.VISCA, 52381, "no-such-camera.invalid"))
        assert unknown == Finding("the address no-such-camera.invalid is not known", wrong=True)
        async with visca(tcp=0) as server:
            tcp = server.ports["tcp"]
            other = await ask(camera(CameraProtocol.VISCA, 9), {CameraProtocol.VISCA_TCP: tcp})
            assert other.wrong and f"it speaks « visca-tcp » on port {tcp}" in other.answer
        with socket.create_server(("127.0.0.1", 0)) as mute:
            port = mute.getsockname()[1]
            silent = await ask(camera(CameraProtocol.VISCA_TCP, port))
            assert silent.answer == f"something listens on TCP port {port} and does not speak « visca-tcp »"
        closed = await ask(camera(CameraProtocol.VISCA_TCP, port))
        assert closed.wrong and "is this control disabled in its menu?" in closed.answer
        mute_udp = await ask(camera(CameraProtocol.VISCA, 9))
        assert mute_udp.wrong and "nothing answers on UDP port 9: port? is this control" in mute_udp.answer
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first:
            # A queue that is full leaves whoever calls without an answer, as an address where there is nobody.
            first.connect(full.getsockname())
            nobody = await ask(camera(CameraProtocol.VISCA_TCP, full.getsockname()[1]))
            assert nobody == Finding("no machine answers at this address: address, cable, power?", wrong=True)

    asyncio.run(scenario())
