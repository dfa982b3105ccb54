"""A séance read back from its register: what happened, in order, and what it makes."""

from collections.abc import Iterable, Sequence
from functools import reduce
from pathlib import Path

import msgspec

from regie.documents.errors import DocumentError
from regie.documents.replay import Replay, read_replay
from regie.domain.events import Event, SeancePrepared, UnknownEvent
from regie.domain.register.events import Act, Convened
from regie.domain.register.evolve import apply
from regie.domain.register.state import Register
from regie.domain.speaking import SpeakingTime
from regie.journal import FILE_NAME, JournalError, read, verify

SPOKEN_FILE = "temps-de-parole.json"
"""Where the director keeps what each place said (regie.directing.keeping)."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A register as documents need it.

    ``acts``: its legal events in order; ``entries`` and ``digest`` stand for the whole chain (none: not from a journal);
    ``spoken``: what the microphones measured.
    """

    seance: str
    title: str
    register: Register
    acts: tuple[Act, ...]
    spoken: SpeakingTime = SpeakingTime()
    replay: Replay = Replay()
    entries: int = 0
    digest: str = ""


def record_of(acts: Iterable[Act], seance: str, title: str = "") -> Record:
    """A record from legal events alone. Raises DocumentError when the council was not convened."""
    told = tuple(acts)
    if not told or not isinstance(told[0], Convened):
        raise DocumentError("the register holds no convocation", code="sans_convocation")
    register = reduce(apply, told, None)
    assert register is not None
    return Record(seance=seance, title=title, register=register, acts=told)


def read_record(folder: Path) -> Record:
    """The record of a séance's folder. Raises DocumentError: no register, damaged, or no convocation in it."""
    file = folder / FILE_NAME
    try:
        report = verify(file)
        if report.faults:
            raise DocumentError("the register is damaged", code="registre_altere", defauts=len(report.faults))
        events: Sequence[Event] = [entry.event for entry in read(file)]
    except (JournalError, UnknownEvent) as error:
        raise DocumentError(error.message, code=error.stable_code) from error
    titles = [event.title for event in events if isinstance(event, SeancePrepared)]
    made = record_of(
        (event for event in events if isinstance(event, Act)), report.seance, titles[-1] if titles else ""
    )
    return msgspec.structs.replace(
        made,
        spoken=_read_spoken(folder),
        replay=read_replay(folder),
        entries=report.entries,
        digest=report.digest,
    )


def _read_spoken(folder: Path) -> SpeakingTime:
    """Nothing when the director did not run: speaking times are a help, not a mention of the minutes."""
    try:
        return msgspec.json.decode((folder / SPOKEN_FILE).read_bytes(), type=SpeakingTime)
    except (OSError, msgspec.MsgspecError):
        return SpeakingTime()
