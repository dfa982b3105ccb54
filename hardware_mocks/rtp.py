"""RTP of a camera: H.264 (RFC 6184) and AAC (RFC 3640, AAC-hbr), with sender reports that tie picture and sound together."""

import struct
from base64 import b64encode

from hardware_mocks.encoding import Unit

MTU = 1400
VIDEO, AUDIO = 96, 97
UNIX_TO_NTP = 2_208_988_800


def nal_units(data: bytes) -> list[bytes]:
    """NAL units of an Annex B access unit."""
    units = []
    for piece in data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]:
        units.append(piece.rstrip(b"\x00") if piece[:1] and piece[0] & 0x1F > 5 else piece)
    return [unit for unit in units if unit]


def parameter_sets(data: bytes) -> tuple[bytes, bytes] | None:
    """SPS and PPS of a keyframe."""
    found = {unit[0] & 0x1F: unit for unit in nal_units(data)}
    return (found[7], found[8]) if 7 in found and 8 in found else None


class Track:
    """One RTP stream for one client."""

    def __init__(self, payload_type: int, ssrc: int, first_sequence: int) -> None:
        self.payload_type = payload_type
        self.ssrc = ssrc
        self.sequence = first_sequence
        self.clock = 90_000 if payload_type == VIDEO else 48_000
        self.packets = 0
        self.octets = 0

    def packetize(self, unit: Unit) -> list[bytes]:
        """RTP packets of an access unit."""
        stamp = unit.pts * self.clock // 90_000
        if self.payload_type == AUDIO:
            header = struct.pack(">HH", 16, len(unit.data) << 3)
            return [self._packet(header + unit.data, stamp, True)]
        payloads = [payload for nal in nal_units(unit.data) for payload in _fragments(nal)]
        return [self._packet(payload, stamp, n == len(payloads) - 1) for n, payload in enumerate(payloads)]

    def _packet(self, payload: bytes, stamp: int, last: bool) -> bytes:
        kind = self.payload_type | (0x80 if last else 0)
        header = struct.pack(">BBHII", 0x80, kind, self.sequence & 0xFFFF, stamp & 0xFFFFFFFF, self.ssrc)
        self.sequence += 1
        self.packets += 1
        self.octets += len(payload)
        return header + payload

    def report(self, pts: int, utc: float) -> bytes:
        """RTCP sender report: the instant ``pts`` (90 kHz) was at ``utc``; with the name that ties the tracks."""
        ntp = int((utc + UNIX_TO_NTP) * (1 << 32))
        stamp = pts * self.clock // 90_000 & 0xFFFFFFFF
        report = struct.pack(
            ">BBHIQIII",
            0x80,
            200,
            6,
            self.ssrc,
            ntp & (1 << 64) - 1,
            stamp,
            self.packets,
            self.octets & 0xFFFFFFFF,
        )
        name = b"hall"
        item = struct.pack(">IBB", self.ssrc, 1, len(name)) + name
        item += b"\x00" * (4 - len(item) % 4)
        return report + struct.pack(">BBH", 0x81, 202, len(item) // 4) + item


def _fragments(nal: bytes) -> list[bytes]:
    if len(nal) <= MTU:
        return [nal]
    indicator, kind = nal[0] & 0xE0 | 28, nal[0] & 0x1F
    body = nal[1:]
    pieces = [body[n : n + MTU - 2] for n in range(0, len(body), MTU - 2)]
    last = len(pieces) - 1
    return [
        bytes((indicator, kind | (0x80 if n == 0 else 0) | (0x40 if n == last else 0))) + piece
        for n, piece in enumerate(pieces)
    ]


def describe(host: str, sets: tuple[bytes, bytes], aac: bytes | None) -> str:
    """SDP of a camera."""
    sps, pps = sets
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        "s=Simulated camera",
        f"c=IN IP4 {host}",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {VIDEO}",
        f"a=rtpmap:{VIDEO} H264/90000",
        f"a=fmtp:{VIDEO} packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};"
        f"sprop-parameter-sets={b64encode(sps).decode()},{b64encode(pps).decode()}",
        "a=control:track0",
    ]
    if aac is not None:
        lines += [
            f"m=audio 0 RTP/AVP {AUDIO}",
            f"a=rtpmap:{AUDIO} mpeg4-generic/48000/1",
            f"a=fmtp:{AUDIO} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
            f"indexdeltalength=3;config={aac.hex()}",
            "a=control:track1",
        ]
    return "\r\n".join(lines) + "\r\n"
