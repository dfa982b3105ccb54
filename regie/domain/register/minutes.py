"""What the minutes must hold, as data; their life from draft to publication; the list of deliberations (PV2 to PV7)."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import msgspec

from regie.domain.register import delays
from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.items import Item, ItemState
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Register
from regie.domain.register.votes import Mode


class Block(StrEnum):
    """The mandatory mentions of L.2121-15."""

    DATE = "date"
    TIME = "heure"
    PRESIDENT = "president"
    PRESENT = "membres_presents"
    REPRESENTED = "membres_representes"
    SECRETARY = "secretaire"
    QUORUM = "quorum"
    AGENDA = "ordre_du_jour"
    DELIBERATIONS = "deliberations_et_rapports"
    REQUESTS = "demandes_de_scrutin"
    RESULTS = "resultats"
    DEBATES = "teneur_des_discussions"


class Missing(msgspec.Struct, frozen=True):
    """A mandatory mention that is empty, and the item it is about."""

    block: Block
    item: str = ""


_DECIDED = (ItemState.ADOPTED, ItemState.REJECTED)


def missing_blocks(
    register: Register, debates: Mapping[str, str], reports: Mapping[str, str] = MappingProxyType({})
) -> tuple[Missing, ...]:
    """Mandatory mentions that nothing fills yet (PV2). ``debates``: what was said, by item; ``reports``: those named since."""
    told = (gap for item in register.items for gap in _of_item(item, debates, reports))
    return (*_of_the_session(register), *told)


def _of_the_session(register: Register) -> Iterator[Missing]:
    opening = register.opening
    empty = {
        Block.DATE: register.opened_ms is None,
        Block.TIME: register.closed_ms is None,
        Block.PRESIDENT: not register.president,
        Block.PRESENT: opening is None or not opening.present,
        Block.REPRESENTED: any(proxy.writing.dated is None for proxy in register.proxies),
        Block.SECRETARY: not register.secretaries,
        Block.QUORUM: opening is None,
        Block.AGENDA: not register.items,
    }
    yield from (Missing(block) for block, lacks in empty.items() if lacks)


def _of_item(item: Item, debates: Mapping[str, str], reports: Mapping[str, str]) -> Iterator[Missing]:
    if item.called_ms is not None and item.called is None:
        yield Missing(Block.QUORUM, item.id)
    report = reports.get(item.id, "").strip() or item.agenda.report.strip()
    if item.state is ItemState.ADOPTED and rests_on_a_report(item.agenda) and not report:
        yield Missing(Block.DELIBERATIONS, item.id)
    if any(not request.requesters for request in item.requests):
        yield Missing(Block.REQUESTS, item.id)
    if item.state in _DECIDED and not _has_result(item):
        yield Missing(Block.RESULTS, item.id)
    if item.called_ms is not None and not debates.get(item.id, "").strip():
        yield Missing(Block.DEBATES, item.id)


def rests_on_a_report(item: AgendaItem) -> bool:
    """The minutes of the séance before and the urgency are put to the council as they are; what is not voted needs none."""
    return item.votable and item.type not in (ItemType.MINUTES, ItemType.URGENCY)


def _has_result(item: Item) -> bool:
    """Counts, and in a public ballot every name; an appointment has a name instead."""
    if item.appointed:
        return True
    vote = item.vote
    if vote is None or vote.tally is None:
        return False
    return vote.mode is not Mode.PUBLIC or len(vote.ballots) == len(vote.voices)


class MinutesState(StrEnum):
    """Where the minutes stand."""

    DRAFT = "projet"
    PROPOSED = "propose"
    ADOPTED = "arrete"
    SIGNED = "signe"
    PUBLISHED = "publie"


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """The minutes of a séance; ``adopted``: day of the séance that adopted them."""

    state: MinutesState = MinutesState.DRAFT
    adopted: date | None = None
    signatories: tuple[str, ...] = ()
    published: date | None = None

    def propose(
        self,
        register: Register,
        debates: Mapping[str, str],
        reports: Mapping[str, str] = MappingProxyType({}),
    ) -> "Minutes":
        """Final text, for adoption. Raises Unlawful (PV2) when a mandatory mention is empty."""
        missing = missing_blocks(register, debates, reports)
        if missing:
            blocks = ",".join(dict.fromkeys(gap.block.value for gap in missing))
            raise Unlawful("PV2", "mandatory mentions are empty", manquants=len(missing), mentions=blocks)
        return msgspec.structs.replace(self, state=MinutesState.PROPOSED)

    def adopt(self, day: date) -> "Minutes":
        """By the next séance. Raises Unlawful (PV3) out of order."""
        self._expect(MinutesState.PROPOSED)
        return msgspec.structs.replace(self, state=MinutesState.ADOPTED, adopted=day)

    def sign(self, register: Register, signatories: tuple[str, ...]) -> "Minutes":
        """By the head of the body, or who presided, and every secretary. Raises Unlawful (PV3)."""
        self._expect(MinutesState.ADOPTED)
        heads = {register.roster.head, register.president}
        if not heads & set(signatories) or not set(register.secretaries) <= set(signatories):
            raise Unlawful("PV3", "the president and the secretaries sign")
        return msgspec.structs.replace(self, state=MinutesState.SIGNED, signatories=signatories)

    def publish(self, day: date) -> "Minutes":
        """Online, on that day. Raises Unlawful (PV3) out of order."""
        self._expect(MinutesState.SIGNED)
        return msgspec.structs.replace(self, state=MinutesState.PUBLISHED, published=day)

    def warning(self, today: date) -> str:
        """``PV4`` when they are adopted, not published, and their week is nearly over; empty else."""
        waits = self.adopted is not None and self.state is not MinutesState.PUBLISHED
        late = waits and self.adopted is not None and delays.minutes_are_late(self.adopted, today)
        return "PV4" if late else ""

    def _expect(self, state: MinutesState) -> None:
        if self.state is not state:
            raise Unlawful("PV3", f"the minutes are {self.state.value}", etat=self.state.value)


class Examined(msgspec.Struct, frozen=True):
    """A line of the list of deliberations: number (none when postponed), item, what became of it."""

    number: int | None
    item: str
    title: str
    state: ItemState


def examined(register: Register) -> tuple[Examined, ...]:
    """The list of deliberations: adopted and rejected in order of their numbers, then those postponed (PV6, PV7).

    What was only discussed, or withdrawn, is not a deliberation.
    """
    lines = [
        Examined(item.number, item.id, item.agenda.title, item.state)
        for item in register.items
        if item.state in (*_DECIDED, ItemState.POSTPONED)
    ]
    return tuple(sorted(lines, key=lambda line: (line.number is None, line.number or 0)))
