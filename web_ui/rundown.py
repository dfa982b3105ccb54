"""The rundown of the séance as a console shows it: where the council is in its agenda, what comes next and why it may not yet.

Unlike the citizens' agenda, it is not held back by the delay: who conducts the programme is ahead of what is seen.
"""

from typing import assert_never

from regie.domain.register.items import OPEN_STATES, Item, ItemState
from regie.domain.register.state import Register
from web_ui.bodies import Answer
from web_ui.register_acts import call_of_next, next_item, refusal_of
from web_ui.texts import Texts


class RundownItem(Answer, frozen=True):
    """An item. ``etat``: a_venir, en_cours, traite, reporte; ``appele_utc``: when the council came to it, in seconds."""

    id: str
    numero: int
    titre: str
    etat: str
    appele_utc: float | None = None


class Rundown(Answer, frozen=True):
    """The agenda in its order; ``suivant``: the item that would be called, or nothing; ``empeche``: why it may not, in French."""

    points: tuple[RundownItem, ...] = ()
    suivant: str = ""
    empeche: str | None = None


def rundown(register: Register | None, now_ms: int, texts: Texts) -> Rundown:
    """Where the council is now; empty without a register."""
    if register is None:
        return Rundown()
    coming = next_item(register)
    return Rundown(
        points=tuple(_item(item, rank) for rank, item in enumerate(register.items, 1)),
        suivant=coming,
        empeche=refusal_of(register, call_of_next(register), now_ms, texts)
        if coming
        else texts.say("plus_de_point"),
    )


def _item(item: Item, rank: int) -> RundownItem:
    return RundownItem(
        id=item.id,
        numero=rank,
        titre=item.agenda.title,
        etat=_standing(item.state),
        appele_utc=item.called_ms / 1000
        if item.called_ms is not None and item.state in OPEN_STATES
        else None,
    )


def _standing(state: ItemState) -> str:
    match state:
        case ItemState.LISTED:
            return "a_venir"
        case ItemState.POSTPONED | ItemState.WITHDRAWN:
            return "reporte"
        case ItemState.ADOPTED | ItemState.REJECTED | ItemState.NOTED:
            return "traite"
        case ItemState.CALLED | ItemState.DEBATE | ItemState.VOTE_OPEN | ItemState.VOTE_CLOSED:
            return "en_cours"
        case _ as never:
            assert_never(never)
