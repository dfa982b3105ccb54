"""May a camera be on air as it stands? Pure: what it answers, what it must not show, and where it is going.

The programme shows pictures a little late (a few hundred milliseconds between the lens and the mixer); what is decided here on a
report therefore acts before the pictures taken at that instant are shown, as long as the camera is asked often enough.
"""

from dataclasses import dataclass, replace

from camera_drivers.base import CameraState, Position, Report
from regie.cameras.forbidden import Forbidden

HORIZON = 0.3
"""Seconds ahead to which a movement that nobody announced is continued."""
SETTLED = 1.0
"""Seconds that a camera must have been clear before it is let back: pictures taken before that are then past."""


@dataclass(frozen=True, slots=True)
class Track:
    """The last two places of a camera, and when each was answered (seconds)."""

    before: Position | None = None
    before_at: float = 0.0
    now: Position | None = None
    now_at: float = 0.0

    def then(self, position: Position | None, at: float) -> "Track":
        """Another answer came."""
        return Track(self.now, self.now_at, position, at)

    def ahead(self, seconds: float) -> Position | None:
        """Where it will be, at the speed it has."""
        if self.now is None or self.before is None or self.now_at <= self.before_at:
            return self.now
        share = seconds / (self.now_at - self.before_at)
        return replace(
            self.now,
            pan=self.now.pan + share * (self.now.pan - self.before.pan),
            tilt=self.now.tilt + share * (self.now.tilt - self.before.tilt),
            zoom=max(1.0, self.now.zoom * (self.now.zoom / self.before.zoom) ** share),
        )


def clear(forbidden: Forbidden, report: Report, track: Track) -> bool:
    """Does it show nothing that must not be shown, and will it not in the next instants? Not known counts as no.

    What a framing shows under a veil is not shown; but a veil is of one framing, and a camera that turned shows the one before a
    little longer.
    """
    if forbidden.nothing:
        return True
    here = report.position
    if here is None or report.state in (CameraState.UNKNOWN, CameraState.LOST):
        return False
    if track.before is not None and forbidden.shown_by(track.before, here):
        return False
    if report.state is CameraState.MOVING and report.target is not None:
        return not forbidden.crosses(here, report.target)
    there = track.ahead(HORIZON)
    if there is None or (there.pan, there.tilt, there.zoom) == (here.pan, here.tilt, here.zoom):
        return not forbidden.seen(here)
    return not forbidden.crosses(here, there)
