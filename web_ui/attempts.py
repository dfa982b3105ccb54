"""Guessing passwords is slow: attempts to log in are counted by account and by address.

An account under attack stays open to the addresses from which it was opened before: nobody far away may keep the technician out
of the console during a séance.
"""

import ipaddress
from collections import OrderedDict, deque

from regie.clock import Clock

WINDOW_S = 300
PER_ADDRESS = 10
PER_ACCOUNT = 30
_MAX_KEYS = 4096


def network_of(address: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class _Window:
    """Instants of the last attempts by key; the least recently used key is forgotten when there are too many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_ns(self, key: str, now_ns: int) -> int:
        """How long until one more attempt is allowed; 0 when it is now."""
        instants = self._keys.get(key)
        if instants is None:
            return 0
        while instants and now_ns - instants[0] >= WINDOW_S * 1_000_000_000:
            instants.popleft()
        if len(instants) < self._limit:
            return 0
        return instants[0] + WINDOW_S * 1_000_000_000 - now_ns

    def add(self, key: str, now_ns: int) -> None:
        self._keys.setdefault(key, deque(maxlen=self._limit)).append(now_ns)
        self._keys.move_to_end(key)
        if len(self._keys) > _MAX_KEYS:
            self._keys.popitem(last=False)

    def forget(self, key: str) -> None:
        self._keys.pop(key, None)


class Attempts:
    """Counts attempts to log in. Belongs to the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses = _Window(PER_ADDRESS)
        self._accounts = _Window(PER_ACCOUNT)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, account: str, address: str) -> int:
        """Count an attempt before it is checked. 0 when it may go on, else the seconds to wait."""
        now_ns = self._clock.monotonic_ns()
        network = network_of(address)
        wait_ns = self._addresses.wait_ns(network, now_ns)
        if (account, network) not in self._known:
            wait_ns = max(wait_ns, self._accounts.wait_ns(account, now_ns))
        if wait_ns > 0:
            return -(-wait_ns // 1_000_000_000)
        self._addresses.add(network, now_ns)
        self._accounts.add(account, now_ns)
        return 0

    def succeeded(self, account: str, address: str) -> None:
        """The password was right: what this address tried before is forgiven."""
        network = network_of(address)
        self._addresses.forget(network)
        self._known[(account, network)] = None
        self._known.move_to_end((account, network))
        if len(self._known) > _MAX_KEYS:
            self._known.popitem(last=False)
