"""Who the director takes for the speaker, on virtual time: buttons, voices, coughs, neighbours."""

import msgspec
import pytest

from regie.domain.director import Settings
from regie.domain.director import events as told
from regie.domain.director.hearing import CLEAR_SHARE
from regie.domain.model import Shot
from tests.unit.director_rig import ANNE, BRUNO, CHLOE, PRESIDENT, Rig

pytestmark = pytest.mark.unit
DEFAULT = Settings()


def closed_loop(**changes: int) -> Rig:
    return Rig(settings=msgspec.structs.replace(DEFAULT, **changes))


def test_a_voice_is_confirmed_sooner_with_an_open_microphone() -> None:
    with_button, voice_only = Rig(), Rig()
    with_button.press(PRESIDENT)
    starts = with_button.now
    for rig in (with_button, voice_only):
        rig.speech(PRESIDENT, 2000)
    assert with_button.takes[0][0] - starts == pytest.approx(DEFAULT.confirm_button_ms, abs=100)
    assert voice_only.takes[0][0] - starts == pytest.approx(DEFAULT.confirm_voice_ms * CLEAR_SHARE, abs=100)
    assert with_button.shot == Shot(("cam2",))


def test_a_voice_that_is_not_clear_needs_more_time() -> None:
    rig = Rig()
    rig.say(PRESIDENT, level=0.7)
    starts = rig.now
    rig.run(2000)
    assert rig.takes[0][0] - starts == pytest.approx(DEFAULT.confirm_voice_ms, abs=100)


def test_who_has_been_silent_for_a_sentence_loses_the_floor_to_a_word() -> None:
    """Voices only: nobody knows whether the first speaker's microphone is still open."""

    def taken_after(pause_ms: int) -> int:
        rig = Rig()
        rig.speech(ANNE, 5000)
        rig.say()
        rig.run(pause_ms)
        starts = rig.now
        rig.say(BRUNO)
        while rig.holder() != BRUNO and rig.now < starts + 3000:
            rig.run(100)
        return rig.now - starts

    assert taken_after(100) == pytest.approx(DEFAULT.done_ms - 100, abs=200)
    assert taken_after(1000) == pytest.approx(DEFAULT.confirm_voice_ms * CLEAR_SHARE, abs=200)


def test_without_a_detector_the_last_microphone_opened_speaks() -> None:
    rig = Rig()
    rig.press(PRESIDENT)
    rig.press(CHLOE)
    for _ in range(30):
        rig.now += 100
        rig.tell(told.Tick())
        if rig.coming and rig.coming[0][0] <= rig.now:
            _, source, framing = rig.coming.pop(0)
            rig.arrive(source, framing)
    assert rig.holder() == CHLOE
    rig.press(CHLOE, told.Button.OFF)
    rig.now += 1000
    rig.tell(told.Tick())
    rig.now += 1000
    rig.tell(told.Tick())
    assert rig.holder() == PRESIDENT


def test_a_closed_microphone_says_nothing() -> None:
    rig = Rig()
    rig.press(PRESIDENT, told.Button.OFF)
    rig.speech(PRESIDENT, 3000)
    assert rig.takes == []


def test_a_cough_is_not_shown_nor_is_a_doubtful_voice() -> None:
    rig = Rig()
    rig.press(PRESIDENT)
    rig.say(PRESIDENT)
    rig.run(300)
    rig.say()
    rig.run(2000)
    rig.say(PRESIDENT, level=0.62)
    rig.run(200)
    rig.say(PRESIDENT, level=0.4)
    rig.run(3000)
    assert rig.takes == []


def test_a_word_of_assent_does_not_take_the_floor() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.press(PRESIDENT)
    rig.speech(ANNE, 6000)
    rig.say(ANNE, PRESIDENT)
    rig.run(500)
    rig.speech(ANNE, 3000)
    assert [take.seats for _, take in rig.takes] == [(ANNE,)]


def test_news_of_cameras_take_nothing_from_what_is_heard() -> None:
    """Cameras on their way tell of themselves all the time, microphones ten times a second."""
    rig = Rig()
    rig.say(PRESIDENT)
    starts = rig.now
    while not rig.takes and rig.now < starts + 3000:
        rig.now += 95
        for source in ("cam3", "cam4"):
            rig.tell(
                told.CameraSaid(source=source, state=told.CameraIs.MOVING, framing=f"{source}-p4", eta_ms=500)
            )
        rig.now += 5
        rig.tell(told.Voices(voices=dict(rig.speaking)))
    assert rig.takes[0][0] - starts == pytest.approx(DEFAULT.confirm_voice_ms * CLEAR_SHARE, abs=100)


def test_news_of_voices_that_come_late_are_no_silence() -> None:
    """A loaded machine: who speaks is told once a second. Half an hour of that never loses a speaker, who is not shown gone."""
    rig = closed_loop(monologue_ms=10**7)
    rig.speech(PRESIDENT, 5000)
    assert rig.takes[-1][1].seats == (PRESIDENT,)
    rig.moves.clear()
    for _ in range(600):
        for _ in range(8):
            rig.now += 140
            rig.tell(told.Tick())
        rig.tell(told.Voices(voices=dict(rig.speaking)))
        assert rig.holder() == PRESIDENT
    assert rig.takes == []
    # Too late is too late: the engine may be gone.
    for _ in range(40):
        rig.now += 200
        rig.tell(told.Tick())
    assert rig.holder() is None


def test_who_speaks_over_a_speaker_that_takes_breath_is_not_shown() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, 6000)
    rig.press(BRUNO)
    rig.say(ANNE, BRUNO)
    rig.run(900)
    rig.speech(BRUNO, 500)
    rig.speech(ANNE, 4000)
    assert [take.seats for _, take in rig.takes] == [(ANNE,)]


def test_a_neighbours_syllable_in_his_microphone_does_not_make_a_speaker_go_on() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.press(BRUNO)
    rig.speech(ANNE, 6000)
    for _ in range(4):
        rig.speech(BRUNO, 400)
        rig.speaking = {"m3": 0.9, "m2": 0.65}
        rig.run(100)
    assert rig.holder() == BRUNO
