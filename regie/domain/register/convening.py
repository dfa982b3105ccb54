"""Before the séance: the convocation, its proofs, questions that come late, seats that fall vacant."""

import msgspec

from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.convocation import Convocation, Finding, findings
from regie.domain.register.correcting import late_ones
from regie.domain.register.delays import paris_day
from regie.domain.register.draft import Draft
from regie.domain.register.evolve import apply
from regie.domain.register.items import ItemState
from regie.domain.register.proxies import ProxyEnd
from regie.domain.register.regimes import RegimeId, chosen_regime
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.errors import Fact, Refusal


def convene(register: Register | None, command: cmd.Convene, at_ms: int) -> tuple[ev.Act, ...]:
    """The first act of a register, repeated to correct it before the opening. Raises Unlawful, Refusal."""
    if register is not None:
        register.expect_phase(Phase.CONVENED)
    faults = command.roster.faults()
    if faults:
        raise Refusal(
            "the list of councillors is not coherent", code="liste_incoherente", fautes=",".join(faults)
        )
    ids = [item.id for item in command.agenda] + [room.id for room in command.rooms]
    if len(ids) != len(set(ids)) or "" in ids:
        raise Refusal("items and rooms need ids of their own", code="identifiant_en_double")
    regime = chosen_regime(command.body, command.convocation.day, command.regime, command.legal_basis)
    agenda, judged = _as_sent(register, command, at_ms)
    found = findings(command.body, regime, judged, agenda, command.rooms, command.house)
    _refuse(found, regime.id)
    event = ev.Convened(
        at_utc_ms=at_ms,
        who=command.who,
        place=command.place,
        body=command.body,
        regime=regime.id,
        legal_basis=command.legal_basis,
        convocation=command.convocation,
        agenda=agenda,
        roster=command.roster,
        rooms=command.rooms,
        house=command.house,
        corrects=register is not None,
    )
    draft = Draft(apply(register, event), command, at_ms)
    for finding in found:
        subject = finding.figures.get("point", finding.figures.get("salle", ""))
        draft.flag(finding.rule, str(subject))
    return (event, *draft.events)


def _as_sent(
    register: Register | None, command: cmd.Convene, at_ms: int
) -> tuple[tuple[AgendaItem, ...], Convocation]:
    """The agenda and the convocation as the law sees them, when they correct what left before today.

    What was sent did not say what is corrected after it: several places need another sending (CV8), a question that is added came
    late (CV7), another day is told from today on (CV1 to CV3). Raises Unlawful CV8.
    """
    call, today = command.convocation, paris_day(at_ms)
    if register is None or call.sent >= today:
        return command.agenda, call
    if call.several_places and not register.several_places:
        raise _cited("CV8", "several places were not in the convocation that was sent", register.regime_id)
    moved = call.day != register.convocation.day
    judged = msgspec.structs.replace(call, sent=today) if moved else call
    return late_ones(register, command.agenda), judged


def _refuse(found: tuple[Finding, ...], regime: RegimeId) -> None:
    blocking = [finding for finding in found if finding.blocks]
    if blocking:
        first = blocking[0]
        rules = ",".join(dict.fromkeys(finding.rule for finding in blocking))
        raise _cited(first.rule, "the convocation is not lawful", regime, regles=rules, **first.figures)


def _cited(rule: str, message: str, regime: RegimeId, **figures: Fact) -> Unlawful:
    refusal = Unlawful(rule, message, **figures)
    refusal.cite(regime is RegimeId.EPCI_3DS)
    return refusal


def prove(draft: Draft, command: cmd.ProveConvocation) -> None:
    """CV6, CV9."""
    draft.happen(ev.ConvocationProved(at_utc_ms=draft.at, proofs=command.proofs, postings=command.postings))


def add_item(draft: Draft, command: cmd.AddItem) -> None:
    """A question after the deadline is information (CV7)."""
    register = draft.state
    if register.phase is Phase.CLOSED or command.item.id in {item.id for item in register.items}:
        raise Refusal("this item cannot be added", code="point_en_double", point=command.item.id)
    if register.several_places and command.item.one_place_only:
        raise Unlawful("TC8", "this item is forbidden in several places", point=command.item.id)
    late = msgspec.structs.replace(command.item, late=True)
    draft.happen(ev.ItemAdded(at_utc_ms=draft.at, item=late))
    draft.flag("CV7", late.id)


def reorder(draft: Draft, command: cmd.ReorderAgenda) -> None:
    """A permutation; what was dealt with keeps its place in time, the urgency stays first (CV4)."""
    items = draft.state.items
    if sorted(command.order) != sorted(item.id for item in items):
        raise Refusal("the new order must name every item once", code="ordre_incomplet")
    first = draft.state.item(command.order[0]) if command.order else None
    if draft.state.convocation.urgent and (first is None or first.agenda.type is not ItemType.URGENCY):
        raise Unlawful("CV4", "the urgency comes first")
    done = [item.id for item in items if item.state is not ItemState.LISTED]
    if [name for name in command.order if name in done] != done:
        raise Refusal("items dealt with keep their order", code="point_deja_appele")
    draft.happen(ev.AgendaReordered(at_utc_ms=draft.at, order=command.order))


def end_mandate(draft: Draft, command: cmd.EndMandate) -> None:
    """N falls at once; the seat's proxies, given and held, end (QU2)."""
    if command.councillor not in draft.state.members:
        raise Refusal("no such councillor in office", code="elu_inconnu")
    draft.happen(ev.MandateEnded(at_utc_ms=draft.at, councillor=command.councillor))
    for proxy in draft.state.proxies:
        if proxy.stands and command.councillor in (proxy.giver, proxy.holder):
            draft.happen(ev.ProxyEnded(at_utc_ms=draft.at, proxy=proxy.id, end=ProxyEnd.MANDATE))
