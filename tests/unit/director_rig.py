"""A small chamber and a director on virtual time, with cameras that arrive when told to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from regie.domain.director import Chamber, Framing, Microphone, Seat, Settings, Size, begin, explain, step
from regie.domain.director import events as told
from regie.domain.director.moves import HideTitle, Move, Recall, ShowTitle, Take
from regie.domain.director.state import Mode
from regie.domain.model import Shot

PRESIDENT, ANNE, BRUNO, CHLOE, REMOTE = "p1", "p2", "p3", "p4", "p9"
WIDE = Shot(("cam1",))
TICK = 100


def framing(source: str, name: str, *seats: str, size: Size = Size.CLOSE, public: bool = False) -> Framing:
    """A preset of a camera."""
    return Framing(id=f"{source}-{name}", source=source, preset=name, seats=seats, size=size, public=public)


CHAMBER = Chamber(
    seats=(
        Seat(id=PRESIDENT, name="La présidente", president=True),
        Seat(id=ANNE, name="Mme Anne"),
        Seat(id=BRUNO, name="M. Bruno"),
        Seat(id=CHLOE, name="Mme Chloé"),
        Seat(id=REMOTE, name="M. Loin", tile="salle-b"),
    ),
    microphones=tuple(
        Microphone(id=f"m{seat[1:]}", seat=seat, name=f"micro {seat[1:]}")
        for seat in (PRESIDENT, ANNE, BRUNO, CHLOE, REMOTE)
    ),
    framings=(
        framing("cam1", "large", size=Size.WIDE),
        framing("cam2", "p1", PRESIDENT),
        framing("cam2", "p2", ANNE),
        framing("cam2", "p2bis", ANNE),
        framing("cam2", "p3", BRUNO),
        framing("cam2", "gradins", ANNE, size=Size.CLOSE, public=True),
        framing("cam3", "p2", ANNE),
        framing("cam3", "p3", BRUNO),
        framing("cam3", "p4", CHLOE),
        framing("cam3", "p2-p3", ANNE, BRUNO, size=Size.PAIR),
        framing("cam4", "p4", CHLOE),
        framing("cam4", "groupe", BRUNO, CHLOE, size=Size.GROUP),
    ),
)


@dataclass
class Rig:
    """The director, told things; its shots arrive at once, its cameras after ``travel`` ms (None: when :meth:`arrive` says so)."""

    chamber: Chamber = CHAMBER
    settings: Settings = field(default_factory=Settings)
    travel: int | None = 500
    now: int = 0
    moves: list[tuple[int, Move]] = field(default_factory=list)
    coming: list[tuple[int, str, str]] = field(default_factory=list)
    speaking: dict[str, float] = field(default_factory=dict)
    shot: Shot = WIDE

    def __post_init__(self) -> None:
        self.state = begin(self.now)
        self.tell(told.SourcesLive(sources=frozenset({"cam1", "cam2", "cam3", "cam4", "salle-b"})))
        for source, name in (("cam1", "large"), ("cam2", "p1"), ("cam3", "p2"), ("cam4", "groupe")):
            self.tell(told.CameraSaid(source=source, state=told.CameraIs.ARRIVED, framing=f"{source}-{name}"))
        self.tell(told.OnAir(shot=WIDE))
        self.run(5000)
        self.moves.clear()

    def tell(self, event: told.Told) -> list[Move]:
        """One event now."""
        done = step(self.chamber, self.settings, self.state, event, self.now)
        self.state = done.state
        for move in done.moves:
            self.moves.append((self.now, move))
            if isinstance(move, Take):
                self.shot = move.shot
                self.tell(told.OnAir(shot=move.shot))
            elif isinstance(move, Recall) and self.travel is not None:
                self.coming.append((self.now + self.travel, move.source, move.framing))
                self.tell(
                    told.CameraSaid(
                        source=move.source,
                        state=told.CameraIs.MOVING,
                        framing=move.framing,
                        eta_ms=self.travel,
                    )
                )
        return list(done.moves)

    def arrive(self, source: str, framing_id: str) -> None:
        """A camera is there."""
        self.tell(told.CameraSaid(source=source, state=told.CameraIs.ARRIVED, framing=framing_id))

    def say(self, *seats: str, level: float = 0.9) -> None:
        """Who speaks from now on."""
        self.speaking = {f"m{seat[1:]}": level for seat in seats}

    def press(self, seat: str, button: told.Button = told.Button.ON) -> None:
        """A button."""
        self.tell(told.ButtonSaid(microphone=f"m{seat[1:]}", button=button))

    def run(self, ms: int) -> None:
        """Let time pass."""
        until = self.now + ms
        while self.now < until:
            self.now += TICK
            for due in sorted(one for one in self.coming if one[0] <= self.now):
                self.coming.remove(due)
                last = [r for _, r in self.moves if isinstance(r, Recall) and r.source == due[1]]
                if not last or last[-1].framing == due[2]:
                    self.arrive(due[1], due[2])
            self.tell(told.Voices(voices=dict(self.speaking)))

    def speech(self, seat: str, ms: int) -> None:
        """One speaker for so long."""
        self.say(seat)
        self.run(ms)

    def of(self, kind: type[Move]) -> list[tuple[int, Move]]:
        """The moves of one kind, with their instants."""
        return [(at, move) for at, move in self.moves if isinstance(move, kind)]

    @property
    def takes(self) -> list[tuple[int, Take]]:
        """Shots taken."""
        return [(at, move) for at, move in self.moves if isinstance(move, Take)]

    @property
    def recalls(self) -> list[Recall]:
        """Cameras sent."""
        return [move for _, move in self.moves if isinstance(move, Recall)]

    @property
    def names(self) -> list[str]:
        """Names shown and taken off, « - » for the latter."""
        found: Iterable[Move] = (move for _, move in self.moves)
        return [
            move.seat if isinstance(move, ShowTitle) else "-"
            for move in found
            if isinstance(move, ShowTitle | HideTitle)
        ]

    def mode(self) -> Mode:
        """Who decides."""
        return self.state.mode

    def holder(self) -> str | None:
        """Who has the floor."""
        return self.state.floor.holder

    @property
    def why(self) -> str:
        """The line that explains."""
        return explain(self.chamber, self.state)
