"""Entries, exits, substitutes, proxies, and their mistakes taken back."""

from regie.domain.register import assembly, presence, proxies
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.convocation import Channel
from regie.domain.register.delays import paris_day
from regie.domain.register.draft import Draft
from regie.domain.register.presence import Cause, Stay
from regie.domain.register.proxies import Proxy, ProxyEnd, ProxyStatus
from regie.domain.register.roster import Person
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.domain.register.votes import Ballot
from regie.errors import Refusal

UNDO_MS = 10_000
"""How long an arrival or a departure can be taken back; later it is corrected."""


def arrive(draft: Draft, command: cmd.Arrive) -> None:
    """One person, one room (QU14); the giver who comes ends his proxy (PR6), the holder who comes revives his (PR7)."""
    register = draft.state
    if register.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    register.expect_known(command.person)
    if not register.room(command.room).opened:
        raise Refusal("this room is not open", code="salle_fermee", salle=command.room)
    here = presence.current(register.stays, command.person)
    if here is not None and here.room == command.room:
        raise Refusal("already there", code="elu_deja_present")
    at = _when_there(draft, command.when_ms)
    stay = Stay(person=command.person, room=command.room, since_ms=at)
    if here is not None or presence.clash(register.stays, stay):
        raise Unlawful("QU14", "already in a room at that time")
    draft.happen(ev.Arrived(at_utc_ms=at, person=command.person, room=command.room))
    _warn_late(draft, command.person, at)
    _warn_substitutes(draft, command.person)
    seat = register.roster.seat_of(command.person)
    sits = any(one.person == command.person for one in assembly.in_rooms(draft.state))
    given = proxies.standing_of(draft.state.proxies, seat)
    if given is not None and sits:
        draft.happen(ev.ProxyEnded(at_utc_ms=at, proxy=given.id, end=ProxyEnd.GIVER_CAME))
    for held in proxies.held_by(draft.state.proxies, command.person):
        if held.status is ProxyStatus.SUSPENDED:
            draft.happen(ev.ProxyRevived(at_utc_ms=at, proxy=held.id))


def _when(draft: Draft, when_ms: int | None) -> int:
    """The instant of an act that may be entered after it. Raises Refusal."""
    if when_ms is not None and when_ms > draft.at:
        raise Refusal("an act is not in the future", code="heure_incoherente")
    return draft.at if when_ms is None else when_ms


def _when_there(draft: Draft, when_ms: int | None) -> int:
    """The instant at which somebody came or left: not before the day of the séance. Raises Refusal."""
    if when_ms is not None and paris_day(when_ms) < draft.state.convocation.day:
        raise Refusal("before the day of the séance", code="heure_incoherente")
    return _when(draft, when_ms)


def _warn_late(draft: Draft, subject: str, at: int) -> None:
    """What was frozen between an act and its entry did not know of it, and stays as it is (QU4)."""
    if at < draft.at and _acts_between(draft.state, at, None):
        draft.flag("QU4", subject, "saisie tardive")


def _warn_substitutes(draft: Draft, person: Person) -> None:
    """A substitute without notice, or beside the titular, sits without a vote (QU16)."""
    register = draft.state
    seat = register.roster.seat_of(person)
    of_the_seat = [
        stay.person
        for stay in presence.there_now(register.stays)
        if register.roster.seat_of(stay.person) == seat
    ]
    if len(of_the_seat) > 1 or (person != seat and seat not in register.called_substitutes):
        draft.flag("QU16", seat)


def depart(draft: Draft, command: cmd.Leave) -> None:
    """Now, or at the time it happened."""
    leave(draft, command.person, command.cause, _when_there(draft, command.when_ms))


def leave(draft: Draft, person: Person, cause: Cause, at: int) -> None:
    """The proxies that somebody holds sleep while he is away (PR7)."""
    here = presence.current(draft.state.stays, person)
    if here is None:
        raise Refusal("not there", code="elu_absent")
    if at < here.since_ms:
        raise Refusal("gone before coming", code="heure_incoherente")
    draft.happen(ev.Left(at_utc_ms=at, person=person, room=here.room, cause=cause))
    _warn_late(draft, person, at)
    _suspend_held(draft, person, at)


def _suspend_held(draft: Draft, person: Person, at: int) -> None:
    for held in proxies.held_by(draft.state.proxies, person):
        if held.status is ProxyStatus.VALID:
            draft.happen(ev.ProxySuspended(at_utc_ms=at, proxy=held.id))
            draft.flag("PR7", held.id)


def notice_substitute(draft: Draft, command: cmd.NoticeSubstitute) -> None:
    """The titular's notice; not beside a proxy: a seat has one voice (QU15)."""
    register = draft.state
    register.expect_known(command.titular)
    if all(one.substitute_of != command.titular for one in register.roster.councillors):
        raise Refusal("this seat has no substitute", code="sans_suppleant")
    if proxies.standing_of(register.proxies, command.titular) is not None:
        raise Unlawful("QU15", "the titular has given a proxy: it has to be revoked first")
    if command.titular not in register.called_substitutes:
        draft.happen(ev.SubstituteCalled(at_utc_ms=draft.at, titular=command.titular))


def undo(draft: Draft, command: cmd.UndoPresence) -> None:
    """Take back the last tap, if nothing relied on it yet."""
    stay = presence.last(draft.state.stays, command.person)
    begun = stay.since_ms if stay is not None and stay.until_ms is None else None
    acted = begun if begun is not None else (stay.until_ms if stay else None)
    if stay is None or acted is None or draft.at - acted > UNDO_MS or _acts_between(draft.state, acted, None):
        raise Refusal("too late to undo: correct it", code="annulation_impossible")
    if begun is None:
        draft.happen(ev.DepartureUndone(at_utc_ms=draft.at, person=command.person))
        given = proxies.standing_of(draft.state.proxies, command.person)
        if given is not None and given.received_ms >= acted:
            draft.happen(ev.ProxyEnded(at_utc_ms=draft.at, proxy=given.id, end=ProxyEnd.GIVER_CAME))
        for held in proxies.held_by(draft.state.proxies, command.person):
            if held.status is ProxyStatus.SUSPENDED:
                draft.happen(ev.ProxyRevived(at_utc_ms=draft.at, proxy=held.id))
        return
    restored = tuple(proxy.id for proxy in draft.state.proxies if _was_ended_by(draft.state, proxy, stay))
    draft.happen(ev.ArrivalUndone(at_utc_ms=draft.at, person=command.person, restored=restored))
    if presence.last(draft.state.stays, command.person) is not None:
        _suspend_held(draft, command.person, draft.at)


def _was_ended_by(register: Register, proxy: Proxy, stay: Stay) -> bool:
    """Did this arrival end that proxy, and may it stand again beside those given since?"""
    seat = register.roster.seat_of(stay.person)
    others = [one for one in register.proxies if one.stands]
    return (
        proxy.giver == seat
        and proxy.end is ProxyEnd.GIVER_CAME
        and proxy.ended_ms == stay.since_ms
        and proxies.standing_of(others, seat) is None
        and proxies.standing_of(others, proxy.holder) is None
        and len(proxies.held_by(others, proxy.holder)) < register.regime.proxies_per_holder
    )


def _acts_between(register: Register, since_ms: int, until_ms: int | None) -> bool:
    """Was a quorum measured or a vote held from one instant to another?"""
    acts = [register.opened_ms]
    for item in register.items:
        acts.append(item.called_ms)
        acts += [at for vote in item.votes for at in (vote.opened_ms, vote.closed_ms)]
    return any(at is not None and since_ms <= at and (until_ms is None or at < until_ms) for at in acts)


def correct_stay(draft: Draft, command: cmd.CorrectStay) -> None:
    """New times for a stay; what was frozen remains, and is flagged when it lies where the correction changed something (QU4)."""
    stays = draft.state.stays
    if not 0 <= command.rank < len(stays) or stays[command.rank].void:
        raise Refusal("no such stay", code="presence_inconnue")
    old = stays[command.rank]
    ends = (command.until_ms is None) == (old.until_ms is None)
    ordered = command.since_ms <= draft.at and (
        command.until_ms is None or command.since_ms < command.until_ms <= draft.at
    )
    if not (ends and ordered and command.reason.strip()):
        raise Refusal("a correction needs times in order and a reason", code="correction_incoherente")
    new = Stay(person=old.person, room=old.room, since_ms=command.since_ms, until_ms=command.until_ms)
    if presence.clash([stay for rank, stay in enumerate(stays) if rank != command.rank], new):
        raise Unlawful("QU14", "the corrected stay overlaps another")
    draft.happen(
        ev.StayCorrected(
            at_utc_ms=draft.at,
            rank=command.rank,
            since_ms=command.since_ms,
            until_ms=command.until_ms,
            reason=command.reason,
        )
    )
    edges = [(old.since_ms, new.since_ms)]
    if old.until_ms is not None and new.until_ms is not None:
        edges.append((old.until_ms, new.until_ms))
    if any(_acts_between(draft.state, min(edge), max(edge)) for edge in edges):
        draft.flag("QU4", old.person, command.reason)


def lodge(draft: Draft, command: cmd.LodgeProxy) -> None:
    """Receive a proxy, in the order of receipt (PR1 to PR5, PR8, PR9)."""
    register, writing = draft.state, command.writing
    if register.phase is Phase.CLOSED:
        raise Refusal("the session is closed", code="seance_levee")
    if register.is_open and not register.house.proxies_during_session:
        raise Unlawful("PR9", "the house rules exclude proxies during the session")
    proxies.check_writing(writing)
    _check_persons(register, writing.giver, writing.holder)
    if proxies.find(register.proxies, command.proxy) is not None or not command.proxy:
        raise Refusal("this proxy is already known", code="pouvoir_en_double")
    if writing.giver in register.called_substitutes:
        raise Unlawful("QU15", "the titular called the substitute: a seat has one voice")
    proxies.check_holder(register.proxies, writing, register.regime.proxies_per_holder)
    if register.is_open and presence.current(register.stays, writing.holder) is None:
        raise Unlawful("PR8", "the holder is not there")
    at = _when(draft, command.when_ms)
    replaced = proxies.standing_of(register.proxies, writing.giver)
    if replaced is not None:
        draft.happen(ev.ProxyEnded(at_utc_ms=at, proxy=replaced.id, end=ProxyEnd.REPLACED))
    doubtful = writing.channel is Channel.ELECTRONIC and not writing.authenticated
    status = ProxyStatus.TO_AUTHENTICATE if doubtful else ProxyStatus.VALID
    proxy = Proxy(id=command.proxy, writing=writing, received_ms=at, status=status)
    draft.happen(ev.ProxyLodged(at_utc_ms=at, proxy=proxy))
    _warn_late(draft, proxy.id, at)
    if doubtful:
        draft.flag("PR2", proxy.id)
    if writing.consecutive_of_giver > proxies.MAX_CONSECUTIVE and not writing.illness:
        draft.flag("PR5", proxy.id)


def _check_persons(register: Register, giver: Person, holder: Person) -> None:
    for person in (giver, holder):
        register.expect_known(person)
        if register.roster.seat_of(person) != person:
            raise Unlawful("Q25", "a proxy is between titulars")


def _standing(register: Register, name: str) -> Proxy:
    proxy = proxies.find(register.proxies, name)
    if proxy is None:
        raise Refusal("no such proxy", code="pouvoir_inconnu")
    if not proxy.stands:
        raise Unlawful("PR4", "this proxy has ended")
    return proxy


def authenticate(draft: Draft, command: cmd.AuthenticateProxy) -> None:
    """Its author is certain: it counts (PR2)."""
    proxy = _standing(draft.state, command.proxy)
    if proxy.status is not ProxyStatus.TO_AUTHENTICATE:
        raise Refusal("this proxy needs no authentication", code="pouvoir_deja_authentifie")
    draft.happen(ev.ProxyAuthenticated(at_utc_ms=draft.at, proxy=proxy.id))


def contest(draft: Draft, command: cmd.ContestProxy) -> None:
    """PR15."""
    proxy = _standing(draft.state, command.proxy)
    draft.happen(ev.ProxyContested(at_utc_ms=draft.at, proxy=proxy.id, contested=command.contested))


def revoke(draft: Draft, command: cmd.RevokeProxy) -> None:
    """At once; a vote it took part in and that is not proclaimed is void (PR4)."""
    proxy = _standing(draft.state, command.proxy)
    for item in draft.state.on_the_table:
        vote = item.vote
        # A paper ballot cannot be found again, nor a count split: only an open vote by names can go on without that voice.
        used = vote is not None and proxy.id in {voice.proxy for voice in vote.voices}
        if vote is not None and used and (vote.tally is not None or _has_cast(vote.ballots, proxy)):
            draft.happen(ev.VoteAnnulled(at_utc_ms=draft.at, item=item.id, rule="PR4"))
    end = ProxyEnd.MISTAKE if command.mistaken else ProxyEnd.REVOKED
    draft.happen(ev.ProxyEnded(at_utc_ms=draft.at, proxy=proxy.id, end=end))


def _has_cast(ballots: tuple[Ballot, ...], proxy: Proxy) -> bool:
    return any(ballot.seat == proxy.giver for ballot in ballots)
