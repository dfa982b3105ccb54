"""The items and their votes: the agenda's part of a séance's view."""

from regie.documents.dossier import Dossier
from regie.documents.names import MODES, RECUSALS, STATES, TYPES, Names
from regie.documents.record import Record
from regie.documents.view import Demande, Point, Prise, Scrutin, Tour
from regie.domain.register import events as ev
from regie.domain.register.items import Item, ItemState, Vote
from regie.domain.register.rounds import Candidate, Election, Round
from regie.domain.register.rules import RULES


def items(record: Record, dossier: Dossier, names: Names) -> tuple[Point, ...]:
    """Every item, in the order of the agenda."""
    return tuple(
        _item(record, dossier, names, item, rank) for rank, item in enumerate(record.register.items, start=1)
    )


def _item(record: Record, dossier: Dossier, names: Names, item: Item, rank: int) -> Point:
    file, agenda, day = dossier.item(item.id), item.agenda, record.register.convocation.day
    candidates = {one.id: one.name for one in item.candidates}
    flagged = (act.rule for act in record.acts if isinstance(act, ev.Flagged) and act.subject == item.id)
    return Point(
        id=item.id,
        rang=rank,
        titre=agenda.title,
        type=TYPES[agenda.type],
        rapporteur=names.of(agenda.rapporteur),
        rapport=file.report or agenda.report,
        documents=file.documents,
        matiere=file.matter,
        etat=_state(item),
        cause=RULES[item.cause].sentence if item.cause in RULES else item.cause,
        sensible=agenda.sensitive,
        tardif=agenda.late,
        repris=agenda.returned,
        appele=item.called_ms,
        lien=link(record, dossier, item.called_ms),
        quorum=names.quorum(item.called) if item.called else None,
        deports=tuple((names.of(one.seat), RECUSALS[one.kind]) for one in item.recusals),
        demandes=tuple(
            Demande(
                mode=MODES[one.mode],
                demandeurs=names.all(one.requesters),
                presents=one.present,
                requis=one.needed,
                accordee=one.granted,
            )
            for one in item.requests
        ),
        renonciation=item.waiver.granted if item.waiver else None,
        scrutins=tuple(_vote(vote, names) for vote in item.votes if vote.tally is not None or vote.annulled),
        candidats=tuple(candidates.values()),
        tours=tuple(_round(held, election, item.candidates) for held, election in item.rounds),
        nomme=candidates.get(item.appointed, item.appointed),
        numero=item.number,
        identifiant=dossier.identifier(day, item.number) if item.number else "",
        debats=file.debates,
        visas=file.visas,
        texte=file.text,
        scrutateurs=file.scrutineers,
        prises=turns(record, dossier, names, item.id),
        avertissements=tuple(dict.fromkeys(RULES[rule].sentence for rule in flagged)),
    )


def _state(item: Item) -> str:
    if item.state is ItemState.LISTED and item.agenda.late:
        return "information"
    return STATES[item.state]


def _vote(vote: Vote, names: Names) -> Scrutin:
    tally, outcome = vote.tally, vote.outcome
    named = names.voices(vote.ballots, vote.voices)
    own = sum(voice.seat == voice.by or not voice.proxy for voice in vote.voices)
    return Scrutin(
        numero=vote.number,
        mode=MODES[vote.mode],
        president=names.of(vote.president),
        ouvert=vote.opened_ms,
        clos=vote.closed_ms,
        proclame=vote.proclaimed_ms,
        presents=own,
        representes=len(vote.voices) - own,
        votants=len(vote.voices),
        pour=tally.for_ if tally else 0,
        contre=tally.against if tally else 0,
        abstentions=tally.abstentions if tally else 0,
        refus=tally.refusals if tally else 0,
        blancs=tally.blanks if tally else 0,
        nuls=tally.nulls if tally else 0,
        exprimes=tally.expressed if tally else 0,
        majorite=outcome.needed if outcome else 0,
        regle=_rule(outcome.rule) if outcome else "",
        adopte=bool(outcome and outcome.adopted),
        preponderante=bool(outcome and outcome.casting),
        unanime=bool(outcome and outcome.adopted and tally and tally.for_ == tally.expressed),
        noms=named,
        absents=names.all(vote.absent),
        motif=vote.reason,
        annule=RULES[vote.annulled].sentence if vote.annulled in RULES else vote.annulled,
    )


def _rule(rule: str) -> str:
    law = RULES[rule]
    return f"{law.sentence.rstrip('.')} ({law.article})."


def _round(held: Round, election: Election, candidates: tuple[Candidate, ...]) -> Tour:
    known = {one.id: one.name for one in candidates}
    return Tour(
        numero=held.number,
        suffrages=tuple((known.get(name, name), count) for name, count in held.counts),
        bulletins=held.total - held.not_voting,
        blancs=held.blanks,
        nuls=held.nulls,
        non_votants=held.not_voting,
        exprimes=held.expressed,
        majorite=election.needed,
        elu=known.get(election.elected, election.elected) if election.elected else "",
        par_age=election.by_age,
    )


def link(record: Record, dossier: Dossier, utc_ms: int | None) -> str:
    """The address of the replay at an instant; nothing without a site, an instant or a video."""
    second = record.replay.second(utc_ms) if utc_ms is not None else None
    site = dossier.town.site.rstrip("/")
    return f"{site}/seances/{record.seance}#t={second}" if site and second is not None else ""


def turns(record: Record, dossier: Dossier, names: Names, item: str | None = None) -> tuple[Prise, ...]:
    """Turns to speak with their links: those on an item, or all. One that nobody ended ends with the séance."""
    end = record.register.closed_ms or record.register.last_ms
    return tuple(
        Prise(
            nom=names.of(turn.person),
            groupe=names.group(turn.person),
            debut=turn.since_ms,
            fin=end if turn.until_ms is None else turn.until_ms,
            lien=link(record, dossier, turn.since_ms),
        )
        for turn in record.register.floor.turns
        if item is None or turn.item == item
    )
