"""Chapters born exact, and never ahead of the picture: what citizens are told of the agenda."""

import asyncio
from pathlib import Path

import pytest

from regie.board import DelayStatus
from regie.documents.chaptering import marks
from regie.domain.masks import MaskKind, MaskLine, Stretch
from regie.domain.model import Title
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import HIDDEN, ItemType
from regie.domain.register.chapters import Chapter, Result, chapters, shots_restricted
from regie.domain.register.events import ItemCalled
from regie.domain.register.items import ItemState
from regie.domain.register.moments import Hidden, Moment, MomentKind, moments, unheard
from regie.domain.register.rounds import Candidate
from regie.domain.register.votes import Mode
from regie.domain.removal import Removal
from regie.graphics import graphic_of
from regie.media.removed import save
from tests.unit.council import START_MS, Council, convene, counts, item
from tests.unit.web_fakes import make_rig, status
from web_ui.agenda import items_info, result_words, speaker_at
from web_ui.chapters import finer_ranges, ranges
from web_ui.passages import heard_moments, heard_speaker
from web_ui.playlists import Timeline
from web_ui.rundown import rundown
from web_ui.texts import Texts

pytestmark = pytest.mark.unit

PLAYLIST = """#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:2
#EXT-X-MAP:URI="a.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-03-12T18:30:00.500Z
#EXTINF:2.000000,
a1.m4s
#EXTINF:2.000000,
a2.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="b.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-03-12T18:30:10.000Z
#EXTINF:2.000000,
b1.m4s
"""
HALF_PAST_SIX_MS = 1_773_340_200_000


@pytest.mark.parametrize(
    ("after_ms", "position"),
    [
        (0, 0.0),
        (500, 0.0),
        (1750, 1.25),
        (4400, 3.9),
        (6000, 4.0),
        (10_000, 4.0),
        (11_500, 5.5),
        (12_000, None),
    ],
)
def test_an_instant_of_the_world_has_its_place_in_the_picture(after_ms: int, position: float | None) -> None:
    assert Timeline(PLAYLIST).position(HALF_PAST_SIX_MS + after_ms) == position


def test_a_playlist_without_dates_has_no_chapters() -> None:
    assert Timeline("#EXTM3U\n#EXTINF:2.0,\na.m4s\n").position(0) is None
    assert Timeline("#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:hier\n#EXTINF:2.0,\na.m4s\n").length_s == 2.0


def council() -> Council:
    council = Council(convene(9, (item("1"), item("2"))))
    council.open(7)
    return council


def test_an_item_begins_and_its_result_shows_when_the_public_has_received_them() -> None:
    there = council()
    there.call("1")
    called = there.now
    there.do(cmd.OpenVote())
    there.do(cmd.CloseVote(tally=counts(5, 1, 1)))
    assert chapters(there.register)[0].result is None  # V12: closed is not proclaimed
    there.do(cmd.Proclaim())
    proclaimed = there.now
    told = chapters(there.register)

    def state(at_ms: int) -> tuple[str, bool]:
        first = items_info(told, None, at_ms)[0]
        return first.etat, first.resultat is not None

    assert state(called - 1) == ("a_venir", False)
    assert state(called) == ("en_cours", False)
    assert state(proclaimed - 1) == ("en_cours", False)
    assert state(proclaimed) == ("traite", True)
    assert items_info(told, None, proclaimed)[1].etat == "a_venir"


def test_the_public_is_not_told_what_a_sensitive_or_closed_item_is_about_the_console_is() -> None:
    secret = (item("2", sensitive=True), item("3", closed_doors=True), item("4", nominal=True))
    there = Council(convene(9, [item("1"), *secret]))
    there.open(7)
    there.call("2")
    titles = ["Point 1", HIDDEN, HIDDEN, "Point 4", "Arrêt du procès-verbal"]
    assert [one.titre for one in items_info(chapters(there.register), None, there.now)] == titles
    assert [title for _, title in marks(there.register)] == [f"2. {HIDDEN}"]
    (line,) = ranges(chapters(there.register), (), there.now)
    assert HIDDEN in line and "Point 2" not in line
    call = next(one for one in there.told if isinstance(one, ItemCalled))
    assert graphic_of(call, there.register) == Title(name="Point 2", function=HIDDEN)
    inside = [one.titre for one in rundown(there.register, there.now, Texts({})).points]
    assert inside[1:3] == ["Point 2", "Point 3"]


def test_an_item_that_was_set_aside_is_no_chapter_until_it_is_called_again() -> None:
    there = council()
    there.call("1")
    first = ranges(chapters(there.register), (), there.now)
    there.do(cmd.SetAside(item="1"))
    told = chapters(there.register)
    assert ranges(told, (), there.now) == ()
    assert [(one.etat, one.debut_s) for one in items_info(told, Timeline(PLAYLIST), there.now)][0] == (
        "a_venir",
        None,
    )
    there.call("2")
    there.do(cmd.NoteItem(item="2"))
    there.call("1")
    lines = ranges(chapters(there.register), (), there.now)
    assert [line.split(",")[0].rpartition("-")[0] for line in lines] == [
        '#EXT-X-DATERANGE:ID="point-2',
        '#EXT-X-DATERANGE:ID="point-1',
    ]
    # Called at another instant it is another range: a name never changes its date.
    assert lines[1].split(",")[0] != first[0].split(",")[0]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result(adopted=True, for_=9), "Adopté à l'unanimité : 9 pour"),
        (
            Result(adopted=True, for_=5, against=5, casting=True),
            "Adopté : 5 pour, 5 contre, voix prépondérante du président",
        ),
        (
            Result(adopted=False, for_=8, against=8, blanks=1, nulls=2, secret=True),
            "Non adopté (scrutin secret) : 8 pour, 8 contre, 1 blanc, 2 nuls",
        ),
        (
            Result(adopted=True, for_=5, abstentions=1, refusals=2),
            "Adopté : 5 pour, 1 abstention, 2 ne prennent pas part",
        ),
        (Result(adopted=True, appointed="Mme Diallo"), "Désignation : Mme Diallo"),
    ],
)
def test_a_result_is_one_sentence(result: Result, words: str) -> None:
    assert result_words(result) == words


def test_no_seat_may_be_shot_during_a_secret_ballot_until_it_is_proclaimed() -> None:
    there = Council(convene(9, (item("1"), item("n", type_=ItemType.APPOINTMENT))))
    assert not shots_restricted(None)
    there.open(7)
    there.call("1")
    there.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e1", "e2", "e3")))
    assert not shots_restricted(there.register)
    there.do(cmd.OpenVote())
    assert shots_restricted(there.register)
    there.do(cmd.CloseVote(tally=counts(4, 3, 0)))
    assert shots_restricted(there.register)
    there.do(cmd.Proclaim())
    assert not shots_restricted(there.register)
    there.call("n")
    assert not shots_restricted(there.register)
    there.do(cmd.CallCandidates(item="n", candidates=(Candidate("a", "A"),)))
    assert shots_restricted(there.register)
    there.do(cmd.ProclaimAppointment(item="n"))
    assert not shots_restricted(there.register)
    result = chapters(there.register)[1].result
    assert result is not None and (result.appointed, result.at_ms) == ("A", there.now)


def test_who_is_heard_is_who_had_the_floor_then() -> None:
    there = council()
    there.do(cmd.GiveFloor(person="e3"))
    given = there.now
    there.do(cmd.TakeFloor())
    register = there.register
    assert [speaker_at(register, at) for at in (given - 1, given, given + 999, given + 1000)] == [
        "",
        "Élu 3",
        "Élu 3",
        "",
    ]
    assert speaker_at(None, given) == ""


def test_while_what_is_said_is_masked_nothing_tells_who_says_it(tmp_path: Path) -> None:
    there = council()
    there.do(cmd.GiveFloor(person="e3"))
    given = there.now
    rig = make_rig(tmp_path)
    rig.core.convened = there.register
    assert heard_speaker(rig.services, given) == "Élu 3"

    def mask(hides: MaskKind, *, closed: bool) -> MaskLine:
        start, end = (given + 100) * 48, (given + 200) * 48 if closed else None
        stretch = Stretch("r1", start, start, end, end)
        closed_ms = given + 200 if closed else None
        return MaskLine(
            id="m", hides=hides, who="t", opened_ms=given, closed_ms=closed_ms, stretches=(stretch,)
        )

    instants = (given + 99, given + 100, given + 199, given + 200)
    rig.secrecy.book = (mask(MaskKind.BOTH, closed=True),)
    assert [heard_speaker(rig.services, at) for at in instants] == ["Élu 3", "", "", "Élu 3"]
    rig.secrecy.book = (mask(MaskKind.SOUND, closed=False),)
    assert [heard_speaker(rig.services, at) for at in instants] == ["Élu 3", "", "", ""]
    rig.secrecy.book = (mask(MaskKind.PICTURE, closed=False),)
    assert heard_speaker(rig.services, given + 150) == "Élu 3"
    # Behind doors that the key shut, that the council voted nothing of.
    rig.secrecy.closed = ((given, given + 200), (given + 300, None))
    assert [heard_speaker(rig.services, given + at) for at in (0, 199, 200, 299, 300)] == [
        "",
        "",
        "Élu 3",
        "Élu 3",
        "",
    ]
    assert rig.core.current is not None
    name = rig.core.current.id
    rig.core.told[name] = (
        Moment(kind=MomentKind.TURN, since_ms=given + 300, until_ms=given + 500, who="Élu 3"),
        Moment(kind=MomentKind.TURN, since_ms=given + 100, until_ms=given + 200, who="Élu 4"),
        Moment(kind=MomentKind.VOTE, since_ms=given + 400, until_ms=given + 500),
    )
    assert [one.who for one in heard_moments(rig.services, name)] == [""]


def test_the_public_page_gets_chapters_of_the_present_and_of_the_past(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.clock.ns = (HALF_PAST_SIX_MS + 12_000) * 10**6
        rig.board.status.put(status(delay=DelayStatus(held_ms=4000)))
        assert rig.core.current is not None
        folder = rig.media("720p", "index.m3u8")
        folder.write_text(PLAYLIST)
        told = (
            Chapter(
                item="1", number=1, title="Un", state=ItemState.DEBATE, called_ms=HALF_PAST_SIX_MS + 1750
            ),
            Chapter(
                item="2", number=2, title="Deux", called_ms=HALF_PAST_SIX_MS + 9000, state=ItemState.CALLED
            ),
        )
        rig.core.chapters[rig.core.current.id] = told
        async with rig.browser() as browser:
            points = (await browser.get("/api/v1/public")).json()["points"]
            assert [(one["etat"], one["debut_s"]) for one in points] == [
                ("en_cours", 1.25),
                ("a_venir", None),
            ]
            rig.core.chapters["2026-02-12"] = told[:1]
            past = await browser.get("/api/v1/seances/2026-02-12/points")
            assert past.json()[0]["titre"] == "Un"
            assert (await browser.get("/api/v1/seances/..%2f/points")).status_code == 404

    asyncio.run(scenario())


def test_turns_votes_suspensions_are_finer_chapters_and_closed_doors_tell_only_that_they_were() -> None:
    there = council()
    there.call("1")
    there.do(cmd.GiveFloor(person="e3"))
    given = there.now
    there.do(cmd.TakeFloor())
    there.do(cmd.OpenVote())
    opened = there.now
    there.do(cmd.CloseVote(tally=counts(7, 0, 0)))
    there.do(cmd.Proclaim())
    proclaimed = there.now
    there.do(cmd.SuspendSitting())
    there.do(cmd.ResumeSitting())
    resumed = there.now
    there.call("2")
    there.do(cmd.AskClosedDoors(requesters=("e1",), by_head=True))
    there.do(cmd.DecideClosedDoors(tally=counts(7, 0, 0)))
    shut = there.now
    there.do(cmd.ConfirmPublicOut(room="hall"))
    there.do(cmd.GiveFloor(person="e4"))
    there.do(cmd.TakeFloor())
    there.do(cmd.ReopenDoors())
    told = [(one.kind, one.since_ms, one.until_ms, one.item, one.who) for one in moments(there.register)]
    assert told == [
        (MomentKind.TURN, given, given + 1000, 1, "Élu 3"),
        (MomentKind.VOTE, opened, proclaimed, 1, ""),
        (MomentKind.PAUSE, proclaimed + 1000, resumed, 0, ""),
        (MomentKind.DOORS, shut, there.now, 0, ""),
    ]
    seen = finer_ranges(moments(there.register), (), opened)
    assert [line.partition(",")[0] for line in seen] == [
        f'#EXT-X-DATERANGE:ID="parole-{given}"',
        f'#EXT-X-DATERANGE:ID="vote-{opened}"',
    ]
    assert 'DURATION=1.000,X-TITRE="Élu 3",X-NUMERO="1"' in seen[0]
    assert "DURATION" not in seen[1] and "END-ON-NEXT" not in seen[1], "nobody has seen its end"
    assert [title for _, title in marks(there.register)] == [
        "1. Point 1",
        "1. Point 1 – Élu 3",
        "1. Point 1 – Vote",
        "Suspension de séance",
        "2. Point 2",
        "Huis clos",
    ]


def test_the_first_instant_of_the_tests_is_what_they_think() -> None:
    assert START_MS == HALF_PAST_SIX_MS


def test_players_get_chapters_as_date_ranges_and_webvtt_never_ahead_of_the_picture(tmp_path: Path) -> None:
    items = (
        Chapter(item="b", number=2, title="Voirie & « réseaux »", called_ms=HALF_PAST_SIX_MS + 10_500),
        Chapter(item="a", number=1, title='Le "budget"\nprimitif', called_ms=HALF_PAST_SIX_MS + 1_500),
        Chapter(item="c", number=3, title="Questions"),
    )

    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.core.chapters["2027-01-15-conseil"] = items
        rig.services.board.status.put(status(delay=DelayStatus(held_ms=4000)))
        rig.media("720p", "index.m3u8").write_text(PLAYLIST)
        (rig.services.seances_dir / "2027-01-15-conseil" / "decalages.jsonl").write_text(
            f'{{"date_ms":{HALF_PAST_SIX_MS + 5_000},"late_ms":250}}\n'
        )
        async with rig.browser() as browser:
            rig.clock.ns = (HALF_PAST_SIX_MS + 14_000) * 1_000_000
            address = "/media/2027-01-15-conseil/720p/index.m3u8"
            first = await browser.get(address)
            (line,) = [one for one in first.text.splitlines() if "DATERANGE" in one]
            assert f'ID="point-a-{HALF_PAST_SIX_MS + 1_500}"' in line
            assert 'START-DATE="2026-03-12T18:30:01.500Z",END-ON-NEXT=YES' in line
            assert 'X-NUMERO="1",X-TITRE="Le ’budget’ primitif"' in line
            rig.clock.ns = (HALF_PAST_SIX_MS + 15_000) * 1_000_000
            again = await browser.get(address, headers={"If-None-Match": first.headers["etag"]})
            assert again.status_code == 200, "a chapter that begins is news, though no segment came"
            lines = [one for one in again.text.splitlines() if "DATERANGE" in one]
            assert len(lines) == 2 and '18:30:10.750Z"' in lines[1], "dates follow the delay"
            body = again.text.replace("\n".join(lines) + "\n", "")
            assert body.split("#EXT-X-MAP")[1:] == PLAYLIST.split("#EXT-X-MAP")[1:]
            told = await browser.get("/media/2027-01-15-conseil/chapitres.vtt")
            assert told.headers["content-type"].startswith("text/vtt")
            assert told.text == (
                "WEBVTT\n\n"
                '1\n00:00:01.000 --> 00:00:04.750\n1. Le "budget" primitif\n\n'
                "2\n00:00:04.750 --> 00:00:06.000\n2. Voirie &amp; « réseaux »\n"
            )
            rig.core.told["2027-01-15-conseil"] = (
                Moment(
                    kind=MomentKind.TURN,
                    since_ms=HALF_PAST_SIX_MS + 1_500,
                    until_ms=HALF_PAST_SIX_MS + 2_500,
                    item=1,
                    who="M. <Le Goff>",
                ),
                Moment(kind=MomentKind.PAUSE, since_ms=HALF_PAST_SIX_MS + 3_500),
                Moment(kind=MomentKind.VOTE, since_ms=HALF_PAST_SIX_MS + 20_000, item=2),
            )
            finer = await browser.get("/media/2027-01-15-conseil/moments.vtt")
            assert finer.text == (
                "WEBVTT\n\n"
                "parole\n00:00:01.000 --> 00:00:02.000\n1. M. &lt;Le Goff>\n\n"
                "suspension\n00:00:03.000 --> 00:00:06.000\nSuspension de séance\n"
            )
            listed = (await browser.get("/api/v1/seances/2027-01-15-conseil/moments")).json()
            assert [(one["genre"], one["fin_s"]) for one in listed] == [("parole", 2.0), ("suspension", None)]
            rig.clock.advance(1)
            lines = [one for one in (await browser.get(address)).text.splitlines() if "DATERANGE" in one]
            assert sum('CLASS="regie.parole"' in one for one in lines) == 1
            # The passage is taken out: nothing tells who spoke in it, in a file, a list or a playlist; the rest stays.
            start, end = HALF_PAST_SIX_MS + 1_000, HALF_PAST_SIX_MS + 3_000
            save(
                rig.services.seances_dir / "2027-01-15-conseil",
                Removal(id="aa", start_ms=start, end_ms=end, asked_ms=1),
            )
            rig.clock.advance(1)
            for place in (
                address,
                "/media/2027-01-15-conseil/moments.vtt",
                "/api/v1/seances/2027-01-15-conseil/moments",
            ):
                text = (await browser.get(place)).text
                assert "Goff" not in text and "uspension" in text

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("hidden", "left"),
    [
        ((), (100, 200)),
        (((0, 50), (250, None)), (100, 200)),
        (((90, 120),), (120, 200)),
        (((90, 120), (110, 130)), (130, 200)),
        (((150, 200), (140, 160)), (100, 140)),
        (((120, 150),), (100, 200)),
        (((100, 200),), None),
        (((90, 150), (150, 300)), None),
        (((50, None),), None),
        (((150, None),), (100, 150)),
    ],
)
def test_nothing_says_who_spoke_where_nobody_may_hear_it(
    hidden: tuple[Hidden, ...], left: tuple[int, int] | None
) -> None:
    turn = Moment(kind=MomentKind.TURN, since_ms=100, until_ms=200, who="M. Le Goff")
    vote = Moment(kind=MomentKind.VOTE, since_ms=100, until_ms=200)
    found = unheard((turn, vote), hidden)
    assert vote in found, "what is decided is decided"
    assert [(one.since_ms, one.until_ms) for one in found if one.who] == ([left] if left else [])
    going_on = Moment(kind=MomentKind.TURN, since_ms=100, who="M. Le Goff")
    assert [one.until_ms for one in unheard((going_on,), ((150, None),))] == [None]
