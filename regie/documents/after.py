"""What the command line and the control process ask: the documents of a séance's folder, made from its register."""

from collections.abc import Collection
from pathlib import Path

from regie.documents.catalogue import missing
from regie.documents.dossier import load
from regie.documents.errors import DocumentError
from regie.documents.produce import Batch, Format, produce
from regie.documents.record import read_record
from regie.documents.templates import Templates

FOLDER = "documents"
"""Where a séance's documents are kept, beside its register."""


def export(
    folder: Path,
    out: Path | None = None,
    formats: Collection[Format] = tuple(Format),
    *,
    templates: Path | None = None,
    final: bool = False,
) -> Batch:
    """Make the documents of a séance. ``templates``: the town's own; ``final``: minutes that lack a mention are refused (PV2).

    Raises DocumentError, OSError.
    """
    record, dossier = read_record(folder), load(folder)
    gaps = missing(record, dossier) if final else ()
    if gaps:
        raise DocumentError(
            f"the minutes lack mandatory mentions: {' ; '.join(gaps)}", code="regle_pv2", manquants=len(gaps)
        )
    return produce(record, dossier, Templates(templates), out or folder / FOLDER, formats)
