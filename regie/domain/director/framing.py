"""From what should be seen to shots that may be taken at this instant: never a moving, lost, public or forbidden one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from regie.domain.director.chamber import Chamber, Framing, Size
from regie.domain.director.events import CameraIs, Discretion
from regie.domain.director.settings import Settings
from regie.domain.director.state import NEVER, Aired, State
from regie.domain.director.wanting import COVER, CUTAWAY, GROUP, NOBODY, SEAT, WIDE
from regie.domain.model import Layout, Shot, SlateName, SourceId

CURTAIN = SlateName.CLOSED_DOORS.source_id
BALLOT_CURTAIN = SlateName.BALLOT.source_id
NOTHING_TO_SHOW = SlateName.FAULT.source_id


BLINK_MS = 1000
"""A source that gives no picture for less than that is not given up: the mixer shows another one meanwhile, and it comes back."""


@dataclass(frozen=True, slots=True)
class Option:
    """A shot that could be taken now. ``own``: it is about those seats, not a whole room in which they sit."""

    shot: Shot
    framings: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Eye:
    """The cameras as they are at one instant."""

    chamber: Chamber
    settings: Settings
    state: State
    now: int

    def allowed(self, framing: Framing) -> bool:
        """May it be shown at all, wherever its camera is now?"""
        state = self.state
        if framing.public or framing.id in state.forbidden:
            return False
        few = framing.size in (Size.CLOSE, Size.PAIR)
        return not (few and any(seat in state.hidden for seat in framing.seats))

    def reachable(self, framing: Framing) -> bool:
        """Could its camera give it, sooner or later?"""
        camera = self.state.cameras.get(framing.source)
        lost = camera is not None and camera.state is CameraIs.LOST
        return self.allowed(framing) and self.alive(framing.source) and not lost

    def alive(self, source: SourceId) -> bool:
        """Does it give pictures, or did it just now?"""
        return source in self.state.live or self.now - self.state.left.get(source, NEVER) < BLINK_MS

    def at(self, framing: Framing) -> bool:
        """Is its camera there, still?"""
        camera = self.state.cameras.get(framing.source)
        if framing.preset is None:
            return camera is None or camera.state in (CameraIs.ARRIVED, CameraIs.ELSEWHERE)
        return camera is not None and camera.state is CameraIs.ARRIVED and camera.framing == framing.id

    def ready(self, framing: Framing) -> bool:
        """May it be taken now? Its camera arrived, and came to rest."""
        if not self.reachable(framing) or not self.at(framing) or framing.source not in self.state.live:
            return False
        camera = self.state.cameras.get(framing.source)
        return camera is None or self.now - camera.since >= self.settings.settle_ms

    def wait_ms(self, framing: Framing) -> int | None:
        """In how long it will be ready; None when its camera is not on its way there, or does not say."""
        camera = self.state.cameras.get(framing.source)
        if not self.reachable(framing):
            return None
        if self.at(framing):
            return 0 if camera is None else max(0, self.settings.settle_ms - (self.now - camera.since))
        if camera is None or camera.framing != framing.id or camera.state is not CameraIs.MOVING:
            return None
        return None if camera.due is None else max(0, camera.due - self.now) + self.settings.settle_ms

    # -- shots ------------------------------------------------------------------------------------------------------

    def wides(self) -> Iterator[Option]:
        """The whole council."""
        for framing in self.chamber.wides:
            if self.ready(framing):
                yield Option(Shot((framing.source,)), (framing.id,))

    def own(self, seat: str) -> list[Framing]:
        """Framings that a camera can give of a seat, now or later: close ones, wider ones if none is closer."""
        reachable = [f for f in self.chamber.of_seat.get(seat, ()) if self.reachable(f)]
        return [f for f in reachable if f.size is Size.CLOSE] or reachable

    def closes(self, seat: str) -> list[Framing]:
        """Those that are ready, the one that was not used last before the one that was."""
        last = self.state.last_framing.get(seat)
        ready = (framing for framing in self.own(seat) if self.ready(framing))
        return sorted(ready, key=lambda f: (f.size is not Size.CLOSE, f.id == last, self.spared(f)))

    def guard(self) -> SourceId | None:
        """The only camera that shows the whole council, or goes there: it is sent nowhere else."""
        holding = {f.source for f in self.chamber.wides if self.reachable(f) and self.bound(f)}
        return next(iter(holding)) if len(holding) == 1 else None

    def bound(self, framing: Framing) -> bool:
        """Is its camera there, or on its way?"""
        camera = self.state.cameras.get(framing.source)
        if framing.preset is None:
            return self.at(framing)
        return camera is not None and camera.framing == framing.id and camera.state is not CameraIs.ELSEWHERE

    def spared(self, framing: Framing) -> bool:
        """Is its camera the only one for the president's face, and would it film somebody else?

        He speaks after nearly everybody: another camera, if there is one, is better for the others.
        """
        president = self.chamber.president
        if president is None or president in framing.seats:
            return False
        guard = self.guard()
        his = {f.source for f in self.own(president) if f.size is Size.CLOSE} - {guard}
        return his == {framing.source}

    def of_seat(self, seat: str) -> Iterator[Option]:
        """Shots of one seat, best first: with the document that is shown, from his remote room, or close."""
        state = self.state
        if seat in state.hidden:
            return
        if state.on_screen is not None:
            yield from self._document(state.on_screen, seat)
            return
        tile = self._tile(seat)
        if tile is not None:
            if tile in state.live:
                for wide in self.wides():
                    yield Option(Shot((tile, *wide.shot.sources), Layout.TWO), wide.framings, (seat,), True)
                yield Option(Shot((tile,)), (), (seat,), True)
            return
        for framing in self.closes(seat):
            yield Option(Shot((framing.source,)), (framing.id,), (seat,), True)

    def _document(self, document: str, seat: str) -> Iterator[Option]:
        tile = self._tile(seat)
        if tile is not None and tile in self.state.live:
            yield Option(Shot((document, tile), Layout.DOCUMENT), (), (seat,), True)
        for framing in self.closes(seat):
            yield Option(Shot((document, framing.source), Layout.DOCUMENT), (framing.id,), (seat,), True)
        yield Option(Shot((document,)))

    def _tile(self, seat: str) -> str | None:
        known = self.chamber.seat_of.get(seat)
        return known.tile if known is not None else None

    def of_group(self, seats: tuple[str, ...]) -> Iterator[Option]:
        """Shots with all of them: one camera that has them, two side by side, else the whole council."""
        for framing in sorted(self.chamber.framings, key=lambda f: f.size is Size.GROUP):
            several = framing.size in (Size.PAIR, Size.GROUP)
            if several and set(seats) <= set(framing.seats) and self.ready(framing):
                yield Option(Shot((framing.source,)), (framing.id,), seats, True)
        if len(seats) == 2 and not set(seats) & self.state.hidden:
            left, right = (self._alone(seat) for seat in seats)
            for source_a, framing_a in left:
                for source_b, framing_b in right:
                    if source_a != source_b:
                        kept = tuple(f for f in (framing_a, framing_b) if f)
                        yield Option(Shot((source_a, source_b), Layout.TWO), kept, seats, True)
        yield from self.wides()

    def _alone(self, seat: str) -> list[tuple[str, str]]:
        tile = self._tile(seat)
        if tile is not None:
            return [(tile, "")] if tile in self.state.live else []
        return [(f.source, f.id) for f in self.closes(seat) if f.size is Size.CLOSE]

    def covering(self, seat: str) -> Iterator[Option]:
        """Good shots to wait on while a camera goes to that seat."""
        if seat not in self.state.hidden:
            for framing in self.closes(seat):
                yield Option(Shot((framing.source,)), (framing.id,), (seat,), True)
            for framing in self.chamber.of_seat.get(seat, ()):
                if framing.size is not Size.CLOSE and self.ready(framing):
                    yield Option(Shot((framing.source,)), (framing.id,))
        yield from self.wides()

    def options(self) -> list[Option]:
        """Shots that give what is wanted, best first; empty when none is ready."""
        wanted = self.state.want
        if wanted.what == NOBODY:
            return [self.curtain()]
        if wanted.what == SEAT:
            return list(self.of_seat(wanted.seats[0])) or list(
                self.whole() if self._nobody_can(wanted.seats[0]) else ()
            )
        if wanted.what == GROUP:
            return list(self._beside(self.of_group(wanted.seats)))
        if wanted.what == COVER:
            return list(self._beside(one for one in self.covering(wanted.seats[0]) if not one.seats))
        if wanted.what == CUTAWAY:
            return list(self._cutaways(wanted.seats[0]))
        return list(self.whole()) if wanted.what == WIDE else []

    def whole(self) -> Iterator[Option]:
        """The whole council, beside the document that is shown."""
        return self._beside(self.wides())

    def _beside(self, options: Iterable[Option]) -> Iterator[Option]:
        """Each picture beside the document that is shown, then the document alone; as they are when there is none."""
        document = self.state.on_screen
        if document is None:
            yield from options
            return
        for one in options:
            if len(one.shot.sources) == 1 and document not in one.shot.sources:
                yield replace(one, shot=Shot((document, *one.shot.sources), Layout.DOCUMENT))
        yield Option(Shot((document,)))

    def curtain(self) -> Option:
        """The slate that stands for what may not be shown, or for want of any shot that may."""
        why = {Discretion.CLOSED_DOORS: CURTAIN, Discretion.NONE: NOTHING_TO_SHOW}
        return Option(Shot((why.get(self.state.discretion, BALLOT_CURTAIN),)))

    def _cutaways(self, speaker: str) -> Iterator[Option]:
        """Listeners in a group, else the whole council."""
        for framing in self.chamber.framings:
            if framing.size is Size.GROUP and self.ready(framing):
                yield Option(Shot((framing.source,)), (framing.id,))
        yield from self.wides()

    def _nobody_can(self, seat: str) -> bool:
        """No camera will ever give a shot of that seat, as things are."""
        tile = self._tile(seat)
        if tile is not None:
            return tile not in self.state.live
        return not self.own(seat)

    # -- what is on air ---------------------------------------------------------------------------------------------

    def shows_seats(self, shot: Shot) -> bool:
        """Could a seat be read in it, as cameras are now? Not in the whole council, a slate, or what is no camera known here."""
        wide = {framing.source for framing in self.chamber.wides if self.at(framing)}
        cameras = {framing.source for framing in self.chamber.framings} | self.state.cameras.keys()
        tiles = {seat.tile for seat in self.chamber.seats}
        return any(source in (cameras - wide) | tiles for source in shot.sources)

    def holds(self, air: Aired) -> bool:
        """Is the shot on air still what it was when it was taken: sources alive, cameras still, nothing forbidden since?"""
        framings = [self.chamber.framing_of[f] for f in air.framings if f in self.chamber.framing_of]
        pictures = [source for source in air.shot.sources if not source.startswith("slate.")]
        return all(self.alive(source) and not self._turns(source) for source in pictures) and all(
            self.reachable(framing) and self.at(framing) for framing in framings
        )

    def _turns(self, source: SourceId) -> bool:
        """Is it a camera on its way? The mixer's stand-in for a lost one may be."""
        camera = self.state.cameras.get(source)
        return camera is not None and camera.state is CameraIs.MOVING

    def gives(self, air: Aired) -> bool:
        """Does the shot on air give what is wanted?"""
        wanted = self.state.want
        sizes = {self.chamber.framing_of[f].size for f in air.framings if f in self.chamber.framing_of}
        document = self.state.on_screen
        if document is not None and wanted.what in (WIDE, GROUP, COVER):
            both = wanted.what == GROUP and set(wanted.seats) <= set(air.seats)
            return air.shot.sources[0] == document and (both or not air.seats)
        match wanted.what:
            case "personne":
                return air.shot in [option.shot for option in self.options()]
            case "large":
                return sizes == {Size.WIDE} and not air.seats
            case "ensemble":
                return set(wanted.seats) <= set(air.seats) or (sizes == {Size.WIDE} and not air.seats)
            case "coupe" | "attente":
                return bool(sizes) and not air.seats
            case "place":
                return self._gives_seat(air, wanted.seats[0])
            case _:
                return True

    def _gives_seat(self, air: Aired, seat: str) -> bool:
        if self.state.on_screen is not None:
            return air.shot.sources[0] == self.state.on_screen and seat in air.seats
        return air.seats == (seat,) and air.shot.layout not in (Layout.PIP, Layout.DOCUMENT)
