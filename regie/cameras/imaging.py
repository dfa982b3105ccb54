"""Exposure, white balance and focus of the cameras, as commands ask."""

from regie.cameras import commands as do
from regie.cameras.unit import Unit
from regie.errors import Refusal


async def hold(unit: Unit, on: bool, focus: bool) -> None:
    """Held as they are, or given back. Raises Refusal."""
    camera = unit.there()
    with unit.refusals():
        await camera.hold_image(await camera.image() if on else None, focus)


async def copy(source: Unit, target: Unit) -> None:
    """Both held as the first is. Steps mean the same on the same model only. Raises Refusal."""
    if source.report().model != target.report().model:
        raise Refusal("the two cameras are of different models", code="modeles_differents")
    with source.refusals():
        settings = await source.there().image()
        await source.there().hold_image(settings)
    with target.refusals():
        await target.there().hold_image(settings)


async def focus(command: do.Focus, unit: Unit) -> None:
    """Automatic, held, or once. Raises Refusal."""
    with unit.refusals():
        await unit.there().focus(command.mode)


async def freeze(unit: Unit, on: bool) -> None:
    """A still picture while it recalls its memories. Raises Refusal."""
    with unit.refusals():
        await unit.there().freeze_recalls(on)
