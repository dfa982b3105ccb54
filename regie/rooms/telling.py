"""What a room's page shows, from all that is known. Pure."""

from regie.board import EngineStatus
from regie.domain.model import SourceId
from regie.domain.register import assembly
from regie.domain.register.items import ItemState
from regie.domain.register.presence import there_now
from regie.domain.register.remote import pause_advice
from regie.domain.register.state import Register
from regie.domain.register.votes import Mode
from regie.domain.seance import Seance
from regie.rooms.gathering import TWO_WAY_MS, Gathering, Room
from regie.rooms.protocol import Ballots, Member, Phase, State, Voice


def state_of(
    room: Room,
    rooms: Gathering,
    register: Register | None,
    status: EngineStatus | None,
    seance: Seance | None,
    document: SourceId | None,
    now_ms: int,
) -> State:
    """Everything its page shows at ``now_ms`` (UTC). ``document``: the source that shows what it shares."""
    shown = status.programme.sources if status is not None else ()
    names = {one.id: one.name for one in register.roster.councillors} if register is not None else {}
    turn = register.floor.turn if register is not None else None
    table = register.on_the_table if register is not None else ()
    stays = there_now(register.stays) if register is not None else ()
    here = [stay.person for stay in stays if stay.room == room.id]
    sitting = register.sitting_since_ms if register is not None else None
    return State(
        phase=room.phase,
        antenne=room.phase is Phase.ADMITTED and (room.id in shown or document in shown),
        parole=room.floor,
        main=room.hand_ms is not None,
        rang=rank_of(room, rooms, register),
        ouvert_par_la_salle=not room.own_mute,
        point=table[0].agenda.title if table else "",
        orateur=names.get(turn.person, "") if turn is not None else "",
        orateur_depuis_ms=turn.since_ms if turn is not None else None,
        presents=len(stays) if register is not None else None,
        membres=tuple(Member(person, names.get(person, person)) for person in here),
        seance=seance.state.value if seance is not None else "",
        mesure_s=0 if room.two_way_ms is None else min(now_ms - room.two_way_ms, TWO_WAY_MS) // 1000,
        confirmee=room.confirmed,
        palier=room.link.tier if room.link is not None else "",
        document=room.document is not None,
        ecartee_pour=room.parked_for,
        pause_conseillee=pause_advice(sitting, now_ms) is not None,
        scrutin=ballots_of(register, room.id) if register is not None else None,
        role=role_of(room, sits=bool(here) or register is None),
        animateur=names.get(register.president, "") if register is not None else "",
    )


def role_of(room: Room, *, sits: bool) -> str:
    """Its role in the conference: who has the floor speaks, who has members may ask for it, who has none only follows."""
    if room.phase is not Phase.ADMITTED:
        return ""
    if room.floor:
        return "intervenant"
    return "participant_actif" if sits else "participant_passif"


def ballots_of(register: Register, room: SourceId) -> Ballots | None:
    """The voices cast in a room, once they are all noted in a vote by name, until the president proclaims."""
    item = next((one for one in register.on_the_table if one.state is ItemState.VOTE_CLOSED), None)
    vote = item.vote if item is not None else None
    if item is None or vote is None or vote.mode is not Mode.PUBLIC:
        return None
    names = {one.id: one.name for one in register.roster.councillors}
    noted = {ballot.seat: ballot.choice for ballot in vote.ballots}
    voices = tuple(
        Voice(names.get(one.by, one.by), noted[one.seat].value, names.get(one.seat, "") if one.proxy else "")
        for one in vote.voices
        if one.seat in noted and assembly.room_of(register, one.by) == room
    )
    return Ballots(item.agenda.title, voices, dict(item.checks).get(room)) if voices else None


def rank_of(room: Room, rooms: Gathering, register: Register | None) -> int | None:
    """Its place in the queue: the register's, when it asks for a member; else among the rooms."""
    if room.hand_person and register is not None:
        order = [wish.person for wish in register.floor.queue]
        if room.hand_person in order:
            return order.index(room.hand_person) + 1
    return rooms.rank(room.id)
