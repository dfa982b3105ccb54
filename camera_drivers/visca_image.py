"""Exposure, white balance and focus of a VISCA camera: read, held as they are, copied to another, or given back to its automatics.

Source: Sony BRC-X400 command list (CAM_AE, CAM_Shutter, CAM_Iris, CAM_Gain, CAM_WB, CAM_RGain, CAM_BGain); the same words on the
Minrray kind. Values are the camera's own steps: they mean the same on another camera of the same model only.
"""

from camera_drivers import visca_commands as visca
from camera_drivers.base import CameraRefused, FocusMode, ImageSettings
from camera_drivers.visca_commands import Command, from_nibbles
from camera_drivers.visca_io import Conversation

MANUAL_EXPOSURE, MANUAL_WHITE, AUTOMATIC = 3, 5, 0
FOCUS_AUTO = 2


async def read(conversation: Conversation) -> ImageSettings:
    """What the camera uses now. Raises CameraRefused when it does not tell all of it."""
    levels = [from_nibbles(await conversation.do(question), signed=False) for question in visca.IMAGE_LEVELS]
    shutter, iris, gain, red, blue = levels
    focus_mode = await conversation.do(visca.FOCUS_MODE)
    focus = from_nibbles(await conversation.do(visca.FOCUS_POSITION), signed=False)
    return ImageSettings(shutter, iris, gain, red, blue, focus, focus_mode[0] == FOCUS_AUTO)


async def hold(conversation: Conversation, settings: ImageSettings) -> None:
    """Manual exposure and white balance at these values, then read again: raises CameraRefused when they were not taken."""
    orders: list[Command] = [visca.exposure(MANUAL_EXPOSURE), visca.white_balance(MANUAL_WHITE)]
    values = (settings.shutter, settings.iris, settings.gain, settings.red, settings.blue)
    orders += [visca.level(name, value) for name, value in zip(visca.LEVELS, values, strict=True)]
    for order in orders:
        await conversation.do(order)
    taken = await read(conversation)
    if (taken.shutter, taken.iris, taken.gain, taken.red, taken.blue) != values:
        raise CameraRefused("it did not take the settings")


async def hold_focus(conversation: Conversation, focus: int) -> None:
    """Manual focus at a position."""
    await conversation.do(visca.focus_auto(False))
    await conversation.do(visca.focus_to(focus))


async def focus(conversation: Conversation, mode: FocusMode) -> None:
    """Automatic, manual where it is, or manual after one push. Read again: raises CameraRefused when it was not taken."""
    await conversation.do(visca.focus_auto(mode is FocusMode.AUTO))
    if mode is FocusMode.ONCE:
        await conversation.do(visca.focus_once())
    taken = (await conversation.do(visca.FOCUS_MODE))[0] == FOCUS_AUTO
    if taken is not (mode is FocusMode.AUTO):
        raise CameraRefused("it did not take the focus mode")


async def release(conversation: Conversation) -> None:
    """Everything automatic again."""
    for order in (visca.exposure(AUTOMATIC), visca.white_balance(AUTOMATIC), visca.focus_auto(True)):
        await conversation.do(order)
