"""FLV bodies of pictures, sounds and metadata, as RTMP messages carry them (Adobe, *Video File Format 10.1*, annex E). Pure."""

from dataclasses import dataclass

from regie.domain.timeline import SAMPLE_RATE
from regie.media import amf
from regie.media.fragments import sound_bitrate, sound_configuration
from regie.media.frames import EncodedPicture, EncodedSound, TierFormat
from regie.media.h264 import ParameterSets, length_prefixed, parameter_sets
from regie.media.rtmp_chunks import DATA, PICTURE, SOUND

_KEY_AVC, _DELTA_AVC = 0x17, 0x27
_AAC = 0xAF
_HEADER, _DATA = 0, 1
_NO_OFFSET = b"\0\0\0"


@dataclass(frozen=True, slots=True)
class Tag:
    """One message: its kind, body, time in milliseconds. ``sets`` comes with keyframes only: a player may start here."""

    kind: int
    body: bytes
    milliseconds: int
    sets: ParameterSets | None = None

    @property
    def key(self) -> bool:
        """A player may start here."""
        return self.sets is not None


def milliseconds(samples: int) -> int:
    """Samples to milliseconds, to nearest: an error of half a millisecond that never adds up."""
    return (samples * 1000 + SAMPLE_RATE // 2) // SAMPLE_RATE


def picture(packet: EncodedPicture, origin: int) -> Tag:
    """A picture. Raises BadPicture for a keyframe without parameter sets."""
    sets = parameter_sets(packet.data) if packet.key else None
    head = bytes((_KEY_AVC if packet.key else _DELTA_AVC, _DATA)) + _NO_OFFSET
    return Tag(PICTURE, head + length_prefixed(packet.data), milliseconds(packet.at - origin), sets)


def sound(packet: EncodedSound, origin: int) -> Tag:
    """A sound unit."""
    return Tag(SOUND, bytes((_AAC, _DATA)) + packet.data, milliseconds(packet.at - origin))


def headers(tier: TierFormat, sets: ParameterSets, at: int) -> tuple[Tag, Tag, Tag]:
    """What a server must have before the first keyframe: metadata, then both decoder configurations."""
    about = amf.Array(
        width=tier.width,
        height=tier.height,
        framerate=tier.fps,
        videocodecid=7,
        videodatarate=tier.bitrate / 1000,
        audiocodecid=10,
        audiodatarate=sound_bitrate(tier) / 1000,
        audiosamplerate=SAMPLE_RATE,
        audiosamplesize=16,
        stereo=tier.sound.codec_context.channels == 2,
        encoder="regie",
    )
    return (
        Tag(DATA, amf.encode("@setDataFrame", "onMetaData", about), at),
        Tag(PICTURE, bytes((_KEY_AVC, _HEADER)) + _NO_OFFSET + sets.configuration, at),
        Tag(SOUND, bytes((_AAC, _HEADER)) + sound_configuration(tier), at),
    )
