"""Asking an ONVIF camera: its SOAP calls through onveef, with outcomes in our terms.

A movement is asked once (a lost answer may mean that it was taken), a question twice, a stop four times.
"""

import contextlib
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from onveef import envelopes, parsers
from onveef.aclient import AsyncOnvifClient
from onveef.exceptions import OnvifAuthError, OnvifError, OnvifTransportError
from onveef.transport import OnvifEndpoint

from camera_drivers.base import CameraLost, CameraRefused
from camera_drivers.onvif_scale import Range

ANSWER_SECONDS = 1.5
STOP_TRIES = 4
MOVING, IDLE = "MOVING", "IDLE"
T = TypeVar("T")


class Forbidden(CameraRefused):
    """It takes neither the user nor the password."""

    def __init__(self) -> None:
        super().__init__("it refuses the user or the password")


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. The password is not shown."""

    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


@dataclass(frozen=True, slots=True)
class Found:
    """What a camera is. ``pan``, ``tilt``, ``zoom``: its numbers at the ends of its absolute spaces; ``absolute``: it goes to them;
    ``memories``: how many it has."""

    model: str
    firmware: str
    absolute: bool
    pan: Range | None
    tilt: Range | None
    zoom: Range | None
    memories: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Where it says it is, in its own numbers; ``space``: URI of those of pan and tilt. ``moving``: None when it does not say."""

    pan: float
    tilt: float
    zoom: float
    space: str
    moving: bool | None


class Line:
    """The calls to one camera. Counter: ``failed``, those that were not answered."""

    def __init__(self, host: str, port: int, account: Account) -> None:
        self._at = (host, port)
        self._account = account
        self._http: httpx.AsyncClient | None = None
        self._client: AsyncOnvifClient | None = None
        self._profile = ""
        self._tokens: dict[str, str] = {}
        self.failed = 0

    async def close(self) -> None:
        """Close its connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = self._client = None

    async def find(self) -> Found:
        """Who it is, and what it can. Raises CameraLost, Forbidden, CameraRefused."""
        await self.close()
        # Never through a proxy of the environment: a camera is on our own network.
        self._http = httpx.AsyncClient(verify=False, trust_env=False, timeout=ANSWER_SECONDS)
        host, port = self._at
        self._client = client = AsyncOnvifClient(
            host,
            port,
            self._account.user,
            self._account.password,
            http_client=self._http,
            timeout_s=ANSWER_SECONDS,
            retries=1,
            auto_discover=False,
        )
        services = await self._ask(client.discover_services())
        client.set_endpoint(OnvifEndpoint(client.endpoint.device_xaddr, services))
        information = await self._ask(client.get_device_information())
        if not client.endpoint.has("ptz"):
            raise CameraRefused("it has no PTZ service: it cannot be turned")
        node = await self._find_profile(client)
        return _found(information, await self._node(client, node))

    async def where(self) -> Seen | None:
        """Where it is; None from a camera that does not say. Raises CameraLost, Forbidden, CameraRefused."""
        body = envelopes.ptz_get_status(profile_token=self._profile)
        return _seen(
            await self._ask(self._there().call(service="ptz", operation="GetStatus", body_inner=body))
        )

    async def go_to(self, pan: float, tilt: float, zoom: float, speed: float) -> None:
        """Start to move to its numbers."""
        await self._ask(
            self._there().ptz_absolute_move(
                profile_token=self._profile,
                pan=pan,
                tilt=tilt,
                zoom=zoom,
                speed_pan=speed,
                speed_tilt=speed,
                speed_zoom=speed,
            )
        )

    async def drive(self, pan: float, tilt: float, zoom: float, held: str) -> None:
        """Move at speeds from −1 to 1; ``held``: time after which it stops by itself, an XML duration, empty for its own."""
        await self._ask(
            self._there().ptz_continuous_move(
                profile_token=self._profile, pan=pan, tilt=tilt, zoom=zoom, timeout=held
            )
        )

    async def stop(self) -> None:
        """Stop everything, said again while it does not answer."""
        for left in reversed(range(STOP_TRIES)):
            try:
                await self._ask(self._there().ptz_stop(profile_token=self._profile))
            except CameraLost:
                if not left:
                    raise
            else:
                return

    async def recall(self, name: str, speed: float) -> None:
        """Go to a memory, by its name or its token, at a share of its speed. Raises CameraRefused when there is none such."""
        token = (await self._memories()).get(name)
        if token is None:
            raise CameraRefused(f"no memory {name}")
        # At full speed it is not said: some cameras know no speed of a recall.
        said = speed if speed < 1.0 else None
        await self._ask(
            self._there().ptz_goto_preset(
                profile_token=self._profile,
                preset_token=token,
                speed_pan=said,
                speed_tilt=said,
                speed_zoom=said,
            )
        )

    async def store(self, name: str) -> None:
        """Keep the present framing under a name, in the place of what had it."""
        token = (await self._memories()).get(name, "")
        await self._ask(
            self._there().ptz_set_preset(profile_token=self._profile, preset_name=name, preset_token=token)
        )

    # -- inside -----------------------------------------------------------------------------------------------------

    async def _find_profile(self, client: AsyncOnvifClient) -> str:
        """The first profile with a head, and its node."""
        for profile in await self._ask(client.get_profiles()):
            head = profile.get("ptz")
            if head is not None:
                self._profile = str(profile["token"])
                return str(head.get("node_token", ""))
        raise CameraRefused("none of its profiles has a head: it cannot be turned")

    async def _node(self, client: AsyncOnvifClient, token: str) -> dict[str, Any]:
        try:
            nodes = await self._ask(client.ptz_get_nodes())
        except Forbidden:
            raise
        except CameraRefused:
            nodes = []
        of_profile = [node for node in nodes if node["token"] == token]
        return (of_profile or nodes or [{}])[0]

    async def _memories(self) -> dict[str, str]:
        """Tokens by name; a token counts as a name that nobody else has."""
        presets = await self._ask(self._there().ptz_get_presets(profile_token=self._profile))
        tokens = {str(preset["token"]): str(preset["token"]) for preset in presets}
        return tokens | {str(preset["name"]): str(preset["token"]) for preset in presets if preset["name"]}

    def _there(self) -> AsyncOnvifClient:
        if self._client is None:
            raise CameraLost("it was not found yet")
        return self._client

    async def _ask(self, call: Awaitable[T]) -> T:
        with self._outcomes():
            return await call

    @contextlib.contextmanager
    def _outcomes(self) -> Iterator[None]:
        try:
            yield
        except OnvifAuthError as error:
            raise Forbidden from error
        except OnvifTransportError as error:
            self.failed += 1
            raise CameraLost(f"no answer: {error.code}") from error
        except OnvifError as error:
            if error.retryable:
                self.failed += 1
                raise CameraLost(f"no answer: {error.code}") from error
            raise CameraRefused(str(error)) from error


def _found(information: dict[str, Any], node: dict[str, Any]) -> Found:
    ranges = node.get("ranges")
    turn, lens = (ranges or {}).get("absolute_pan_tilt", {}), (ranges or {}).get("absolute_zoom", {})
    names = (str(information.get(key) or "") for key in ("Manufacturer", "Model"))
    memories = str(node.get("max_presets") or "0")
    return Found(
        model=" ".join(name for name in names if name) or "ONVIF",
        firmware=str(information.get("FirmwareVersion") or ""),
        absolute=ranges is None or bool(turn),
        pan=_range(turn.get("x")),
        tilt=_range(turn.get("y")),
        zoom=_range(lens.get("x")),
        memories=int(memories) if memories.isdigit() else 0,
    )


def _range(told: dict[str, float] | None) -> Range | None:
    return None if told is None else (told["min"], told["max"])


def _seen(xml: str) -> Seen | None:
    """From a GetStatus answer; the library's own reading of it leaves the space out."""
    root = parsers.parse_xml(xml)
    position = None if root is None else parsers.find_local(root, "Position")
    if root is None or position is None:
        return None
    turn, lens = parsers.child_local(position, "PanTilt"), parsers.child_local(position, "Zoom")
    if turn is None:
        return None
    try:
        pan, tilt = float(turn.attrib["x"]), float(turn.attrib["y"])
        zoom = 0.0 if lens is None else float(lens.attrib["x"])
    except (KeyError, ValueError):
        return None
    told = parsers.parse_ptz_status(xml).get("move_status", {})
    states = {str(told.get(part)) for part in ("pan_tilt", "zoom")}
    moving = True if MOVING in states else False if IDLE in states else None
    return Seen(pan, tilt, zoom, turn.attrib.get("space", ""), moving)
