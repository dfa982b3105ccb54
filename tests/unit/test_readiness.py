"""The check before a séance: what makes each line green, amber or red, and what stands in the way of the antenna."""

from io import BytesIO
from typing import Any

import msgspec
import pytest
from PIL import Image

from camera_drivers.base import CameraState
from regie.board import (
    AntennaStatus,
    Counters,
    DelayStatus,
    EngineStatus,
    InputStatus,
    Levels,
    OutputState,
    OutputStatus,
    RecordingStatus,
    SourceState,
    SourceStatus,
    SyncStatus,
    WebTvStatus,
)
from regie.cameras.news import CamerasStatus, CameraStatus
from regie.domain.model import Shot, SlateName
from regie.domain.register import commands as cmd
from regie.domain.register.convocation import Posting
from regie.domain.register.remote import Room
from regie.domain.timeline import Epoch, MediaTime
from regie.readiness import (
    Check,
    Heard,
    Known,
    Light,
    Reread,
    before_first_antenna,
    check,
    is_black,
    wrong,
)
from tests.unit.council import Council, convene

pytestmark = pytest.mark.unit

GOOD = EngineStatus(
    epoch=Epoch(run="essai", utc_ns=0),
    now=MediaTime(0),
    width=1280,
    height=720,
    fps=25,
    programme=Shot(("cam1",)),
    preview=Shot(("cam2",)),
    sources=(
        SourceStatus(id="cam1", name="Perchoir", kind="rtsp", state=SourceState.LIVE),
        SourceStatus(id="cam2", name="Public", kind="ndi", state=SourceState.LIVE),
        SourceStatus(id="table", name="Console de son", kind="son", state=SourceState.LIVE),
        SourceStatus(id="nord", name="Salle Nord", kind="salle", state=SourceState.DOWN),
        SourceStatus(id="slate.avant", name="Avant", kind="panneau", state=SourceState.LIVE),
    ),
    outputs=(OutputStatus(id="a", name="Plateforme", host="x", state=OutputState.LIVE),),
    recording=RecordingStatus(on=True, file="x.mp4", seconds=75),
    webtv=WebTvStatus(seance="s", segments=30, seconds=60),
    inputs=(
        InputStatus(source="m1", name="Micro 1", kind="micro"),
        InputStatus(source="m2", name="Micro 2", kind="micro"),
        InputStatus(source="nord", name="Salle Nord", remote=True),
    ),
    counters=Counters(disk_hours=40),
    delay=DelayStatus(target_ms=10_000, held_ms=10_000, safe=True),
    sync=SyncStatus(source="cam1", offset_ms=-12.5),
)
ALL = frozenset({"m1", "m2"})


def noticed() -> Council:
    """Convened, the notice to the persons filmed at the door."""
    council = Council(convene())
    notice = Posting(place="affiche:hall", at_utc_ms=council.now, agent="accueil")
    council.do(cmd.ProveConvocation(postings=(notice,)))
    return council


def known(**changes: Any) -> Known:
    """All is well, but for the changes: those of the status by name, the rest of :class:`Known`."""
    of_known = {name: changes.pop(name) for name in tuple(changes) if name in Known.__struct_fields__}
    given: dict[str, Any] = {
        "status": msgspec.structs.replace(GOOD, **changes),
        "heard": ALL,
        "clock_set": True,
        "reread": Reread(seconds=74),
        "register": noticed().register,
    }
    return Known(**(given | of_known))


def line(code: str, **changes: Any) -> Check:
    return next(one for one in check(known(**changes)) if one.code == code)


def test_when_all_is_well_every_line_is_green_and_there_are_twelve_at_most() -> None:
    lines = check(
        known(
            cameras=CamerasStatus(
                cameras=(CameraStatus(source="cam1", name="Perchoir", state=CameraState.READY),)
            )
        )
    )
    assert {one.light for one in lines} == {Light.GOOD}
    assert len(lines) <= 12 and wrong(lines) == ()


def test_without_an_engine_nothing_else_is_known() -> None:
    assert [(one.code, one.light) for one in check(Known(status=None))] == [("moteur", Light.WRONG)]


LOST = tuple(
    msgspec.structs.replace(one, state=SourceState.STALE) if one.id == "cam2" else one for one in GOOD.sources
)
STOPPED = tuple(msgspec.structs.replace(one, state=OutputState.STOPPED) for one in GOOD.outputs)
REFUSED = tuple(msgspec.structs.replace(one, state=OutputState.RETRYING) for one in GOOD.outputs)


@pytest.mark.parametrize(
    ("code", "light", "reason", "names", "changes"),
    [
        ("images", Light.WRONG, "perdues", ("Public",), {"sources": LOST}),
        ("images", Light.WRONG, "noires", ("Perchoir",), {"black": frozenset({"cam1"})}),
        ("images", Light.WRONG, "aucune", (), {"sources": GOOD.sources[2:]}),
        ("micros", Light.WAITING, "a_essayer", ("Micro 2",), {"heard": frozenset({"m1"})}),
        ("micros", Light.WRONG, "aucun", (), {"inputs": GOOD.inputs[2:]}),
        ("synchro", Light.WAITING, "a_mesurer", (), {"sync": None}),
        ("synchro", Light.WRONG, "decalee", (), {"sync": SyncStatus(source="cam1", offset_ms=41)}),
        ("destinations", Light.WRONG, "injoignables", ("Plateforme",), {"outputs": REFUSED}),
        ("destinations", Light.DOUBT, "arretees", ("Plateforme",), {"outputs": STOPPED}),
        ("enregistrement", Light.WRONG, "arrete", (), {"recording": RecordingStatus()}),
        ("enregistrement", Light.WRONG, "arrete", (), {"recording": RecordingStatus(on=True, reason="disque_plein")}),
        ("enregistrement", Light.WAITING, "a_relire", (), {"reread": None}),
        ("enregistrement", Light.WRONG, "illisible", ("tailles",), {"reread": Reread(seconds=3, problems=("tailles",))}),
        ("webtv", Light.WRONG, "rien", (), {"webtv": WebTvStatus(reason="disque_plein")}),
        ("webtv", Light.WAITING, "a_ouvrir", (), {"webtv": WebTvStatus()}),
        ("enregistrement", Light.WAITING, "a_ouvrir", (), {"recording": RecordingStatus(), "opened": False}),
        ("retard", Light.WRONG, "se_remplit", (), {"delay": DelayStatus(target_ms=10_000, held_ms=4000, safe=False)}),
        ("disque", Light.WRONG, "plein", (), {"counters": Counters(disk_hours=0.5)}),
        ("disque", Light.DOUBT, "juste", (), {"counters": Counters(disk_hours=5)}),
        ("horloge", Light.DOUBT, "libre", (), {"clock_set": False}),
        ("horloge", Light.DOUBT, "inconnue", (), {"clock_set": None}),
        ("registre", Light.DOUBT, "sans_convocation", (), {"register": None}),
        ("registre", Light.WRONG, "sans_affiche", ("Salle du conseil",), {"register": Council(convene()).register}),  # P1
    ],
)  # fmt: skip
def test_what_is_not_well_has_its_light_its_reason_and_its_names(
    code: str, light: Light, reason: str, names: tuple[str, ...], changes: dict[str, Any]
) -> None:
    found = line(code, **changes)
    assert (found.light, found.reason, found.names) == (light, reason, names)
    assert wrong([found]) == ((code,) if light is Light.WRONG else ())


def test_a_head_that_does_not_answer_is_red_though_its_picture_is_there() -> None:
    cameras = CamerasStatus(cameras=(CameraStatus(source="cam1", name="Perchoir", state=CameraState.LOST),))
    assert line("tourelles", cameras=cameras).names == ("Perchoir",)


def test_a_room_of_the_convocation_is_waited_for_until_it_is_measured() -> None:
    council = Council(convene()).register
    waiting = msgspec.structs.replace(council, rooms=(Room(id="nord"),))
    assert line("salles", register=waiting).names == ("Salle Nord",)
    tested = msgspec.structs.replace(council, rooms=(Room(id="nord", tested=True),))
    assert line("salles", register=tested).light is Light.GOOD


def test_who_spoke_is_remembered_until_it_begins_again() -> None:
    heard = Heard()
    heard.hear(Levels(inputs={"m1": (-20.0, -30.0), "m2": (-60.0, -70.0)}))
    heard.hear(Levels(inputs={"m1": (-90.0, -95.0)}))
    assert heard.names == {"m1"}
    heard.forget()
    assert heard.names == frozenset()


@pytest.mark.parametrize(("luma", "black"), [(0, True), (10, True), (40, False), (200, False)])
def test_a_capped_lens_is_black_and_a_dim_hall_is_not(luma: int, black: bool) -> None:
    jpeg = BytesIO()
    Image.new("L", (160, 90), luma).save(jpeg, "JPEG")
    assert is_black(jpeg.getvalue()) is black
    assert not is_black(b"not a picture")


@pytest.mark.parametrize(
    ("antenna", "stands"),
    [
        (AntennaStatus(), True),
        (AntennaStatus(on=True), False),
        (AntennaStatus(slate=SlateName.PAUSE), False),
        (AntennaStatus(recovering=True), False),
    ],
)
def test_the_check_never_stands_before_a_return_to_the_air(antenna: AntennaStatus, stands: bool) -> None:
    assert before_first_antenna(antenna) is stands
