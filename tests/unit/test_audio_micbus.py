"""The sound desk by measure: what is closed is zero, nothing clicks, the shared gain is constant, voices come to one loudness."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.automix import SUB, Activity, GainSharing
from audio.dsp import CEILING_DB, SAMPLE_RATE, SILENCE_DB, db_of, gain_of
from audio.intake import Feed
from audio.loudness import LoudnessMeter
from audio.micbus import MicBus
from audio.settings import BUSES, HEADPHONES, PROGRAMME, RECORDING, ROOM, Setting, Strip, return_of

pytestmark = pytest.mark.unit
Samples = NDArray[np.float32]
BLOCK = 1920
CEILING = gain_of(CEILING_DB)


def tone(t: int, n: int, hertz: float = 440.0, level: float = 0.5) -> Samples:
    wave = level * np.sin(2 * np.pi * hertz * (t + np.arange(n)) / SAMPLE_RATE)
    return np.stack([wave, wave]).astype(np.float32)


def voice(t: int, n: int, level: float, seed: int = 0) -> Samples:
    """Syllables: noise with most of its power under 2 kHz, four times a second (1, n)."""
    random = np.random.default_rng(seed * 1_000_003 + t)
    rough = np.convolve(random.normal(0, 1, n + 20), np.hanning(20) / 6, "valid")[:n]
    beat = np.maximum(0.05, np.sin(2 * np.pi * 4 * (t + np.arange(n)) / SAMPLE_RATE))
    return (level * rough * beat)[None].astype(np.float32)


def stereo(feed: Feed, **changes: object) -> MicBus:
    setting = Setting(**changes)  # type: ignore[arg-type]
    return MicBus([Strip("a", "a", (0, 1), setting)], {"a": feed})


def microphones(said: Callable[[int, int], Samples], count: int, setting: Setting) -> MicBus:
    """``said``: (t, n) to (count, n)."""
    return MicBus([Strip(f"m{n}", "micros", (n,), setting) for n in range(count)], {"micros": said})


def played(bus: MicBus, blocks: int, start: int = 0) -> Samples:
    return np.concatenate([bus.block((start + n) * BLOCK, BLOCK).programme for n in range(blocks)], axis=1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_not_sound_does_not_reach_the_programme(bad: float) -> None:
    block = tone(0, BLOCK)
    block[0, 7] = bad
    bus = MicBus(
        [Strip("a", "a", (0, 1)), Strip("b", "b", (0, 1))],
        {"a": lambda t, n: block[:, :n].copy(), "b": lambda t, n: tone(t, n)},
    )
    out = played(bus, 4)
    assert np.isfinite(out).all() and float(np.abs(out).max()) <= CEILING


def test_inputs_add_up_in_time() -> None:
    bus = MicBus(
        [Strip("a", "a", (0, 1)), Strip("b", "b", (0, 1))],
        {"a": lambda t, n: tone(t, n, 440, 0.2), "b": lambda t, n: tone(t, n, 1000, 0.3)},
    )
    out = played(bus, 10)[:, 4 * BLOCK :]
    expected = tone(4 * BLOCK, 6 * BLOCK, 440, 0.2) + tone(4 * BLOCK, 6 * BLOCK, 1000, 0.3)
    assert np.abs(out - expected).max() < 1e-5, "the limiter's look-ahead is made up for: no sample late"


@pytest.mark.parametrize("delay_ms", [-20, 0, 1, 40, 500])
def test_an_inputs_delay_is_exact_to_the_sample(delay_ms: int) -> None:
    def impulse(t: int, n: int) -> Samples:
        block = np.zeros((2, n), np.float32)
        if t <= 48_000 < t + n:
            block[:, 48_000 - t] = 0.4
        return block

    out = played(stereo(impulse, delay_ms=delay_ms), 45)
    assert int(np.argmax(np.abs(out[0]))) == 48_000 + delay_ms * 48


@pytest.mark.parametrize("how", ["muted", "closed"])
def test_a_closed_microphone_is_exact_zero_everywhere_and_its_meter_still_lives(how: str) -> None:
    bus = microphones(lambda t, n: tone(t, n)[:1], 1, Setting(high_pass_hz=80))
    played(bus, 3)
    bus.set("m0", **{how: True})
    out = bus.block(3 * BLOCK, BLOCK, (RECORDING, ROOM), tracks=True)
    assert out.tracks is not None and not out.tracks[:, bus.ahead + SUB :].any(), "closed within 7 ms"
    mixed = bus.block(4 * BLOCK, BLOCK, (RECORDING, ROOM), tracks=True)
    after = bus.block(5 * BLOCK, BLOCK, (RECORDING, ROOM), tracks=True)
    assert after.tracks is not None and mixed.tracks is not None
    for block in (after.programme, *after.others.values(), after.tracks, mixed.tracks):
        assert not block.any()
    assert bus.input_levels()["m0"][0] > -10


def test_during_a_suspension_every_mix_is_exact_zero_and_the_desk_stays_as_it_was() -> None:
    """Rooms included: what goes back to somebody far away is a mix like another."""
    strips = [Strip("m0", "micros", (0,)), Strip("far", "far", (0, 1), remote=True)]
    bus = MicBus(strips, {"micros": lambda t, n: tone(t, n)[:1], "far": lambda t, n: tone(t, n, 300)})
    wanted = (RECORDING, ROOM, return_of("far"))
    before = [bus.block(n * BLOCK, BLOCK, wanted) for n in range(4)][-1]
    assert before.programme.any() and before.others[return_of("far")].any()
    bus.hush(True)
    settings = bus.settings()
    bus.block(4 * BLOCK, BLOCK, wanted)
    for n in range(5, 8):
        block = bus.block(n * BLOCK, BLOCK, wanted)
        assert not any(mix.any() for mix in (block.programme, *block.others.values()))
        bus.set("m0", gain_db=float(n), muted=False)
    assert bus.input_levels()["m0"][0] > -20 and settings.keys() == bus.settings().keys()
    bus.set("m0", solo=True)
    bus.block(8 * BLOCK, BLOCK, (HEADPHONES,))
    assert bus.block(9 * BLOCK, BLOCK, (HEADPHONES,)).others[HEADPHONES].any(), (
        "the technician may still listen to one"
    )
    bus.hush(False)
    bus.block(10 * BLOCK, BLOCK, wanted)
    assert bus.block(11 * BLOCK, BLOCK, wanted).others[ROOM].any()


@pytest.mark.parametrize("how", ["muted", "closed", "sends", "hush"])
def test_what_is_opened_lets_in_nothing_of_before_it_was_asked_however_late_blocks_are_made(how: str) -> None:
    bus = microphones(lambda t, n: tone(t, n)[:1], 1, Setting())

    def shut(on: bool, asked: int) -> None:
        if how == "hush":
            bus.hush(on, asked)
        elif how == "sends":
            bus.set("m0", asked, sends=frozenset() if on else frozenset(BUSES))
        else:
            bus.set("m0", asked, **{how: on})

    shut(True, 0)
    played(bus, 2)
    asked = 5 * BLOCK + 1000
    shut(False, asked)
    assert not played(bus, 4, start=2).any(), "made late, after it was opened"
    assert played(bus, 2, start=6).any()
    shut(True, asked)
    bus.block(8 * BLOCK, BLOCK)
    assert not bus.block(9 * BLOCK, BLOCK).programme.any(), "closed at once"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-60, 6),
            st.booleans(),
            st.floats(-1, 1),
            st.booleans(),
            st.sampled_from([-100.0, -30.0]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_setting_makes_a_click(changes: list[tuple[float, bool, float, bool, float]]) -> None:
    """A slow tone, whatever the operator does: nothing above 4 kHz ever passes −60 dBFS."""
    bus = stereo(lambda t, n: tone(t, n, 100, 0.1))
    pieces = []
    for n, (gain_db, muted, pan, sent, gate_db) in enumerate(changes):
        bus.set("a", gain_db=gain_db, muted=muted, pan=pan, gate_db=gate_db)
        bus.set("a", sends=frozenset([PROGRAMME] if sent else []))
        pieces.append(played(bus, 3, start=3 * n))
    assert db_of(float(np.abs(above_4_khz(np.concatenate(pieces, axis=1))).max())) < -60


def above_4_khz(block: Samples) -> NDArray[np.float64]:
    taps = -np.sinc(np.arange(-64, 65) / 6) / 6 * np.hanning(129)
    taps[64] += 1
    return np.stack([np.convolve(side, taps, "valid") for side in block])


def test_a_full_scale_tone_cut_and_opened_does_not_click() -> None:
    bus = stereo(lambda t, n: tone(t, n, 440, 0.7))
    pieces = [played(bus, 3)]
    for turn in range(1, 9):
        bus.set("a", muted=turn % 2 == 1)
        pieces.append(played(bus, 3, start=3 * turn))
    assert db_of(float(np.abs(above_4_khz(np.concatenate(pieces, axis=1))).max())) < -60


def test_sound_that_stops_and_begins_again_does_not_click() -> None:
    there = [True]
    bus = stereo(lambda t, n: tone(t, n, 50, 0.5) if there[0] else None)
    pieces = []
    for n in range(12):
        there[0] = n % 4 < 2
        pieces.append(played(bus, 1, start=n))
    out = np.concatenate(pieces, axis=1)
    assert np.abs(np.diff(out[0])).max() < 0.01
    assert not out[:, 3 * BLOCK + SUB : 4 * BLOCK - SUB].any(), "silence is silence"


def test_unknown_inputs_are_told() -> None:
    bus = stereo(lambda t, n: None)
    assert "a" in bus and "b" not in bus
    with pytest.raises(KeyError):
        bus.set("b", muted=True)
    assert not played(bus, 2).any() and bus.input_levels() == {"a": (SILENCE_DB, SILENCE_DB)}


def test_stereo_stays_where_it_is_and_pan_moves_a_microphone() -> None:
    out = played(stereo(lambda t, n: tone(t, n) * np.array([[1], [0]], np.float32)), 5)
    assert not out[1].any() and out[0].any()
    bus = microphones(lambda t, n: tone(t, n)[:1], 1, Setting(pan=1.0))
    out = played(bus, 5)
    assert not out[0].any() and out[1].max() == pytest.approx(0.5, abs=0.01)


def test_tracks_are_in_time_with_the_programme_and_before_their_faders() -> None:
    bus = microphones(lambda t, n: tone(t, n)[:1], 1, Setting(gain_db=-20.0, automix=True))
    blocks = [bus.block(n * BLOCK, BLOCK, tracks=True) for n in range(5)]
    apart = np.concatenate([one.tracks for one in blocks if one.tracks is not None], axis=1)
    assert np.abs(apart[:, BLOCK:] - tone(BLOCK, 4 * BLOCK)[:1]).max() < 1e-6
    assert bus.block(5 * BLOCK, BLOCK).tracks is None


def test_a_gate_closes_what_is_quiet_and_opens_for_what_is_not() -> None:
    level = [0.001]
    bus = stereo(lambda t, n: tone(t, n, 440, level[0]), gate_db=-40.0)
    assert not played(bus, 20)[:, 10 * BLOCK :].any(), "closed is exact zero"
    level[0] = 0.2
    opened = played(bus, 2, start=20)
    assert np.abs(opened[:, BLOCK:]).max() == pytest.approx(0.2, abs=0.01)


def test_a_remote_hears_everybody_but_himself() -> None:
    """Each input a tone of its own; in each N-1, that tone is not attenuated but absent."""
    hertz = {"hall": 400.0, "north": 700.0, "south": 1100.0}
    strips = [Strip(name, name, (0, 1), remote=name != "hall") for name in hertz]

    def of(frequency: float) -> Feed:
        return lambda t, n: tone(t, n, frequency, 0.1)

    bus = MicBus(strips, {name: of(one) for name, one in hertz.items()})
    names = (return_of("north"), return_of("south"))
    blocks = [bus.block(n * BLOCK, BLOCK, names) for n in range(30)]
    for away in ("north", "south"):
        heard = np.concatenate([b.others[return_of(away)] for b in blocks], axis=1)[0, 5 * BLOCK :]
        wanted = sum(tone(5 * BLOCK, heard.size, one, 0.1)[0] for name, one in hertz.items() if name != away)
        assert np.abs(heard - wanted).max() < 1e-5
    bus.set("hall", muted=True)
    bus.set("south", muted=True)
    quiet = [bus.block(n * BLOCK, BLOCK, names) for n in range(30, 34)][-1]
    assert not quiet.others[return_of("north")].any(), "nobody else speaks: not one sample of himself"
    assert quiet.others[return_of("south")].any()


def test_an_input_goes_to_the_mixes_it_is_sent_to() -> None:
    bus = stereo(lambda t, n: tone(t, n), sends=frozenset([ROOM]))
    last = [bus.block(n * BLOCK, BLOCK, (ROOM, RECORDING)) for n in range(4)][-1]
    assert not last.programme.any() and not last.others[RECORDING].any()
    assert last.others[ROOM].any()


def test_headphones_hear_the_programme_then_only_what_is_listened_to_closed_or_not() -> None:
    feeds: dict[str, Feed] = {
        "a": lambda t, n: tone(t, n, 400, 0.1),
        "b": lambda t, n: tone(t, n, 900, 0.2),
    }
    bus = MicBus([Strip(n, n, (0, 1)) for n in feeds], feeds)
    both = [bus.block(n * BLOCK, BLOCK, (HEADPHONES,)) for n in range(4)][-1]
    assert np.array_equal(both.others[HEADPHONES], both.programme)
    bus.set("b", solo=True, muted=True, gain_db=-60.0)
    alone = [bus.block(n * BLOCK, BLOCK, (HEADPHONES,)) for n in range(4, 12)][-1]
    expected = tone(11 * BLOCK, BLOCK, 900, 0.2)
    assert np.abs(alone.others[HEADPHONES] - expected).max() < 1e-5, "before its fader and its mute"


# -- the shared gain ------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(0, 10**6))
def test_the_total_gain_never_changes(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    activity, sharing = Activity(count), GainSharing(count)
    taking_part = np.ones(count, bool)
    for step in range(60):
        if step % 7 == 0:
            taking_part = random.random(count) < 0.8
        power = 10 ** random.uniform(-9, -1, count)
        gains = sharing.step(activity.step(power), taking_part)
        assert float(np.sum(gains**2)) == pytest.approx(1.0 if taking_part.any() else 0.0, abs=1e-9)
        assert not gains[~taking_part].any()


def run(sharing: GainSharing, activity: Activity, power: Sequence[float], steps: int) -> NDArray[np.float64]:
    everyone = np.ones(len(power), bool)
    for _ in range(steps):
        gains = sharing.step(activity.step(np.array(power)), everyone)
    return gains


def test_who_speaks_takes_the_gain_keeps_it_and_shares_it() -> None:
    sharing, activity = GainSharing(3), Activity(3)
    quiet = 1e-8
    assert run(sharing, activity, [quiet] * 3, 300) == pytest.approx([3**-0.5] * 3, abs=1e-6)
    gains = run(sharing, activity, [1e-3, quiet, quiet], 4)
    assert gains[0] > 0.9, "within 30 ms of the first sound"
    gains = run(sharing, activity, [quiet] * 3, 300)
    assert gains[0] > 0.99, "the last microphone stays open"
    gains = run(sharing, activity, [quiet, 1e-3, 1e-3], 60)
    assert gains == pytest.approx([0.0, 0.5**0.5, 0.5**0.5], abs=0.02), "two voices: −3 dB each"


def test_a_noisy_microphone_takes_nothing() -> None:
    """Its noise is louder than the voice of the other."""
    sharing, activity = GainSharing(2), Activity(2)
    run(sharing, activity, [10**-4.0, 1e-8], 2000)
    gains = run(sharing, activity, [10**-4.0, 10**-4.2], 60)
    assert gains[1] > 0.95


def test_a_microphone_that_takes_no_part_gets_nothing() -> None:
    bus = microphones(lambda t, n: voice(t, n, 0.05).repeat(2, axis=0), 2, Setting(automix=True))
    bus.set("m1", muted=True)
    played(bus, 20)
    assert bus.automatic_gains()["m0"][0] == pytest.approx(0.0, abs=0.1)
    assert bus.automatic_gains()["m1"][0] == SILENCE_DB


def test_who_may_be_speaking_is_told_loudest_first() -> None:
    def said(t: int, n: int) -> Samples:
        levels = [0.0, 0.02, 0.3, 0.1, 0.05, 0.2]
        return np.concatenate([voice(t, n, level, seed) for seed, level in enumerate(levels)])

    bus = microphones(said, 6, Setting(automix=True))
    bus.set("m5", muted=True)
    played(bus, 15)
    assert bus.heard.names == ("m2", "m3", "m4")
    assert bus.heard.samples.shape == (3, BLOCK)


def test_somebody_far_away_may_be_speaking_too() -> None:
    """Under the name of his room; a camera's ambient sound never may."""
    feeds: dict[str, Feed] = {
        "north": lambda t, n: voice(t, n, 0.2, 1).repeat(2, axis=0),
        "cam1": lambda t, n: voice(t, n, 0.3, 2).repeat(2, axis=0),
        "micros": lambda t, n: voice(t, n, 0.1, 3),
    }
    strips = [
        Strip("north", "north", (0, 1), remote=True),
        Strip("cam1", "cam1", (0, 1)),
        Strip("m1", "micros", (0,)),
    ]
    bus = MicBus(strips, feeds)
    played(bus, 15)
    before = bus.heard
    assert before.names == ("north", "m1")
    assert np.allclose(before.samples[0], voice(14 * BLOCK + bus.ahead, BLOCK, 0.2, 1)[0], atol=1e-6)
    bus.set("north", muted=True)
    played(bus, 3, start=15)
    after = bus.heard
    assert after.names == ("m1",)


# -- loudness -------------------------------------------------------------------------------------------------------


def test_loud_and_shy_voices_come_to_the_same_loudness() -> None:
    """Three turns of eight seconds, 24 dB apart, in noise: each is within 2 LU of the target from its fourth second on."""
    levels = [0.04, 0.6, 0.1]

    def said(t: int, n: int) -> Samples:
        turn = min(2, max(0, t) // (8 * SAMPLE_RATE))
        rows = [
            voice(t, n, level, 1 + seed) if seed == turn else np.zeros((1, n), np.float32)
            for seed, level in enumerate(levels)
        ]
        return np.concatenate(rows) + np.random.default_rng(abs(t)).normal(0, 1e-4, (3, n)).astype(np.float32)

    bus = microphones(said, 3, Setting(automix=True, levelled=True, high_pass_hz=80))
    for turn in range(3):
        played(bus, 100, start=200 * turn)
        meter = LoudnessMeter()
        for n in range(100):
            meter.feed(bus.block((200 * turn + 100 + n) * BLOCK, BLOCK).programme)
        assert meter.integrated == pytest.approx(-16.0, abs=2.0), f"turn {turn}"


def test_a_room_shares_the_gain_and_has_the_loudness_of_the_chamber() -> None:
    """A faint room in stereo, a loud microphone, each his turn: within 2 LU of each other, and the room quiet in the other's."""

    def speaks(who: int, t: int) -> bool:
        return min(3, max(0, t) // (8 * SAMPLE_RATE)) % 2 == who

    def hiss(t: int, n: int, rows: int) -> Samples:
        return np.random.default_rng(abs(t) + rows).normal(0, 3e-4, (rows, n)).astype(np.float32)

    feeds: dict[str, Feed] = {
        "north": lambda t, n: voice(t, n, 0.03 * speaks(0, t), 1).repeat(2, axis=0) + hiss(t, n, 2),
        "micros": lambda t, n: voice(t, n, 0.5 * speaks(1, t), 2) + hiss(t, n, 1),
    }
    desk = Setting(automix=True, levelled=True)
    bus = MicBus(
        [Strip("north", "north", (0, 1), desk, remote=True), Strip("m1", "micros", (0,), desk)], feeds
    )
    found = []
    for turn in range(4):
        played(bus, 100, start=200 * turn)
        meter = LoudnessMeter()
        for n in range(100):
            meter.feed(bus.block((200 * turn + 100 + n) * BLOCK, BLOCK).programme)
        found.append(meter.integrated)
        quiet = ("m1", "north")[turn % 2]
        assert bus.automatic_gains()[quiet][0] < -15, "who listens is turned down"
    assert max(found) - min(found) <= 2.0 and found == pytest.approx([-16.0] * 4, abs=2.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.floats(0.01, 10.0))
def test_nothing_clips_whatever_is_said(seed: int, count: int, level: float) -> None:
    random = np.random.default_rng(seed)

    def said(t: int, n: int) -> Samples:
        return (random.uniform(-level, level, (count, n))).astype(np.float32)

    bus = microphones(said, count, Setting(gain_db=20.0, automix=bool(seed % 2), levelled=True))
    for n in range(6):
        mixed = bus.block(n * BLOCK, BLOCK, (HEADPHONES, ROOM))
        for block in (mixed.programme, *mixed.others.values()):
            assert float(np.abs(block).max()) <= CEILING


def test_a_room_that_is_closed_is_not_asked_until_it_opens() -> None:
    asked: list[int] = []

    def feed(t: int, n: int) -> Samples:
        asked.append(t)
        return tone(t, n)

    closed = Setting(muted=True)
    strips = [Strip("a", "a", (0, 1), closed, remote=True, rests=True), Strip("b", "b", (0, 1), closed)]
    bus = MicBus(strips, {"a": feed, "b": tone})
    assert not played(bus, 3).any() and not asked
    assert bus.input_levels()["a"] == (SILENCE_DB, SILENCE_DB), "nothing is said of what is not listened to"
    assert bus.input_levels()["b"][0] > -10, "another closed input still shows that it works"
    bus.set("a", muted=False)
    opened = played(bus, 2, 3)
    assert len(asked) == 2 and float(np.abs(opened[:, BLOCK:]).max()) > 0.4, "heard from the next block on"
    bus.set("a", muted=True)
    played(bus, 1, 5)
    assert len(asked) == 3, "to the end of its fade"
    assert not played(bus, 2, 6)[:, BLOCK:].any() and len(asked) == 3
    bus.set("a", solo=True)
    alone = bus.block(8 * BLOCK, BLOCK, (HEADPHONES,))
    assert len(asked) == 4 and alone.others[HEADPHONES].any() and not alone.programme.any()


def test_who_is_not_heard_hears_the_programme_and_the_change_has_no_seam() -> None:
    feeds: dict[str, Feed] = {
        "hall": lambda t, n: tone(t, n, 400, 0.9),  # loud enough for the limiters
        "north": lambda t, n: tone(t, n, 700, 0.4),
        "south": lambda t, n: tone(t, n, 1100, 0.4),
    }
    strips = [
        Strip(name, name, (0, 1), Setting(muted=name != "hall"), remote=name != "hall") for name in feeds
    ]
    bus = MicBus(strips, feeds)
    names = (return_of("north"), return_of("south"))
    told: list[Samples] = []
    apart: list[int] = []
    for n in range(120):
        if n == 20:
            bus.set("north", muted=False)
        if n == 50:
            bus.set("north", muted=True)
        mixed = bus.block(n * BLOCK, BLOCK, names)
        assert return_of("south") not in mixed.others and return_of("south") in bus.mix_levels()
        apart += [n] if return_of("north") in mixed.others else []
        told.append(mixed.others.get(return_of("north"), mixed.programme))
    assert apart == list(range(20, 50 + 25)), "while it is heard, and a second more"
    line = np.concatenate(told, axis=1)[0]
    alone = played(MicBus([Strip("hall", "hall", (0, 1))], {"hall": feeds["hall"]}), 120)[0]
    assert np.abs(line - alone).max() < 1e-5, "the hall and nothing else, not a sample missing"
