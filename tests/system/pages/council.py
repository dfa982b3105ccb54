"""The pages of the séance over a real core: a council of the size one wants, convened, in a real register on disk."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from config.chamber import Item, Microphone, Person, Place
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie.clock import SystemClock
from regie.core import Core
from regie.demo_council import convocation
from regie.domain.commands import PrepareSeance
from regie.domain.model import Role
from regie.domain.register import commands as cmd
from regie.domain.register.state import Register
from tests.system.pages.stage import Stage
from tests.system.pages.tools import TABLET, Visitors
from tests.system.pages.world import PASSWORD, Host, NoRtc
from tests.unit.web_fakes import FakeArming, FakeCameras, FakeDirection, FakePaperwork, FakeSecrecy
from web_ui.accounts import Accounts
from web_ui.passwords import Cost
from web_ui.services import Board, Services
from web_ui.sessions import Sessions

TITLES = (
    "Approbation du procès-verbal de la séance précédente",
    "Rénovation énergétique de l'école Jules-Ferry",
    "Subvention à l'Union sportive de Valmont",
    "Budget primitif de la commune",
    "Désignation du délégué au syndicat des eaux",
)
FIRST = ("Ana", "Bruno", "Chloé", "Denis", "Élise", "Farid", "Gaëlle", "Hugo", "Inès", "Jules")
LAST = ("Abadie", "Bœuf", "Collin", "Delmas", "Étienne", "Fabre", "Garnier", "Haddad", "Imbert", "Jolivet")


def name_of(rank: int) -> str:
    """A name of its own for each: two letters of the family name and one more are enough to find it."""
    tens, units = divmod(rank - 1, 10)
    return f"{FIRST[(tens + units) % 10]} {LAST[units][:2]}{'aeioubcdfg'[tens]}{LAST[units][2:]}"


@dataclass
class Chamber:
    """A server of pages, its core and its folder."""

    url: str
    host: Host
    core: Core
    folder: Path
    direction: FakeDirection
    arming: FakeArming
    stage: Stage
    secrecy: FakeSecrecy

    @property
    def register(self) -> Register:
        """The register now."""
        register = self.core.register()
        assert register is not None
        return register

    def tell(self, **changes: object) -> None:
        """The engine as it is said to be."""

        async def run() -> None:
            self.stage.change(**changes)

        self.host.on_loop(run())

    def do(self, *commands: cmd.AnyCommand) -> None:
        """Commands of somebody else."""

        async def run() -> None:
            for command in commands:
                await self.core.submit(command, "essai")

        self.host.on_loop(run())


def places(members: int) -> tuple[Place, ...]:
    """The chamber as built: the president's table, then rows of eight away from it. The last member has no known place."""
    return tuple(
        Place(
            id=f"place{rank}",
            nom=f"Place {rank}",
            elu=f"e{rank}",
            x=(rank - 2) % 8 if rank > 1 else 3.5,
            y=0 if rank == 1 else 1 + (rank - 2) // 8,
        )
        for rank in range(1, members)
    )


@contextlib.contextmanager
def chamber(
    directory: Path, members: int = 33, more: Sequence[str] = (), room: str = ""
) -> Iterator[Chamber]:
    """A council that is convened, ``more`` ordinary items, in two places if ``room``; nobody is there yet.

    Accounts: auxiliaire, president, technicien."""
    clock = SystemClock()
    accounts = Accounts(directory, cost=Cost(n=2, r=1, p=1))
    accounts.add("auxiliaire", (Role.AUXILIARY,), PASSWORD, must_change=False)
    accounts.add("seconde", (Role.AUXILIARY,), PASSWORD, must_change=False)
    accounts.add("technicien", (Role.TECHNICIAN,), PASSWORD, must_change=False)
    accounts.add("president", (Role.PRESIDENT,), PASSWORD, must_change=False)
    accounts.add("greffe", (Role.AUXILIARY, Role.PRESIDENT), PASSWORD, must_change=False)
    people = tuple(
        Person(id=f"e{rank}", nom=name_of(rank), groupe="Ensemble") for rank in range(1, members + 1)
    )
    config = Config(
        ville=Town(nom="Valmont", couleur="#1d4e89"),
        source=(
            SourceConfig(id="cam1", nom="Perchoir", genre=SourceKind.RTSP, adresse="rtsp://cam1"),
            *((SourceConfig(id=room, nom="Salle Nord", genre=SourceKind.ROOM),) if room else ()),
        ),
        elu=people,
        place=places(members),
        micro=(Microphone(id="micro1", nom="Micro 1", source="cam1", canal=1, place="place1"),),
        point=tuple(Item(numero=number, titre=title) for number, title in enumerate((*TITLES, *more), 1)),
        serveur=Server(dossier=directory),
    )
    board = Board()
    stage, direction, arming = Stage(board), FakeDirection(), FakeArming()
    secrecy = FakeSecrecy(stage)
    core = Core(directory / "seances", clock, lambda: None)
    services = Services(
        config=config, clock=clock, board=board, engine=stage, core=core, rtc=NoRtc(), cameras=FakeCameras(),
        accounts=accounts, sessions=Sessions(directory, clock), secrecy=secrecy, arming=arming,
        paperwork=FakePaperwork(),
        direction=direction,
    )  # fmt: skip

    async def prepare() -> None:
        due_utc = clock.utc_ns() // 10**9
        await core.load(PrepareSeance(title="Conseil municipal", due_utc=due_utc), dated=False)

    async def convene() -> None:
        await core.submit(convocation(config, datetime.now().date(), "18:30"), "greffe")

    host = Host(services, stage)
    host.on_loop(prepare())
    host.background(core.run())
    host.on_loop(convene())
    try:
        yield Chamber(
            f"http://127.0.0.1:{host.port}", host, core, directory, direction, arming, stage, secrecy
        )
    finally:
        host.on_loop(core.close())
        host.close()


def enter(
    visitors: Visitors, url: str, name: str, path: str = "/auxiliaire", page: Page | None = None
) -> Page:
    """Somebody logged in, the page open and fed."""
    page = page or visitors.page(TABLET)
    page.goto(url + path)
    page.fill("#nom", name)
    page.fill("#mot-de-passe", PASSWORD)
    page.press("#mot-de-passe", "Enter")
    page.wait_for_url(f"**{path}")
    expect(page.locator("#travail")).to_be_visible()
    return page
