"""The convocation on paper before it is in any register: what the secretary reads again, then sends."""

from collections.abc import Iterator
from pathlib import Path

from regie.documents.dossier import Dossier
from regie.documents.errors import DocumentError
from regie.documents.odt import odt
from regie.documents.paper import Document
from regie.documents.pdf import pdf
from regie.documents.produce import papers
from regie.documents.record import record_of
from regie.documents.templates import Templates
from regie.preparation.plan import Plan, first_event


def convocation(plan: Plan, kept: Dossier, templates: Templates) -> Document:
    """The convocation of a plan that is ready. Raises DocumentError when it is not, or when a template is wrong."""
    if plan.convene is None or not plan.ready:
        raise DocumentError("this convocation is not lawful, or not complete", code="convocation_incomplete")
    record = record_of((first_event(plan.convene, 0),), "", plan.meeting.title if plan.meeting else "")
    return next(
        paper for planned, paper in papers(record, plan.dossier(kept), templates) if planned.code == "D1"
    )


def draw(plan: Plan, out: Path, templates: Path | None) -> Iterator[Path]:
    """Write the convocation as PDF and ODT; the files. Raises DocumentError, OSError."""
    paper = convocation(plan, Dossier(), Templates(templates))
    out.mkdir(parents=True, exist_ok=True)
    for suffix, made in (("pdf", pdf(paper)), ("odt", odt(paper))):
        file = out / f"convocation.{suffix}"
        file.write_bytes(made)
        yield file
