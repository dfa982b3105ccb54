"""Appointments: the waiver of the secret, candidates, rounds, proclamation (VO11 to VO13, VO19)."""

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.agenda import ItemType
from regie.domain.register.draft import Draft
from regie.domain.register.items import Item, Move, Waiver
from regie.domain.register.rounds import LAST_ROUND, elect
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase
from regie.domain.register.voting import expect_votable, named_count
from regie.errors import Refusal

UNOPPOSED = frozenset({ItemType.APPOINTMENT, ItemType.OUTSIDE_BODIES})
"""Where a single candidate is appointed without a vote (VO13)."""


def _election(draft: Draft, name: str) -> Item:
    draft.state.expect_phase(Phase.OPEN)
    item = draft.state.item(name)
    if not item.agenda.is_election:
        raise Refusal("this item appoints nobody", code="point_sans_nomination", point=name)
    item.expect(Move.ELECT)
    return item


def waive(draft: Draft, command: cmd.WaiveSecrecy) -> None:
    """Only unanimity gives up the secret, and never where a text imposes it (VO11)."""
    item = _election(draft, command.item)
    if item.agenda.secrecy_is_imposed:
        raise Unlawful("VO11", "a text imposes the secret")
    expect_votable(draft.state, item)
    voices = assembly.voices(draft.state, item)
    tally = named_count(draft.state, voices, command.tally, command.ballots)
    waiver = Waiver(tally, granted=tally.for_ == len(voices) > 0)
    draft.happen(ev.SecrecyWaived(at_utc_ms=draft.at, item=item.id, waiver=waiver))


def call_candidates(draft: Draft, command: cmd.CallCandidates) -> None:
    """The call for candidates comes before everything (VO13); it may be made again before a further round."""
    item = _election(draft, command.item)
    names = [candidate.id for candidate in command.candidates]
    if not names or "" in names or len(names) != len(set(names)):
        raise Refusal("candidates need ids of their own", code="candidat_en_double")
    draft.happen(ev.CandidatesCalled(at_utc_ms=draft.at, item=item.id, candidates=command.candidates))


def _is_unopposed(item: Item) -> bool:
    return item.agenda.type in UNOPPOSED and len(item.candidates) == 1 and not item.rounds


def hold_round(draft: Draft, command: cmd.HoldRound) -> None:
    """Counts of a secret round; the ballots and those who put none make the voters (VO2)."""
    item, held = _election(draft, command.item), command.round
    if draft.state.several_places:
        raise Unlawful("TC11", "an appointment is secret, which several places do not allow")
    if item.candidates_ms is None or _is_unopposed(item):
        raise Unlawful("VO13", "candidates are called first; a single one is appointed without a vote")
    elected = item.rounds and item.rounds[-1][1].elected
    if elected or held.number != len(item.rounds) + 1 or held.number > LAST_ROUND:
        raise Unlawful("VO12", "this round is not the next one", tour=held.number)
    expect_votable(draft.state, item)
    if not {name for name, _ in held.counts} <= {candidate.id for candidate in item.candidates}:
        raise Refusal("a ballot names no candidate: it is null", code="candidat_inconnu")
    voices = assembly.voices(draft.state, item)
    if not held.is_sane or held.total != len(voices):
        raise Unlawful("VO2", "the ballots do not make the voters", votants=len(voices), total=held.total)
    draft.happen(
        ev.RoundHeld(
            at_utc_ms=draft.at,
            item=item.id,
            round=held,
            election=elect(held, item.candidates),
            quorum=assembly.snapshot(draft.state, item),
            voices=voices,
        )
    )


def proclaim(draft: Draft, command: cmd.ProclaimAppointment) -> None:
    """Who was elected, or the only candidate, whose name is read (VO13)."""
    item = _election(draft, command.item)
    unopposed = item.candidates_ms is not None and _is_unopposed(item)
    elected = item.rounds[-1][1].elected if item.rounds else None
    name = item.candidates[0].id if unopposed else elected
    if name is None:
        raise Refusal("nobody is elected", code="pas_elu", point=item.id)
    if unopposed:
        expect_votable(draft.state, item)
    draft.happen(
        ev.Appointed(
            at_utc_ms=draft.at,
            item=item.id,
            candidate=name,
            number=draft.state.deliberations + 1,
            unopposed=unopposed,
        )
    )
