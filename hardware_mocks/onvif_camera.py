"""An ONVIF camera: SOAP 1.2 over HTTP, its device, media and PTZ services as their WSDL describes them (ONVIF Core, Media and PTZ
Service Specifications); every text is written out here. By hand: ``python -m hardware_mocks.onvif_camera --help``.

Pan from −170° to 170° and tilt from −20° to 90° are −1 to 1 of the generic spaces, or degrees in the spherical one; zoom 0 to 1 is
the travel of its lens. Users sign with a WS-Security UsernameToken (password digest), dated within five seconds of its own clock.
"""

import argparse
import asyncio
import contextlib
import math
import time
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from hardware_mocks.onvif_accounts import CHALLENGE, digested, fields_of, signed
from hardware_mocks.visca_head import STEPS_PER_DEGREE, ZOOM_TELE, Head

TICK_S = 0.02
MEMORIES = 64
SPACES = "http://www.onvif.org/ver10/tptz"
GENERIC, SPHERICAL = (
    f"{SPACES}/PanTiltSpaces/{kind}" for kind in ("PositionGenericSpace", "SphericalPositionSpaceDegrees")
)
ZOOM_SPACE = f"{SPACES}/ZoomSpaces/PositionGenericSpace"
OPEN = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}
"""What is answered to everybody (Core Specification, access class PRE_AUTH)."""
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>%s</s:Body></s:Envelope>'
)


@dataclass
class Faults:
    """Knobs of trouble."""

    silent: bool = False
    """It takes connections and says nothing."""
    clock_off_s: float = 0.0
    """Its clock is wrong by so much."""
    no_move_status: bool = False
    """It does not say whether it moves."""
    no_position: bool = False
    """It does not say where it looks."""
    no_timeout: bool = False
    """It refuses a drive that carries a time."""
    spherical: bool = False
    """Its positions are degrees."""
    no_head: bool = False
    """It does not turn."""
    http_digest: bool = False
    """It asks for HTTP's digest instead of a signature in the envelope (RFC 7616, MD5, qop auth)."""


class Fault(Exception):
    """A SOAP fault: subcode of the Core Specification, and why."""

    def __init__(self, subcode: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.subcode, self.reason, self.status = subcode, reason, status


class OnvifCamera:
    """The camera. Its use cases are its plain methods."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        user: str = "",
        password: str = "",
        faults: Faults | None = None,
        head: Head | None = None,
    ) -> None:
        """``user``: none signs when empty; ``head``: one that somebody else moves."""
        self._turns = head is None
        self.host, self.user, self.password = host, user, password
        self.faults = faults or Faults()
        self.head = head or Head()
        self.received: list[str] = []
        self.port = 0
        self.presets: dict[str, tuple[str, tuple[float, float, float]]] = {}
        self.recalled_at = 0.0
        """Share of its speed that the last recall asked for."""
        self._until: float | None = None
        self._server: asyncio.Server | None = None
        self._mover: asyncio.Task[None] | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    # -- use cases --------------------------------------------------------------------------------------------------

    def move_by_hand(self, pan_degrees: float, tilt_degrees: float) -> None:
        """Somebody else turns it."""
        self.head.pan.go(pan_degrees * STEPS_PER_DEGREE, 3000.0)
        self.head.tilt.go(tilt_degrees * STEPS_PER_DEGREE, 3000.0)

    async def start(self, port: int = 0) -> None:
        """Listen, and let the head move."""
        self._server = await asyncio.start_server(self._serve, self.host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._mover = asyncio.get_running_loop().create_task(self._move())

    async def stop(self) -> None:
        """Close everything."""
        if self._mover is not None:
            self._mover.cancel()
            await asyncio.gather(self._mover, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._connections):
                writer.close()
            await self._server.wait_closed()

    async def _move(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._until is not None and now >= self._until:
                self._halt()
            if self._turns:
                self.head.advance(now - last)
            last = now

    # -- HTTP -------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = fields_of(head.decode("latin-1"))
                size = int(fields.get("content-length", "0"))
                request = await reader.readexactly(size)
                if self.faults.silent:
                    await reader.read()
                    return
                status, body = self._answer(request.decode(), fields.get("authorization", ""))
                data = body.encode()
                asks = CHALLENGE if status == 401 else ""
                writer.write(
                    f"HTTP/1.1 {status} Answer\r\nContent-Type: application/soap+xml; charset=utf-8\r\n{asks}"
                    f"Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    def _answer(self, text: str, authorization: str) -> tuple[int, str]:
        if self.faults.http_digest and not digested(authorization, self.user, self.password):
            return 401, ""
        try:
            return 200, ENVELOPE % self._carry_out(Xml.fromstring(text))
        except Fault as fault:
            return fault.status, ENVELOPE % (
                f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{fault.subcode}</s:Value></s:Subcode></s:Code>"
                f'<s:Reason><s:Text xml:lang="en">{escape(fault.reason)}</s:Text></s:Reason></s:Fault>'
            )
        except Xml.ParseError:
            return 400, "this is not XML"

    def _carry_out(self, envelope: Xml.Element) -> str:
        body = next(part for part in envelope if _name(part) == "Body")
        request = body[0]
        operation = _name(request)
        self.received.append(operation)
        if operation not in OPEN:
            self._check(envelope)
        service, action = self._actions().get(operation, ("", None))
        if action is None or (service == "tptz" and self.faults.no_head):
            raise Fault("ActionNotSupported", f"{operation} is not implemented", 500)
        return f"<{service}:{operation}Response>{action(request)}</{service}:{operation}Response>"

    def _check(self, envelope: Xml.Element) -> None:
        if (
            self.user
            and not self.faults.http_digest
            and not signed(envelope, self.user, self.password, self._now())
        ):
            raise Fault("NotAuthorized", "Sender not Authorized")

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.faults.clock_off_s)

    # -- operations -------------------------------------------------------------------------------------------------

    def _actions(self) -> dict[str, tuple[str, Callable[[Xml.Element], str]]]:
        return {
            "GetSystemDateAndTime": ("tds", lambda _: self._clock()),
            "GetServices": ("tds", lambda _: self._services()),
            "GetDeviceInformation": ("tds", lambda _: INFORMATION),
            "GetProfiles": ("trt", lambda _: self._profiles()),
            "GetNodes": ("tptz", lambda _: f"<tptz:PTZNode{self._node()}</tptz:PTZNode>"),
            "GetStatus": ("tptz", lambda _: self._status()),
            "AbsoluteMove": ("tptz", self._absolute),
            "ContinuousMove": ("tptz", self._continuous),
            "Stop": ("tptz", self._stop),
            "GetPresets": ("tptz", lambda _: self._list()),
            "SetPreset": ("tptz", self._store),
            "GotoPreset": ("tptz", self._recall),
        }

    def _clock(self) -> str:
        now = self._now()
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
            f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
        )

    def _services(self) -> str:
        kinds = {"ver10/device": "device", "ver10/media": "media"} | (
            {} if self.faults.no_head else {"ver20/ptz": "ptz"}
        )
        # As many cameras do, it gives an address of its own that nobody reaches.
        return "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/{space}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://192.0.2.7/onvif/{name}_service</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for space, name in kinds.items()
        )

    def _profiles(self) -> str:
        head = (
            ""
            if self.faults.no_head
            else '<tt:PTZConfiguration token="ptz1"><tt:Name>head</tt:Name><tt:UseCount>1</tt:UseCount>'
            "<tt:NodeToken>node1</tt:NodeToken></tt:PTZConfiguration>"
        )
        return (
            '<trt:Profiles token="snapshots"><tt:Name>snapshots</tt:Name></trt:Profiles>'
            f'<trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name>{head}</trt:Profiles>'
        )

    def _node(self) -> str:
        ends = ("-170", "170", "-20", "90") if self.faults.spherical else ("-1", "1", "-1", "1")
        turn, lens = "tt:AbsolutePanTiltPositionSpace", "tt:AbsoluteZoomPositionSpace"
        return (
            ' token="node1"><tt:Name>head</tt:Name><tt:SupportedPTZSpaces>'
            f"<{turn}><tt:URI>{self._space}</tt:URI><tt:XRange><tt:Min>{ends[0]}</tt:Min><tt:Max>{ends[1]}</tt:Max></tt:XRange>"
            f"<tt:YRange><tt:Min>{ends[2]}</tt:Min><tt:Max>{ends[3]}</tt:Max></tt:YRange></{turn}>"
            f"<{lens}><tt:URI>{ZOOM_SPACE}</tt:URI><tt:XRange><tt:Min>0</tt:Min><tt:Max>1</tt:Max></tt:XRange></{lens}>"
            f"</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>{MEMORIES}</tt:MaximumNumberOfPresets>"
            "<tt:HomeSupported>false</tt:HomeSupported>"
        )

    @property
    def _space(self) -> str:
        return SPHERICAL if self.faults.spherical else GENERIC

    def _status(self) -> str:
        pan, tilt = (axis.position / STEPS_PER_DEGREE for axis in (self.head.pan, self.head.tilt))
        if not self.faults.spherical:
            pan, tilt = pan / 170, (tilt + 20) / 55 - 1
        zoom = self.head.zoom.position / ZOOM_TELE
        position = (
            f'<tt:Position><tt:PanTilt x="{pan:.6f}" y="{tilt:.6f}" space="{self._space}"/>'
            f'<tt:Zoom x="{zoom:.6f}" space="{ZOOM_SPACE}"/></tt:Position>'
        )
        turns = self.head.pan.moving or self.head.tilt.moving
        states = ("MOVING" if turns else "IDLE", "MOVING" if self.head.zoom.moving else "IDLE")
        moves = "<tt:MoveStatus><tt:PanTilt>{}</tt:PanTilt><tt:Zoom>{}</tt:Zoom></tt:MoveStatus>".format(
            *states
        )
        return (
            f"<tptz:PTZStatus>{'' if self.faults.no_position else position}{'' if self.faults.no_move_status else moves}"
            f"<tt:UtcTime>{self._now():%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></tptz:PTZStatus>"
        )

    def _absolute(self, request: Xml.Element) -> str:
        self._for_profile(request)
        pan, tilt, zoom = _vector(request, "Position")
        fast = max(map(abs, _vector(request, "Speed", (1.0, 1.0, 1.0))))
        if not self.faults.spherical:
            pan, tilt = pan * 170, (tilt + 1) * 55 - 20
        if not (abs(pan) <= 170 and -20 <= tilt <= 90 and 0 <= zoom <= 1):
            raise Fault("InvalidPosition", "the requested position is out of bounds")
        self._go((pan * STEPS_PER_DEGREE, tilt * STEPS_PER_DEGREE, zoom * ZOOM_TELE), fast)
        return ""

    def _go(self, steps: tuple[float, float, float], fast: float = 1.0) -> None:
        self._until = None
        for axis, target, top in zip(
            (self.head.pan, self.head.tilt, self.head.zoom), steps, (5000, 4600, 8000), strict=True
        ):
            axis.go(target, top * fast)

    def _continuous(self, request: Xml.Element) -> str:
        self._for_profile(request)
        timeout = _text(request, "Timeout")
        if timeout and self.faults.no_timeout:
            raise Fault(
                "TimeoutNotSupported", "the specified timeout argument is not within the supported range"
            )
        pan, tilt, zoom = _vector(request, "Velocity")
        self.head.pan.drive(pan * 4600)
        self.head.tilt.drive(tilt * 4600)
        self.head.zoom.drive(zoom * 8000)
        seconds = float(timeout.removeprefix("PT").removesuffix("S")) if timeout else math.inf
        self._until = time.monotonic() + seconds
        return ""

    def _stop(self, request: Xml.Element) -> str:
        self._for_profile(request)
        self._halt()
        return ""

    def _halt(self) -> None:
        self._until = None
        for axis in (self.head.pan, self.head.tilt, self.head.zoom):
            axis.drive(0.0)

    def _list(self) -> str:
        return "".join(
            f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name></tptz:Preset>"
            for token, (name, _) in self.presets.items()
        )

    def _store(self, request: Xml.Element) -> str:
        self._for_profile(request)
        token = _text(request, "PresetToken")
        if token and token not in self.presets:
            raise Fault("NoToken", "the requested preset token does not exist")
        token = token or f"p{len(self.presets) + 1}"
        head = self.head
        self.presets[token] = (
            _text(request, "PresetName"),
            (head.pan.position, head.tilt.position, head.zoom.position),
        )
        return f"<tptz:PresetToken>{escape(token)}</tptz:PresetToken>"

    def _recall(self, request: Xml.Element) -> str:
        self._for_profile(request)
        stored = self.presets.get(_text(request, "PresetToken"))
        if stored is None:
            raise Fault("NoToken", "the requested preset token does not exist")
        self.recalled_at = max(map(abs, _vector(request, "Speed", (1.0, 1.0, 1.0))))
        self._go(stored[1], self.recalled_at)
        return ""

    def _for_profile(self, request: Xml.Element) -> None:
        if _text(request, "ProfileToken") != "main":
            raise Fault("NoProfile", "the requested profile token does not exist")


INFORMATION = (
    "<tds:Manufacturer>Chambre</tds:Manufacturer><tds:Model>PTZ-20</tds:Model><tds:FirmwareVersion>2.4</tds:FirmwareVersion>"
    "<tds:SerialNumber>42</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId>"
)


def _name(element: Xml.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(request: Xml.Element, name: str) -> str:
    return next((part.text or "" for part in request if _name(part) == name), "").strip()


def _vector(
    request: Xml.Element, name: str, usual: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[float, float, float]:
    """Pan, tilt and zoom of a vector; what it leaves out is as usual."""
    pan, tilt, zoom = usual
    for vector in (part for part in request if _name(part) == name):
        for part in vector:
            if _name(part) == "PanTilt":
                pan, tilt = float(part.attrib["x"]), float(part.attrib["y"])
            elif _name(part) == "Zoom":
                zoom = float(part.attrib["x"])
    return pan, tilt, zoom


async def _run(options: argparse.Namespace) -> None:
    camera = OnvifCamera(options.host, options.user, options.password)
    await camera.start(options.port)
    print(f"ONVIF: http://{camera.host}:{camera.port}/onvif/device_service")
    await asyncio.Event().wait()


def main() -> None:
    """Start a camera by hand."""
    parser = argparse.ArgumentParser(prog="python -m hardware_mocks.onvif_camera")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
