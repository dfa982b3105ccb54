"""The rtc process against offers that nobody should make, and against what fails in one connection: the others never notice."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.clock import SystemClock
from regie.messages import Answer, Hangup, Offer, RoomNews, Way
from regie.rooms.peer import harden_aiortc
from regie.rooms.receiving import Receiving
from regie.rooms.rtc import Gateway
from regie.rooms.rtp import PeerClock, Unit

pytestmark = pytest.mark.unit
KEY = b"\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x65"


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await scenario()

    harden_aiortc()
    asyncio.run(bounded())


async def until(so: Callable[[], bool]) -> None:
    while not so():  # noqa: ASYNC110 - any condition
        await asyncio.sleep(0.01)


async def offered(*kinds: str) -> str:
    """An offer of real transceivers."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        peer.addTransceiver(kind)
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp
    await peer.close()
    return sdp


async def asked(gateway: Gateway, sdp: str, *, session: str = "s", document: bool = False) -> Answer:
    return await gateway._answer(
        Offer(
            id=1,
            session=session,
            stream="programme",
            sdp=sdp,
            client="127.0.0.1",
            room="b",
            document=document,
            way=Way.BOTH,
        )
    )


def directions(sdp: str) -> list[tuple[str, str]]:
    """(kind, direction) of each medium of an answer."""
    found = []
    for medium in sdp.split("\r\nm=")[1:]:
        lines = medium.split("\r\n")
        way = next(line[2:] for line in lines if line[2:] in ("sendrecv", "recvonly", "sendonly", "inactive"))
        found.append((lines[0].split(" ")[0], way))
    return found


def test_what_is_offered_too_much_is_not_received(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Gateway(tmp_path, SystemClock())
        room = await asked(gateway, await offered("video", "audio", "video", "audio"))
        ways = [way for _, way in directions(room.sdp)]
        assert sorted(ways) == ["inactive", "inactive", "sendrecv", "sendrecv"]
        document = await asked(gateway, await offered("video", "audio"), session="d", document=True)
        assert dict(directions(document.sdp)) == {"video": "recvonly", "audio": "inactive"}
        await gateway.close()
        assert not gateway._guests

    run(scenario)


def test_an_offer_that_is_none_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Gateway(tmp_path, SystemClock())
        good = await offered("video", "audio")
        lines = good.split("\r\n")

        @settings(max_examples=40, deadline=None, database=None)
        @given(st.data())
        def mangled(data: st.DataObject) -> None:
            n = data.draw(st.integers(0, len(lines) - 2))
            how = data.draw(st.sampled_from(("cut", "drop", "swap", "spoil")))
            other = {
                "cut": lines[:n],
                "drop": lines[:n] + lines[n + 1 :],
                "swap": [*lines[:n], *reversed(lines[n:])],
                "spoil": [*lines[:n], lines[n][: len(lines[n]) // 2] + " \x00é", *lines[n + 1 :]],
            }[how]
            offers.append("\r\n".join(other))

        offers: list[str] = ["", "v=0", "\r\nm=video", "\r\nm=audio 9\r\n"]
        mangled()
        for n, sdp in enumerate(offers):
            answer = await asked(gateway, sdp, session=f"s{n}")
            assert answer.sdp or answer.code in ("offre_invalide", "offre_sans_h264"), sdp
            if answer.code:
                assert f"s{n}" not in gateway._guests
        assert (await asked(gateway, good, session="last")).sdp, "and the next one is answered"
        await gateway._hang_up(Hangup(room="b"))
        assert not gateway._guests and not gateway._minus

    run(scenario)


def test_what_citizens_receive_has_a_clock_of_its_own(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, SystemClock())
    hubs = gateway._hubs
    # It is older by the delay: whichever comes first in a run must not put the other in the future, nor back at the next run.
    old, new = hubs["antenne"].clock.of(0), hubs["programme"].clock.of(10 * 48_000)
    assert abs(old - new) < 48_000
    assert gateway._minus_of("b").clock is hubs["programme"].clock, (
        "a room's sound goes with the programme's picture"
    )


def test_a_connection_that_fails_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regie.rooms.rtc.NEWS_SECONDS", 0.05)

    async def scenario() -> None:
        gateway = Gateway(tmp_path, SystemClock())
        told: list[RoomNews] = []
        monkeypatch.setattr(gateway, "_tell", told.append)
        sdp = await offered("video", "audio")
        await asked(gateway, sdp, session="fails")
        gateway._guests["lives"] = gateway._guests.pop("fails")  # another name for the room's one connection
        await gateway._guests["lives"].close()
        await asked(gateway, sdp, session="fails")

        async def fail() -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(gateway._guests["fails"], "tend", fail)
        job = asyncio.create_task(gateway.tend())
        await until(lambda: "fails" not in gateway._guests)
        await asked(gateway, sdp, session="next")
        told.clear()
        await until(lambda: any(news.session == "next" for news in told))
        assert not job.done()
        job.cancel()
        await gateway.close()

    run(scenario)


class Receiver:
    """What aiortc's receiver is to us."""

    async def _handle_rtcp_packet(self, packet: object) -> None:
        pass


def test_an_encoder_that_starts_again_is_received_again() -> None:
    now = 0.0
    units: list[Unit] = []
    receiving = Receiving(
        Receiver(),  # type: ignore[arg-type]
        True,
        PeerClock(),
        lambda picture, at, unit: units.append(unit),
        lambda: now,
    )

    def comes(ssrc: int, sequence: int, stamp: int) -> None:
        packet = RtpPacket(payload_type=96, marker=1, sequence_number=sequence, timestamp=stamp, ssrc=ssrc)
        packet._data = KEY  # type: ignore[attr-defined]
        receiving.packet(packet)

    comes(1, 40_000, 900_000)
    comes(2, 100, 0)
    assert len(units) == 1, "two at a time are one too many"
    now = 1.5
    # Numbers far behind the last ones: they would be taken for late packets for minutes.
    comes(2, 101, 3_600)
    comes(2, 102, 7_200)
    assert len(units) == 3
