"""A council for the tests of the legal register: e1 presides; members arrive, act and are refused in one line each."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pytest

from regie.domain.register import commands as cmd
from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.convocation import Convocation
from regie.domain.register.decide import Decision, decide
from regie.domain.register.events import Act
from regie.domain.register.evolve import apply
from regie.domain.register.items import Item, ItemState, Vote
from regie.domain.register.proxies import Writing
from regie.domain.register.regimes import Body, BodyKind, RegimeId
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.roster import Councillor, Roster
from regie.domain.register.state import Register
from regie.domain.register.votes import Ballot, Choice, Mode, Tally
from regie.errors import Refusal

DAY = date(2026, 3, 12)
START_MS = 1_773_340_200_000
COMMUNE = Body(kind=BodyKind.COMMUNE, name="Ingeville", population=110_000)
EPCI = Body(kind=BodyKind.EPCI, name="Ingeco", population=270_000)
HOUSE = HouseRules(reference="RI art. 12", identity_check="appel", retention="24 mois")
HALL = RoomSpec(id="hall", name="Salle du conseil", legal_basis="mairie")
MINUTES = AgendaItem(id="pv", title="Arrêt du procès-verbal", type=ItemType.MINUTES)


def member(rank: int, **more: object) -> Councillor:
    """Councillor e<rank>."""
    values: dict[str, object] = {"id": f"e{rank}", "name": f"Élu {rank}", "rank": rank, **more}
    return Councillor(**values)  # type: ignore[arg-type]


def roster(count: int, extra: Iterable[Councillor] = ()) -> Roster:
    """e1 to e<count>; e1 is the head, e2 and e3 replace."""
    members = {one.id: one for one in (member(rank) for rank in range(1, count + 1))}
    members |= {one.id: one for one in extra}
    return Roster(councillors=tuple(members.values()), head="e1", deputies=("e2", "e3"))


def item(name: str, type_: ItemType = ItemType.ORDINARY, **more: object) -> AgendaItem:
    """An item of the agenda."""
    values: dict[str, object] = {"id": name, "title": f"Point {name}", "type": type_, **more}
    return AgendaItem(**values)  # type: ignore[arg-type]


def convocation(**more: object) -> Convocation:
    """A lawful convocation to DAY, sent twelve days before."""
    values: dict[str, object] = {
        "day": DAY,
        "time": "18:30",
        "place": "mairie",
        "sent": DAY - timedelta(days=12),
        **more,
    }
    return Convocation(**values)  # type: ignore[arg-type]


def convene(
    count: int = 33,
    items: Sequence[AgendaItem] = (),
    *,
    body: Body = COMMUNE,
    call: Convocation | None = None,
    rooms: Sequence[RoomSpec] = (HALL,),
    extra: Iterable[Councillor] = (),
    regime: RegimeId | None = None,
    legal_basis: str = "",
    house: HouseRules = HOUSE,
) -> cmd.Convene:
    """The command that convenes that council."""
    return cmd.Convene(
        body=body,
        convocation=call or convocation(),
        agenda=(*items, MINUTES) if items else (item("1"), item("2"), item("3"), MINUTES),
        roster=roster(count, extra),
        rooms=tuple(rooms),
        house=house,
        regime=regime,
        legal_basis=legal_basis,
    )


def rooms(*names: str) -> tuple[RoomSpec, ...]:
    """Designated rooms, with their agents."""
    return tuple(
        RoomSpec(
            id=name,
            name=name,
            legal_basis="délib. 2026-014",
            agent_employer="INGECO",
            agent_act="arrêté 2026-3",
            agreement="convention 2026-1",
        )
        for name in names
    )


def ballots(**choices: Choice) -> tuple[Ballot, ...]:
    """Ballots by seat."""
    return tuple(Ballot(seat, choice) for seat, choice in choices.items())


def counts(pour: int, contre: int, abstention: int, nppv: int = 0, blancs: int = 0, nuls: int = 0) -> Tally:
    """A count, in the order clerks say it."""
    return Tally(for_=pour, against=contre, abstentions=abstention, refusals=nppv, blanks=blancs, nulls=nuls)


class Council:
    """A register driven by commands, one second apart unless said otherwise; every event is kept, to be replayed."""

    def __init__(self, command: cmd.Convene, at_ms: int = START_MS) -> None:
        self.now = at_ms
        self.told: list[Act] = []
        self._register: Register | None = None
        self.do(command)

    @property
    def register(self) -> Register:
        assert self._register is not None
        return self._register

    def decide(self, command: cmd.AnyCommand) -> Decision:
        return decide(self._register, command, self.now)

    def wait(self, seconds: int) -> None:
        self.now += 1000 * seconds

    def do(self, command: cmd.AnyCommand) -> Decision:
        self.wait(1)
        decision = self.decide(command)
        for event in decision.events:
            self._register = apply(self._register, event)
        self.told += decision.events
        return decision

    def refused(self, command: cmd.AnyCommand) -> str:
        """The rule, or the code, for which a command is refused."""
        self.wait(1)
        before = self._register
        with pytest.raises(Refusal) as refusal:
            self.decide(command)
        assert self._register is before
        return str(refusal.value.facts.get("regle", refusal.value.stable_code))

    def flags(self, command: cmd.AnyCommand) -> set[str]:
        """The rules that a command flags."""
        return {flag.rule for flag in self.do(command).warnings}

    def come(self, *ranks: int, room: str = "hall") -> None:
        for rank in ranks:
            self.do(cmd.Arrive(person=f"e{rank}", room=room))

    def proxy(self, giver: int, holder: int, **more: object) -> str:
        """e<giver> gives a proxy to e<holder>; its id."""
        name = f"p{giver}-{holder}"
        self.do(cmd.LodgeProxy(proxy=name, writing=writing(giver, holder, **more)))
        return name

    def open(self, present: int = 0) -> None:
        """e1 to e<present> come, e1 opens, e2 is secretary."""
        self.come(*range(1, present + 1))
        self.do(cmd.OpenSitting(president="e1"))
        self.do(cmd.AppointSecretaries(secretaries=("e2",)))

    def call(self, *names: str) -> Decision:
        return self.do(cmd.CallItem(items=names))

    def vote(
        self,
        tally: Tally | None = None,
        *,
        named: tuple[Ballot, ...] = (),
        president: Choice | None = None,
        mode: Mode | None = None,
    ) -> None:
        """Open, count, proclaim."""
        self.do(cmd.OpenVote(mode=mode))
        self.do(cmd.CloseVote(tally=tally, ballots=named, president=president))
        self.do(cmd.Proclaim())

    def item(self, name: str) -> Item:
        return self.register.item(name)

    def state(self, name: str) -> ItemState:
        return self.item(name).state

    def last_vote(self, name: str) -> Vote:
        vote = self.item(name).vote
        assert vote is not None
        return vote


def writing(giver: int, holder: int, **more: object) -> Writing:
    """A good writing."""
    values: dict[str, object] = {
        "giver": f"e{giver}",
        "holder": f"e{holder}",
        "dated": date(2026, 3, 4),
        **more,
    }
    return Writing(**values)  # type: ignore[arg-type]
