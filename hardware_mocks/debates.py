"""Annotated debates: what microphones, buttons and cameras would tell of a council in session, and who really had the floor.

``python -m hardware_mocks.debates --seed 3 --minutes 10 --out FILE.jsonl.gz``. One JSON value a line. The first describes the
chamber and its cameras; ``{"t": ms, "told": {...}}`` is what a director is told; ``{"t": ms, "levels": {...}}`` the meters, in
dBFS, for whoever follows them; ``{"t": ms, "turn": {...}}`` the truth, which only a scorer may read. Seeded.

Speech has pauses; a detector has an onset, drop-outs and doubts; open microphones hear their neighbours; people cough, approve, cut
in, talk at once, applaud, forget to close their microphone, and remain silent over a document.
"""

import argparse
import gzip
import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware_mocks.geometry import SEATS, VIEWPOINTS, Viewpoint
from hardware_mocks.people import council

TICK = 100
PRESIDENT = 1
REMOTE = (32, 33)
"""Two councillors sit in another room, of which one picture comes."""
TILE = "salle-b"
HEAD_HEIGHT = 1.2
CLOSE_WIDTH_M, PAIR_WIDTH_M = 1.4, 2.6
FIELD_AT_ONE = 60.0
MOST_ZOOM = 12.0
SPEECH_DB, BLEED_DB, COUGH_DB, NOISE_DB = -22.0, -15.0, -24.0, -62.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Somebody makes a sound: from, to (ms), what kind, and whether it is a turn that should be on air."""

    seat: int
    start: int
    end: int
    kind: str


@dataclass
class Session:
    """What was drawn so far: sounds and buttons, in any order."""

    draw: random.Random
    buttons: bool
    sounds: list[Sound] = field(default_factory=list)
    presses: list[tuple[int, int, str]] = field(default_factory=list)
    now: int = 2000

    def say(self, seat: int, start: int, length: float, kind: str = "turn") -> int:
        """Somebody speaks for ``length`` seconds; the end."""
        end = start + round(1000 * length)
        self.sounds.append(Sound(seat, start, end, kind))
        return end

    def press(self, at: int, seat: int, state: str) -> None:
        """A microphone's button."""
        if self.buttons and seat not in REMOTE:
            self.presses.append((max(0, at), seat, state))


def _length(draw: random.Random) -> float:
    """Seconds of a speech: half of them under 28 s, one in ten above a minute and a half."""
    return min(240.0, max(5.0, draw.lognormvariate(math.log(28), 0.95)))


def _speech(session: Session, seat: int) -> None:
    """One turn, from the request to the closing of the microphone, and what happens meanwhile."""
    draw = session.draw
    asked = draw.random() < 0.75
    if asked:
        session.press(session.now - draw.randint(3000, 40_000), seat, "demande")
    chair_end = session.say(PRESIDENT, session.now, draw.uniform(1.6, 5.0))
    start = chair_end + round(1000 * draw.choice((draw.uniform(0.3, 1.4), draw.uniform(1.0, 4.0))))
    session.press(start - draw.randint(-200, 1800), seat, "ouvert")
    end = session.say(seat, start, _length(draw))
    _events_during(session, seat, start, end)
    forgot = draw.random() < 0.08
    session.press(end + (draw.randint(20_000, 60_000) if forgot else draw.randint(200, 3500)), seat, "ferme")
    if draw.random() < 0.05:
        session.sounds.append(Sound(0, end + 200, end + draw.randint(3000, 8000), "applause"))
        end += 3000
    session.now = end + round(1000 * draw.uniform(0.2, 1.6))


def _events_during(session: Session, seat: int, start: int, end: int) -> None:
    draw = session.draw
    at = start
    while (at := at + round(1000 * draw.expovariate(1 / 22))) < end - 3000:
        match draw.choices(("backchannel", "cough", "aside", "clash"), (5, 4, 2, 1))[0]:
            case "backchannel":
                session.say(PRESIDENT, at, draw.uniform(0.25, 0.75), "backchannel")
            case "cough":
                session.say(draw.choice((PRESIDENT, seat)), at, draw.uniform(0.2, 0.6), "cough")
            case "aside":
                who = _somebody(session, seat)
                session.press(at - draw.randint(100, 900), who, "ouvert")
                over = session.say(who, at, draw.uniform(0.7, 2.4), "aside")
                session.press(over + draw.randint(100, 2500), who, "ferme")
            case _:
                who = _somebody(session, seat)
                session.press(at - draw.randint(100, 900), who, "ouvert")
                over = session.say(who, at, draw.uniform(4, min(10, (end - at) / 1000)))
                session.press(over + draw.randint(100, 1500), who, "ferme")
                at = over


def _somebody(session: Session, *others: int) -> int:
    return session.draw.choice([s.id for s in SEATS if s.id not in (PRESIDENT, *others, *REMOTE)])


def _exchange(session: Session) -> None:
    """Two councillors answer each other, quickly."""
    draw = session.draw
    pair = (_somebody(session), _somebody(session))
    at = session.now
    for seat in pair:
        session.press(at - draw.randint(0, 1200), seat, "ouvert")
    for n in range(draw.randint(4, 9)):
        at = session.say(pair[n % 2], at, draw.uniform(1.2, 4.0)) + draw.randint(-300, 600)
    for seat in pair:
        session.press(at + draw.randint(200, 4000), seat, "ferme")
    session.now = at + draw.randint(500, 2000)


def play(seed: int, minutes: float, buttons: bool = True) -> Session:
    """A session of so many minutes."""
    draw = random.Random(seed)
    session = Session(draw, buttons)
    session.press(0, PRESIDENT, "ouvert")
    seats = [s.id for s in SEATS if s.id != PRESIDENT]
    last = 0
    while session.now < minutes * 60_000:
        session.now = session.say(PRESIDENT, session.now, draw.uniform(8, 35)) + draw.randint(500, 2000)
        for _ in range(draw.randint(2, 6)):
            if draw.random() < 0.12:
                _exchange(session)
            last = draw.choice([s for s in seats if s != last])
            _speech(session, last)
        if draw.random() < 0.4:
            session.now += draw.randint(7000, 20_000)
    return session


# -- what detectors and meters say --------------------------------------------------------------------------------------


def _talking(session: Session, sound: Sound) -> list[tuple[int, int]]:
    """The bursts of a sound: phrases and the pauses between them."""
    draw = session.draw
    if sound.kind != "turn":
        return [(sound.start, sound.end)]
    bursts, at = [], sound.start
    while at < sound.end:
        over = min(sound.end, at + round(1000 * draw.uniform(0.7, 4.5)))
        if sound.end - over < 600:
            over = sound.end
        bursts.append((at, over))
        pause = draw.uniform(0.12, 0.55) if draw.random() < 0.85 else draw.uniform(0.5, 1.4)
        at = over + round(1000 * pause)
    return bursts


def hear(session: Session, minutes: float) -> list[dict[str, Any]]:
    """Every 100 ms: probabilities of speech, and levels, at the microphones that are open."""
    draw = session.draw
    ends = round(minutes * 60_000)
    slots: dict[int, list[tuple[int, str]]] = {}
    for sound in session.sounds:
        for begin, over in _talking(session, sound):
            onset = begin + (draw.randint(50, 140) if sound.kind != "cough" else 0)
            for slot in range(onset // TICK + 1, (over + TICK // 2) // TICK + 1):
                slots.setdefault(slot, []).append((sound.seat, sound.kind))
    opens = _opened(session)
    lines = []
    for slot in range(1, ends // TICK):
        active = slots.get(slot, [])
        open_now = opens(slot * TICK)
        voices, levels = _frame(draw, active, open_now)
        lines.append({"t": slot * TICK, "told": {"e": "voix", "voices": voices}, "levels": levels})
    return lines


def _frame(
    draw: random.Random, active: list[tuple[int, str]], open_now: set[int]
) -> tuple[dict[str, float], dict[str, float]]:
    voices: dict[int, float] = {}
    levels: dict[int, float] = {}
    kinds = dict(active)
    applause = "applause" in kinds.values()
    for seat in open_now | set(REMOTE):
        level, voice = NOISE_DB + draw.gauss(0, 2), 0.0
        if applause:
            level, voice = -28 + draw.gauss(0, 2), draw.uniform(0.05, 0.5)
        for other, kind in active:
            if other == seat:
                level = max(level, (COUGH_DB if kind == "cough" else SPEECH_DB) + draw.gauss(0, 3.5))
                voice = max(voice, _doubt(draw, kind))
            elif other and other not in REMOTE and seat not in REMOTE:
                away = math.dist(_at(seat), _at(other))
                level = max(level, SPEECH_DB + BLEED_DB - 6 * math.log2(max(1.0, away)) + draw.gauss(0, 3))
                if away < 1.6 and kind != "cough":
                    voice = max(voice, draw.triangular(0.0, 0.75, 0.3))
        if voice >= 0.05:
            voices[seat] = voice
        if level > NOISE_DB + 8:
            levels[seat] = level
    return (
        {f"m{seat}": round(voice, 1) for seat, voice in voices.items() if round(voice, 1) > 0},
        {f"m{seat}": round(level) for seat, level in levels.items()},
    )


def _doubt(draw: random.Random, kind: str) -> float:
    """What a detector makes of speech, and of a cough."""
    if kind == "cough":
        return draw.triangular(0.05, 0.95, 0.45)
    return draw.uniform(0.1, 0.55) if draw.random() < 0.06 else min(1.0, draw.gauss(0.88, 0.08))


def _at(seat: int) -> tuple[float, float]:
    found = SEATS[seat - 1]
    return found.x, found.y


def _opened(session: Session) -> Any:
    """Which microphones are open at an instant. Without buttons, all of them."""
    if not session.buttons:
        everybody = {s.id for s in SEATS} - set(REMOTE)
        return lambda t: everybody
    changes = sorted(session.presses)
    state: set[int] = set()
    position = 0

    def at(t: int) -> set[int]:
        nonlocal position
        while position < len(changes) and changes[position][0] <= t:
            _, seat, said = changes[position]
            (state.add if said == "ouvert" else state.discard)(seat)
            position += 1
        return state

    return at


# -- the chamber --------------------------------------------------------------------------------------------------------


def _sees(view: Viewpoint, seat: int) -> bool:
    """Does the camera see the face, not the neck?"""
    found = SEATS[seat - 1]
    to = math.atan2(view.at[1] - found.y, view.at[0] - found.x)
    turned = abs((to - found.facing + math.pi) % (2 * math.pi) - math.pi)
    return turned < math.radians(65) and math.dist(view.at[:2], (found.x, found.y)) > 1.5


def _framing(view: Viewpoint, name: str, seats: list[int], size: str, width_m: float) -> dict[str, Any]:
    middle = [sum(values) / len(seats) for values in zip(*(_at(seat) for seat in seats), strict=True)]
    pan, tilt, distance = view.angles((middle[0], middle[1], HEAD_HEIGHT))
    wanted = math.degrees(2 * math.atan(width_m / 2 / distance))
    return {
        "id": f"{view.id}-{name}",
        "source": view.id,
        "preset": name,
        "seats": [f"p{seat}" for seat in seats],
        "size": size,
        "pan": round(pan, 1),
        "tilt": round(tilt, 1),
        "zoom": round(min(MOST_ZOOM, max(1.0, FIELD_AT_ONE / wanted)), 2),
    }


def framings() -> list[dict[str, Any]]:
    """Presets of the four cameras: wide ones, wings, one close shot a seat and a camera that sees its face, pairs of neighbours."""
    made = []
    for view in VIEWPOINTS:
        seen = [s.id for s in SEATS if s.id not in REMOTE and _sees(view, s.id)]
        if view.id == "cam1":
            pan, tilt, zoom = view.rest
            made.append(
                {"id": "cam1-large", "source": "cam1", "preset": "large", "size": "large", "seats": []}
                | {"pan": pan, "tilt": tilt, "zoom": zoom}
            )
        made += [_framing(view, f"p{seat}", [seat], "serre", CLOSE_WIDTH_M) for seat in seen]
        made += [
            _framing(view, f"p{a}-p{b}", [a, b], "deux", PAIR_WIDTH_M)
            for a, b in zip(seen, seen[1:], strict=False)
            if b == a + 1 and math.dist(_at(a), _at(b)) < 2
        ]
    return made


def describe(seed: int) -> dict[str, Any]:
    """The first line: who sits where, what cameras show and how fast they turn."""
    people = council(seed)
    seats = [
        {"id": f"p{p.id}", "name": p.name, "president": p.id == PRESIDENT}
        | ({"tile": TILE} if p.id in REMOTE else {})
        for p in people
    ]
    microphones = [{"id": f"m{p.id}", "seat": f"p{p.id}", "name": f"micro {p.id}"} for p in people]
    motion = {"pan_s": 70.0, "tilt_s": 55.0, "zoom_s": 1.2, "start_ms": 250, "spread": 0.15}
    return {
        "debate": 1,
        "seed": seed,
        "chamber": {"seats": seats, "microphones": microphones, "framings": framings()},
        "motion": {view.id: motion for view in VIEWPOINTS},
        "sources": [*(view.id for view in VIEWPOINTS), TILE],
    }


def debate(seed: int, minutes: float, buttons: bool = True) -> list[dict[str, Any]]:
    """All the lines of a debate."""
    session = play(seed, minutes, buttons)
    ends = round(minutes * 60_000)
    lines = hear(session, minutes)
    lines += [
        {"t": at, "told": {"e": "bouton", "microphone": f"m{seat}", "button": said}}
        for at, seat, said in session.presses
        if at < ends
    ]
    lines += [
        {
            "t": s.start,
            "turn": {"seat": f"p{s.seat}", "start": s.start, "end": min(s.end, ends), "kind": s.kind},
        }
        for s in session.sounds
        if s.start < ends
    ]
    return [describe(seed), *_lean(sorted(lines, key=lambda line: int(line["t"])))]


def _lean(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Silence is told once."""
    kept, silent = [], False
    for line in lines:
        if "levels" in line:
            nothing = not line["told"]["voices"] and not line["levels"]
            if nothing and silent:
                continue
            silent = nothing
        kept.append(line)
    return kept


def write(lines: list[dict[str, Any]], path: Path) -> None:
    """Compressed, the same bytes for the same debate."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    """Make one debate."""
    parser = argparse.ArgumentParser(
        prog="python -m hardware_mocks.debates", description="An annotated debate."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--no-buttons", action="store_true", help="no conference system: voices only, all microphones open"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write(debate(given.seed, given.minutes, not given.no_buttons), given.out)


if __name__ == "__main__":
    main()
