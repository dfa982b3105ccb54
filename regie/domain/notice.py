"""The written notice to a platform that received a passage before it was taken out: what to cut of its own video, to the tenth of a
second. Pure.

A platform's video begins when it began to receive; a connection that was lost and found again is usually another video, or a hole
in the first one: both the place in the broadcast and the hour are given.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from regie.domain.masks import MaskKind
from regie.domain.removal import Removal

_HIDES = {MaskKind.SOUND: "le son", MaskKind.PICTURE: "l'image", MaskKind.BOTH: "le son et l'image"}


class Airing(msgspec.Struct, frozen=True, kw_only=True):
    """An uninterrupted stretch during which an output received: UTC ms of the act, as the files date it; no ``end_ms``: still."""

    output: str
    name: str
    start_ms: int
    end_ms: int | None = None


def reached(airings: Iterable[Airing], removal: Removal) -> tuple[Airing, ...]:
    """Those that carried something of a passage."""
    return tuple(
        airing
        for airing in airings
        if airing.start_ms < removal.end_ms and (airing.end_ms is None or removal.start_ms < airing.end_ms)
    )


def notice(
    town: str, airings: Sequence[Airing], removals: Sequence[Removal], zone: tzinfo | None = None
) -> str:
    """The notice, one part a platform; empty when no platform received anything of these passages."""
    parts = []
    for output in dict.fromkeys(airing.output for airing in airings):
        own = [airing for airing in airings if airing.output == output]
        lines = [
            line
            for removal in removals
            for airing in reached(own, removal)
            for line in _cut(airing, removal, zone)
        ]
        if lines:
            parts.append(
                f"À l'attention de : {own[0].name}\nDe la part de : {town}\n\n"
                "Des propos ou des images concernant une personne, ou des données protégées, vous ont été transmis avant d'être\n"
                "retirés de notre diffusion. Merci de les retirer sans délai de votre vidéo et de ses copies (rediffusion,\n"
                "extraits, sous-titres, vignettes), et de nous le confirmer par écrit (RGPD, articles 17 et 19).\n\n"
                + "\n".join(lines)
                + "\n"
            )
    return "\n".join(parts)


def _cut(airing: Airing, removal: Removal, zone: tzinfo | None) -> Sequence[str]:
    first = max(removal.start_ms, airing.start_ms)
    last = removal.end_ms if airing.end_ms is None else min(removal.end_ms, airing.end_ms)
    return (
        f"- de {_offset(first - airing.start_ms)} à {_offset(last - airing.start_ms, up=True)} depuis le début de votre vidéo",
        f"  (diffusion commencée le {_hour(airing.start_ms, zone)} ; passage de {_hour(first, zone)} à {_hour(last, zone)}) :"
        f" {_HIDES[removal.hides]}",
    )


def _offset(ms: int, *, up: bool = False) -> str:
    """Hours, minutes, seconds and tenths, outwards."""
    tenths = -(-ms // 100) if up else ms // 100
    seconds, tenth = divmod(tenths, 10)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},{tenth}"


def _hour(ms: int, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone):%d/%m/%Y à %H:%M:%S}"
