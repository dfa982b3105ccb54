"""The director's memory: frozen values, replaced whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from regie.domain.director.events import Button, CameraIs, Discretion
from regie.domain.model import Shot, SourceId

NEVER = -(10**12)
"""An instant before any other."""


class Mode(StrEnum):
    """Who decides. In SEMI a person chose a seat; in MANUAL the director touches nothing, and still explains: but in a secret
    ballot it takes a seat off air, whoever put it there."""

    AUTO = "auto"
    SEMI = "semi"
    MANUAL = "manuel"


@dataclass(frozen=True, slots=True)
class Ear:
    """One microphone: its button (None while no conference system spoke of it), and the burst of speech it hears.

    ``heard`` is the speech in the burst, silences between words left out, and ``weight`` the same times its probability; ``began``
    is None outside a burst."""

    button: Button | None = None
    pressed: int = NEVER
    loud: bool = False
    began: int | None = None
    heard: int = 0
    weight: float = 0.0
    last: int = NEVER


@dataclass(frozen=True, slots=True)
class Talk:
    """A seat that is speaking. ``confirmed`` once it is more than a cough; ``sure``: the detector believes it, however short;
    ``word``: it is believed and no mere syllable."""

    seat: str
    began: int
    heard: int
    last: int
    confirmed: bool
    sure: bool
    word: bool = False


@dataclass(frozen=True, slots=True)
class Floor:
    """Who has the floor since when, his last word, who speaks over him, and the changes of speaker that just took place."""

    holder: str | None = None
    since: int = NEVER
    last: int = NEVER
    rival: str | None = None
    rival_last: int = NEVER
    over_since: int | None = None
    exchanges: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CameraNow:
    """A camera as last told. ``framing``: where it is, or where it goes; ``due`` when it should arrive, if known."""

    state: CameraIs
    framing: str | None = None
    since: int = NEVER
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Aired:
    """What is on programme since when. ``framings`` and ``seats`` are known only of shots that the director took or recognised."""

    shot: Shot
    since: int
    framings: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What should be seen, and why (a stable code)."""

    what: str
    code: str
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything the director knows and remembers."""

    now: int
    ears: Mapping[str, Ear] = field(default_factory=dict)
    detector: bool = False
    listened: int = NEVER
    """When voices were last told of."""
    buttons: bool = False
    talks: tuple[Talk, ...] = ()
    floor: Floor = Floor()
    requests: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    cameras: Mapping[SourceId, CameraNow] = field(default_factory=dict)
    live: frozenset[SourceId] = frozenset()
    left: Mapping[SourceId, int] = field(default_factory=dict)
    """When each source that gives no picture any more gave its last."""
    air: Aired | None = None
    awaited: Aired | None = None
    last_framing: Mapping[str, str] = field(default_factory=dict)
    on_seat: tuple[str, int] | None = None
    mode: Mode = Mode.AUTO
    until: int | None = None
    chosen: str | None = None
    excluded: frozenset[str] = frozenset()
    deaf: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    discretion: Discretion = Discretion.NONE
    called: str | None = None
    """Who is called, in a roll call that shows each voter."""
    document: SourceId | None = None
    group: tuple[tuple[str, ...], int] | None = None
    cutaway: tuple[str, int] | None = None
    title: tuple[str, int] | None = None
    named: Mapping[str, int] = field(default_factory=dict)
    """When each seat last had the floor."""
    unnamed: str | None = None
    """Who has the floor and is still to be named."""
    want: Kind = Kind("keep", "debut")
    fled: int = NEVER
    """When a shot was last left at once, being lost or no longer to be seen."""
    waiting: str | None = None
    """The camera whose arrival the wanted shot waits for."""

    @property
    def hidden(self) -> frozenset[str]:
        """Seats that must not be framed."""
        return self.excluded | self.absent

    @property
    def on_screen(self) -> SourceId | None:
        """The document that is shown, while its source gives a picture: every shot is made with it."""
        return self.document if self.document in self.live else None
