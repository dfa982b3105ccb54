"""The agenda arms the delay before a flagged item opens, restricts the shots, and keeps a huis clos off a live antenna."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from config.chamber import Item
from config.inputs import SourceConfig, SourceKind
from config.schema import Confidentiality, Config, Town
from regie.arming import Armed, Arming, Flags, flags_of, personal
from regie.board import AntennaStatus, DelayStatus
from regie.core import Core
from regie.domain.commands import Cut, DelayBy, SetDelay, SetPreview, StartSeance, TakeShot
from regie.domain.model import Shot
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import ItemType
from regie.errors import Refusal
from regie.preparation.agenda import read_agenda
from regie.preparation.tables import read_tables
from tests import virtual_loop
from tests.unit.council import Council, convene, item
from tests.unit.test_core import Media, beside_core
from tests.unit.test_secrecy import Engine, until

pytestmark = pytest.mark.unit


def _config(**secrecy: object) -> Config:
    return Config(
        ville=Town(nom="V"),
        source=(SourceConfig(id="cam1", nom="Salle", genre=SourceKind.BARS),),
        point=(
            Item(numero=1, titre="Budget"),
            Item(numero=2, titre="Aide sociale", nominatif=True),
            Item(numero=3, titre="Sanction", huis_clos=True),
        ),
        confidentialite=Confidentiality(**secrecy),
    )


_UNFLAGGED = _config().model_copy(update={"point": ()})

Work = Callable[[Core, Arming, Engine], Awaitable[None]]


def with_arming(folder: Path, work: Work, **secrecy: object) -> None:
    engine = Engine()
    engine.publish(delay=DelayStatus(target_ms=10_000, held_ms=10_000))

    async def run(core: Core) -> None:
        arming = Arming(_config(**secrecy), engine, engine.status, core)
        agenda = tuple(item(f"p{n}", ItemType.INFORMATION) for n in (1, 2, 3))
        await core.submit(convene(9, items=agenda), "greffe")
        for rank in range(1, 6):
            await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "auxiliaire")
        await core.submit(StartSeance(), "president")
        task = asyncio.create_task(arming.run())
        try:
            await work(core, arming, engine)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    virtual_loop.run(lambda loop: beside_core(folder, loop, run, media=Media()))


def _changes(engine: Engine) -> list[tuple[int, DelayBy]]:
    return [(c.seconds, c.by) for c in engine.commands if isinstance(c, SetDelay)]


async def _done(core: Core, name: str) -> None:
    await core.submit(cmd.NoteItem(item=name), "auxiliaire")


def test_flags_come_from_the_configuration_and_from_the_register() -> None:
    assert flags_of(_config(), None) == {"p2": Flags(nominal=True), "p3": Flags(closed_doors=True)}
    listed = (item("aide"), item("sanction", nominal=True), item("bail", closed_doors=True, sensitive=True))
    council = Council(convene(5, items=listed)).register
    assert flags_of(_UNFLAGGED, council) == {
        "sanction": Flags(nominal=True),
        "bail": Flags(sensitive=True, closed_doors=True),
    }
    assert personal(_UNFLAGGED, council) == {"sanction", "bail"}


@pytest.mark.parametrize("ids", [("p1", "p2", "p3"), ("p01", "p02", "p03"), ("voirie", "aide", "sanction")])
def test_the_configuration_flags_items_whatever_their_ids_are(ids: tuple[str, ...]) -> None:
    council = Council(convene(5, items=[item(name) for name in ids]))
    found = {ids[1]: Flags(nominal=True), ids[2]: Flags(closed_doors=True)}
    assert flags_of(_config(), council.register) == found
    if ids[0].startswith("p0"):
        council.do(cmd.ReorderAgenda(order=(*reversed(ids), "pv")))
        assert flags_of(_config(), council.register) == found, "a number follows its item"


def test_an_agenda_that_was_imported_arms_the_delay(tmp_path: Path) -> None:
    sheet = "titre;nominatif;sensible;huis_clos\nPV;;;\nAide;oui;;\nVoirie;;non;\nSanction;;;oui\n"
    (table,) = read_tables("points.csv", sheet.encode())
    agenda = read_agenda(table, ())
    assert not any(fault.blocks for fault in agenda.faults)
    engine = Engine()
    engine.publish(delay=DelayStatus(target_ms=10_000, held_ms=10_000))

    async def run(core: Core) -> None:
        arming = Arming(_UNFLAGGED, engine, engine.status, core)
        await core.submit(convene(9, items=agenda.items), "greffe")
        for rank in range(1, 6):
            await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "auxiliaire")
        await core.submit(StartSeance(), "president")
        await core.submit(cmd.CallItem(items=("p01",)), "president")
        assert arming.armed == Armed(now="", soon="p02")
        with pytest.raises(Refusal) as refused:
            arming.expect_callable(cmd.CallItem(items=("p04",)))
        assert refused.value.stable_code == "antenne_en_direct"

    virtual_loop.run(lambda loop: beside_core(tmp_path, loop, run, media=Media()))


def test_the_delay_grows_before_the_item_is_held_for_it_and_goes_back_after(tmp_path: Path) -> None:
    async def work(core: Core, arming: Arming, engine: Engine) -> None:
        await core.submit(cmd.CallItem(items=("p1",)), "president")
        await until(lambda: _changes(engine) == [(20, DelayBy.STRETCH)])
        assert arming.armed == Armed(now="", soon="p2")
        engine.publish(delay=DelayStatus(target_ms=20_000, held_ms=13_000))
        await _done(core, "p1")
        await core.submit(cmd.CallItem(items=("p2",)), "president")
        await until(lambda: _changes(engine)[1:] == [(20, DelayBy.SLATE)])
        engine.publish(delay=DelayStatus(target_ms=20_000, held_ms=20_000))
        await _done(core, "p2")
        await core.submit(cmd.WithdrawItem(item="p3"), "president")
        await until(lambda: _changes(engine)[2:] == [(10, DelayBy.STRETCH)])

    with_arming(tmp_path, work)


def test_an_item_that_was_called_and_done_with_without_the_network_asks_for_no_delay(tmp_path: Path) -> None:
    async def work(core: Core, arming: Arming, engine: Engine) -> None:
        await asyncio.sleep(0)
        await core.submit(cmd.CallItem(items=("p1",)), "president")
        await until(lambda: _changes(engine) == [(20, DelayBy.STRETCH)])
        await core.submit(cmd.NoteItem(item="p1"), "auxiliaire")
        began_ms = core.register().last_ms  # type: ignore[union-attr]
        await asyncio.sleep(600)
        engine.publish(delay=DelayStatus(target_ms=20_000, held_ms=13_000))
        late: tuple[cmd.AnyCommand, ...] = (
            cmd.CallItem(items=("p2",)),
            cmd.NoteItem(item="p2"),
            cmd.WithdrawItem(item="p3"),
        )
        for rank, command in enumerate(late, 1):
            await core.submit(command, "auxiliaire", typed_ms=began_ms + 60_000 * rank)
            await asyncio.sleep(0.2)
        await until(lambda: len(_changes(engine)) > 1)
        assert _changes(engine)[1:] == [(10, DelayBy.STRETCH)], "it was never held behind a slate for p2"

    with_arming(tmp_path, work)


def test_an_item_that_is_called_now_is_held_for_at_once_though_a_past_is_being_merged(tmp_path: Path) -> None:
    async def work(core: Core, arming: Arming, engine: Engine) -> None:
        began_ms = core.register().last_ms  # type: ignore[union-attr]
        await asyncio.sleep(60)
        await core.submit(cmd.AskFloor(person="e2"), "auxiliaire", typed_ms=began_ms + 1000)
        called_at = asyncio.get_running_loop().time()
        await core.submit(cmd.CallItem(items=("p2",)), "president")
        await until(lambda: (20, DelayBy.SLATE) in _changes(engine))
        assert asyncio.get_running_loop().time() - called_at < 0.1

    with_arming(tmp_path, work)


def test_an_item_at_closed_doors_is_not_called_while_citizens_receive_the_programme(tmp_path: Path) -> None:
    async def work(core: Core, arming: Arming, engine: Engine) -> None:
        arming.expect_callable(cmd.CallItem(items=("p1", "p2")))
        with pytest.raises(Refusal) as refused:
            arming.expect_callable(cmd.CallItem(items=("p3",)))
        assert refused.value.stable_code == "antenne_en_direct"
        engine.publish(antenna=AntennaStatus(on=False))
        arming.expect_callable(cmd.CallItem(items=("p3",)))

    with_arming(tmp_path, work)


def test_shots_are_restricted_while_a_flagged_item_is_discussed(tmp_path: Path) -> None:
    async def work(core: Core, arming: Arming, engine: Engine) -> None:
        crowd, president, slate = Shot(("cam2",)), Shot(("cam1",)), Shot(("slate.suspension",))
        arming.expect_allowed(TakeShot(shot=crowd))
        await core.submit(cmd.CallItem(items=("p2",)), "president")
        engine.publish(preview=crowd)
        for command in (TakeShot(shot=crowd), SetPreview(shot=crowd), Cut()):
            with pytest.raises(Refusal) as refused:
                arming.expect_allowed(command)
            assert refused.value.stable_code == "plan_restreint"
        for shot in (president, slate):
            arming.expect_allowed(TakeShot(shot=shot))

    with_arming(tmp_path, work, sources_sensibles=("cam1",))
