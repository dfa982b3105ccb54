"""What a room's link is given: down quickly, up slowly."""

import pytest

from regie.rooms.ladder import MAX_UP_S, SETTLING_S, UP_S, Ladder, Rung

pytestmark = pytest.mark.unit
RUNGS = (Rung(""), Rung("360p"), Rung(None))


def run(ladder: Ladder, seconds: int, start: int = 0, sent: int = 2_000_000) -> list[tuple[int, str | None]]:
    """Every second for a while; the changes."""
    return [(n, ladder.rung.tier) for n in range(start, start + seconds) if ladder.step(sent, float(n))]


def test_a_good_link_gets_everything() -> None:
    ladder = Ladder(RUNGS)
    ladder.estimate(2_400_000)
    assert run(ladder, 60) == [] and ladder.rung.tier == ""


def test_a_quiet_programme_is_not_a_starved_link() -> None:
    ladder = Ladder(RUNGS)
    ladder.estimate(150_000)
    assert run(ladder, 60, sent=90_000) == []


def test_loss_brings_down_to_sound_only_and_no_further() -> None:
    ladder = Ladder(RUNGS)
    changes = []
    for n in range(45):
        ladder.loss(0.2)
        if ladder.step(2_000_000, float(n)):
            changes.append((n, ladder.rung.tier))
    first = int(SETTLING_S) + 2
    assert changes == [(first, "360p"), (2 * first, None)]


def test_packets_that_pile_up_bring_it_down() -> None:
    ladder = Ladder(RUNGS)
    ladder.estimate(900_000)
    assert run(ladder, 20)[0][1] == "360p"


def test_it_climbs_back_and_is_more_patient_each_time() -> None:
    ladder, now, waits = Ladder(RUNGS), 0.0, []
    for _ in range(8):
        while not ladder.step(2_000_000, now):
            ladder.loss(0.2)
            now += 1
        fell = now
        ladder.loss(0.0)
        while not ladder.step(500_000, now):
            now += 1
        waits.append(now - fell)
    assert waits == sorted(waits) and waits[0] >= UP_S and waits[-1] <= MAX_UP_S + SETTLING_S + 2


def test_sound_only_climbs_without_any_report() -> None:
    ladder = Ladder(RUNGS)
    for n in range(30):
        ladder.loss(0.2)
        ladder.step(2_000_000, float(n))
    assert ladder.rung.tier is None
    assert [tier for _, tier in run(ladder, 300, start=30, sent=50_000)] == ["360p", ""]
