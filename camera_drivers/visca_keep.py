"""Holding the connection of a VISCA camera, as its family is reached."""

import asyncio

from camera_drivers.quirks import Transport
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.visca_io import (
    RAW_TCP_PORT,
    RAW_UDP_PORT,
    SONY_PORT,
    SharedSocket,
    keep_tcp,
    open_raw_udp,
)


async def keep(
    camera: ViscaCamera, host: str, port: int | None = None, shared: SharedSocket | None = None
) -> None:
    """Hold the connection of a camera and watch it for ever, as its family is reached; ends by cancellation.

    ``shared``: the socket of all cameras that speak VISCA over IP, needed for those.
    """
    async with asyncio.TaskGroup() as group:
        match camera.family.transport:
            case Transport.SONY_UDP:
                if shared is None:
                    raise ValueError("a camera that speaks VISCA over IP needs the shared socket")
                shared.add(host, port or SONY_PORT, camera.conversation)
            case Transport.RAW_UDP:
                await open_raw_udp(host, port or RAW_UDP_PORT, camera.conversation)
            case Transport.RAW_TCP:
                group.create_task(keep_tcp(host, port or RAW_TCP_PORT, camera.conversation))
        try:
            await camera.run()
        finally:
            camera.conversation.close()
