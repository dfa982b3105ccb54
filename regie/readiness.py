"""The check before a séance: at most twelve lines, each with its light, from what the engine, the cameras and the rooms tell.

Pure, but for :class:`Heard`, which remembers who spoke. What a light means to a person is said by the pages, from stable codes.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from io import BytesIO

import msgspec
from PIL import Image, ImageStat

from camera_drivers.base import CameraState
from regie.board import AntennaStatus, EngineStatus, Levels, OutputState, SourceState, SourceStatus
from regie.cameras.news import CamerasStatus
from regie.domain.model import SlateName, SourceId
from regie.domain.register.convocation import notice_places
from regie.domain.register.remote import Room
from regie.domain.register.state import Register

SPOKEN_DBFS = -45.0
"""A microphone whose peak reached this was spoken into."""
LIP_SYNC_MS = 40.0
"""Beyond, lips and words do not go together."""
ENOUGH_DISK_H, LITTLE_DISK_H = 6.0, 1.0
BLACK_LEVEL = 12
"""Mean luma (full range) under which a picture is black: that of a capped lens, not of a dim hall."""
_NOT_CAMERAS = frozenset({"son", "salle", "document", "mire"})


class Light(StrEnum):
    """``WAITING``: still to be done. ``WRONG`` alone keeps the antenna from being given without a second thought."""

    GOOD = "bon"
    WAITING = "attente"
    DOUBT = "attention"
    WRONG = "rouge"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A line. ``reason``: stable code of why the light is not green; ``names``: of what or whom; ``value``: a figure, in the unit
    of the line (hours of disk, ms of lip sync, seconds of recording, inputs heard)."""

    code: str
    light: Light
    reason: str = ""
    names: tuple[str, ...] = ()
    value: float = 0.0


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """The recording under way was read again: how many seconds it held, what was wrong with it."""

    seconds: float
    problems: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the check looks at. ``opened``: the séance is, so that its files are being written; ``black``: sources whose picture is
    black; ``heard``: inputs that were spoken into; ``clock_set``: by the network, None when the system does not say; ``reread``:
    None until it was asked for."""

    status: EngineStatus | None
    opened: bool = True
    cameras: CamerasStatus = CamerasStatus()
    black: frozenset[SourceId] = frozenset()
    heard: frozenset[str] = frozenset()
    register: Register | None = None
    clock_set: bool | None = None
    reread: Reread | None = None


class Heard:
    """The inputs that were spoken into since the check began. Fed from any thread."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def hear(self, levels: Levels) -> None:
        """The meters as they are now."""
        self._names.update(name for name, (peak, _) in levels.inputs.items() if peak >= SPOKEN_DBFS)

    def forget(self) -> None:
        """Begin again."""
        self._names = set()

    @property
    def names(self) -> frozenset[str]:
        """Those heard so far."""
        return frozenset(tuple(self._names))


def is_black(jpeg: bytes) -> bool:
    """Is this thumbnail black? One that cannot be read is not said to be."""
    try:
        with Image.open(BytesIO(jpeg)) as picture:
            mean: float = ImageStat.Stat(picture.convert("L")).mean[0]
    except (OSError, ValueError):
        return False
    return mean < BLACK_LEVEL


def before_first_antenna(antenna: AntennaStatus) -> bool:
    """Has the public had nothing of this séance yet? The check stands before that, and never in the way of a return to the air."""
    return not antenna.on and not antenna.recovering and antenna.slate is SlateName.BEFORE


def check(known: Known) -> tuple[Check, ...]:
    """Every line that concerns this installation, in the order in which one mends things."""
    status = known.status
    if status is None:
        return (Check(code="moteur", light=Light.WRONG, reason="absent"),)
    cameras = [
        one for one in status.sources if one.kind not in _NOT_CAMERAS and not one.id.startswith("slate.")
    ]
    lines = [_pictures(cameras, known.black)]
    if known.cameras.cameras:
        lines.append(_heads(known.cameras))
    lines.append(_microphones(status, known.heard))
    lines.append(_lip_sync(status))
    rooms = known.register.rooms if known.register is not None else ()
    lines.extend(_rooms(rooms, _remote_rooms(status)))
    lines.extend(_outputs(status))
    lines += [
        _recording(status, known.reread, known.opened),
        _webtv(status),
        _delay(status),
        _disk(status),
        _clock(known.clock_set),
    ]
    lines.append(_register(known.register))
    return tuple(lines)


def wrong(lines: Iterable[Check]) -> tuple[str, ...]:
    """The codes of the red lines."""
    return tuple(line.code for line in lines if line.light is Light.WRONG)


def _remote_rooms(status: EngineStatus) -> Mapping[str, str]:
    return {source.id: source.name for source in status.sources if source.kind == "salle"}


def _pictures(cameras: list[SourceStatus], black: frozenset[SourceId]) -> Check:
    missing = tuple(one.name for one in cameras if one.state is not SourceState.LIVE)
    if not cameras:
        return Check(code="images", light=Light.WRONG, reason="aucune")
    if missing:
        return Check(code="images", light=Light.WRONG, reason="perdues", names=missing)
    dark = tuple(one.name for one in cameras if one.id in black)
    if dark:
        return Check(code="images", light=Light.WRONG, reason="noires", names=dark)
    return Check(code="images", light=Light.GOOD, value=len(cameras))


def _heads(cameras: CamerasStatus) -> Check:
    silent = tuple(
        one.name for one in cameras.cameras if one.state in (CameraState.LOST, CameraState.UNKNOWN)
    )
    if silent:
        return Check(code="tourelles", light=Light.WRONG, reason="muettes", names=silent)
    return Check(code="tourelles", light=Light.GOOD, value=len(cameras.cameras))


def _microphones(status: EngineStatus, heard: frozenset[str]) -> Check:
    """The microphones of the chamber; without any, whatever has sound. A room is heard by its own check."""
    inputs = [one for one in status.inputs if not one.remote]
    microphones = [one for one in inputs if one.kind == "micro"] or inputs
    if not microphones:
        return Check(code="micros", light=Light.WRONG, reason="aucun")
    silent = tuple(one.name or one.source for one in microphones if one.source not in heard)
    if not silent:
        return Check(code="micros", light=Light.GOOD, value=len(microphones))
    return Check(
        code="micros",
        light=Light.WAITING,
        reason="a_essayer",
        names=silent,
        value=len(microphones) - len(silent),
    )


def _lip_sync(status: EngineStatus) -> Check:
    measured = status.sync.offset_ms if status.sync is not None else None
    if measured is None:
        return Check(code="synchro", light=Light.WAITING, reason="a_mesurer")
    if abs(measured) > LIP_SYNC_MS:
        return Check(code="synchro", light=Light.WRONG, reason="decalee", value=measured)
    return Check(code="synchro", light=Light.GOOD, value=measured)


def _rooms(rooms: Iterable[Room], names: Mapping[str, str]) -> Iterator[Check]:
    """Those of the convocation but the main one, which has no link: two-way sound and picture measured, the agent there."""
    remote = [room for room in rooms if room.id in names]
    if not remote:
        return
    missing = tuple(names[room.id] for room in remote if not room.tested)
    if missing:
        yield Check(code="salles", light=Light.WAITING, reason="a_mesurer", names=missing)
    else:
        yield Check(code="salles", light=Light.GOOD, value=len(remote))


def _outputs(status: EngineStatus) -> Iterator[Check]:
    if not status.outputs:
        return
    refused = tuple(
        one.name for one in status.outputs if one.state in (OutputState.RETRYING, OutputState.CONNECTING)
    )
    stopped = tuple(one.name for one in status.outputs if one.state is OutputState.STOPPED)
    if refused:
        yield Check(code="destinations", light=Light.WRONG, reason="injoignables", names=refused)
    elif stopped:
        yield Check(code="destinations", light=Light.DOUBT, reason="arretees", names=stopped)
    else:
        yield Check(code="destinations", light=Light.GOOD, value=len(status.outputs))


def _recording(status: EngineStatus, reread: Reread | None, opened: bool) -> Check:
    recording = status.recording
    if not recording.on and not recording.reason and not opened:
        return Check(code="enregistrement", light=Light.WAITING, reason="a_ouvrir")
    if not recording.on or recording.reason:
        return Check(code="enregistrement", light=Light.WRONG, reason="arrete")
    if reread is None:
        return Check(
            code="enregistrement", light=Light.WAITING, reason="a_relire", value=round(recording.seconds)
        )
    if reread.problems:
        return Check(code="enregistrement", light=Light.WRONG, reason="illisible", names=reread.problems)
    return Check(code="enregistrement", light=Light.GOOD, value=round(reread.seconds))


def _webtv(status: EngineStatus) -> Check:
    if status.webtv.reason:
        return Check(code="webtv", light=Light.WRONG, reason="rien")
    if not status.webtv.segments:
        return Check(code="webtv", light=Light.WAITING, reason="a_ouvrir")
    return Check(code="webtv", light=Light.GOOD)


def _delay(status: EngineStatus) -> Check:
    if not status.delay.safe:
        return Check(
            code="retard", light=Light.WRONG, reason="se_remplit", value=round(status.delay.held_ms / 1000)
        )
    return Check(code="retard", light=Light.GOOD, value=round(status.delay.held_ms / 1000))


def _disk(status: EngineStatus) -> Check:
    hours = status.counters.disk_hours
    if hours < LITTLE_DISK_H:
        return Check(code="disque", light=Light.WRONG, reason="plein", value=hours)
    if hours < ENOUGH_DISK_H:
        return Check(code="disque", light=Light.DOUBT, reason="juste", value=hours)
    return Check(code="disque", light=Light.GOOD, value=hours)


def _clock(clock_set: bool | None) -> Check:
    if clock_set is None:
        return Check(code="horloge", light=Light.DOUBT, reason="inconnue")
    if not clock_set:
        return Check(code="horloge", light=Light.DOUBT, reason="libre")
    return Check(code="horloge", light=Light.GOOD)


def _register(register: Register | None) -> Check:
    if register is None:
        return Check(code="registre", light=Light.DOUBT, reason="sans_convocation")
    posted = {posting.place for posting in register.postings}
    unnoticed = [
        room
        for room, door in zip(register.specs, notice_places(register.specs), strict=True)
        if door not in posted
    ]
    if unnoticed:
        names = tuple(room.name for room in unnoticed)
        return Check(code="registre", light=Light.WRONG, reason="sans_affiche", names=names)
    return Check(code="registre", light=Light.GOOD, value=len(register.items))
