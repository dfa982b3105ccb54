"""The agenda as citizens get it: which item is on, where each begins in the picture, results once proclaimed and received.

Nothing here is ahead of the picture: an item begins for the public when the second at which it was called has been published.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from regie.documents.chaptering import said
from regie.domain.register.chapters import Chapter, Result
from regie.domain.register.items import OPEN_STATES, ItemState
from regie.domain.register.moments import Moment
from regie.domain.register.state import Register
from regie.media.shifting import shifts
from web_ui.bodies import Answer
from web_ui.playlists import Timeline

INDEX = "index.m3u8"
"""The media playlist of a rendition, as the engine names it."""


class ResultInfo(Answer, frozen=True):
    """A proclaimed result, in one sentence."""

    adopte: bool
    phrase: str


class PaperInfo(Answer, frozen=True):
    """A paper of an item: its name, its kind (pdf, odt…), its size, where it is."""

    titre: str
    genre: str
    octets: int
    adresse: str


class ItemInfo(Answer, frozen=True):
    """An item of the agenda. ``etat``: a_venir, en_cours, traite, reporte; ``debut_s``: seconds from the picture's beginning."""

    numero: int
    titre: str
    etat: str = "a_venir"
    debut_s: float | None = None
    resultat: ResultInfo | None = None
    pieces: tuple[PaperInfo, ...] = ()


class MomentInfo(Answer, frozen=True):
    """Who spoke, a vote, a suspension (``genre``: parole, vote, suspension, huis_clos); seconds from the picture's beginning.

    ``point``: the number of its item, 0 outside them; ``fin_s``: null while it lasts.
    """

    genre: str
    titre: str
    point: int
    debut_s: float
    fin_s: float | None = None


class Timelines:
    """Where instants are in the pictures of each séance, read again when the playlist changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, Timeline]] = {}

    def of(self, hls: Path, tier: str) -> Timeline | None:
        """The timeline of a séance's rendition, or of another one with pictures; None while there is no picture."""
        path = hls / tier / INDEX
        if not path.is_file():
            # All renditions are cut at the same instants; a past séance may have had other sizes.
            path = next(iter(sorted(hls.glob(f"*p/{INDEX}"))), path)
        try:
            stamp = path.stat().st_mtime_ns
            known = self._known.get(path)
            if known is None or known[0] != stamp:
                text = path.read_text(encoding="utf-8")
                known = self._known[path] = (stamp, Timeline(text, shifts(hls.parent)))
        except (OSError, UnicodeDecodeError):
            return None
        return known[1]


_SENSES = (
    ("for_", "pour", "pour"),
    ("against", "contre", "contre"),
    ("abstentions", "abstention", "abstentions"),
    ("refusals", "ne prend pas part", "ne prennent pas part"),
    ("blanks", "blanc", "blancs"),
    ("nulls", "nul", "nuls"),
)


def result_words(result: Result) -> str:
    """« Adopté : 21 pour, 3 contre » ; « Désignée : Mme Diallo »."""
    if result.appointed:
        return f"Désignation : {result.appointed}"
    said = []
    for name, one, many in _SENSES:
        count: int = getattr(result, name)
        if count:
            said.append(f"{count} {many if count > 1 else one}")
    mode = " (scrutin secret)" if result.secret else ""
    casting = ", voix prépondérante du président" if result.casting else ""
    others = result.against + result.abstentions + result.refusals + result.blanks + result.nulls
    word = "Adopté" if result.adopted else "Non adopté"
    if result.adopted and not others and not result.secret:
        word = "Adopté à l'unanimité"
    return f"{word}{mode} : {', '.join(said)}{casting}"


def items_info(
    chapters: Iterable[Chapter],
    timeline: Timeline | None,
    public_ms: int,
    papers: Mapping[str, tuple[PaperInfo, ...]] | None = None,
) -> tuple[ItemInfo, ...]:
    """The agenda of a séance. ``public_ms``: the newest instant that citizens have received (UTC ms); ``papers`` by item."""
    known = papers or {}
    return tuple(_item(one, timeline, public_ms, known.get(one.item, ())) for one in chapters)


def _item(
    chapter: Chapter, timeline: Timeline | None, public_ms: int, papers: tuple[PaperInfo, ...]
) -> ItemInfo:
    called, result = chapter.called_ms, chapter.result
    begun = called is not None and called <= public_ms
    told = result is not None and result.at_ms <= public_ms
    state = "a_venir"
    if chapter.state in (ItemState.POSTPONED, ItemState.WITHDRAWN):
        state = "reporte"
    elif begun:
        decided = told or chapter.state is ItemState.NOTED
        waiting = chapter.state in OPEN_STATES or (result is not None and not told)
        state = "en_cours" if waiting else "traite" if decided else "a_venir"
    return ItemInfo(
        numero=chapter.number,
        titre=chapter.title,
        etat=state,
        debut_s=timeline.position(called) if timeline is not None and called is not None and begun else None,
        resultat=ResultInfo(adopte=result.adopted, phrase=result_words(result)) if told and result else None,
        pieces=papers,
    )


def moments_info(
    moments: Iterable[Moment], timeline: Timeline | None, public_ms: int
) -> tuple[MomentInfo, ...]:
    """What happened within the items, as far as citizens have received it; nothing without pictures."""
    told = []
    for one in moments:
        start = timeline.position(one.since_ms) if timeline and one.since_ms <= public_ms else None
        if timeline is None or start is None:
            continue
        over = one.until_ms is not None and one.until_ms <= public_ms
        told.append(
            MomentInfo(
                genre=one.kind,
                titre=said(one),
                point=one.item,
                debut_s=start,
                fin_s=timeline.position(one.until_ms) if over and one.until_ms is not None else None,
            )
        )
    return tuple(told)


def speaker_at(register: Register | None, public_ms: int) -> str:
    """Who had the floor at the instant that citizens receive; nobody behind closed doors."""
    if register is None or register.doors.hold:
        return ""
    for turn in register.floor.turns:
        if turn.since_ms <= public_ms and (turn.until_ms is None or public_ms < turn.until_ms):
            found = register.roster.find(turn.person)
            return found.name if found is not None else ""
    return ""
