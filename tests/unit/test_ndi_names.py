"""A source found by its NDI name, as mDNS announces it: which one is taken, and what is asked of the library.

The library here is a list of announcements; the real one is in ``tests/system/test_ndi.py``, where it is installed.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from camera_drivers import ndi_library
from camera_drivers.ndi_library import NdiUnknown, locate, parse

pytestmark = pytest.mark.unit


@dataclass
class Announced:
    """What is announced, after so many looks; ``asked``: machines that were asked besides."""

    sources: dict[str, str]
    after: int = 0
    asked: list[object] = field(default_factory=list)
    open: int = 0

    FindCreate = SimpleNamespace

    def Source(self, name: str, url: str) -> SimpleNamespace:
        return SimpleNamespace(ndi_name=name, url_address=url)

    def find_create_v2(self, asked: SimpleNamespace) -> str:
        self.asked.append(getattr(asked, "extra_ips", None))
        self.open += 1
        return "finder"

    def find_get_current_sources(self, finder: str) -> list[SimpleNamespace]:
        return [] if self.after else [self.Source(*one) for one in self.sources.items()]

    def find_wait_for_sources(self, finder: str, ms: int) -> None:
        self.after = max(0, self.after - 1)

    def find_destroy(self, finder: str) -> None:
        self.open -= 1


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Announced:
    found = Announced(
        {
            "SALLE-2 (Tribune)": "10.0.0.7:5961",
            "REGIE (Tribune)": "10.0.0.25:5962",
            "REGIE (Tribune 2)": "10.0.0.25:5963",
        },
        after=2,
    )
    monkeypatch.setattr(ndi_library, "library", lambda: found)
    return found


def test_by_its_whole_name_announced_a_little_late(network: Announced) -> None:
    found = locate(parse("REGIE (Tribune)"), 5.0)
    assert (found.ndi_name, found.url_address) == ("REGIE (Tribune)", "10.0.0.25:5962")
    assert network.asked == [None] and not network.open, "mDNS alone was asked, and the search is over"


def test_by_a_channel_of_one_machine_among_those_that_mdns_tells_besides(network: Announced) -> None:
    assert locate(parse("ndi://10.0.0.25/Tribune"), 5.0).url_address == "10.0.0.25:5962"
    assert network.asked == ["10.0.0.25"]
    assert locate(parse("ndi://10.0.0.25/Tribune%202"), 5.0).url_address == "10.0.0.25:5963"


def test_a_name_that_nobody_announces_is_told_and_a_stop_ends_the_search(network: Announced) -> None:
    for address in ("REGIE (Balcon)", "ndi://10.0.0.8/Tribune"):
        with pytest.raises(NdiUnknown):
            locate(parse(address), 0.0)
    with pytest.raises(NdiUnknown):
        locate(parse("REGIE (Tribune)"), 60.0, lambda: True)
    assert not network.open
    for wrong in ("", "http://10.0.0.25/Tribune", "ndi:///Tribune"):
        with pytest.raises(ValueError, match="NDI|ndi"):
            parse(wrong)
