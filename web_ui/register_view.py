"""The legal register as the pages of the séance show it: one value, computed from the register, nothing stored.

Only staff gets it. It holds names and, in a vote that is not secret, senses; never a birth date, never a link in a secret ballot.
"""

from collections.abc import Mapping

from regie.domain.register import assembly
from regie.domain.register.agenda import expected_recusal
from regie.domain.register.attending import UNDO_MS
from regie.domain.register.chapters import shots_restricted
from regie.domain.register.floor import spoken_ms
from regie.domain.register.items import Item, Vote
from regie.domain.register.presence import last
from regie.domain.register.proxies import ProxyStatus, held_by, standing_of
from regie.domain.register.quorum import Snapshot
from regie.domain.register.remote import pause_advice, room_advice, stream_advice
from regie.domain.register.roster import Councillor
from regie.domain.register.rules import RULES
from regie.domain.register.state import Register
from regie.domain.register.votes import Ballot, Choice, Mode, Tally, quarter, third
from regie.domain.register.voting import needs_for_closed_doors
from web_ui.bodies import Answer


class SeatInfo(Answer, frozen=True):
    """Somebody of the council. ``etat``: present, absent, parti, pouvoir.

    ``x`` to the right and ``y`` away from the president: its place on the plan, null when the configuration gives none.
    ``depuis_ms``: since when; ``arrive_ms``, ``sejour``: beginning and rank of the last stay; ``porte``: whose proxies are held.
    """

    id: str
    nom: str
    rang: int
    groupe: str
    place: str
    x: float | None
    y: float | None
    suppleant_de: str
    etat: str
    vote: bool
    salle: str
    depuis_ms: int | None
    arrive_ms: int | None
    sejour: int | None
    annulable_ms: int
    pouvoir_a: str
    pouvoir_etat: str
    porte: tuple[str, ...]


class ProxyInfo(Answer, frozen=True):
    """A proxy that was received."""

    id: str
    mandant: str
    mandataire: str
    recu_ms: int
    etat: ProxyStatus
    conteste: bool


class QuorumInfo(Answer, frozen=True):
    """A quorum with the names behind the number. ``compare``: what is compared with ``requis``."""

    presents: int
    compare: int
    requis: int
    en_exercice: int
    pouvoirs: int
    atteint: bool
    dispense: bool
    noms: tuple[str, ...]
    representes: tuple[str, ...]
    ecartes: tuple[str, ...]


class VoiceInfo(Answer, frozen=True):
    """A voice in a vote: whose, and who casts it."""

    siege: str
    par: str
    pouvoir: bool


class TallyInfo(Answer, frozen=True):
    """Counts of a vote."""

    pour: int
    contre: int
    abstentions: int
    ne_prend_pas_part: int
    blancs: int
    nuls: int
    exprimes: int
    total: int


class VoteInfo(Answer, frozen=True):
    """A vote. ``bulletins``: senses by seat, none in a secret vote. ``president``: who presides, and has the casting vote."""

    numero: int
    mode: Mode
    president: str
    voix: tuple[VoiceInfo, ...]
    bulletins: Mapping[str, Choice]
    decompte: TallyInfo | None
    adopte: bool | None
    requis: int | None
    preponderante: bool
    regle: str
    absents: tuple[str, ...]
    proclame: bool
    annule: str


class RequestInfo(Answer, frozen=True):
    """Who asked for a special ballot, out of how many needed."""

    demandeurs: tuple[str, ...]
    requis: int
    accorde: bool


class RecusalInfo(Answer, frozen=True):
    """A déport, or one that declared interests call for (``enregistre`` false)."""

    siege: str
    genre: str
    enregistre: bool


class CandidateInfo(Answer, frozen=True):
    """A candidate."""

    id: str
    nom: str


class RoundInfo(Answer, frozen=True):
    """A round of an election: counts only."""

    tour: int
    voix: Mapping[str, int]
    blancs: int
    nuls: int
    non_votants: int
    requis: int
    elu: str
    au_benefice_de_l_age: bool


class ElectionInfo(Answer, frozen=True):
    """An appointment under way."""

    secret_impose: bool
    secret_leve: bool
    appel_ms: int | None
    candidats: tuple[CandidateInfo, ...]
    tours: tuple[RoundInfo, ...]
    nomme: str


class PointInfo(Answer, frozen=True):
    """An item of the agenda."""

    id: str
    rang: int
    titre: str
    type: str
    rapporteur: str
    sensible: bool
    votable: bool
    etat: str
    appele_ms: int | None
    deliberation: int | None
    cause: str
    deports: tuple[RecusalInfo, ...]
    scrutin_public: RequestInfo
    scrutin_secret: RequestInfo
    quorum: QuorumInfo | None
    vote: VoteInfo | None
    election: ElectionInfo | None


class WishInfo(Answer, frozen=True):
    """Somebody waits for the floor."""

    personne: str
    depuis_ms: int
    rappel: bool


class FloorInfo(Answer, frozen=True):
    """The floor; times in ms, 0 for no limit. ``temps``: how long each has spoken, turns that ended."""

    orateur: str
    depuis_ms: int | None
    accorde_ms: int
    tour_ms: int
    point_ms: int
    file: tuple[WishInfo, ...]
    temps: Mapping[str, int]


class RoomInfo(Answer, frozen=True):
    """A room."""

    id: str
    nom: str
    ouverte: bool
    testee: bool
    agent: bool
    public: bool
    public_sorti: bool
    liaison: str
    perdue_ms: int | None
    presents: int


class AdviceInfo(Answer, frozen=True):
    """A step that is due."""

    etape: str
    regle: str
    salle: str


class DoorsInfo(Answer, frozen=True):
    """Closed doors: asked for by whom, whether they hold."""

    demandeurs: tuple[str, ...]
    par_le_president: bool
    requis: int
    recevable: bool
    tenu: bool


class RegisterInfo(Answer, frozen=True):
    """The whole register of ``seance``; ``n``: the cursor of its newest entry, ``maintenant_ms``: the server's clock then.

    ``plans_restreints``: a secret ballot is going on, no seat is shot.
    """

    seance: str
    n: int
    maintenant_ms: int
    collectivite: str
    organe: str
    regime: str
    plusieurs_lieux: bool
    phase: str
    ouverte_ms: int | None
    levee_ms: int | None
    president: str
    chef: str
    secretaires: tuple[str, ...]
    conseil: tuple[SeatInfo, ...]
    pouvoirs: tuple[ProxyInfo, ...]
    quorum: QuorumInfo
    points: tuple[PointInfo, ...]
    courants: tuple[str, ...]
    parole: FloorInfo
    salles: tuple[RoomInfo, ...]
    conseils: tuple[AdviceInfo, ...]
    huis_clos: DoorsInfo
    plans_restreints: bool
    gestes: Mapping[str, str | None]


Positions = Mapping[str, tuple[float, float]]
"""Where seats are on the plan of the chamber, by the id of the seat or of who sits there."""


def register_info(
    register: Register,
    seance: str,
    n: int,
    now_ms: int,
    acts: Mapping[str, str | None],
    positions: Positions,
) -> RegisterInfo:
    """The register as pages get it. ``acts``: what the president may do now, each with the reason why not, or None."""
    table = register.on_the_table
    return RegisterInfo(
        seance=seance,
        n=n,
        maintenant_ms=now_ms,
        collectivite=register.body.name,
        organe=register.body.kind,
        regime=register.regime_id,
        plusieurs_lieux=register.several_places,
        phase=register.phase,
        ouverte_ms=register.opened_ms,
        levee_ms=register.closed_ms,
        president=register.president,
        chef=register.roster.head,
        secretaires=register.secretaries,
        conseil=_council(register, now_ms, positions),
        pouvoirs=tuple(
            ProxyInfo(
                id=one.id,
                mandant=one.giver,
                mandataire=one.holder,
                recu_ms=one.received_ms,
                etat=one.status,
                conteste=one.contested,
            )
            for one in register.proxies
        ),
        quorum=_quorum(assembly.snapshot(register)),
        points=tuple(
            _item(register, item, rank, item in table) for rank, item in enumerate(register.items, 1)
        ),
        courants=tuple(item.id for item in register.items if item.id in register.current),
        parole=_floor(register),
        salles=_rooms(register),
        conseils=advice_now(register, now_ms),
        huis_clos=DoorsInfo(
            demandeurs=register.doors.requesters,
            par_le_president=register.doors.by_head,
            requis=needs_for_closed_doors(register.body),
            recevable=register.doors.admissible,
            tenu=register.doors.hold,
        ),
        plans_restreints=shots_restricted(register),
        gestes=acts,
    )


def _council(register: Register, now_ms: int, positions: Positions) -> tuple[SeatInfo, ...]:
    members = set(register.members)
    voting = {one.person for one in assembly.seated(register)}
    people = sorted(register.roster.councillors, key=lambda one: (one.rank, bool(one.substitute_of)))
    return tuple(
        _seat(register, one, one.id in voting, now_ms, positions)
        for one in people
        if (one.substitute_of or one.id) in members
    )


def _seat(register: Register, one: Councillor, votes: bool, now_ms: int, positions: Positions) -> SeatInfo:
    stay = last(register.stays, one.id)
    given = None if one.substitute_of else standing_of(register.proxies, one.id)
    here = stay is not None and stay.until_ms is None
    moved_ms = 0 if stay is None else stay.since_ms if stay.until_ms is None else stay.until_ms
    left = "parti" if stay is not None else "absent"
    # A substitute has no seat of his own on the plan.
    where = None if one.substitute_of else positions.get(one.seat, positions.get(one.id))
    return SeatInfo(
        id=one.id,
        nom=one.name,
        rang=one.rank,
        groupe=one.group,
        place=one.seat,
        x=where[0] if where else None,
        y=where[1] if where else None,
        suppleant_de=one.substitute_of,
        etat="present" if here else "pouvoir" if given is not None else left,
        vote=votes,
        salle=stay.room if stay is not None and here else "",
        depuis_ms=moved_ms or None,
        arrive_ms=stay.since_ms if stay is not None else None,
        sejour=register.stays.index(stay) if stay is not None else None,
        annulable_ms=max(0, moved_ms + UNDO_MS - now_ms) if stay is not None else 0,
        pouvoir_a=given.holder if given is not None else "",
        pouvoir_etat=given.status if given is not None else "",
        porte=tuple(held.giver for held in held_by(register.proxies, one.id)),
    )


def _quorum(snapshot: Snapshot) -> QuorumInfo:
    return QuorumInfo(
        presents=len(snapshot.present),
        compare=snapshot.weight,
        requis=snapshot.needed,
        en_exercice=snapshot.counted,
        pouvoirs=len(snapshot.represented),
        atteint=snapshot.enough,
        dispense=snapshot.waived,
        noms=tuple(one.person for one in snapshot.present),
        representes=tuple(one.seat for one in snapshot.represented),
        ecartes=snapshot.excluded,
    )


def _item(register: Register, item: Item, rank: int, on_the_table: bool) -> PointInfo:
    agenda = item.agenda
    return PointInfo(
        id=item.id,
        rang=rank,
        titre=agenda.title,
        type=agenda.type,
        rapporteur=agenda.rapporteur,
        sensible=agenda.sensitive,
        votable=agenda.votable,
        etat=item.state,
        appele_ms=item.called_ms,
        deliberation=item.number,
        cause=item.cause,
        deports=_recusals(register, item),
        scrutin_public=_request(register, item, Mode.PUBLIC, on_the_table),
        scrutin_secret=_request(register, item, Mode.SECRET, on_the_table),
        quorum=_quorum(assembly.snapshot(register, item)) if on_the_table else None,
        vote=_vote(register, item, item.votes[-1]) if item.votes else None,
        election=_election(item) if agenda.is_election else None,
    )


def _recusals(register: Register, item: Item) -> tuple[RecusalInfo, ...]:
    kept = tuple(RecusalInfo(siege=one.seat, genre=one.kind, enregistre=True) for one in item.recusals)
    expected = (
        (one.id, expected_recusal(item.agenda, one))
        for one in register.roster.councillors
        if one.id not in item.recused
    )
    return kept + tuple(
        RecusalInfo(siege=seat, genre=kind, enregistre=False) for seat, kind in expected if kind is not None
    )


def _request(register: Register, item: Item, mode: Mode, on_the_table: bool) -> RequestInfo:
    asked = [one for one in item.requests if one.mode is mode]
    if on_the_table:
        needed = (third if mode is Mode.SECRET else quarter)(len(assembly.snapshot(register, item).present))
    else:
        needed = asked[-1].needed if asked else 0
    return RequestInfo(
        demandeurs=item.requesters(mode), requis=needed, accorde=any(one.granted for one in asked)
    )


def _vote(register: Register, item: Item, vote: Vote) -> VoteInfo:
    voices = vote.voices if vote.closed_ms is not None else assembly.final_voices(register, item, vote)
    outcome = vote.outcome
    return VoteInfo(
        numero=vote.number,
        mode=vote.mode,
        president=vote.president,
        voix=tuple(VoiceInfo(siege=one.seat, par=one.by, pouvoir=bool(one.proxy)) for one in voices),
        bulletins=_senses(vote.ballots),
        decompte=_tally(vote.tally) if vote.tally is not None else None,
        adopte=outcome.adopted if outcome else None,
        requis=outcome.needed if outcome else None,
        preponderante=outcome.casting if outcome else False,
        regle=outcome.rule if outcome else "",
        absents=vote.absent,
        proclame=vote.proclaimed_ms is not None,
        annule=vote.annulled,
    )


def _senses(ballots: tuple[Ballot, ...]) -> dict[str, Choice]:
    return {ballot.seat: ballot.choice for ballot in ballots}


def _tally(tally: Tally) -> TallyInfo:
    return TallyInfo(
        pour=tally.for_,
        contre=tally.against,
        abstentions=tally.abstentions,
        ne_prend_pas_part=tally.refusals,
        blancs=tally.blanks,
        nuls=tally.nulls,
        exprimes=tally.expressed,
        total=tally.total,
    )


def _election(item: Item) -> ElectionInfo:
    return ElectionInfo(
        secret_impose=item.agenda.secrecy_is_imposed,
        secret_leve=item.waiver is not None and item.waiver.granted,
        appel_ms=item.candidates_ms,
        candidats=tuple(CandidateInfo(id=one.id, nom=one.name) for one in item.candidates),
        tours=tuple(
            RoundInfo(
                tour=held.number,
                voix=dict(held.counts),
                blancs=held.blanks,
                nuls=held.nulls,
                non_votants=held.not_voting,
                requis=decided.needed,
                elu=decided.elected or "",
                au_benefice_de_l_age=decided.by_age,
            )
            for held, decided in item.rounds
        ),
        nomme=item.appointed,
    )


def _floor(register: Register) -> FloorInfo:
    floor = register.floor
    turn = floor.turn
    ended = spoken_ms(floor, turn.since_ms if turn is not None else 0)
    return FloorInfo(
        orateur=turn.person if turn is not None else "",
        depuis_ms=turn.since_ms if turn is not None else None,
        accorde_ms=floor.allowed_ms,
        tour_ms=floor.turn_ms,
        point_ms=floor.item_ms,
        file=tuple(
            WishInfo(personne=one.person, depuis_ms=one.since_ms, rappel=one.point_of_order)
            for one in floor.queue
        ),
        temps=ended,
    )


def _rooms(register: Register) -> tuple[RoomInfo, ...]:
    names = {spec.id: spec.name for spec in register.specs}
    there = [one.room for one in assembly.in_rooms(register)]
    return tuple(
        RoomInfo(
            id=room.id,
            nom=names.get(room.id, room.id),
            ouverte=room.opened,
            testee=room.tested,
            agent=room.agent,
            public=room.public_admitted,
            public_sorti=room.public_out,
            liaison=room.link,
            perdue_ms=room.lost_ms,
            presents=there.count(room.id),
        )
        for room in register.rooms
    )


def advice_now(register: Register, now_ms: int) -> tuple[AdviceInfo, ...]:
    """Steps that lost links ask for now, and the pause that a long sitting at a distance asks for."""
    if not register.several_places or not register.is_open:
        return ()
    found = [room_advice(room, register.house, now_ms) for room in register.rooms]
    if register.regime.live_required:
        found.append(stream_advice(register.stream, register.house, now_ms))
    found.append(pause_advice(register.sitting_since_ms, now_ms))
    return tuple(
        AdviceInfo(etape=one.step, regle=one.rule, salle=one.room) for one in found if one is not None
    )


class RuleInfo(Answer, frozen=True):
    """A rule: what it says, and the article."""

    article: str
    phrase: str


def rules_info(register: Register | None) -> dict[str, RuleInfo]:
    """Every rule, its article as it stands under the law of the séance."""
    since_2022 = register is not None and register.regime_id == "EPCI-3DS"
    return {
        rule.id: RuleInfo(article=rule.cited(since_2022), phrase=rule.sentence) for rule in RULES.values()
    }
