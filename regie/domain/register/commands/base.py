"""Base of the commands."""

import msgspec

from regie.domain.register.remote import RoomId


class RegisterCommand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """Base: a frozen value with a tag on the wire."""

    who: str = ""
    place: RoomId = ""


class OnTheTable(RegisterCommand, frozen=True, kw_only=True):
    """Base of what is done to what is on the table: ``items``, when given, are the ones it was meant for."""

    items: tuple[str, ...] = ()
