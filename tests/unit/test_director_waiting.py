"""What the director does while a camera goes to whoever begins to speak, on virtual time."""

import pytest

from regie.domain.director import Settings
from regie.domain.director import events as told
from regie.domain.model import Shot
from tests.unit.director_rig import ANNE, BRUNO, CHLOE, PRESIDENT, TICK, WIDE, Rig

pytestmark = pytest.mark.unit
DEFAULT = Settings()


def _after_anne(travel: int) -> Rig:
    """Anne has spoken from cam3, and has been silent for long enough not to be spoken over."""
    rig = Rig(travel=travel)
    rig.speech(ANNE, 8000)
    assert rig.shot == Shot(("cam3",))
    rig.say()
    rig.run(DEFAULT.pause_ms + TICK)
    rig.moves.clear()
    return rig


def test_a_long_wait_is_covered_from_the_first_word() -> None:
    rig = _after_anne(travel=2500)
    rig.speech(CHLOE, 200)
    assert rig.shot == WIDE and rig.holder() == ANNE
    assert rig.why.startswith("Mme Chloé commence à parler : autre plan en attendant une caméra")
    rig.run(DEFAULT.least_shot_ms + TICK)
    # Her camera was there before what covered it had lasted as long as any shot.
    assert rig.shot == Shot(("cam4",)) and rig.now - rig.takes[0][0] <= DEFAULT.least_shot_ms + 2 * TICK


def test_a_short_wait_is_not_covered() -> None:
    rig = _after_anne(travel=500)
    rig.speech(CHLOE, 2000)
    assert [take.shot for _, take in rig.takes] == [Shot(("cam4",))]


def test_a_cough_in_a_pause_is_not_the_beginning_of_anything() -> None:
    rig = _after_anne(travel=2500)
    rig.say(CHLOE, level=0.5)
    rig.run(500)
    assert not rig.takes and not any(move.source == "cam4" for move in rig.recalls)


def test_a_word_over_a_speaker_covers_nothing() -> None:
    rig = Rig(travel=2500)
    rig.speech(ANNE, 8000)
    rig.moves.clear()
    rig.say(ANNE, CHLOE)
    rig.run(400)
    assert not rig.takes


def test_no_camera_turns_for_what_the_detector_doubts() -> None:
    rig = Rig()
    rig.speech(ANNE, 8000)
    rig.moves.clear()
    rig.speaking = {"m2": 0.9, "m3": 0.4, "m4": 0.7}
    rig.run(100)
    rig.speaking = {"m2": 0.9, "m3": 0.4, "m4": 0.4}
    rig.run(1000)
    assert not {"cam3-p3", "cam2-p3", "cam4-p4"} & {move.framing for move in rig.recalls}


def test_the_camera_that_arrives_first_is_not_sent_elsewhere() -> None:
    """Two cameras are on their way to Chloé: Bruno gets the one that has more to go."""
    rig = Rig(travel=None)
    rig.press(PRESIDENT)
    rig.speech(PRESIDENT, 6000)
    for source, eta in (("cam3", 4000), ("cam4", 1500)):
        going = told.CameraIs.MOVING
        rig.tell(told.CameraSaid(source=source, state=going, framing=f"{source}-p4", eta_ms=eta))
    rig.say(CHLOE, BRUNO)
    rig.run(300)
    assert rig.state.cameras["cam3"].framing == "cam3-p3"
    assert rig.state.cameras["cam4"].framing == "cam4-p4"


def test_a_breath_does_not_keep_him_off_the_picture() -> None:
    rig = _after_anne(travel=2500)
    rig.speech(CHLOE, DEFAULT.least_shot_ms - TICK)
    rig.say()
    rig.run(DEFAULT.gap_ms + 2 * TICK)
    assert rig.shot == Shot(("cam4",))


def test_one_does_not_go_back_to_who_may_be_done_while_another_speaks() -> None:
    """What is heard of him may be that other, from his neighbour's microphone."""
    rig = _after_anne(travel=2500)
    rig.speech(CHLOE, 2200)
    rig.say()
    rig.run(400)
    rig.speaking = {"m4": 0.7, "m3": 0.95}
    rig.run(600)
    assert rig.now - rig.takes[0][0] > DEFAULT.least_shot_ms
    assert not any(take.seats == (CHLOE,) for _, take in rig.takes)


def test_an_exchange_ends_when_somebody_else_takes_the_floor() -> None:
    rig = Rig()
    for _ in range(3):
        for seat in (ANNE, BRUNO):
            rig.press(seat)
            rig.speech(seat, 1500)
            rig.press(seat, told.Button.OFF)
    assert "se répondent" in rig.why
    rig.press(CHLOE)
    rig.speech(CHLOE, 1500)
    assert "se répondent" not in rig.why and "Mme Chloé" in rig.why
