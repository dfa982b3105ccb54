"""Errors of the régie.

One tree under :class:`RegieError`. Each error carries a stable ``code`` (pages translate it, logs print it), the facts that
made it, and whether trying again can help. Facts never hold a name of a person, a vote, a key or a password.

* :class:`Refusal`: a command is understood and declined, with the reason.
* :class:`DeviceError`: a camera, a source, a server did not do what it should.
* :class:`LinkLost`: another of our processes is away; it comes back.
"""

from typing import ClassVar

Fact = str | int | float | bool | None


class RegieError(Exception):
    """Base of every error that the régie raises on purpose."""

    code: ClassVar[str] = "erreur"
    retry: ClassVar[bool] = False

    def __init__(self, message: str, /, *, code: str | None = None, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        self.stable_code = code or type(self).code

    def __str__(self) -> str:
        return self.message


class Refusal(RegieError):
    """A command that cannot be carried out now; ``stable_code`` says why."""

    code = "refus"


class DeviceError(RegieError):
    """A device or a remote server failed us; another try may succeed."""

    code = "appareil"
    retry = True


class LinkLost(RegieError):
    """The process at the other end of a link is away."""

    code = "liaison"
    retry = True
