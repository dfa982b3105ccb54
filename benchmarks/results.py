"""Where figures go: ``benchmarks/results/<name>.csv``, one line a figure, with the machine it was measured on."""

import csv
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. ``goal`` in the figure's unit, None when there is none; ``note``: what it was measured with."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    note: str = ""


def machine() -> dict[str, str]:
    """The machine's name, processor and cores."""
    return {"machine": platform.node(), "processor": _processor(), "cores": str(os.cpu_count() or 0)}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def record(benchmark: str, figures: Sequence[Figure], folder: Path = RESULTS) -> Path:
    """Append figures to the benchmark's CSV, and say them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{benchmark}.csv"
    when = {"utc": datetime.now(UTC).isoformat(timespec="seconds"), **machine()}
    rows = [{**when, **asdict(figure), "value": f"{figure.value:.6g}"} for figure in figures]
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=[*when, "name", "value", "unit", "goal", "note"])
        if fresh:
            writer.writeheader()
        writer.writerows(rows)
    for figure in figures:
        goal = f"  (goal {figure.goal:g})" if figure.goal is not None else ""
        print(f"{benchmark}: {figure.name} = {figure.value:.4g} {figure.unit}{goal}  {figure.note}")
    return path
