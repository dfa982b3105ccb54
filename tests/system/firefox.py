"""Debian's Firefox without a screen, driven by WebDriver BiDi over its own socket: a browser of another make."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PREFERENCES = {
    "media.autoplay.default": 0,
    # Everything but this machine goes to a proxy that does not exist: nothing leaves.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1, localhost",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,nothing",
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}
_SAYS = b"WebDriver BiDi listening on "
_START_S = 30


class Firefox:
    """One page of it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0
        self._page = ""

    async def open(self, url: str) -> None:
        """Load a page."""
        if not self._page:
            await self._call("session.new", capabilities={})
            self._page = (await self._call("browsingContext.getTree"))["contexts"][0]["context"]
        await self._call("browsingContext.navigate", context=self._page, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """What an expression of the page gives, once its promise is kept."""
        wrapped = f"(async () => JSON.stringify(await ({expression})) ?? 'null')()"
        told = await self._call(
            "script.evaluate", expression=wrapped, target={"context": self._page}, awaitPromise=True
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])

    async def until(self, expression: str, within_s: float = 20) -> None:
        """Wait until it is true."""
        polled = f"""new Promise((done, late) => {{
          const began = performance.now();
          const look = () => {{
            if ({expression}) done(true);
            else if (performance.now() - began > {within_s * 1000}) late(new Error('never: ' + {json.dumps(expression)}));
            else setTimeout(look, 20);
          }};
          look();
        }})"""
        await self.evaluate(polled)

    async def _call(self, method: str, **params: object) -> dict[str, Any]:
        self._asked += 1
        await self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == self._asked:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """A fresh one, with a profile of its own, gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="firefox"))
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (home / "user.js").write_text("".join(lines), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "firefox-esr", "--headless", "--no-remote", "--profile", str(home), "--remote-debugging-port", "0",
        env={**os.environ, "HOME": str(home)}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(_START_S):
            while not (line := await process.stderr.readline()).startswith(_SAYS):
                assert line, "it ended before it listened"
        # What it says afterwards must not fill the pipe.
        reading = asyncio.create_task(process.stderr.read())
        async with connect(line.removeprefix(_SAYS).decode().strip() + "/session", max_size=None) as socket:
            yield Firefox(socket)
        reading.cancel()
    finally:
        process.kill()
        await process.wait()
        shutil.rmtree(home, ignore_errors=True)
