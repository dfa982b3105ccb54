"""The legal register as the pages of the séance show it: one value, computed from the register, nothing stored."""

from collections.abc import Mapping

from regie.domain.register import assembly
from regie.domain.register.agenda import expected_recusal
from regie.domain.register.attending import UNDO_MS
from regie.domain.register.chapters import shots_restricted
from regie.domain.register.floor import spoken_ms
from regie.domain.register.items import Item, Vote
from regie.domain.register.presence import last
from regie.domain.register.proxies import held_by, standing_of
from regie.domain.register.quorum import Snapshot
from regie.domain.register.remote import pause_advice, room_advice, stream_advice
from regie.domain.register.roster import Councillor
from regie.domain.register.rules import RULES
from regie.domain.register.state import Register
from regie.domain.register.votes import Ballot, Choice, Mode, Tally, quarter, third
from regie.domain.register.voting import needs_for_closed_doors
from web_ui.register_answers import (
    AdviceInfo,
    CandidateInfo,
    DoorsInfo,
    ElectionInfo,
    FloorInfo,
    PointInfo,
    ProxyInfo,
    QuorumInfo,
    RecusalInfo,
    RegisterInfo,
    RequestInfo,
    RoomInfo,
    RoundInfo,
    RuleInfo,
    SeatInfo,
    TallyInfo,
    VoiceInfo,
    VoteInfo,
    WishInfo,
)

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
        signale=agenda.flagged,
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
        lectures=dict(item.checks) if vote.number == len(item.votes) else {},
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


def rules_info(register: Register | None) -> dict[str, RuleInfo]:
    """Every rule, its article as it stands under the law of the séance."""
    since_2022 = register is not None and register.regime_id == "EPCI-3DS"
    return {
        rule.id: RuleInfo(article=rule.cited(since_2022), phrase=rule.sentence) for rule in RULES.values()
    }
