"""Names and words behind the register's codes, for one séance."""

from collections.abc import Iterable

from regie.documents.view import Quorum, Voix
from regie.domain.register.agenda import ItemType, RecusalKind
from regie.domain.register.convocation import NOTICE, SEAT, SITE, Channel
from regie.domain.register.items import ItemState
from regie.domain.register.presence import Cause
from regie.domain.register.proxies import ProxyEnd, ProxyStatus
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person
from regie.domain.register.state import Register
from regie.domain.register.votes import Ballot, Choice, Mode, Voice

TYPES = {
    ItemType.ORDINARY: "délibération",
    ItemType.URGENCY: "urgence",
    ItemType.MINUTES: "arrêt du procès-verbal",
    ItemType.INFORMATION: "information",
    ItemType.BUDGET: "budget primitif",
    ItemType.OTHER_BUDGET: "acte budgétaire",
    ItemType.ACCOUNTS: "compte",
    ItemType.PRESIDENT_ELECTION: "élection du président",
    ItemType.BUREAU_ELECTION: "élection du bureau",
    ItemType.EPCI_DELEGATES: "élection des délégués",
    ItemType.OUTSIDE_BODIES: "désignation dans un organisme extérieur",
    ItemType.APPOINTMENT: "nomination",
    ItemType.AWARD: "contrat, garantie ou aide",
}
STATES = {
    ItemState.LISTED: "inscrit",
    ItemState.CALLED: "appelé",
    ItemState.DEBATE: "en débat",
    ItemState.VOTE_OPEN: "vote ouvert",
    ItemState.VOTE_CLOSED: "vote clos, non proclamé",
    ItemState.ADOPTED: "adopté",
    ItemState.REJECTED: "rejeté",
    ItemState.POSTPONED: "reporté",
    ItemState.WITHDRAWN: "retiré",
    ItemState.NOTED: "dont acte",
}
CHOICES = {
    Choice.FOR: "pour",
    Choice.AGAINST: "contre",
    Choice.ABSTAINS: "abstention",
    Choice.REFUSES: "ne prend pas part au vote",
}
MODES = {Mode.ORDINARY: "ordinaire", Mode.PUBLIC: "public", Mode.SECRET: "secret"}
CHANNELS = {
    Channel.ELECTRONIC: "voie électronique",
    Channel.PAPER: "papier",
    Channel.BY_HAND: "remise en main propre",
}
CAUSES = {
    Cause.FREE: "",
    Cause.RECUSAL: "déport",
    Cause.ACCOUNTS: "vote du compte",
    Cause.INCIDENT: "incident technique",
    Cause.EXPULSION: "expulsion",
    Cause.END: "fin de séance",
}
RECUSALS = {
    RecusalKind.INTERESTED: "intéressé à l'affaire (L.2131-11)",
    RecusalKind.REPRESENTATIVE: "représentant de la collectivité (L.1111-6 II)",
}
PROXY_STATES = {
    ProxyStatus.VALID: "valide",
    ProxyStatus.TO_AUTHENTICATE: "à authentifier",
    ProxyStatus.SUSPENDED: "suspendu",
    ProxyStatus.ENDED: "caduc",
}
PROXY_ENDS = {
    ProxyEnd.GIVER_CAME: "arrivée du mandant",
    ProxyEnd.REVOKED: "révocation",
    ProxyEnd.REPLACED: "remplacé",
    ProxyEnd.MISTAKE: "saisi par erreur",
    ProxyEnd.MANDATE: "fin de mandat",
}


class Names:
    """Who is behind each id of a register."""

    def __init__(self, register: Register) -> None:
        self._people = {one.id: one for one in register.roster.councillors}
        self._rooms = {spec.id: spec.name for spec in register.specs}
        self._written = {proxy.id: proxy.writing.dated for proxy in register.proxies}
        self._members = register.members

    def of(self, person: Person) -> str:
        """A name; the id itself when the roster does not know it."""
        found = self._people.get(person)
        return found.name if found else person

    def group(self, person: Person) -> str:
        """The political group."""
        found = self._people.get(person)
        return found.group if found else ""

    def all(self, people: Iterable[Person]) -> tuple[str, ...]:
        """Names, in the order given."""
        return tuple(map(self.of, people))

    def room(self, room: str) -> str:
        """A room's name, or that of a place of posting."""
        if room.startswith(NOTICE):
            return f"Affiche d'information, {self.room(room.removeprefix(NOTICE))}"
        return self._rooms.get(room) or {SEAT: "Siège", SITE: "Site internet"}.get(room, room)

    def quorum(self, snapshot: Snapshot) -> Quorum:
        """A quorum as templates see it."""
        seats = {one.seat for one in snapshot.present} | {one.seat for one in snapshot.represented}
        seats |= set(snapshot.excluded)
        return Quorum(
            en_exercice=snapshot.in_office,
            compte=snapshot.counted,
            requis=snapshot.needed,
            presents=len(snapshot.present),
            representes=len(snapshot.represented),
            votants=len(snapshot.present) + len(snapshot.represented),
            atteint=snapshot.enough,
            dispense=snapshot.waived,
            avec_pouvoirs=snapshot.with_represented,
            noms=tuple(self.of(one.person) for one in snapshot.present),
            noms_representes=tuple(self.of(one.seat) for one in snapshot.represented),
            retires=self.all(snapshot.excluded),
            pouvoirs=tuple(
                (self.of(one.seat), self.of(one.holder), self._written.get(one.proxy))
                for one in snapshot.represented
            ),
            absents=self.all(seat for seat in self._members if seat not in seats),
        )

    def voices(self, ballots: Iterable[Ballot], voices: Iterable[Voice]) -> tuple[Voix, ...]:
        """Named ballots in the order of the voices."""
        said = {ballot.seat: ballot.choice for ballot in ballots}
        return tuple(
            Voix(
                nom=self.of(voice.seat),
                sens=CHOICES[said[voice.seat]],
                par=self.of(voice.by) if voice.by != voice.seat else "",
            )
            for voice in voices
            if voice.seat in said
        )
