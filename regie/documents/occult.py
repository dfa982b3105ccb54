"""What is taken out before a document goes online: private data of items flagged as such when the agenda was made (P16)."""

import msgspec

from regie.documents.view import Point, Seance
from regie.domain.register.agenda import HIDDEN

_PASSAGE = "Passage occulté avant mise en ligne (article L.312-1-2 du code des relations entre le public et l'administration)."


def has_private_data(seance: Seance) -> bool:
    """Is there something to take out?"""
    return any(point.sensible for point in seance.points)


def occulted(seance: Seance) -> Seance:
    """The séance as it may be published: flagged items keep their vote, and lose their words."""
    points = tuple(_hidden(point) if point.sensible else point for point in seance.points)
    doors = tuple(
        msgspec.structs.replace(one, points=tuple(HIDDEN for _ in one.points), motif="")
        for one in seance.huis_clos
    )
    return msgspec.structs.replace(seance, points=points, huis_clos=doors)


def _hidden(point: Point) -> Point:
    return msgspec.structs.replace(
        point,
        titre=HIDDEN,
        rapport="",
        documents=(),
        debats=_PASSAGE if point.debats else "",
        texte="",
        visas="",
        prises=(),
        lien="",
    )
