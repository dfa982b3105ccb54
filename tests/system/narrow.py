"""A bad network between a browser and the rtc process: datagrams relayed with loss, delay and a rate, both ways.

Threads and sockets only. The browser is told the relay's address instead of the server's (:func:`through`), and the server none of
the browser's, so that nothing goes around it.
"""

import heapq
import itertools
import random
import re
import select
import socket
import threading
import time
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, WebSocketRoute

QUEUE_S = 0.25
"""What a slow link keeps before it drops."""


@dataclass
class Link:
    """One way. ``loss``: share of datagrams lost; ``delay_s``; ``bps``: None when it is not bound."""

    loss: float = 0.0
    delay_s: float = 0.0
    bps: float | None = None
    _free_at: float = 0.0

    def leaves_at(self, size: int, now: float, dice: random.Random) -> float | None:
        """When a datagram comes out; None when it is lost."""
        if dice.random() < self.loss:
            return None
        if self.bps is None:
            return now + self.delay_s
        if self._free_at - now > QUEUE_S:
            return None
        self._free_at = max(self._free_at, now) + size * 8 / self.bps
        return self._free_at + self.delay_s


class Relay:
    """One connection's datagrams. ``up`` towards the server, ``down`` towards the browser; both may be changed at any time."""

    def __init__(self, server: tuple[str, int], up: Link, down: Link, seed: int = 1) -> None:
        self._server, self._up, self._down = server, up, down
        self._dice = random.Random(seed)
        self._near, self._far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self._near, self._far):
            one.bind((server[0], 0))
        self._browser: tuple[str, int] | None = None
        self._over = False
        self._waiting: list[tuple[float, int, bytes, bool]] = []
        self._count = itertools.count()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where the browser sends."""
        host, port = self._near.getsockname()
        return str(host), int(port)

    def move(self) -> None:
        """The browser is behind another address from now on, as after a router that restarts: the server sees datagrams come from
        another port, and what it sends to the old one is lost."""
        moved = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        moved.bind((self._server[0], 0))
        self._far, old = moved, self._far
        old.close()

    def close(self) -> None:
        """Nothing passes any more."""
        self._over = True
        self._thread.join()
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        while not self._over:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, _, data, up = heapq.heappop(self._waiting)
                if up:
                    self._far.sendto(data, self._server)
                elif self._browser is not None:
                    self._near.sendto(data, self._browser)
            wait = min(0.05, max(0.0, self._waiting[0][0] - now)) if self._waiting else 0.05
            try:
                ready = select.select([self._near, self._far], [], [], wait)[0]
            except (OSError, ValueError):
                continue  # it has just moved
            for one in ready:
                self._take(one, time.monotonic())

    def _take(self, one: socket.socket, now: float) -> None:
        try:
            data, sender = one.recvfrom(4096)
        except OSError:
            return
        up = one is self._near
        if up:
            self._browser = sender
        at = (self._up if up else self._down).leaves_at(len(data), now, self._dice)
        if at is not None:
            heapq.heappush(self._waiting, (at, next(self._count), data, up))


def through(context: BrowserContext, up: Link, down: Link, relays: list[Relay]) -> None:
    """Have a room's page talk to the régie through relays; ``relays`` gets those that are made, to be closed."""

    def answer(text: str) -> str:
        found = re.search(r"a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host", text)
        if found is None or '"reponse"' not in text:
            return text
        relay = Relay((found[1], int(found[2])), up, down, seed=len(relays) + 1)
        relays.append(relay)
        host, port = relay.address
        only = rf"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\n"
        return re.sub(r"(a=candidate:[^\\]*\\r\\n)+", lambda _: only, text)

    def meet(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(lambda text: server.send(re.sub(r"a=candidate:[^\\]*\\r\\n", "", str(text))))
        server.on_message(lambda text: page.send(answer(str(text))))

    context.route_web_socket(re.compile(r"/api/v1/salles/ws"), meet)
