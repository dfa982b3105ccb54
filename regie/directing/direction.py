"""The director at work in the control process: told of microphones, cameras, engine and register, it cuts, sends and names.

A person's act on the engine goes through :mod:`regie.directing.hands`, and the cameras tell of theirs: the director stands back.
Whatever fails here leaves the picture where it is.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, assert_never

from config.inputs import SourceKind
from config.schema import Config
from regie.board import EngineStatus, Latest, Levels, SourceState
from regie.cameras.news import CamerasStatus, CameraStatus
from regie.clock import Clock
from regie.directing import news as ask
from regie.directing import plan, telling
from regie.directing.choices import choices_of
from regie.directing.keeping import Keeper, load_choices, load_times, save_choices, save_times
from regie.directing.news import MAX_CUTS, MAX_MICROPHONES, CutNews, DirectorNews
from regie.directing.orders import Caller, Cameras, Orders
from regie.directing.seatmap import SeatMap
from regie.domain.commands import SetPreview
from regie.domain.director import Chamber, Mode, begin, explain, step
from regie.domain.director import events as told
from regie.domain.director.moves import Recall, Take
from regie.domain.model import Shot, SourceId, Title
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.domain.speaking import SpeakingTime
from regie.errors import Refusal

log = logging.getLogger(__name__)

TICK_S = 0.2
NEWS_MS = 250
SAVE_MS = 15_000


class Core(Protocol):
    """The séance and its register."""

    def view(self) -> Seance | None:
        """The séance."""

    def register(self) -> Register | None:
        """Its register."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""


class Secrecy(Protocol):
    """The huis clos."""

    @property
    def shut(self) -> bool:
        """Does it hold?"""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""


class Direction:
    """See the module. Lives on control's loop."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        engine: Caller,
        cameras: Cameras,
        core: Core,
        secrecy: Secrecy,
        status: Latest[EngineStatus | None],
        levels: Latest[Levels],
        heads: Latest[CamerasStatus],
        news: Latest[DirectorNews],
    ) -> None:
        self._config, self._clock, self._cameras = config, clock, cameras
        self._core, self._secrecy = core, secrecy
        self._status, self._levels, self._heads, self._news = status, levels, heads, news
        self._folder = config.serveur.dossier
        self._names = {source.id: source.nom for source in config.source}
        self._people = {person.id: person for person in config.elu}
        self._sits = {place.id: place.elu for place in config.place}
        self._settings = plan.settings_of(config.realisation)
        self._seats = SeatMap(self._folder)
        self._chamber = Chamber()
        self._made_of: object = None
        self._seen: dict[str, object] = {}
        self._cuts: deque[CutNews] = deque(maxlen=MAX_CUTS)
        self._buttons: dict[str, told.Button] = {}
        self._orders = Orders(engine, cameras, status, self._title_of, self._now, self._doubt)
        self._changed = asyncio.Event()
        self._published = self._saved = -(10**9)
        self._keeper = Keeper()
        self._kept: tuple[str, Chamber] | None = None
        self._shared: SourceId | None = None
        self._choices = load_choices(self._folder)
        self._taken_up = False
        self._times = SpeakingTime()
        self._times_of: str | None = None
        self.conference = "aucun"
        self._state = begin(self._now())
        if not config.realisation.automatique:
            self._tell(told.ModeAsked(mode=Mode.MANUAL))

    # -- what others say --------------------------------------------------------------------------------------------

    def acted(self) -> None:
        """A person did something to the picture or the cameras."""
        if self._active:
            self._tell(told.Acted())
            self._publish(at_once=True)

    def button(self, microphone: str, button: told.Button) -> None:
        """A conference system's microphone changed."""
        if microphone in self._buttons or len(self._buttons) < MAX_MICROPHONES:
            self._buttons[microphone] = button
        if button.open and self._seats.pressed(microphone, [seat.id for seat in self._chamber.seats]):
            self._made_of = None
            self._look_at_chamber()
        self._tell(told.ButtonSaid(microphone=microphone, button=button))
        self._publish(at_once=True)

    def conference_is(self, state: str) -> None:
        """``lie`` or ``perdu``."""
        if state == "perdu" and self.conference == "lie":
            self._buttons.clear()
            self._tell(told.ButtonsLost())
        self.conference = state
        self._changed.set()

    def carry_out(self, command: ask.DirectorCommand) -> None:
        """What a console asks. Raises Refusal."""
        if not self._active:
            raise Refusal("nothing to direct: no microphone, or no framing", code="realisation_impossible")
        match command:
            case ask.SetMode(mode=mode):
                self._tell(told.ModeAsked(mode=mode))
            case ask.Keep():
                self._tell(told.Kept())
            case ask.ChooseSeat(seat=seat):
                self._expect_seat(seat)
                self._expect_consent(seat)
                if seat in self._state.hidden:
                    raise Refusal("the seat is left out", code="place_exclue", place=seat)
                self._tell(told.SeatChosen(seat=seat))
            case ask.Exclude():
                self._exclude(command)
            case ask.ShowDocument(source=source):
                self._expect_document(source)
                self._tell(told.DocumentIs(source=source))
            case ask.Learn(seat=seat):
                if seat is not None:
                    self._expect_seat(seat)
                self._seats.learn(seat)
            case _:
                assert_never(command)
        self._remember()
        self._publish(at_once=True)

    def _expect_seat(self, seat: str) -> None:
        if seat not in self._chamber.seat_of:
            raise Refusal("there is no such seat", code="place_inconnue", place=seat)

    def _expect_document(self, source: SourceId | None) -> None:
        if source is not None and source not in self._names:
            raise Refusal("there is no such source", code="source_inconnue", source=source)
        people = {framing.source for framing in self._chamber.framings}
        people |= {camera.source for camera in self._config.camera}
        people |= {one.id for one in self._config.source if one.genre is SourceKind.ROOM}
        if source in people:
            raise Refusal("a camera or a room is no document", code="document_camera", source=source)

    def _expect_consent(self, seat: str) -> None:
        if seat in self._config.objecting_places:
            log.info("a shot was refused: who sits there objects to it")
            raise Refusal("who sits there objects to being filmed", code="place_refus_image", place=seat)

    def _exclude(self, command: ask.Exclude) -> None:
        seats, mics = self._state.excluded, self._state.deaf
        if command.seat is not None:
            self._expect_seat(command.seat)
            self._expect_consent(command.seat)
            seats = seats | {command.seat} if command.out else seats - {command.seat}
        if command.microphone is not None:
            mics = mics | {command.microphone} if command.out else mics - {command.microphone}
        self._tell(told.ExcludedAre(seats=seats, microphones=mics))

    # -- speaking time ----------------------------------------------------------------------------------------------

    @property
    def times(self) -> SpeakingTime:
        """Who spoke how long in this séance, by item."""
        return self._times

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Direct, until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        with contextlib.ExitStack() as stops:
            for subject in (self._status, self._levels, self._heads, self._core, self._secrecy):
                stops.callback(subject.listen(wake))
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._orders.run(), name="director's orders")
                    group.create_task(self._watch(), name="director")
            finally:
                self._keeper.close()
                self._save(force=True)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._changed.wait()
            self._changed.clear()
            self._look()
            self._remember()
            self._publish()
            self._save()

    def _look(self) -> None:
        """Take in whatever is new, in an order that never acts on what is over: what is forbidden first."""
        register = self._core.register()
        self._look_at_chamber()
        self._new("discretion", plan.told_discretion(register, self._secrecy.shut, self._config))
        self._new("absent", told.AbsentAre(seats=plan.faces_of(register, self._config)))
        self._new("barred", told.ForbiddenAre(framings=self._orders.barred()))
        self._new("queue", told.QueueIs(seats=plan.queue_of(register, self._config)))
        self._look_at_engine()
        self._declare()
        self._orders.close(plan.closed_of(register, self._config, self._seats.learnt))
        for head in self._heads.get().cameras:
            self._look_at_camera(head)
        version, levels = self._levels.read()
        if version != self._seen.get("levels"):
            self._seen["levels"] = version
            self._tell(told.Voices(voices=dict(levels.voices)))
        else:
            self._tell(told.Tick())
        self._times = self._times.hear(self._state.talks, plan.item_of(register))

    def _look_at_chamber(self) -> None:
        """The chamber changes with the book of presets, the president, the seat map."""
        register = self._core.register()
        presets = self._cameras.presets()
        rooms = plan.rooms_of(register, self._config)
        president = register.president if register is not None else None
        turn = register.floor.turn if register is not None else None
        speaker = turn.person if turn is not None else None
        made_of = (
            presets,
            president,
            tuple(rooms.items()),
            speaker if rooms else None,
            plan.withdrawn_places(register, self._config),
            tuple(self._seats.learnt.items()),
        )
        if made_of != self._made_of:
            self._made_of = made_of
            self._chamber = plan.chamber_of(self._config, presets, register, self._seats.learnt)
        seance = self._core.view()
        key = (seance.id, self._chamber) if seance is not None and seance.is_open and self._active else None
        if key != self._kept:
            self._kept = key
            if key is None:
                self._keeper.end()
            else:
                self._keeper.begin(
                    self._seance_folder(key[0]),
                    self._clock.utc_ns() // 1_000_000,
                    self._chamber,
                    tuple(self._names),
                )
                self._seen.clear()
        if seance is not None and not self._taken_up:
            self._taken_up = True
            if self._choices is not None and self._choices.seance == seance.id:
                for event in self._choices.retold():
                    self._tell(event)
        if seance is not None and seance.id != self._times_of:
            self._times_of = seance.id
            self._times = load_times(self._seance_folder(seance.id))

    def _seance_folder(self, seance: str) -> Path:
        return self._folder / "seances" / seance

    def _look_at_engine(self) -> None:
        status = self._status.get()
        if status is None:
            return
        excluded = {head.source for head in self._heads.get().cameras if head.excluded}
        live = {source.id for source in status.sources if source.state is SourceState.LIVE} - excluded
        self._new("live", told.SourcesLive(sources=frozenset(live)))
        shared = next(
            (one.id for one in status.sources if one.kind == SourceKind.DOCUMENT and one.id in live), None
        )
        # A room that begins to share, or stops, is told; a console's own choice holds in between.
        if shared != self._shared:
            self._shared = shared
            self._tell(told.DocumentIs(source=shared))
        shot = status.programme if status.stand_in is None else Shot((status.stand_in,))
        self._new("air", told.OnAir(shot=shot))

    def _declare(self) -> None:
        status = self._status.get()
        if status is not None:
            opened = sorted(m for m, button in self._buttons.items() if button.open)
            self._orders.declare(status.epoch.run, tuple(opened) if self._buttons else None)

    def _look_at_camera(self, head: CameraStatus) -> None:
        framing, fresh = self._orders.sent(head.source)
        said = telling.camera_said(head, framing, fresh=fresh)
        if said is not None:
            self._new(f"camera {head.source}", said)

    def _doubt(self, source: SourceId) -> None:
        self._seen.pop(f"camera {source}", None)
        self._changed.set()

    def _new(self, subject: str, event: told.Told) -> None:
        """Tell only what changed."""
        if self._seen.get(subject) != event:
            self._seen[subject] = event
            self._tell(event)

    # -- the machine ------------------------------------------------------------------------------------------------

    @property
    def _active(self) -> bool:
        return bool(self._chamber.framings and self._chamber.microphone_of)

    def _now(self) -> int:
        return self._clock.monotonic_ns() // 1_000_000

    def _tell(self, event: told.Told) -> None:
        now = self._now()
        done = step(self._chamber, self._settings, self._state, event, now)
        self._state = done.state
        self._keeper.keep(event, now)
        for move in done.moves:
            if isinstance(move, Take):
                why = explain(self._chamber, self._state, self._names)
                cut = CutNews(utc_ms=self._clock.utc_ns() // 1_000_000, shot=move.shot, why=why)
                self._cuts.appendleft(cut)
            self._orders.put(move)
        first = next((move for move in done.moves if isinstance(move, Recall)), None)
        if first is not None and self._state.mode is Mode.AUTO:
            # What it prepares is seen on preview, and is decoded in full by the time it is taken.
            self._orders.put(SetPreview(shot=Shot((first.source,))))

    def _title_of(self, seat: str) -> Title | None:
        person = self._people.get(self._sits.get(seat) or "")
        if person is None:
            return None
        carried = plan.carries(self._core.register(), person.id)
        return Title(person.nom, person.fonction, " · ".join(filter(None, (person.groupe, carried))))

    # -- news -------------------------------------------------------------------------------------------------------

    def _publish(self, at_once: bool = False) -> None:
        now = self._now()
        if not at_once and now - self._published < NEWS_MS:
            return
        self._published = now
        state = self._state
        news = telling.news_of(
            self._config,
            self._chamber,
            state,
            active=self._active,
            why=explain(self._chamber, state, self._names) if self._active else "",
            back_ms=max(0, state.until - now) if state.until is not None else None,
            back_of_ms=self._settings.resume_ms,
            excluded_microphones=state.deaf,
            cuts=tuple(self._cuts),
            conference=self.conference,
            learning=self._seats.news(),
        )
        if news != self._news.get():
            self._news.put(news)

    def _remember(self) -> None:
        """What persons decided is on disk as soon as it changes."""
        seance = self._core.view()
        if seance is None or not self._taken_up:
            return
        choices = choices_of(self._state, seance.id, self._shared)
        if choices == self._choices:
            return
        self._choices = choices
        try:
            save_choices(self._folder, choices)
        except OSError as error:
            log.warning("the director's mode and exclusions are not kept", extra={"errno": error.errno or 0})

    def _save(self, force: bool = False) -> None:
        now = self._now()
        if self._times_of is None or not self._times.spoken or (not force and now - self._saved < SAVE_MS):
            return
        self._saved = now
        try:
            save_times(self._seance_folder(self._times_of), self._times)
        except OSError as error:
            log.warning("speaking times are not kept", extra={"errno": error.errno or 0})
