"""What may be done now, and why the rest may not: the law itself is asked, with the command that each key would send."""

from collections.abc import Mapping

from regie.domain.register import commands as cmd
from regie.domain.register.decide import decide
from regie.domain.register.items import ItemState
from regie.domain.register.state import Register
from regie.errors import Refusal
from web_ui.texts import Texts


def next_item(register: Register) -> str:
    """The item that would be called next, or nothing."""
    return next((item.id for item in register.items if item.state is ItemState.LISTED), "")


def call_of_next(register: Register) -> cmd.CallItem:
    """The command that calls it."""
    return cmd.CallItem(items=(next_item(register),))


def refusal_of(register: Register, command: cmd.AnyCommand, now_ms: int, texts: Texts) -> str | None:
    """The French reason why a command is impossible now, None when it is possible."""
    try:
        decide(register, command, max(now_ms, register.last_ms))
    except Refusal as refusal:
        return texts.say(refusal.stable_code, refusal.facts)
    return None


def possible_acts(register: Register, now_ms: int, texts: Texts) -> dict[str, str | None]:
    """Each act with the French reason why it is impossible now, None when it is possible."""
    acts = {
        name: refusal_of(register, command, now_ms, texts) for name, command in _commands(register).items()
    }
    states = {item.state for item in register.on_the_table}
    acts["clore_vote"] = None if ItemState.VOTE_OPEN in states else texts.say("vote_pas_ouvert")
    if not next_item(register):
        acts["appeler"] = texts.say("plus_de_point")
    return acts


def _commands(register: Register) -> Mapping[str, cmd.AnyCommand]:
    """The command of each key. The close of a vote is not among them: it needs its count."""
    table = register.on_the_table
    election = next((item for item in table if item.agenda.is_election and not item.votes), None)
    return {
        "ouvrir": cmd.OpenSitting(president=register.president),
        "suspendre": cmd.SuspendSitting(),
        "reprendre": cmd.ResumeSitting(),
        "lever": cmd.CloseSitting(),
        "constater_quorum": cmd.DeclareNoQuorum(),
        "appeler": call_of_next(register),
        "debattre": cmd.OpenDebate(),
        "ouvrir_vote": cmd.OpenVote(),
        "revoter": cmd.OpenVote(reason="?"),
        "annuler_vote": cmd.AnnulVote(reason="?"),
        "proclamer": cmd.ProclaimAppointment(item=election.id) if election else cmd.Proclaim(),
        "retirer_parole": cmd.TakeFloor(),
        "prolonger": cmd.ExtendTime(by_ms=1),
        "demander_huis_clos": cmd.AskClosedDoors(by_head=True, reason="?"),
        "rouvrir": cmd.ReopenDoors(),
    }
