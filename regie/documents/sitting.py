"""The whole view of a séance, from its register and the secretary's file."""

from collections.abc import Iterable, Iterator

from regie.documents.dossier import Dossier
from regie.documents.items import items, turns
from regie.documents.names import Names
from regie.documents.people import members, movements, postings, proofs, proxies
from regie.documents.record import Record
from regie.documents.view import HuisClos, Incident, Parole, Salle, Seance, Suspension
from regie.domain.register import events as ev
from regie.domain.register.delays import clear_days
from regie.domain.register.regimes import RegimeId
from regie.domain.register.rules import RULES


def view(record: Record, dossier: Dossier) -> Seance:
    """Everything that a template may say of a séance. Raises DocumentError when the file's numbering is wrong."""
    register, names = record.register, Names(record.register)
    call, town = register.convocation, dossier.town
    spoken = turns(record, dossier, names)
    measured = _speaking(_measured(record, dossier))
    return Seance(
        id=record.seance,
        titre=record.title,
        organe=town.organ,
        collectivite=town.name or register.body.name,
        intercommunal=register.body.is_intercommunal,
        regime=register.regime_id.value,
        date=call.day,
        heure_convoquee=call.time,
        lieu=call.place,
        convoquee_le=call.sent,
        jours_francs=clear_days(call.sent, call.day),
        urgence=call.urgent,
        installation=call.installation,
        plusieurs_lieux=call.several_places,
        seconde_convocation=call.first_call is not None,
        mention_sans_quorum=register.second_call,
        note=call.note,
        reglement=register.house.reference,
        salles=tuple(
            Salle(
                id=spec.id,
                nom=spec.name,
                fondement=spec.legal_basis,
                employeur=spec.agent_employer,
                acte=spec.agent_act,
                convention=spec.agreement,
                essai=_before_opening(record, spec.id, ev.RoomTested, "passed"),
                public=_before_opening(record, spec.id, ev.PublicAdmitted, "admitted"),
            )
            for spec in register.specs
        ),
        preuves=proofs(register, names),
        affichages=postings(register, names),
        chef=names.of(register.roster.head),
        president=names.of(_first_president(record)),
        presidences=tuple(
            (names.of(act.president), act.at_utc_ms)
            for act in record.acts
            if isinstance(act, ev.PresidencyPassed)
        ),
        secretaires=names.all(register.secretaries),
        ouverte=register.opened_ms,
        levee=register.closed_ms,
        faute_de_quorum=any(isinstance(act, ev.QuorumFailed) for act in record.acts),
        ouverture=names.quorum(register.opening) if register.opening else None,
        quorum_perdu=tuple(
            (act.at_utc_ms, act.count.present, act.count.needed)
            for act in record.acts
            if isinstance(act, ev.QuorumLost | ev.QuorumRegained)
        ),
        membres=members(record, names),
        pouvoirs=proxies(register, names),
        points=items(record, dossier, names),
        mouvements=movements(record, names),
        incidents=tuple(_incidents(record, names)),
        huis_clos=tuple(_closed_doors(record, names)),
        suspensions=tuple(_suspensions(record, names)),
        prises=spoken,
        paroles=_speaking((one.nom, one.fin - one.debut, 1) for one in spoken) or measured,
        paroles_mesurees=not spoken and bool(measured),
        paroles_groupes=_speaking((one.groupe or "Sans groupe", one.fin - one.debut, 1) for one in spoken),
        avertissements=tuple(
            (
                RULES[act.rule].sentence,
                RULES[act.rule].cited(register.regime_id is RegimeId.EPCI_3DS),
                act.reason,
            )
            for act in record.acts
            if isinstance(act, ev.Flagged)
        ),
        entrees=record.entries,
        empreinte=record.digest,
    )


def _before_opening(
    record: Record, room: str, kind: type[ev.RoomTested | ev.PublicAdmitted], good: str
) -> int | None:
    """When a room's access was last said good before the séance was opened; none when the last word was that it was not."""
    opened_ms = record.register.opened_ms
    told = [
        act
        for act in record.acts
        if isinstance(act, kind) and act.room == room and (opened_ms is None or act.at_utc_ms <= opened_ms)
    ]
    return told[-1].at_utc_ms if told and getattr(told[-1], good) else None


def _first_president(record: Record) -> str:
    opened = next((act.president for act in record.acts if isinstance(act, ev.Opened)), "")
    return opened or record.register.president


def _speaking(taken: Iterable[tuple[str, int, int]]) -> tuple[Parole, ...]:
    """Who, milliseconds, turns: added up, the longest first."""
    total: dict[str, tuple[int, int]] = {}
    for name, lasted, turns_ in taken:
        before, times = total.get(name, (0, 0))
        total[name] = (before + lasted, times + turns_)
    ranked = sorted(total.items(), key=lambda one: (-one[1][0], one[0]))
    return tuple(Parole(nom=name, duree=lasted, prises=times) for name, (lasted, times) in ranked)


def _measured(record: Record, dossier: Dossier) -> Iterator[tuple[str, int, int]]:
    """What the microphones of the chamber measured, by who sits there; a place whose holder is not known keeps its own name."""
    by_seat = {one.seat: one.name for one in record.register.roster.councillors if one.seat}
    for place in record.spoken.rows():
        yield dossier.seats.get(place.seat) or by_seat.get(place.seat, place.seat), place.ms, place.speeches


def _suspensions(record: Record, names: Names) -> Iterator[Suspension]:
    since: int | None = None
    for act in record.acts:
        if isinstance(act, ev.Suspended):
            since = act.at_utc_ms
        elif isinstance(act, ev.Resumed) and since is not None:
            yield Suspension(debut=since, fin=act.at_utc_ms, quorum=names.quorum(act.quorum))
            since = None
    if since is not None:
        yield Suspension(debut=since, fin=record.register.closed_ms, quorum=None)


def _closed_doors(record: Record, names: Names) -> Iterator[HuisClos]:
    """One a vote."""
    asked: ev.ClosedDoorsAsked | None = None
    for rank, act in enumerate(record.acts):
        if isinstance(act, ev.ClosedDoorsAsked):
            asked = act
        elif isinstance(act, ev.ClosedDoorsDecided) and asked is not None:
            reopened = next(
                (later for later in record.acts[rank:] if isinstance(later, ev.DoorsReopened)), None
            )
            until = reopened.at_utc_ms if reopened else record.register.closed_ms
            during = [later for later in record.acts[rank:] if until is None or later.at_utc_ms <= until]
            yield HuisClos(
                demande=asked.at_utc_ms,
                demandeurs=names.all(asked.requesters),
                par_le_chef=asked.by_head,
                requis=asked.needed,
                motif=asked.reason,
                decide=act.at_utc_ms,
                pour=act.tally.for_,
                contre=act.tally.against,
                abstentions=act.tally.abstentions + act.tally.refusals,
                votants=len(act.voices),
                majorite=act.needed,
                adopte=act.adopted,
                noms=names.voices(act.ballots, act.voices),
                quorum=names.quorum(act.quorum),
                sorties=tuple(
                    (names.room(later.room), later.at_utc_ms)
                    for later in during
                    if isinstance(later, ev.PublicOut)
                ),
                leve=until if act.adopted else None,
                points=_during(record, rank, during) if act.adopted else (),
            )
            asked = None


def _during(record: Record, rank: int, during: list[ev.Act]) -> tuple[str, ...]:
    """Titles of the items dealt with behind closed doors: the one on the table when they closed, and those called since."""
    calls = [act.item for act in record.acts[:rank] if isinstance(act, ev.ItemCalled)][-1:]
    done = {act.item for act in record.acts[:rank] if isinstance(act, _ENDS)}
    calls = [name for name in calls if name not in done]
    calls += [act.item for act in during if isinstance(act, ev.ItemCalled)]
    return tuple(record.register.item(name).agenda.title for name in dict.fromkeys(calls))


_ENDS = (ev.Proclaimed, ev.Appointed, ev.ItemNoted, ev.ItemPostponed, ev.ItemWithdrawn, ev.ItemSetAside)


def _incidents(record: Record, names: Names) -> Iterator[Incident]:
    """Links, streams, agents, and what was done about them (TL1 to TL10), with the item that the council was on."""
    item = ""
    for act in record.acts:
        if isinstance(act, ev.ItemCalled):
            item = record.register.item(act.item).agenda.title
        elif isinstance(act, _ENDS):
            item = ""
        told = _incident(act)
        if told is not None:
            fact, decision = told
            room = names.room(getattr(act, "room", ""))
            at = act.since_ms if isinstance(act, ev.LinkLost) else act.at_utc_ms
            yield Incident(heure=at, salle=room, fait=fact, decision=decision, agent=act.who, point=item)


def _incident(act: ev.Act) -> tuple[str, str] | None:
    match act:
        case ev.LinkLost():
            return "Liaison perdue", "parole gelée"
        case ev.LinkBack():
            return (
                "Liaison rétablie",
                "appel de la salle avant de reprendre" if act.call_needed else "reprise",
            )
        case ev.RoomRollCalled():
            return "Appel de la salle fait", f"{len(act.present)} présents"
        case ev.AudioFallback():
            return "Passage au son seul", act.reason
        case ev.RoomLeftOut():
            return "Reprise sans la salle", act.reason
        case ev.StreamChanged():
            return "Diffusion en direct", "en service" if act.up else "interrompue"
        case ev.AgentChanged():
            return "Agent de la salle", "présent" if act.there else "absent"
        case ev.RoomTested() if not act.passed:
            return "Essai de la salle", "non concluant"
        case ev.VoteAnnulled():
            return "Vote annulé", RULES[act.rule].sentence if act.rule in RULES else act.reason
        case ev.Suspended() if act.rule:
            return "Suspension", RULES[act.rule].sentence
        case ev.PresidencyPassed() if act.only_to_adjourn:
            return "Présidence passée", "seulement pour lever la séance"
        case _:
            return None
