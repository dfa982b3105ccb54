"""The chamber as the director knows it, from the configuration, the book of presets and the register. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from config.chamber import Directing
from config.inputs import SourceKind
from config.schema import Config
from regie.cameras.news import PresetView
from regie.domain.director import Chamber, Framing, Microphone, Seat, Settings, Size
from regie.domain.director.events import Discretion, DiscretionIs
from regie.domain.model import SourceId
from regie.domain.presets import Scope
from regie.domain.register.chapters import shots_restricted
from regie.domain.register.items import ItemState, Vote
from regie.domain.register.proxies import ProxyStatus, held_by
from regie.domain.register.state import Register
from regie.domain.register.votes import Mode


def settings_of(config: Directing) -> Settings:
    """The director's delays."""
    return Settings(
        confirm_button_ms=config.confirmation_bouton_ms,
        confirm_voice_ms=config.confirmation_voix_ms,
        least_shot_ms=round(config.plan_minimum_s * 1000),
        hold_ms=round(config.maintien_s * 1000),
        silence_ms=round(config.silence_s * 1000),
        overlap_ms=round(config.ensemble_s * 1000),
        monologue_ms=round(config.monologue_s * 1000),
        cutaway_ms=round(config.respiration_s * 1000),
        settle_ms=config.stabilisation_ms,
        resume_ms=round(config.reprise_s * 1000),
        title_ms=round(config.synthe_s * 1000),
        title_again_ms=round(config.synthe_rappel_s * 1000),
    )


def chamber_of(
    config: Config, presets: Sequence[PresetView], register: Register | None, seat_of_micro: dict[str, str]
) -> Chamber:
    """The chamber. ``seat_of_micro``: what was learnt by pressing microphones, which goes before the file.

    Who objects to being filmed is in no framing but those of the whole room, has no name to be shown, and no microphone of his
    makes anybody look for him. Nor does that of who withdrew from the item on the table, until it is over.
    """
    objecting = config.objecting_places
    silent = objecting | withdrawn_places(register, config)
    people = {person.id: person for person in config.elu}
    rooms = rooms_of(register, config)
    presiding = register.president if register is not None else None
    seats = tuple(
        Seat(
            id=place.id,
            name=people[place.elu].nom if place.elu in people and place.id not in objecting else "",
            president=place.id == config.realisation.presidence
            or (config.realisation.presidence is None and presiding is not None and place.elu == presiding),
            tile=rooms.get(place.id) if place.id not in objecting else None,
        )
        for place in config.place
    )
    micros = tuple(
        Microphone(id=micro.id, seat=seat_of_micro.get(micro.id, micro.place), name=micro.nom.lower())
        for micro in config.micro
    )
    return Chamber(
        seats=seats,
        microphones=tuple(
            msgspec.structs.replace(micro, seat=None) if micro.seat in silent else micro
            for micro in (*micros, *_remote(rooms, register, config))
        ),
        framings=tuple(
            framing
            for framing in (*_turning(presets), *_fixed(config), *_whole(config, presets))
            if framing.size is Size.WIDE or not objecting & set(framing.seats)
        ),
    )


def rooms_of(register: Register | None, config: Config) -> dict[str, SourceId]:
    """The remote room where the register has somebody, by his seat: its picture stands for him."""
    if register is None:
        return {}
    rooms = {source.id for source in config.source if source.genre is SourceKind.ROOM}
    where = {stay.person: stay.room for stay in register.stays if stay.is_open and stay.room in rooms}
    return {place.id: where[place.elu] for place in config.place if place.elu in where}


def _remote(rooms: dict[str, SourceId], register: Register | None, config: Config) -> Iterator[Microphone]:
    """A room's sound is the microphone of whoever has the floor there, else of the first who sits there."""
    turn = register.floor.turn if register is not None else None
    away = withdrawn_places(register, config)
    sits = {place.id: place.elu for place in config.place}
    for room in dict.fromkeys(rooms.values()):
        there = sorted((seat for seat, where in rooms.items() if where == room), key=away.__contains__)
        speaker = next((seat for seat in there if turn is not None and sits[seat] == turn.person), there[0])
        yield Microphone(id=room, seat=speaker, name="à distance")


def _turning(presets: Sequence[PresetView]) -> Iterator[Framing]:
    """What a technician stored for the programme; one that shows a zone, or nobody in particular, is not the director's."""
    for view in presets:
        preset = view.preset
        if not view.usable or view.scope is Scope.FREE:
            continue
        yield Framing(
            id=preset.id,
            source=preset.camera,
            preset=preset.id,
            seats=preset.places,
            size=_size(view.scope, len(preset.places)),
            pan=preset.pan,
            tilt=preset.tilt,
            zoom=preset.zoom,
        )


def _size(scope: Scope, places: int) -> Size:
    if scope is Scope.ROOM:
        return Size.WIDE
    if scope is Scope.PLACE:
        return Size.CLOSE
    return Size.PAIR if places == 2 else Size.GROUP


def _fixed(config: Config) -> Iterator[Framing]:
    """Cameras that do not turn, as the file describes them."""
    for number, fixed in enumerate(config.cadrage, 1):
        size = Size.WIDE if fixed.large else {1: Size.CLOSE, 2: Size.PAIR}.get(len(fixed.places), Size.GROUP)
        yield Framing(id=f"fixe-{number}", source=fixed.source, seats=fixed.places, size=size)


def _whole(config: Config, presets: Sequence[PresetView]) -> Iterator[Framing]:
    """Without any wide shot, the camera of last resort is taken for one."""
    wide = any(view.scope is Scope.ROOM and view.usable for view in presets) or any(
        f.large for f in config.cadrage
    )
    rescue = config.programme.secours
    if not wide and rescue is not None and rescue not in {camera.source for camera in config.camera}:
        yield Framing(id="secours", source=rescue, size=Size.WIDE)


def withdrawn_places(register: Register | None, config: Config) -> frozenset[str]:
    """Places of those who withdrew from what is on the table."""
    if register is None or not register.is_open:
        return frozenset()
    away = {recusal.seat for item in register.on_the_table for recusal in item.recusals}
    return frozenset(place.id for place in config.place if place.elu in away)


def closed_of(
    register: Register | None, config: Config, seat_of_micro: dict[str, str]
) -> tuple[SourceId, ...]:
    """Sound inputs that nobody may hear: microphones of those who withdrew, and rooms where nobody else sits."""
    away = withdrawn_places(register, config)
    if not away:
        return ()
    rooms = rooms_of(register, config)
    staying = {room for place, room in rooms.items() if place not in away}
    micros = {micro.id for micro in config.micro if seat_of_micro.get(micro.id, micro.place) in away}
    return tuple(sorted(micros | (set(rooms.values()) - staying)))


def faces_of(register: Register | None, config: Config) -> frozenset[str]:
    """Seats that must not be framed: of members who are not there, or withdrew from the item on the table."""
    if register is None or not register.is_open or not register.stays:
        return frozenset()
    there = {stay.person for stay in register.stays if stay.is_open}
    away = withdrawn_places(register, config)
    known = set(register.members)
    return frozenset(
        place.id
        for place in config.place
        if place.elu in known and (place.elu not in there or place.id in away)
    )


def discretion_of(register: Register | None, shut: bool) -> Discretion:
    """What the séance forbids to show: behind closed doors and in a secret ballot nobody, in any other vote no face."""
    if shut or (register is not None and register.doors.hold):
        return Discretion.CLOSED_DOORS
    votes = [
        item.vote
        for item in (register.on_the_table if register is not None else ())
        if item.state is ItemState.VOTE_OPEN and item.vote is not None
    ]
    if shots_restricted(register):
        return Discretion.SECRET_BALLOT
    return Discretion.VOTE if votes else Discretion.NONE


def told_discretion(register: Register | None, shut: bool, config: Config) -> DiscretionIs:
    """The same, with who is called where the house shows each voter of a public ballot."""
    discretion = discretion_of(register, shut)
    if discretion is Discretion.VOTE and register is not None and config.realisation.appel_nominal:
        vote = _public_vote(register)
        if vote is not None:
            return DiscretionIs(
                discretion=Discretion.ROLL_CALL, called=next(iter(voters_of(register, vote, config)), None)
            )
    return DiscretionIs(discretion=discretion)


def _public_vote(register: Register) -> Vote | None:
    open_ = (item.vote for item in register.on_the_table if item.state is ItemState.VOTE_OPEN)
    return next((vote for vote in open_ if vote is not None and vote.mode is Mode.PUBLIC), None)


def voters_of(register: Register, vote: Vote, config: Config) -> tuple[str | None, ...]:
    """Places of those who have not answered a roll call, in its order: the table's, a proxy's voice right after its holder's own.

    None for who has no place.
    """
    said = {ballot.seat for ballot in vote.ballots}
    waiting = dict.fromkeys(voice.by for voice in vote.voices if not voice.proxy)
    owing = {voice.by for voice in vote.voices if voice.seat not in said}
    places = {place.elu: place.id for place in config.place if place.elu is not None}
    return tuple(places.get(register.roster.seat_of(person)) for person in waiting if person in owing)


def queue_of(register: Register | None, config: Config) -> tuple[str, ...]:
    """Seats on the president's list, in its order; in a roll call that is shown, those who will be called."""
    if register is None:
        return ()
    vote = _public_vote(register) if config.realisation.appel_nominal else None
    if vote is not None:
        return tuple(place for place in voters_of(register, vote, config)[1:] if place is not None)
    seats = {place.elu: place.id for place in config.place if place.elu is not None}
    return tuple(seats[wish.person] for wish in register.floor.queue if wish.person in seats)


def item_of(register: Register | None) -> str:
    """The item on the table, by its id; empty when there is none."""
    return register.on_the_table[0].agenda.id if register is not None and register.on_the_table else ""


def carries(register: Register | None, person: str) -> str:
    """« pouvoir de M. Leroy », for the name of who carries one that is valid; empty else."""
    if register is None:
        return ""
    givers = [one.giver for one in held_by(register.proxies, person) if one.status is ProxyStatus.VALID]
    found = [register.roster.find(giver) for giver in givers]
    names = ", ".join(one.name for one in found if one is not None)
    return f"pouvoir de {names}" if names else ""
