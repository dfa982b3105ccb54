"""Each rule of the director, on virtual time."""

from dataclasses import replace

import msgspec
import pytest

from regie.domain.director import Settings, explain
from regie.domain.director import events as told
from regie.domain.director.moves import Recall, ShowTitle, Take
from regie.domain.director.state import Mode
from regie.domain.model import Layout, Shot
from tests.unit.director_rig import ANNE, BRUNO, CHAMBER, CHLOE, PRESIDENT, REMOTE, WIDE, Rig

pytestmark = pytest.mark.unit
DEFAULT = Settings()


def closed_loop(**changes: int) -> Rig:
    return Rig(settings=msgspec.structs.replace(DEFAULT, **changes))


def test_the_only_camera_of_the_president_is_left_to_him() -> None:
    """Both cam2 and cam3 could film Bruno; only cam2 films the president, who speaks after nearly everybody."""
    rig = Rig()
    rig.press(PRESIDENT)
    rig.tell(told.CameraSaid(source="cam2", state=told.CameraIs.ARRIVED, framing="cam2-p3"))
    rig.press(BRUNO)
    rig.speech(BRUNO, 5000)
    assert rig.shot == Shot(("cam3",))
    assert rig.state.cameras["cam2"].framing == "cam2-p1"
    rig.press(BRUNO, told.Button.OFF)
    rig.speech(PRESIDENT, 1500)
    assert rig.shot == Shot(("cam2",))


def test_no_shot_is_shorter_than_the_minimum() -> None:
    rig = Rig()
    for seat in (ANNE, PRESIDENT, ANNE, BRUNO, CHLOE, PRESIDENT) * 3:
        rig.press(seat)
        rig.speech(seat, 3700)
        rig.press(seat, told.Button.OFF)
    instants = [at for at, _ in rig.takes]
    assert len(instants) >= 4
    assert min(b - a for a, b in zip(instants, instants[1:], strict=False)) >= DEFAULT.least_shot_ms


def test_the_floor_is_held_for_a_while_then_silence_is_wide() -> None:
    rig = Rig()
    rig.speech(ANNE, 5000)
    rig.say()
    rig.run(DEFAULT.hold_ms - 200)
    assert rig.holder() == ANNE
    rig.run(DEFAULT.silence_ms - DEFAULT.hold_ms - 200)
    assert rig.holder() is None and rig.shot == Shot(("cam3",))
    rig.run(1000)
    assert rig.shot == WIDE
    assert rig.why.startswith("Personne ne parle depuis 6 s")


def test_two_at_once_are_shown_together() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.press(BRUNO)
    rig.speech(ANNE, 6000)
    rig.say(ANNE, BRUNO)
    rig.run(DEFAULT.insist_ms + DEFAULT.overlap_ms + 500)
    # Each on a camera of his own, side by side.
    assert rig.shot.layout is Layout.TWO and set(rig.shot.sources) == {"cam2", "cam3"}
    assert "parlent en même temps" in rig.why


def test_a_ready_framing_of_both_is_better_than_two_pictures() -> None:
    rig = Rig()
    rig.tell(told.ForbiddenAre(framings=frozenset({"cam3-p4", "cam4-p4"})))
    rig.press(BRUNO)
    rig.press(CHLOE)
    rig.speech(CHLOE, 6000)
    rig.say(CHLOE, BRUNO)
    rig.run(DEFAULT.insist_ms + DEFAULT.overlap_ms + 300)
    assert rig.shot == Shot(("cam4",)) and "parlent en même temps" in rig.why


def test_a_quick_exchange_is_shown_together_for_a_while() -> None:
    rig = Rig()
    for _ in range(4):
        for seat in (ANNE, BRUNO):
            rig.press(seat)
            rig.speech(seat, 1500)
            rig.press(seat, told.Button.OFF)
    began = next(at for at, take in rig.takes if set(take.seats) == {ANNE, BRUNO} or take.shot == WIDE)
    assert "se répondent" in rig.why
    rig.press(BRUNO)
    rig.speech(BRUNO, 20_000)
    after = next(at for at, take in rig.takes if at > began and take.seats == (BRUNO,))
    assert after - began >= DEFAULT.exchange_shot_ms


def test_a_long_speech_is_broken_by_a_cutaway_that_shows_no_public() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, DEFAULT.monologue_ms + 20_000)
    shots = [(at, take) for at, take in rig.takes]
    own, cutaway, back = shots[:3]
    assert own[1].seats == back[1].seats == (ANNE,)
    assert cutaway[0] - own[0] == pytest.approx(DEFAULT.monologue_ms, abs=200)
    assert back[0] - cutaway[0] == pytest.approx(DEFAULT.cutaway_ms, abs=200)
    assert not any("gradins" in framing for _, take in shots for framing in take.framings)


def test_the_same_shot_does_not_come_twice_running() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, 3 * DEFAULT.monologue_ms)
    framings = [take.framings for _, take in rig.takes if take.seats == (ANNE,)]
    assert len(framings) >= 3
    assert all(a != b for a, b in zip(framings, framings[1:], strict=False))


def test_the_president_takes_the_floor_over_a_speaker() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.press(PRESIDENT)
    rig.speech(ANNE, 6000)
    rig.say(ANNE, PRESIDENT)
    rig.run(DEFAULT.insist_ms + 300)
    assert rig.holder() == PRESIDENT and rig.shot == Shot(("cam2",))
    rig.run(6000)
    assert rig.shot == Shot(("cam2",))  # two at once, but one of them presides


def test_a_remote_speaker_is_beside_the_chamber() -> None:
    rig = Rig()
    rig.speech(REMOTE, 3000)
    assert rig.shot == Shot(("salle-b", "cam1"), Layout.TWO)
    rig.tell(told.SourcesLive(sources=frozenset({"cam1", "cam2"})))
    rig.run(1500)
    assert rig.shot == WIDE


def test_a_document_keeps_its_speaker_in_the_picture() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.tell(told.SourcesLive(sources=rig.state.live | {"expose"}))
    rig.tell(told.DocumentIs(source="expose"))
    rig.speech(ANNE, 5000)
    assert rig.shot == Shot(("expose", "cam3"), Layout.DOCUMENT)
    rig.tell(told.DocumentIs())
    rig.run(4000)
    assert rig.shot == Shot(("cam3",))


def with_document() -> Rig:
    """Anne speaks beside her document."""
    rig = Rig()
    rig.press(ANNE)
    rig.tell(told.SourcesLive(sources=rig.state.live | {"expose"}))
    rig.tell(told.DocumentIs(source="expose"))
    rig.speech(ANNE, 5000)
    rig.moves.clear()
    return rig


def test_a_long_speech_about_a_document_is_not_broken() -> None:
    rig = with_document()
    rig.speech(ANNE, DEFAULT.monologue_ms + 20_000)
    assert rig.takes == [] and "document à l'écran" in rig.why
    rig.tell(told.DocumentIs())
    rig.run(4000)
    # Full screen again, and for as long as any speaker.
    assert [take.shot.layout for _, take in rig.takes] == [Layout.FULL]
    assert rig.takes[0][1].seats == (ANNE,)


def test_a_document_stays_through_a_silence() -> None:
    rig = with_document()
    rig.say()
    rig.run(20_000)
    assert rig.shot == Shot(("expose", "cam1"), Layout.DOCUMENT) and "Personne ne parle" in rig.why
    rig.tell(told.CameraSaid(source="cam1", state=told.CameraIs.LOST))
    assert rig.shot == Shot(("expose",))
    rig.speech(ANNE, 5000)
    assert rig.shot.sources[0] == "expose" and rig.state.air is not None and rig.state.air.seats == (ANNE,)
    rig.tell(told.DocumentIs(source=None))
    rig.run(4000)
    assert rig.shot.layout is Layout.FULL and "expose" not in rig.shot.sources


def test_a_document_stays_when_two_speak_at_once() -> None:
    rig = with_document()
    rig.press(BRUNO)
    rig.say(ANNE, BRUNO)
    rig.run(DEFAULT.insist_ms + DEFAULT.overlap_ms + 3500)
    assert "parlent en même temps" in rig.why and rig.takes
    assert rig.shot.layout is Layout.DOCUMENT and rig.shot.sources[0] == "expose"
    assert rig.state.air is not None and set(rig.state.air.seats) in (set(), {ANNE, BRUNO})


def test_a_document_stays_while_a_camera_goes_to_who_begins_and_in_a_vote() -> None:
    rig = with_document()
    rig.travel = 4000
    rig.say()
    rig.run(1500)
    rig.press(ANNE, told.Button.OFF)
    rig.press(CHLOE)
    rig.speech(CHLOE, 12_000)
    assert rig.takes and all(take.shot.sources[0] == "expose" for _, take in rig.takes)
    assert rig.takes[-1][1].seats == (CHLOE,)
    rig.tell(told.DiscretionIs(discretion=told.Discretion.VOTE))
    assert rig.shot == Shot(("expose", "cam1"), Layout.DOCUMENT)
    rig.tell(told.DiscretionIs(discretion=told.Discretion.SECRET_BALLOT))
    assert rig.shot == Shot(("slate.scrutin",))


def test_the_next_speaker_has_his_camera_before_he_speaks() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, 4000)
    rig.press(CHLOE, told.Button.REQUEST)
    rig.run(2000)
    assert Recall("cam4", "cam4-p4") in rig.recalls
    assert "demande la parole : Mme Chloé" in rig.why
    rig.press(BRUNO, told.Button.NEXT)
    assert rig.state.requests == (BRUNO, CHLOE)
    rig.press(CHLOE)
    rig.press(ANNE, told.Button.OFF)
    began = rig.now
    rig.speech(CHLOE, 3000)
    assert rig.takes[-1][1].framings == ("cam4-p4",)
    assert rig.takes[-1][0] - began <= DEFAULT.pause_ms + DEFAULT.confirm_button_ms + 200


def test_a_camera_on_programme_is_never_sent_elsewhere() -> None:
    rig = Rig()
    rig.press(PRESIDENT)
    rig.speech(PRESIDENT, 4000)
    assert rig.shot == Shot(("cam2",))
    rig.press(PRESIDENT, told.Button.OFF)
    # Only cam2 and cam3 film Bruno, and cam3 is lost.
    rig.tell(told.CameraSaid(source="cam3", state=told.CameraIs.LOST))
    rig.press(BRUNO)
    rig.moves.clear()
    rig.speech(BRUNO, 8000)
    order = [move for _, move in rig.moves if isinstance(move, Take | Recall) and "p1" not in str(move)]
    covered, sent, taken = order[:3]
    assert isinstance(covered, Take) and covered.shot == Shot(("cam4",))  # a group in which he is
    assert sent == Recall("cam2", "cam2-p3") and isinstance(taken, Take)
    assert rig.shot == Shot(("cam2",)) and rig.takes[-1][1].seats == (BRUNO,)


def test_a_cut_waits_for_the_camera_to_arrive_and_settle() -> None:
    rig = Rig(travel=900)
    rig.press(CHLOE)
    began = rig.now
    rig.speech(CHLOE, 3000)
    at, take = rig.takes[0]
    assert take.seats == (CHLOE,)
    assert at - began >= 900 + DEFAULT.settle_ms


def test_a_slow_camera_is_covered_by_a_good_shot() -> None:
    rig = Rig(travel=3000)
    rig.press(PRESIDENT)
    rig.speech(PRESIDENT, 5000)
    rig.press(PRESIDENT, told.Button.OFF)
    rig.press(CHLOE)
    rig.speech(CHLOE, 9000)
    shots = [take.shot.sources for _, take in rig.takes[-2:]]
    assert shots[0] in (("cam1",), ("cam4",)) and rig.takes[-1][1].seats == (CHLOE,)


def test_a_lost_or_moved_camera_leaves_the_programme_at_once() -> None:
    for said in (told.CameraIs.LOST, told.CameraIs.MOVING, told.CameraIs.ELSEWHERE):
        rig = Rig()
        rig.speech(PRESIDENT, 2000)
        assert rig.shot == Shot(("cam2",))
        rig.tell(told.CameraSaid(source="cam2", state=said))
        assert rig.shot == WIDE


LIVE = frozenset({"cam1", "cam2", "cam3", "cam4", "salle-b"})


def test_a_camera_whose_picture_blinks_is_not_given_up() -> None:
    """On a loaded machine pictures stall for a moment: the mixer shows another one meanwhile, which is enough."""
    rig = Rig()
    rig.speech(PRESIDENT, 6000)
    assert rig.shot == Shot(("cam2",))
    rig.moves.clear()
    for _ in range(20):
        rig.tell(told.SourcesLive(sources=LIVE - {"cam2"}))
        rig.run(800)
        rig.tell(told.SourcesLive(sources=LIVE))
        rig.run(700)
    assert rig.takes == [] and rig.recalls == []
    rig.tell(told.SourcesLive(sources=LIVE - {"cam2"}))
    rig.run(1200)
    assert rig.shot != Shot(("cam2",))


def test_a_stand_in_on_its_way_is_not_left_on_air() -> None:
    rig = Rig(travel=None)
    rig.speech(PRESIDENT, 6000)
    rig.tell(told.CameraSaid(source="cam3", state=told.CameraIs.MOVING, framing="cam3-p4"))
    rig.tell(told.SourcesLive(sources=LIVE - {"cam2"}))
    assert rig.shot == Shot(("cam2",))
    rig.tell(told.OnAir(shot=Shot(("cam3",))))
    assert rig.shot == WIDE


def test_with_nothing_to_show_the_slate_does_not_speak_of_a_ballot() -> None:
    rig = Rig()
    rig.speech(PRESIDENT, 6000)
    for source in ("cam1", "cam4"):
        rig.tell(told.CameraSaid(source=source, state=told.CameraIs.LOST))
    rig.tell(told.ExcludedAre(seats=frozenset({PRESIDENT})))
    assert rig.shot == Shot(("slate.panne",))


def test_nobody_is_shown_in_a_secret_ballot_or_behind_closed_doors() -> None:
    rig = Rig()
    rig.speech(ANNE, 4000)
    rig.tell(told.DiscretionIs(discretion=told.Discretion.SECRET_BALLOT))
    assert rig.shot == Shot(("slate.scrutin",))
    rig.run(60_000)
    assert rig.shot == Shot(("slate.scrutin",))
    rig.tell(told.DiscretionIs(discretion=told.Discretion.CLOSED_DOORS))
    assert rig.shot == Shot(("slate.huis_clos",))
    rig.tell(told.DiscretionIs(discretion=told.Discretion.NONE))
    rig.run(3500)
    assert rig.shot != Shot(("slate.huis_clos",))


@pytest.mark.parametrize("kept", [told.Kept(), told.ModeAsked(mode="manuel"), None])
def test_a_secret_ballot_takes_a_face_off_air_after_an_act_too(kept: told.Told | None) -> None:
    rig = Rig()
    rig.speech(ANNE, 4000)
    rig.tell(told.Acted())
    if kept is not None:
        rig.tell(kept)
    rig.run(1000)
    assert rig.shot == Shot(("cam3",))
    rig.tell(told.DiscretionIs(discretion=told.Discretion.SECRET_BALLOT))
    assert rig.shot == Shot(("slate.scrutin",))
    assert rig.mode() is (Mode.AUTO if kept is None else Mode.MANUAL)
    # A person may show the whole council or the result instead, and no face.
    rig.tell(told.Acted())
    rig.tell(told.Kept())
    for shot in (WIDE, Shot(("expose",)), Shot(("slate.suspension",))):
        rig.shot = shot
        rig.tell(told.OnAir(shot=shot))
        rig.run(2000)
        assert rig.shot == shot
    for shot in (Shot(("cam2",)), Shot(("cam1", "salle-b"), Layout.TWO)):
        rig.tell(told.OnAir(shot=shot))
        assert rig.shot == Shot(("slate.scrutin",))
    # The camera of the whole council is sent to a face while it is on air.
    rig.tell(told.OnAir(shot=WIDE))
    rig.tell(told.CameraSaid(source="cam1", state=told.CameraIs.ELSEWHERE))
    assert rig.shot == Shot(("slate.scrutin",)) and rig.mode() is Mode.MANUAL


def test_a_vote_shows_no_face() -> None:
    rig = Rig()
    rig.speech(ANNE, 4000)
    rig.tell(told.DiscretionIs(discretion=told.Discretion.VOTE))
    assert rig.shot == WIDE
    rig.run(10_000)
    assert rig.shot == WIDE


def test_a_roll_call_shows_and_names_each_voter_as_he_is_called() -> None:
    rig = Rig()
    for seat in (ANNE, BRUNO):
        rig.moves.clear()
        rig.tell(told.DiscretionIs(discretion=told.Discretion.ROLL_CALL, called=seat))
        rig.run(5000)
        assert rig.state.air is not None and rig.state.air.seats == (seat,)
        assert [move.seat for _, move in rig.of(ShowTitle) if isinstance(move, ShowTitle)] == [seat]
        assert explain(rig.chamber, rig.state).startswith("Appel nominal : M")
    # Somebody else who speaks meanwhile is not shown; who may not be framed is called over the whole council.
    rig.speech(CHLOE, 4000)
    assert rig.state.want.seats == (BRUNO,)
    rig.tell(told.AbsentAre(seats=frozenset({CHLOE})))
    rig.tell(told.DiscretionIs(discretion=told.Discretion.ROLL_CALL, called=CHLOE))
    rig.run(5000)
    assert rig.shot == WIDE


def test_seats_and_microphones_are_left_out() -> None:
    rig = Rig()
    rig.tell(told.ExcludedAre(seats=frozenset({ANNE}), microphones=frozenset({"m4"})))
    rig.press(ANNE)
    rig.speech(ANNE, 4000)
    assert rig.shot == WIDE and "exclu de l'automatique" in rig.why
    rig.press(CHLOE)
    rig.speech(CHLOE, 8000)
    assert rig.shot == WIDE
    rig.tell(told.ExcludedAre())
    rig.tell(told.AbsentAre(seats=frozenset({ANNE})))
    rig.speech(ANNE, 4000)
    assert rig.shot == WIDE and "absent ou déporté" in rig.why


def test_a_forbidden_framing_is_not_taken() -> None:
    rig = Rig()
    rig.tell(told.ForbiddenAre(framings=frozenset({"cam3-p2", "cam3-p2-p3"})))
    rig.press(ANNE)
    rig.speech(ANNE, 6000)
    assert rig.shot == Shot(("cam2",))


def test_a_manual_act_suspends_and_auto_comes_back() -> None:
    rig = Rig()
    rig.tell(told.Acted())
    assert rig.mode() is Mode.MANUAL and rig.state.until is not None
    rig.speech(ANNE, DEFAULT.resume_ms - 500)
    assert rig.moves == [] and rig.why.startswith("À la main. L'automatique dirait : Mme Anne")
    rig.run(1500)
    assert rig.mode() is Mode.AUTO and rig.takes


def test_a_manual_act_that_is_kept_stays() -> None:
    rig = Rig()
    rig.tell(told.Acted())
    rig.tell(told.Kept())
    rig.speech(ANNE, 3 * DEFAULT.resume_ms)
    rig.tell(told.Acted())
    rig.run(3 * DEFAULT.resume_ms)
    assert rig.moves == []
    rig.tell(told.ModeAsked(mode="auto"))
    rig.run(4000)
    assert rig.takes


def test_a_chosen_seat_is_shown_then_auto_comes_back() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, 4000)
    rig.tell(told.SeatChosen(seat=CHLOE))
    rig.run(4000)
    assert rig.takes[-1][1].seats == (CHLOE,) and rig.mode() is Mode.SEMI
    rig.run(DEFAULT.resume_ms)
    assert rig.mode() is Mode.AUTO and rig.takes[-1][1].seats == (ANNE,)


def test_names_come_with_the_speaker_and_again_after_a_silence() -> None:
    rig = closed_loop(title_again_ms=30_000)
    rig.press(ANNE)
    rig.speech(ANNE, 12_000)
    assert rig.names == [ANNE, "-"]
    rig.press(ANNE, told.Button.OFF)
    rig.press(CHLOE)
    rig.speech(CHLOE, 6000)
    rig.press(CHLOE, told.Button.OFF)
    rig.press(ANNE)
    rig.speech(ANNE, 8000)
    assert rig.names == [ANNE, "-", CHLOE, "-"]  # she was named a moment ago
    rig.press(ANNE, told.Button.OFF)
    rig.say()
    rig.run(40_000)
    rig.press(ANNE)
    rig.speech(ANNE, 6000)
    assert rig.names[-1] == ANNE


def test_a_name_goes_when_its_face_goes_even_by_hand() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.speech(ANNE, 3000)
    assert rig.names == [ANNE]
    rig.tell(told.Acted())
    rig.tell(told.OnAir(shot=Shot(("cam4",))))
    assert rig.names == [ANNE, "-"]


def test_the_line_says_who_since_when_and_who_may_be_next() -> None:
    rig = Rig()
    rig.press(ANNE)
    rig.press(BRUNO)
    rig.speech(ANNE, 4500)
    rig.say(ANNE, BRUNO)
    rig.run(300)
    assert rig.why == "Mme Anne (micro 2) depuis 4 s — candidat : M. Bruno 0,3 s"


def test_the_line_says_that_no_framing_shows_the_speaker() -> None:
    bare = msgspec.structs.replace(
        CHAMBER, framings=tuple(f for f in CHAMBER.framings if CHLOE not in f.seats)
    )
    rig = Rig(chamber=bare)
    rig.speech(CHLOE, 6000)
    assert rig.shot == WIDE and "Mme Chloé" in rig.why and "aucun cadrage" in rig.why
    rig.speech(BRUNO, 6000)
    assert "M. Bruno" in rig.why and "aucun cadrage" not in rig.why


def test_an_instant_that_goes_back_changes_nothing() -> None:
    rig = Rig()
    rig.speech(ANNE, 3000)
    before = rig.state
    rig.now -= 2000
    rig.tell(told.Tick())
    assert replace(rig.state, waiting=None) == replace(before, waiting=None)
