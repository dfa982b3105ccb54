"""Keeps the engine in step with the séance, and guards what a person may ask of it.

The register says where the séance stands; the engine is told, and told again after it restarts or after control did. The antenna is
only ever taken away here: giving it is a person's act. While the séance is suspended no microphone is heard anywhere, in the rooms
neither; it takes the president to have them back there, and a person besides for the public.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, assert_never

from regie.board import EngineStatus, Latest
from regie.domain.commands import (
    CloseSeance,
    EngineCommand,
    OpenSeance,
    SetAntenna,
    SetRecess,
    SetRecording,
)
from regie.domain.model import SeanceState, SlateName
from regie.domain.seance import Seance
from regie.errors import LinkLost, Refusal
from regie.settling import Settling

log = logging.getLogger(__name__)

RETRY_S = 2.0


Guard = Callable[[EngineCommand], None]
"""Raises Refusal for a command that may not be given now."""


class Caller(Protocol):
    """Whatever carries commands to the engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


def opening(seance: Seance, folder: Path, recording: bool) -> OpenSeance:
    """The command that binds the engine's outputs to a séance whose files are under ``folder``."""
    return OpenSeance(seance=seance.id, directory=str(folder / seance.id), recording=recording)


def owed(
    seance: Seance | None,
    status: EngineStatus,
    folder: Path,
    recording: bool,
    *,
    calling: bool = False,
    pause: SlateName = SlateName.PAUSE,
) -> tuple[EngineCommand, ...]:
    """What the engine must still be told, given what it says of itself. Empty when it is in step; never gives the antenna.

    ``calling``: a room that was lost has to be heard before the séance may go on. ``pause``: the slate of a suspension, which says
    that the quorum is missing when it is why.
    """
    if seance is None:
        return ()
    bound = status.webtv.seance
    leave: tuple[EngineCommand, ...] = (CloseSeance(),) if bound and bound != seance.id else ()
    bind: tuple[EngineCommand, ...] = () if bound == seance.id else (opening(seance, folder, recording),)
    # Not at once: what was said before the act is still owed to the public, which receives it a delay later.
    hide = SetAntenna(on=False, slate=pause, at_once=False)
    recess = seance.state is SeanceState.PAUSED and not calling
    silence: tuple[EngineCommand, ...] = (SetRecess(on=recess),) if status.recess is not recess else ()
    match seance.state:
        case SeanceState.COMING:
            return silence + leave
        case SeanceState.LIVE:
            return silence + leave + bind
        case SeanceState.PAUSED:
            return silence + ((hide,) if status.antenna.on else ()) + leave + bind
        case SeanceState.ENDED:
            # Closed while it was suspended, it stays silent.
            told = not status.antenna.on and status.antenna.slate is SlateName.END
            farewell = () if told else (SetAntenna(on=False, slate=SlateName.END, at_once=False),)
            return (*farewell, CloseSeance()) if bound else ()
        case _:
            assert_never(seance.state)


_SLATES = {SeanceState.COMING: SlateName.BEFORE, SeanceState.ENDED: SlateName.END}


class Binding:
    """The engine as the pages reach it, in step with the séance."""

    def __init__(
        self,
        engine: Caller,
        status: Latest[EngineStatus | None],
        folder: Path,
        recording: bool,
        guards: Sequence[Guard] = (),
        calling: Callable[[], bool] = lambda: False,
    ) -> None:
        """``guards`` are asked before each command of a person; each may refuse it. ``calling``: see :func:`owed`."""
        self._guards = guards
        self._calling = calling
        self._engine = engine
        self._status = status
        self._folder = folder
        self._recording = recording
        self._seance: Seance | None = None
        self._slate: SlateName | None = None
        self._pause = SlateName.PAUSE
        self._changed = asyncio.Event()
        self._settling = Settling()

    def seance_is(self, seance: Seance | None, *, late: bool = False, short: bool = False) -> None:
        """The register moved: the slate changes with the state, the rest follows.

        ``late``: by an act that is past. A suspension that was over before it was written takes nothing away. ``short``: the quorum
        is missing; a suspension that begins so says so, as long as it is.
        """
        before, self._seance = self._seance, seance
        if late:
            self._settling.heard_late()
        if (
            before is not None
            and seance is not None
            and (before.id, before.state) != (seance.id, seance.state)
        ):
            self._pause = SlateName.QUORUM if short else SlateName.PAUSE
            self._slate = self._pause if seance.state is SeanceState.PAUSED else _SLATES.get(seance.state)
            if not late:
                self._settling.end()  # whoever suspends now is obeyed now
        elif not short:
            self._quorum_is_back()
        self._changed.set()

    def _quorum_is_back(self) -> None:
        """The slate stops saying that it is missing; a slate that somebody chose meanwhile stays."""
        self._pause = SlateName.PAUSE
        status = self._status.get()
        shown = self._slate or (status.antenna.slate if status is not None else None)
        if (
            self._seance is not None
            and self._seance.state is SeanceState.PAUSED
            and shown is SlateName.QUORUM
        ):
            self._slate = SlateName.PAUSE

    async def call(self, command: EngineCommand) -> None:
        """A person's command. Raises Refusal, LinkLost."""
        if isinstance(command, OpenSeance | CloseSeance):
            raise Refusal("the séance is opened and closed by the register", code="commande_reservee")
        for guard in self._guards:
            guard(command)
        if isinstance(command, SetAntenna):
            self._slate = None  # a person's act wins over a slate that could not be shown yet
        if isinstance(command, SetAntenna | SetRecording) and command.on:
            await self._bind(antenna=isinstance(command, SetAntenna))
        await self._engine.call(command)

    async def _bind(self, antenna: bool) -> None:
        seance = self._seance
        if seance is None:
            raise Refusal("no séance is prepared", code="seance_absente")
        if seance.state is SeanceState.ENDED:
            raise Refusal("the séance is over", code="seance_terminee")
        if antenna and seance.state is SeanceState.PAUSED:
            raise Refusal("the séance is suspended", code="seance_suspendue")
        status = self._status.get()
        if status is None or status.webtv.seance != seance.id:
            await self._engine.call(opening(seance, self._folder, self._recording))

    async def run(self) -> None:
        """Bring the engine in step each time the séance or the engine changes, until cancelled."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        stop = self._status.listen(changed)
        try:
            while True:
                await self._changed.wait()
                await self._settling.over()
                self._changed.clear()
                if not await self._step():
                    await asyncio.sleep(RETRY_S)
                    self._changed.set()
        finally:
            stop()

    async def _step(self) -> bool:
        status = self._status.get()
        if status is None:
            return True  # its return is a change
        commands = owed(
            self._seance,
            status,
            self._folder,
            self._recording,
            calling=self._calling(),
            pause=self._pause,
        )
        slate = self._slate
        if slate is not None and not any(isinstance(command, SetAntenna) for command in commands):
            commands = (SetAntenna(on=False, slate=slate, at_once=slate is SlateName.BEFORE), *commands)
        try:
            for command in commands:
                await self._engine.call(command)
        except (Refusal, LinkLost) as error:
            log.warning("the engine is not in step with the séance", extra={"code": error.stable_code})
            return False
        if self._slate == slate:
            self._slate = None
        # What was just sent shows in the engine's next status; asking again before that would only repeat it.
        return not any(isinstance(command, OpenSeance | CloseSeance) for command in commands)
