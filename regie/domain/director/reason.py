"""« Pourquoi ce plan »: one line in French, with who may be next."""

from collections.abc import Mapping

from regie.domain.director.chamber import Chamber
from regie.domain.director.state import Mode, State, Talk
from regie.domain.director.wanting import SEAT
from regie.domain.model import SourceId

_WHY = {
    "debut": "En attente des micros",
    "vote": "Vote en cours : plan large, aucun visage",
    "scrutin_secret": "Scrutin secret : personne n'est montré",
    "huis_clos": "Huis clos : personne n'est montré",
}


def explain(chamber: Chamber, state: State, names: Mapping[SourceId, str] | None = None) -> str:
    """Why this shot, and the pending candidate. ``names`` are those of the sources."""
    parts = [_why(chamber, state)]
    if state.fled == state.now:
        parts.insert(0, "Le plan n'était plus bon (caméra perdue, déplacée, ou à ne pas montrer)")
    if state.on_screen is not None and not state.discretion.blind:
        parts.append("document à l'écran")
    if state.waiting is not None:
        parts.append(f"{(names or {}).get(state.waiting, state.waiting)} se place")
    candidate = _candidate(state)
    if candidate is not None:
        parts.append(f"candidat : {_who(chamber, candidate.seat)} {_seconds(candidate.heard)}")
    elif state.requests:
        parts.append(f"demande la parole : {_who(chamber, state.requests[0])}")
    said = " — ".join(parts)
    return f"À la main. L'automatique dirait : {said}" if state.mode is Mode.MANUAL else said


def _why(chamber: Chamber, state: State) -> str:
    wanted, floor, now = state.want, state.floor, state.now
    if wanted.code in _WHY:
        return _WHY[wanted.code]
    seats = [_who(chamber, seat) for seat in wanted.seats]
    match wanted.code:
        case "parle":
            seat = wanted.seats[0]
            micro = chamber.microphone_at.get(seat)
            said = seats[0] + (f" ({micro})" if micro else "")
            unseen = not chamber.of_seat.get(seat) and chamber.seat_of[seat].tile is None
            none = " : aucun cadrage de cette place, plan large" if unseen else ""
            return f"{said} depuis {_seconds(now - floor.since)}{none}"
        case "appel":
            return f"Appel nominal : {seats[0]}"
        case "choisie":
            return f"{seats[0]}, à votre choix"
        case "commence":
            return f"{seats[0]} commence à parler : autre plan en attendant une caméra"
        case "echange":
            return f"{_all(seats)} se répondent : plan d'ensemble"
        case "en_meme_temps":
            return f"{_all(seats)} parlent en même temps : plan d'ensemble"
        case "longue":
            return f"{seats[0]} parle depuis {_seconds(now - floor.since)} : un autre plan, un instant"
        case "exclue" | "hors_champ":
            why = "exclu de l'automatique" if wanted.code == "exclue" else "hors champ (absent ou déporté)"
            return f"{_who(chamber, floor.holder or '')} : {why}, plan large"
        case "silence" if floor.last < 0:
            return "Personne n'a encore parlé : plan large"
        case "silence":
            return f"Personne ne parle depuis {_seconds(now - floor.last)} : plan large"
        case _:
            return f"Silence depuis {_seconds(now - floor.last)}, on ne bouge pas"


def _candidate(state: State) -> Talk | None:
    """Who speaks and is not what is wanted, the longest heard first."""
    shown = state.want.seats if state.want.what == SEAT else ()
    others = [talk for talk in state.talks if talk.seat != state.floor.holder and talk.seat not in shown]
    return max(others, key=lambda talk: (talk.heard, talk.seat), default=None)


def _who(chamber: Chamber, seat: str) -> str:
    known = chamber.seat_of.get(seat)
    return known.name or f"place {seat}" if known is not None else "?"


def _all(names: list[str]) -> str:
    return " et ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} et {names[-1]}"


def _seconds(ms: int) -> str:
    """0,3 s; 4 s; 2 min 05."""
    if ms < 2000:
        return f"{max(0, ms) / 1000:.1f}".replace(".", ",") + " s"
    if ms < 60_000:
        return f"{ms // 1000} s"
    return f"{ms // 60_000} min {ms // 1000 % 60:02d}"
