"""`regie redact`: passages taken out of a séance that is over, what was hidden, what may be given out.

Also what the pages call, in a process of its own: media libraries and minutes of work stay out of control.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audio.offline import podcast, waveform
from config.load import load
from config.outputs import WebTv
from config.schema import Config, Town
from regie.clock import SystemClock
from regie.documents.chaptering import marks
from regie.documents.hidden import closed, copies_of, listed, register_of
from regie.domain.masklist import as_csv, as_json
from regie.domain.masks import MaskKind
from regie.domain.model import SlateName
from regie.domain.notice import notice
from regie.domain.removal import Removal, check, new_id
from regie.domain.shifts import Shift, dated
from regie.errors import Refusal
from regie.media.airings import airings
from regie.media.chain import tier_specs
from regie.media.chaptered import Chapter, begun_ms, joined, length_ms, listing, placed, with_chapters
from regie.media.frames import Picture, ProgrammeFormat
from regie.media.matching import MatchingSlates
from regie.media.playlist import entries
from regie.media.purging import Purger
from regie.media.removed import kept, pending
from regie.media.removing import HLS, RECORDINGS, Remover
from regie.media.shifting import shifts
from regie.media.slates import draw_slate
from regie.redact_options import arguments
from regie.supervise import sole_user

WAVEFORM = "onde.bin"
_OFFSET = re.compile(r"\+(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_HOUR = re.compile(r"(\d{1,2}):(\d{2}):(\d{2}(?:[.,]\d+)?)")


def begun_ns(directory: Path) -> int:
    """UTC nanoseconds of the first picture that was published. Raises Refusal ``rien_a_retirer``."""
    starts = [
        found[0].start_ns
        for index in (directory / HLS).glob("*/index.m3u8")
        if (found := entries(index.read_text(encoding="utf-8")))
    ]
    if not starts:
        raise Refusal(f"{directory} holds nothing that was published", code="rien_a_retirer")
    return min(starts)


def instant_ms(text: str, begun: int, changes: Sequence[Shift] = ()) -> int:
    """UTC milliseconds, as the files date it, of what a person types: ``20:14:05.5`` (local hour, on the evening of the séance),
    ``+01:02:03`` (since its first picture, UTC ns ``begun``) or a whole ISO date; ``@1795348800000`` is the files' date itself.

    ``changes`` of the delay during the séance: an hour is that of the act. Raises Refusal ``instant_invalide``.
    """
    if text.startswith("@") and text[1:].isdigit():
        return int(text[1:])
    if found := _OFFSET.fullmatch(text):
        hours, minutes, seconds = int(found[1] or 0), int(found[2]), float(found[3].replace(",", "."))
        return begun // 1_000_000 + round((hours * 3600 + minutes * 60 + seconds) * 1000)
    first = datetime.fromtimestamp(begun / 1e9, UTC).astimezone()
    if found := _HOUR.fullmatch(text):
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        at = timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=float(found[3].replace(",", ".")))
        moment = midnight + at
        # A séance that goes past midnight.
        if moment < first - timedelta(hours=1):
            moment += timedelta(days=1)
        return dated(round(moment.timestamp() * 1000), changes)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(
            f"{text!r} is neither an hour, an offset nor a date", code="instant_invalide"
        ) from error
    return dated(round((moment if moment.tzinfo else moment.astimezone()).timestamp() * 1000), changes)


def remover(directory: Path, config: Config | None) -> Remover:
    """What takes passages out of a séance's files; without a configuration the slate bears no town."""
    town = config.ville if config is not None else Town(nom="Conseil")
    form = ProgrammeFormat(1280, 720, 25)
    if config is not None:
        form = ProgrammeFormat(config.programme.largeur, config.programme.hauteur, 25)

    def draw(name: SlateName, utc_ns: int) -> Picture:
        return draw_slate(name, town, form, utc_ns)

    clock = SystemClock()
    hints = tier_specs(config) if config is not None else ()
    purger = Purger(config.webtv if config is not None else WebTv())
    return Remover(directory, MatchingSlates(draw, clock.utc_ns(), hints), clock, purger.tell)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Nobody writes these playlists: they are closed, or no régie runs on this data. Raises StartError ``dossier_occupe``."""
    with ExitStack() as stack:
        texts = (i.read_text(encoding="utf-8") for i in (directory / HLS).glob("*/index.m3u8"))
        if not all("#EXT-X-ENDLIST" in text for text in texts):
            stack.enter_context(sole_user(directory.parent.parent))
        yield


def export(directory: Path, out: Path, town: str) -> list[Path]:
    """The clean recordings and their podcast with chapters, the register of masks whole and public, the notice to platforms;
    what was made."""
    out.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    recordings = sorted((directory / RECORDINGS).glob("*.mp4"))
    chapters = _chapters(directory, recordings)
    for path in recordings:
        made.append(_copied(path, out / path.name, chapters[path]))
        if chapters[path]:
            # What a platform reads in a video's description, and a person anywhere.
            (out / f"{path.stem}-chapitres.txt").write_text(listing(chapters[path]), encoding="utf-8")
            made.append(out / f"{path.stem}-chapitres.txt")
    if recordings:
        parts = [(length_ms(path), chapters[path]) for path in recordings]
        podcast(recordings, out / "seance.m4a", joined(parts))
        made.append(out / "seance.m4a")
    told = notice(town, airings(directory), kept(directory))
    if told:
        (out / "avis-plateformes.txt").write_text(told, encoding="utf-8")
        made.append(out / "avis-plateformes.txt")
    found = listed(directory)
    for name, public in (("masques", False), ("masques-public", True)):
        # The mark of UTF-8 is what makes spreadsheets read accents.
        (out / f"{name}.csv").write_text(as_csv(found, public=public), encoding="utf-8-sig")
        (out / f"{name}.json").write_bytes(as_json(found, public=public))
        made += [out / f"{name}.csv", out / f"{name}.json"]
    return made


def _chapters(directory: Path, recordings: Sequence[Path]) -> dict[Path, tuple[Chapter, ...]]:
    """Those of each recording; none when the register tells none."""
    register, changes = register_of(directory), shifts(directory)
    hidden = [
        *closed(directory),
        *((row.start_ms, row.end_ms) for row in listed(directory) if row.hides.hides_sound),
    ]
    told = (
        [(dated(at, changes), title) for at, title in marks(register, hidden)] if register is not None else []
    )
    found: dict[Path, tuple[Chapter, ...]] = dict.fromkeys(recordings, ())
    for path in recordings:
        if told and (begun := begun_ms(path)) is not None:
            found[path] = placed(told, begun, length_ms(path))
    return found


def _copied(recording: Path, target: Path, chapters: Sequence[Chapter]) -> Path:
    """A recording given out: with its chapters, as it is when it has none."""
    if chapters:
        with_chapters(recording, target, chapters)
    else:
        shutil.copy2(recording, target)
    return target


def run(options: argparse.Namespace) -> int:
    """The command. Raises RegieError, OSError."""
    directory: Path = options.folder.resolve()
    config = load(options.config) if options.config else None
    if options.wave:
        (directory / "retraits").mkdir(exist_ok=True)
        (directory / "retraits" / WAVEFORM).write_bytes(waveform(directory / HLS / "son" / "index.m3u8"))
        return 0
    if options.start is not None or pending(directory):
        with _alone(directory):
            _take_out(directory, config, options)
    if options.export is not None:
        for path in export(
            directory, options.export, config.ville.nom if config is not None else "la collectivité"
        ):
            sys.stdout.write(f"{path}\n")
    if options.list or (options.start is None and options.export is None):
        sys.stdout.write(as_csv(listed(directory)))
    return 0


def _take_out(directory: Path, config: Config | None, options: argparse.Namespace) -> None:
    worker = remover(directory, config)
    worker.finish_pending()
    if options.start is None:
        return
    if options.end is None:
        raise Refusal("--from goes with --to", code="passage_invalide")
    begun, changes = begun_ns(directory), shifts(directory)
    now_ms = SystemClock().utc_ns() // 1_000_000
    removal = Removal(
        id=options.id or new_id(),
        start_ms=instant_ms(options.start, begun, changes),
        end_ms=instant_ms(options.end, begun, changes),
        hides=MaskKind(options.hides),
        silent=options.silent,
        who=options.who,
        item=options.item,
        reason=options.reason,
        asked_ms=now_ms,
    )
    check(removal)
    for one in (asked := (removal, *copies_of(directory, removal, now_ms))):
        worker.intend(one)
    cleaned = [piece for one in asked for piece in worker.run(one).cleaned]
    for piece in cleaned:
        sys.stdout.write(f"{piece.name}: {piece.pieces} pieces cleaned\n")
    if not cleaned:
        sys.stdout.write("nothing of this passage was published\n")


def command(given: Sequence[str]) -> int:
    """As `regie redact`, for tests and pages."""
    parser = argparse.ArgumentParser(prog="regie redact")
    arguments(parser)
    return run(parser.parse_args(given))
