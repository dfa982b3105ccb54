"""The register told line by line, in French, each line with its three times: the séance's, the wall's, the picture's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from regie.domain.event import Event
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.proxies import find
from regie.domain.register.rules import RULES
from regie.domain.register.state import Register
from regie.domain.timeline import to_ms
from regie.errors import Fact
from regie.journal import Entry
from web_ui.bodies import Answer
from web_ui.texts import Texts

LATE_MS = 1500
"""What was written so long after it happened was typed late: its other times are those of when it happened."""


class LineInfo(Answer, frozen=True):
    """An entry; ``sujet``: the person it is about, if one. ``acte_ms``: when it happened; ``ecrit_ms``: when it was written.

    ``retour``: what takes it back at once, for what is mistyped; null when nothing does. ``seance_ms``: since the opening.
    ``image_ms`` and ``public_ms``: on the picture that was being made, and on the one that citizens received, since the start of
    the engine's run ``passage``; null while the engine was away.
    """

    n: int
    genre: str
    phrase: str
    auteur: str
    salle: str
    sujet: str
    acte_ms: int
    ecrit_ms: int
    seance_ms: int | None
    passage: str | None
    image_ms: int | None
    public_ms: int | None
    retour: cmd.AnyCommand | None


def line_of(entry: Entry, register: Register | None, texts: Texts) -> LineInfo:
    """An entry as pages read it. ``register``: the present one, for the names."""
    told: dict[str, Any] = msgspec.to_builtins(entry.event)
    times = entry.times
    late_ms = max(0, times.written_utc_ms - told["at_utc_ms"])
    if late_ms < LATE_MS:
        late_ms = 0
    key = f"acte.{entry.kind}"
    known = texts.has(key)
    return LineInfo(
        n=entry.n,
        genre=entry.kind,
        phrase=texts.say(key if known else "acte.autre", {"genre": entry.kind, **_facts(told, register)}),
        auteur=entry.author,
        salle=told.get("place", ""),
        sujet=told.get("person", ""),
        acte_ms=told["at_utc_ms"],
        ecrit_ms=times.written_utc_ms,
        seance_ms=_before(times.seance_ms, late_ms),
        passage=times.run,
        image_ms=_before(None if times.live is None else to_ms(times.live), late_ms),
        public_ms=_before(None if times.public is None else to_ms(times.public), late_ms),
        retour=inverse_of(entry.event),
    )


MISTAKE = "saisi par erreur"


def inverse_of(event: Event) -> cmd.AnyCommand | None:
    """The command that takes an entry back; it is refused, like any other, when something relied on it since."""
    match event:
        case ev.Arrived() | ev.Left():
            return cmd.UndoPresence(person=event.person)
        case ev.ProxyLodged():
            return cmd.RevokeProxy(proxy=event.proxy.id, mistaken=True)
        case ev.Recused():
            return cmd.LiftRecusal(item=event.item, seat=event.seat, reason=MISTAKE)
        case ev.ItemCalled():
            return cmd.SetAside(item=event.item)
        case ev.ItemNoted() | ev.ItemWithdrawn():
            return cmd.RestoreItem(item=event.item, reason=MISTAKE)
        case ev.ItemPostponed(rule=""):
            return cmd.RestoreItem(item=event.item, reason=MISTAKE)
        case ev.BallotRequested():
            return cmd.WithdrawRequest(item=event.item, mode=event.mode, person=event.requesters[-1])
        case ev.VoteOpened():
            return cmd.AnnulVote(reason=MISTAKE)
        case ev.FloorAsked():
            return cmd.WaiveFloor(person=event.person)
        case _:
            return None


def _before(instant_ms: int | None, late_ms: int) -> int | None:
    """The same instant on a clock that was read ``late_ms`` after it; None when that clock did not run yet."""
    return None if instant_ms is None or (late_ms and instant_ms < late_ms) else instant_ms - late_ms


_CAUSES = {
    "libre": "libre",
    "deport": "déport",
    "vote_du_compte": "vote du compte",
    "incident_technique": "incident technique",
    "expulsion": "expulsion",
    "fin_de_seance": "fin de séance",
    "arrivee_du_mandant": "arrivée du mandant",
    "revocation": "révoqué",
    "remplace": "remplacé",
    "saisi_par_erreur": "saisi par erreur",
    "fin_de_mandat": "fin de mandat",
    "interesse": "élu intéressé",
    "representant_1111_6_ii": "représentant, L.1111-6 II",
}
_WORDS = ("passed", "admitted", "there", "up", "granted", "adopted", "agrees")
_YES = {
    "passed": "réussi",
    "admitted": "admis",
    "there": "présent",
    "up": "en marche",
    "granted": "accordé",
    "adopted": "adopté",
    "agrees": "conforme",
}
_NO = {
    "passed": "manqué",
    "admitted": "sorti",
    "there": "parti",
    "up": "interrompue",
    "granted": "pas accordé",
    "adopted": "rejeté",
    "agrees": "contesté",
}


def _facts(told: Mapping[str, Any], register: Register | None) -> dict[str, Fact]:
    """What sentences may name, found in whatever an event holds."""
    facts: dict[str, Fact] = {"titre": told.get("title", ""), "motif": told.get("reason", "")}
    facts |= _persons(told, register) | _things(told, register)
    facts |= {name: _CAUSES.get(told[key], told[key]) for key, name in _CAUSED if key in told}
    for word in _WORDS:
        if word in told:
            facts["suite"] = _YES[word] if told[word] else _NO[word]
    if "waiver" in told:
        facts["suite"] = _YES["granted"] if told["waiver"]["granted"] else _NO["granted"]
    rule = RULES.get(told.get("rule", ""))
    facts["article"] = rule.article if rule else ""
    facts["phrase"] = rule.sentence.removesuffix(".") if rule else ""
    return facts | _figures(told)


_CAUSED = (("cause", "suite"), ("end", "suite"), ("kind", "suite"))


def _persons(told: Mapping[str, Any], register: Register | None) -> dict[str, Fact]:
    def name(person: str) -> str:
        found = register.roster.find(person) if register is not None else None
        return found.name if found is not None else person

    facts: dict[str, Fact] = {}
    for key in ("person", "seat", "titular", "councillor", "president"):
        if isinstance(told.get(key), str):
            facts["nom"] = name(told[key])
    if "secretaries" in told:
        facts["noms"] = ", ".join(map(name, told["secretaries"]))
    if "proxy" in told and register is not None:
        kept = told["proxy"]["id"] if isinstance(told["proxy"], dict) else told["proxy"]
        proxy = find(register.proxies, kept)
        facts |= {"mandant": name(proxy.giver), "mandataire": name(proxy.holder)} if proxy is not None else {}
    if "candidate" in told:
        facts["candidat"] = _candidate(told, register)
    return facts


def _candidate(told: Mapping[str, Any], register: Register | None) -> str:
    items = register.items if register is not None else ()
    names = {one.id: one.name for item in items if item.id == told["item"] for one in item.candidates}
    return names.get(told["candidate"], str(told["candidate"]))


def _things(told: Mapping[str, Any], register: Register | None) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    item = told.get("item")
    if isinstance(item, str):
        titles = (
            {one.id: f"{rank}. {one.agenda.title}" for rank, one in enumerate(register.items, 1)}
            if register
            else {}
        )
        facts["point"] = titles.get(item, item)
    elif isinstance(item, dict):
        facts["point"] = item.get("title", "")
    if "room" in told:
        rooms = {spec.id: spec.name for spec in register.specs} if register else {}
        facts["salle"] = rooms.get(told["room"], told["room"])
    return facts


def _figures(told: Mapping[str, Any]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"requis": told.get("needed"), "nombre": None}
    if "mode" in told or "vote" in told:
        facts["mode"] = told.get("mode") or told["vote"]["mode"]
    if "requesters" in told:
        facts["nombre"] = len(told["requesters"])
    elif "ballots" in told:
        facts["nombre"] = len(told["ballots"])
    if "round" in told:
        facts["tour"] = told["round"]["number"]
    if isinstance(told.get("quorum"), dict):
        quorum = told["quorum"]
        facts["quorum"] = f"{len(quorum['present'])} présents pour {quorum['needed']} requis"
    if isinstance(told.get("count"), dict):
        count = told["count"]
        facts["compte"] = f"{count['present']} présents pour {count['needed']} requis"
    if isinstance(told.get("tally"), dict):
        facts["decompte"] = tally_words(told["tally"])
    return facts


_SENSES = (
    ("for_", "pour"),
    ("against", "contre"),
    ("abstentions", "abstentions"),
    ("refusals", "ne prennent pas part"),
    ("blanks", "blancs"),
    ("nulls", "nuls"),
)


def tally_words(tally: Mapping[str, int]) -> str:
    """« 21 pour, 3 contre »; counts of zero are left out."""
    said = [f"{tally[key]} {word}" for key, word in _SENSES if tally.get(key)]
    return ", ".join(said) or "aucune voix"
