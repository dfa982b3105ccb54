"""WebRTC viewers for a benchmark, in a process of their own: they connect, receive, count pictures, and decode nothing.

``python -m benchmarks._receivers --run DIR --count N``. Says ``ready`` once each one receives; at the end of its standard input
says how many pictures and sound packets each got since, as JSON.
"""

import argparse
import asyncio
import json
import queue
import sys
import threading
from pathlib import Path

import aiortc.rtcrtpreceiver
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from regie.link import connect
from regie.messages import Answer, Offer
from regie.rooms.peer import harden_aiortc

STARTED = 25
"""Pictures after which a viewer counts as connected."""
PATIENCE_S = 20

Task = tuple[RTCRtpCodecParameters, JitterFrame]


class _Count:
    """What all viewers received, in the threads where aiortc would decode."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._packets: dict[tuple[str, int], int] = {}

    def take(
        self,
        loop: asyncio.AbstractEventLoop,
        input_q: "queue.Queue[Task | None]",
        output_q: "asyncio.Queue[None]",
        decode_error: threading.Event,
    ) -> None:
        """In place of aiortc's decoder: count and forget."""
        while (task := input_q.get()) is not None:
            key = (task[0].mimeType.split("/")[0], threading.get_ident())
            with self._lock:
                self._packets[key] = self._packets.get(key, 0) + 1

    def of(self, kind: str) -> dict[int, int]:
        """By viewer."""
        with self._lock:
            return {thread: n for (what, thread), n in self._packets.items() if what == kind}


async def _watch(run: Path, number: int) -> RTCPeerConnection:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("video", direction="recvonly")
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    peer = await connect(run / "rtc.sock")
    offer = Offer(
        id=1,
        session=f"viewer{number}",
        stream="programme",
        sdp=connection.localDescription.sdp,
        client="127.0.0.1",
    )
    peer.send(offer)
    answer = await anext(aiter(peer.messages()))
    peer.close()
    await peer.closed()
    if not isinstance(answer, Answer) or answer.code:
        raise RuntimeError(f"the offer was refused: {answer}")
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer.sdp, type="answer"))
    return connection


async def _run(run: Path, count: int) -> None:
    harden_aiortc()
    counted = _Count()
    aiortc.rtcrtpreceiver.decoder_worker = counted.take
    viewers = [await _watch(run, number) for number in range(count)]
    for _ in range(PATIENCE_S * 10):
        if sum(n >= STARTED for n in counted.of("video").values()) == count:
            break
        await asyncio.sleep(0.1)
    else:
        raise RuntimeError("a viewer receives nothing")
    before = counted.of("video"), counted.of("audio")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    got = {
        kind: [n - then.get(thread, 0) for thread, n in counted.of(kind).items()]
        for kind, then in zip(("video", "audio"), before, strict=True)
    }
    print(json.dumps(got), flush=True)
    await asyncio.gather(*(viewer.close() for viewer in viewers))


def main() -> None:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._receivers")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(_run(asked.run, asked.count))


if __name__ == "__main__":
    main()
