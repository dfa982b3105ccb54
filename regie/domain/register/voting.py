"""Votes: requests for a special ballot, opening, ballots, count, proclamation."""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.agenda import ItemType, Majority, expected_recusal
from regie.domain.register.draft import Draft
from regie.domain.register.guards import expect_president, expect_public_out, expect_rooms
from regie.domain.register.items import Item, ItemState, Move, Vote
from regie.domain.register.regimes import Body
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.domain.register.votes import (
    Ballot,
    Choice,
    Mode,
    Tally,
    Voice,
    depends_on,
    judge,
    quarter,
    tally_of,
    third,
)
from regie.errors import Refusal

CLOSED_DOORS_COMMUNE, CLOSED_DOORS_EPCI = 3, 5


def needs_for_closed_doors(body: Body) -> int:
    """How many members may ask for closed doors (HC2, HC3)."""
    return CLOSED_DOORS_EPCI if body.is_intercommunal else CLOSED_DOORS_COMMUNE


def expect_sum(tally: Tally, voices: tuple[Voice, ...], *, secret: bool = False) -> None:
    """Raises Unlawful (VO2) when counts do not make the number of voters, or hold blanks in a vote that has none."""
    papers = tally.blanks + tally.nulls
    if not tally.is_sane or tally.total != len(voices) or (papers and not secret):
        raise Unlawful("VO2", "the counts do not make the voters", votants=len(voices), total=tally.total)


def expect_own_voices(ballots: tuple[Ballot, ...], voices: tuple[Voice, ...]) -> None:
    """Raises when a ballot has no voice behind it, or a voice speaks twice (PR10)."""
    seats = [ballot.seat for ballot in ballots]
    if len(seats) != len(set(seats)):
        raise Unlawful("PR10", "a voice is given twice")
    if not set(seats) <= {voice.seat for voice in voices}:
        raise Refusal("a ballot has no voice in this vote", code="sans_voix")


def named_count(
    register: Register, voices: tuple[Voice, ...], tally: Tally | None, ballots: tuple[Ballot, ...]
) -> Tally:
    """The count of a side vote (closed doors, waiver of the secret): by names in several places (TC9), by figures else."""
    expect_own_voices(ballots, voices)
    if register.several_places and len(ballots) < len(voices):
        raise Unlawful(
            "TC9", "in several places every vote has its names", manquants=len(voices) - len(ballots)
        )
    counted = tally_of(ballots) if tally is None else tally
    if ballots and counted != tally_of(ballots):
        raise Unlawful("VO2", "names and counts differ")
    expect_sum(counted, voices)
    return counted


def check(draft: Draft, command: cmd.CheckVote) -> None:
    """The receipt of a vote by name at a distance (VO18): once its voices are noted, until the proclamation."""
    register = draft.state
    if not register.several_places:
        raise Refusal("the session is held in one place", code="lieu_unique")
    if not register.room(command.room).opened:
        raise Refusal("this room is not open", code="salle_fermee", salle=command.room)
    items = [item for item in register.on_the_table if item.state is ItemState.VOTE_CLOSED]
    named = [item for item in items if item.vote is not None and item.vote.mode is Mode.PUBLIC]
    if not named:
        raise Refusal("no vote by name is closed", code="vote_pas_clos")
    for item in named:
        draft.happen(
            ev.VoteChecked(
                at_utc_ms=draft.at,
                item=item.id,
                number=len(item.votes),
                room=command.room,
                agrees=command.agrees,
            )
        )


def request(draft: Draft, command: cmd.RequestBallot) -> None:
    """A quarter of the members present for a public ballot, a third for a secret one, proxies apart (VO3, VO4, PR12)."""
    register, item = draft.state, draft.state.item(command.item)
    register.expect_phase(Phase.OPEN)
    item.expect(Move.ASK)
    if command.mode is Mode.ORDINARY:
        raise Refusal("an ordinary ballot needs no request", code="scrutin_ordinaire")
    present = assembly.snapshot(register, item).present
    if not command.requesters or not set(command.requesters) <= {one.person for one in present}:
        raise Unlawful("PR12", "only members who are there may ask")
    there = {one.person for one in present}
    before = tuple(person for person in item.requesters(command.mode) if person in there)
    asking = tuple(dict.fromkeys(before + command.requesters))
    needed = (third if command.mode is Mode.SECRET else quarter)(len(present))
    granted = len(asking) >= needed
    draft.happen(
        ev.BallotRequested(
            at_utc_ms=draft.at,
            item=item.id,
            mode=command.mode,
            requesters=asking,
            present=len(present),
            needed=needed,
            granted=granted,
        )
    )
    if granted and command.mode is Mode.SECRET and register.several_places:
        draft.happen(ev.ItemPostponed(at_utc_ms=draft.at, item=item.id, rule="TC10", single_place=True))


def open_vote(draft: Draft, command: cmd.OpenVote) -> None:
    """Mode, president and voices are frozen at this instant."""
    register = draft.state
    items = _to_vote(register, command.reason)
    modes = [_mode(register, item, command.mode) for item in items]
    if len(set(modes)) > 1:
        raise Unlawful("VO14", "these items are not voted in one way")
    for item in items:
        expect_votable(register, item)
    for item, mode in zip(items, modes, strict=True):
        voices = assembly.voices(register, item)
        if not voices:
            raise Refusal("nobody may vote", code="aucun_votant", point=item.id)
        vote = Vote(
            number=len(item.votes) + 1,
            mode=mode,
            president=register.president,
            opened_ms=draft.at,
            snapshot=assembly.snapshot(register, item),
            voices=voices,
            reason=command.reason,
        )
        draft.happen(ev.VoteOpened(at_utc_ms=draft.at, item=item.id, vote=vote))
        _warn_interests(draft, item, voices)


def _to_vote(register: Register, reason: str) -> tuple[Item, ...]:
    """What is on the table; else, with a reason, what was just proclaimed and is voted again (VO17)."""
    items = register.on_the_table
    if items:
        for item in items:
            item.expect(Move.OPEN_VOTE)
        return items
    again = tuple(register.item(name) for name in register.current)
    if not again:
        raise Refusal("no item is on the table", code="aucun_point")
    for item in again:
        item.expect(Move.VOTE_AGAIN)
        if not reason.strip() or item.appointed:
            raise Unlawful("VO17", "what is proclaimed stands: a new vote needs a reason", point=item.id)
    return again


def expect_votable(register: Register, item: Item) -> None:
    """Raises when the council cannot vote on this item now: phase, rooms, doors, president, quorum, type."""
    register.expect_phase(Phase.OPEN)
    expect_rooms(register, "TL7")
    expect_public_out(register)
    if item.agenda.late:
        raise Unlawful("CV7", "this question came too late to be voted", point=item.id)
    if not item.agenda.votable:
        raise Refusal("this item is information", code="point_sans_vote", point=item.id)
    expect_president(register, item)
    if item.agenda.type is ItemType.ACCOUNTS and _head_is_there(register):
        raise Unlawful("VO15", "the head of the body withdraws before the vote")
    _expect_quorum_of_call(register, item)


def _head_is_there(register: Register) -> bool:
    return any(one.person == register.roster.head for one in assembly.in_rooms(register))


def _expect_quorum_of_call(register: Register, item: Item) -> None:
    """The quorum of the call stands though members left (QU4); members recused since do not count in it (QU10)."""
    called = item.called
    if called is None:
        raise Refusal("the item was not called", code="point_inscrit", point=item.id)
    out = assembly.excluded(register, item)
    left = sum(one.seat not in out for one in called.present)
    if called.with_represented:
        left += sum(one.seat not in out and one.holder not in out for one in called.represented)
    needed = assembly.snapshot(register, item).needed
    if not called.waived and left < min(called.needed, needed):
        raise Unlawful("QU10", "recusals leave the item without quorum", presents=left, requis=needed)


def _mode(register: Register, item: Item, wanted: Mode | None) -> Mode:
    """How the item must be voted, and whether that is how it is asked (VO3, VO5, VO6, VO11, VO18, TC11)."""
    if item.agenda.is_election or item.agenda.secret_by_text:
        return _mode_of_appointment(register, item, wanted)
    if register.several_places:
        if wanted not in (None, Mode.PUBLIC):
            raise Unlawful("VO18", "in several places ballots are public")
        return Mode.PUBLIC
    granted = item.ballot_granted
    if granted is Mode.SECRET and wanted not in (None, Mode.SECRET):
        raise Unlawful("VO5", "a secret ballot was granted")
    if granted is Mode.PUBLIC and wanted is Mode.ORDINARY:
        raise Unlawful("VO3", "a public ballot was granted")
    if granted is not Mode.SECRET and wanted is Mode.SECRET:
        raise Unlawful("VO6", "no secret ballot was granted")
    return granted or wanted or Mode.ORDINARY


def _mode_of_appointment(register: Register, item: Item, wanted: Mode | None) -> Mode:
    waived = item.waiver is not None and item.waiver.granted and not item.agenda.secrecy_is_imposed
    if register.several_places:
        if not waived:
            raise Unlawful("TC11", "an appointment is secret, which several places do not allow")
        return _mode_when_waived(wanted, Mode.PUBLIC)
    if not waived:
        if item.agenda.is_election or wanted not in (None, Mode.SECRET):
            raise Unlawful("VO11", "an appointment is secret: by rounds, or after a unanimous waiver")
        return Mode.SECRET
    return _mode_when_waived(wanted, wanted or Mode.ORDINARY)


def _mode_when_waived(wanted: Mode | None, default: Mode) -> Mode:
    if wanted is Mode.SECRET or (default is Mode.PUBLIC and wanted is Mode.ORDINARY):
        raise Unlawful("VO11", "the secret was waived")
    return default


def _warn_interests(draft: Draft, item: Item, voices: tuple[Voice, ...]) -> None:
    """A declared interest that nobody recused for (DP1)."""
    for voice in voices:
        for person in {voice.seat, voice.by}:
            councillor = draft.state.roster.find(person)
            if councillor is not None and expected_recusal(item.agenda, councillor) is not None:
                draft.flag("DP1", item.id, person)


def cast(draft: Draft, command: cmd.CastBallots) -> None:
    """Names and senses while the vote is open; never in a secret ballot (P14)."""
    items = draft.state.on_the_table
    if not items:
        raise Refusal("no item is on the table", code="aucun_point")
    for item in items:
        item.expect(Move.CAST)
        vote = item.votes[-1]
        if vote.mode is Mode.SECRET:
            raise Unlawful("P14", "a secret ballot keeps no name")
        expect_own_voices(command.ballots, assembly.final_voices(draft.state, item, vote))
    for item in items:
        draft.happen(ev.BallotsCast(at_utc_ms=draft.at, item=item.id, ballots=command.ballots))


def close(draft: Draft, command: cmd.CloseVote) -> None:
    """Count; every voice is somewhere in it (VO2)."""
    for item in _counted(draft.state, Move.CLOSE_VOTE):
        _conclude(draft, item, command, assembly.final_voices(draft.state, item, item.votes[-1]))


def correct(draft: Draft, command: cmd.CorrectVote) -> None:
    """Count again what is not proclaimed yet, with a reason; after it, only a new vote (VO17)."""
    states = {draft.state.item(name).state for name in draft.state.current}
    if states & {ItemState.ADOPTED, ItemState.REJECTED} or not command.reason.strip():
        raise Unlawful("VO17", "a result that is proclaimed is not corrected; before, a reason is needed")
    for item in _counted(draft.state, Move.CORRECT):
        _conclude(draft, item, command, item.votes[-1].voices, reason=command.reason)


def _counted(register: Register, move: Move) -> tuple[Item, ...]:
    register.expect_phase(Phase.OPEN)
    items = register.on_the_table
    if not items:
        raise Refusal("no item is on the table", code="aucun_point")
    for item in items:
        item.expect(move)
    return items


def _conclude(
    draft: Draft, item: Item, command: cmd.Count, voices: tuple[Voice, ...], reason: str = ""
) -> None:
    register, vote = draft.state, item.votes[-1]
    ballots, tally = _result(vote, command, voices)
    president = _president_choice(item, command, voices, ballots, tally)
    outcome = judge(
        tally,
        vote.mode,
        item.agenda.majority,
        president=president,
        qualified=item.agenda.qualified,
        present=len(vote.snapshot.present),
        in_office=vote.snapshot.counted,
    )
    draft.happen(
        ev.VoteClosed(
            at_utc_ms=draft.at,
            item=item.id,
            voices=voices,
            ballots=ballots,
            tally=tally,
            outcome=outcome,
            absent=assembly.absent_from_vote(register, item, voices),
            corrects=bool(reason),
            reason=reason,
        )
    )
    if outcome.warning:
        draft.flag(outcome.warning, item.id)
    contested = {proxy.id for proxy in register.proxies if proxy.contested}
    if depends_on(tally, outcome, sum(voice.proxy in contested for voice in voices)):
        draft.flag("PR15", item.id)


def _result(vote: Vote, command: cmd.Count, voices: tuple[Voice, ...]) -> tuple[tuple[Ballot, ...], Tally]:
    """Ballots by name as far as they are known, and the counts. Raises Unlawful, Refusal."""
    expect_own_voices(command.ballots, voices)
    if vote.mode is Mode.SECRET:
        if command.ballots or command.president is not None:
            raise Unlawful("P14", "a secret ballot keeps no name")
        if command.tally is None:
            raise Refusal("the count is missing", code="decompte_manquant")
        expect_sum(command.tally, voices, secret=True)
        return (), command.tally
    named = {ballot.seat: ballot for ballot in (*vote.ballots, *command.ballots)}
    known = tuple(named[voice.seat] for voice in voices if voice.seat in named)
    silent = tuple(voice for voice in voices if voice.seat not in named)
    if vote.mode is Mode.PUBLIC and silent:
        raise Unlawful("VO3", "a public ballot needs every name", manquants=len(silent))
    if command.tally is None:
        known += tuple(Ballot(voice.seat, Choice.FOR) for voice in silent)
        return known, tally_of(known)
    expect_sum(command.tally, voices)
    if not _holds(command.tally, tally_of(known), exactly=not silent):
        raise Unlawful("VO2", "names and counts differ")
    return known, command.tally


def _holds(tally: Tally, named: Tally, *, exactly: bool) -> bool:
    """Do the counts agree with the names that are known?"""
    if exactly:
        return tally == named
    pairs = (
        (tally.for_, named.for_),
        (tally.against, named.against),
        (tally.abstentions, named.abstentions),
        (tally.refusals, named.refusals),
    )
    return all(most >= least for most, least in pairs)


def _president_choice(
    item: Item,
    command: cmd.Count,
    voices: tuple[Voice, ...],
    ballots: tuple[Ballot, ...],
    tally: Tally,
) -> Choice | None:
    """The session president's own voice, never a proxy's; in a tie it has to be known (VO7, VO8)."""
    vote = item.votes[-1]
    if vote.mode is Mode.SECRET or vote.president not in {voice.seat for voice in voices if not voice.proxy}:
        return None
    named = {ballot.seat: ballot.choice for ballot in ballots}
    choice = named.get(vote.president, command.president)
    if command.president is not None and choice is not command.president:
        raise Unlawful("VO2", "the president's vote is not the one that was named")
    tie = tally.for_ == tally.against > 0
    if choice is None and tie and item.agenda.majority is Majority.ABSOLUTE:
        raise Unlawful("VO7", "a tie needs the president's own vote")
    if choice is not None and not _holds(tally, tally_of((Ballot(vote.president, choice),)), exactly=False):
        raise Unlawful("VO2", "the president's vote is not in the counts")
    return choice


def annul(draft: Draft, command: cmd.AnnulVote) -> None:
    """Void before the proclamation, with a reason; the vote is held again."""
    pending = [item for item in draft.state.on_the_table if item.vote is not None]
    if not pending or not command.reason.strip():
        raise Refusal("no vote to annul, or no reason", code="vote_absent")
    for item in pending:
        item.expect(Move.ANNUL)
        draft.happen(ev.VoteAnnulled(at_utc_ms=draft.at, item=item.id, rule="VO17", reason=command.reason))


def proclaim(draft: Draft) -> None:
    """It stands from now on, with its number (VO17, PV7); an urgency that is refused sends the rest away (CV4)."""
    for item in _counted(draft.state, Move.PROCLAIM):
        outcome = item.votes[-1].outcome
        if outcome is None:
            raise Refusal("the count is missing", code="decompte_manquant")
        number = item.number or draft.state.deliberations + 1
        draft.happen(ev.Proclaimed(at_utc_ms=draft.at, item=item.id, adopted=outcome.adopted, number=number))
        if item.agenda.type is ItemType.URGENCY and not outcome.adopted:
            for other in draft.state.items:
                if other.state is ItemState.LISTED:
                    draft.happen(ev.ItemPostponed(at_utc_ms=draft.at, item=other.id, rule="CV4"))
