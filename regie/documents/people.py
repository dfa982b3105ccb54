"""Who was there, who gave a voice to whom, who came and went: the members' part of a séance's view."""

from collections.abc import Iterator, Sequence

from regie.documents.names import CAUSES, CHANNELS, PROXY_ENDS, PROXY_STATES, Names
from regie.documents.record import Record
from regie.documents.view import Affichage, Membre, Mouvement, Pouvoir, Preuve
from regie.domain.register import events as ev
from regie.domain.register.convocation import notice_places, posting_places
from regie.domain.register.presence import Cause, Stay
from regie.domain.register.proxies import Proxy
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person
from regie.domain.register.state import Register


def members(record: Record, names: Names) -> tuple[Membre, ...]:
    """Every seat in office on the day of the séance, as it stood at the opening; seats lost before it are not of the council."""
    register = record.register
    lost_later = _lost_after_opening(record)
    seats = (*register.members, *lost_later)
    ranks = {one.id: one.rank for one in register.roster.councillors}
    return tuple(
        _member(register, seat, names) for seat in sorted(seats, key=lambda seat: ranks.get(seat, 0))
    )


def _lost_after_opening(record: Record) -> list[Person]:
    opened = record.register.opened_ms
    return [
        act.councillor
        for act in record.acts
        if isinstance(act, ev.MandateEnded) and opened is not None and act.at_utc_ms > opened
    ]


def _member(register: Register, seat: Person, names: Names) -> Membre:
    councillor = register.roster.find(seat)
    assert councillor is not None
    opening = register.opening
    there = next((one for one in opening.present if one.seat == seat), None) if opening else None
    proxy = _proxy_at_opening(register, opening, seat)
    stays = _stays(register, seat)
    first, last = (stays[0], stays[-1]) if stays else (None, None)
    opened_ms, closed_ms = register.opened_ms or 0, register.closed_ms
    room = there.room if there else first.room if first else ""
    late = first is not None and there is None and first.since_ms > opened_ms
    left = last is not None and last.until_ms is not None and (closed_ms is None or last.until_ms < closed_ms)
    held = [one for one in register.proxies if one.holder == seat and _counted(opening, one.id)]
    return Membre(
        id=seat,
        nom=councillor.name,
        groupe=councillor.group,
        siege=councillor.seat,
        commune=councillor.commune,
        etat="présent" if there else "représenté" if proxy else "absent",
        salle=names.room(room) if room else "",
        remplace_par=names.of(there.person) if there and there.person != seat else "",
        arrivee=first.since_ms if late and first else None,
        depart=last.until_ms if left and last and last.cause is not Cause.END else None,
        pouvoir_a=names.of(proxy.holder) if proxy else "",
        pouvoir_date=proxy.writing.dated if proxy else None,
        porte_pouvoir_de=", ".join(names.of(one.giver) for one in held),
        passages=tuple(_passages(stays, opened_ms, closed_ms)),
    )


def _passages(stays: Sequence[Stay], opened_ms: int, closed_ms: int | None) -> Iterator[tuple[str, int]]:
    """« arrive », « quitte la séance », « revient »: what the minutes say of a seat once the séance is open."""
    for rank, stay in enumerate(stays):
        if stay.since_ms > opened_ms:
            yield "revient" if rank else "arrive", stay.since_ms
        left = stay.until_ms
        if left is None or left <= opened_ms or stay.cause is Cause.END or (closed_ms and left >= closed_ms):
            continue
        cause = CAUSES[stay.cause] if stay.cause else ""
        yield f"quitte la séance ({cause})" if cause else "quitte la séance", left


def _proxy_at_opening(register: Register, opening: Snapshot | None, seat: Person) -> Proxy | None:
    return next((one for one in register.proxies if one.giver == seat and _counted(opening, one.id)), None)


def _counted(opening: Snapshot | None, proxy: str) -> bool:
    return opening is not None and any(one.proxy == proxy for one in opening.represented)


def _stays(register: Register, seat: Person) -> list[Stay]:
    """Stays in the seat, its substitute's included, that were not taken back, in order of time."""
    own = (stay for stay in register.stays if not stay.void and register.roster.seat_of(stay.person) == seat)
    return sorted(own, key=lambda stay: stay.since_ms)


def proxies(register: Register, names: Names) -> tuple[Pouvoir, ...]:
    """Every proxy received, in order of receipt."""
    return tuple(
        Pouvoir(
            mandant=names.of(one.giver),
            mandataire=names.of(one.holder),
            date=one.writing.dated,
            recu=one.received_ms,
            canal=CHANNELS[one.writing.channel],
            authentifie=one.writing.authenticated,
            statut=PROXY_STATES[one.status],
            fin=one.ended_ms,
            cause_fin=PROXY_ENDS[one.end] if one.end else "",
            rang=one.writing.consecutive,
            seconde_seance=one.writing.names_second_session,
            conteste=one.contested,
            justificatif_maladie=one.writing.illness,
        )
        for one in register.proxies
    )


def proofs(register: Register, names: Names) -> tuple[Preuve, ...]:
    """The last proof of each member's convocation, or none."""
    newest = {proof.councillor: proof for proof in register.proofs}
    return tuple(
        Preuve(
            nom=names.of(seat),
            canal=CHANNELS[newest[seat].channel] if seat in newest else "",
            heure=newest[seat].at_utc_ms if seat in newest else None,
            revenue=seat in newest and newest[seat].bounced,
        )
        for seat in register.members
    )


def postings(register: Register, names: Names) -> tuple[Affichage, ...]:
    """Where the convocation and the notice to the persons filmed had to be posted, and were."""
    done = {posting.place: posting for posting in register.postings}
    return tuple(
        Affichage(
            lieu=names.room(place),
            heure=done[place].at_utc_ms if place in done else None,
            agent=done[place].agent if place in done else "",
        )
        for place in (*posting_places(register.specs), *notice_places(register.specs))
    )


def movements(record: Record, names: Names) -> tuple[Mouvement, ...]:
    """The journal of entries, exits, proxies, links and access, each in its room (TC4)."""
    register = record.register
    # As they were lodged: a corrected convocation may have set one aside.
    by_id: dict[str, Proxy] = {}
    rooms = [spec.id for spec in register.specs]
    where: dict[Person, str] = {}
    told: list[Mouvement] = []
    for act in record.acts:
        if not isinstance(act, ev.Counted | _OF_ROOMS):
            continue
        if isinstance(act, ev.ProxyLodged):
            by_id[act.proxy.id] = act.proxy
        for fact, person, cause in _facts(act, by_id, names):
            if isinstance(act, ev.Arrived | ev.Left):
                where[act.person] = act.room
            who = getattr(act, "person", "")
            count = act.count if isinstance(act, ev.Counted) else None
            room = getattr(act, "room", "") or act.place or where.get(who) or (rooms[0] if rooms else "")
            told.append(
                Mouvement(
                    heure=act.at_utc_ms,
                    salle=room,
                    fait=fact,
                    personne=person,
                    cause=cause,
                    agent=act.who,
                    presents=count.present if count else None,
                    representes=count.represented if count else None,
                    requis=count.needed if count else None,
                    en_exercice=count.in_office if count else None,
                )
            )
    return tuple(told)


_OF_ROOMS = ev.RoomOpened | ev.RoomTested | ev.PublicAdmitted | ev.AgentChanged
"""What changes no count and says who had access to the séance, since when (TC2, TC4, TC7)."""


def _facts(act: ev.Act, proxies: dict[str, Proxy], names: Names) -> Iterator[tuple[str, str, str]]:
    """What happened, to whom, why."""
    match act:
        case ev.Arrived():
            yield "Entrée", names.of(act.person), ""
        case ev.Left():
            yield "Sortie", names.of(act.person), CAUSES[act.cause]
        case ev.ArrivalUndone():
            yield "Entrée annulée", names.of(act.person), "saisie par erreur"
        case ev.DepartureUndone():
            yield "Sortie annulée", names.of(act.person), "saisie par erreur"
        case ev.StayCorrected():
            yield "Horaire corrigé", "", act.reason
        case ev.ProxyLodged():
            yield "Pouvoir reçu", _pair(act.proxy, names), ""
        case ev.ProxyAuthenticated():
            yield "Pouvoir authentifié", _pair(proxies[act.proxy], names), ""
        case ev.ProxySuspended():
            yield "Pouvoir suspendu", _pair(proxies[act.proxy], names), "sortie du mandataire"
        case ev.ProxyRevived():
            yield "Pouvoir rétabli", _pair(proxies[act.proxy], names), "retour du mandataire"
        case ev.ProxyEnded():
            yield "Pouvoir caduc", _pair(proxies[act.proxy], names), PROXY_ENDS[act.end]
        case ev.MandateEnded():
            yield "Siège vacant", names.of(act.councillor), "fin de mandat"
        case ev.Recused():
            yield "Déport", names.of(act.seat), f"point {act.item}"
        case ev.RecusalLifted():
            yield "Déport levé", names.of(act.seat), f"point {act.item} : {act.reason}"
        case ev.RoomOpened():
            yield "Salle ouverte", "", "agent présent"
        case ev.RoomTested():
            yield "Essai de la salle", "", "concluant" if act.passed else "non concluant"
        case ev.PublicAdmitted():
            yield "Public admis" if act.admitted else "Public non admis", "", ""
        case ev.AgentChanged():
            yield "Agent présent" if act.there else "Agent absent", "", ""
        case ev.LinkLost():
            yield "Liaison perdue", "", ""
        case ev.LinkBack():
            yield "Liaison rétablie", "", "appel à faire" if act.call_needed else ""
        case ev.RoomRollCalled():
            yield "Appel de la salle", ", ".join(names.all(act.present)), ""
        case ev.AudioFallback():
            yield "Son seul", "", act.reason
        case ev.RoomLeftOut():
            yield "Salle écartée", "", act.reason


def _pair(proxy: Proxy, names: Names) -> str:
    return f"{names.of(proxy.giver)} à {names.of(proxy.holder)}"
