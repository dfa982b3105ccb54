"""Options of `regie redact`, apart from the media libraries that the command itself needs."""

import argparse
from pathlib import Path

from regie.domain.masks import MaskKind


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("folder", type=Path, metavar="SEANCE_DIR")
    parser.add_argument("--config", type=Path, metavar="FILE", help="for the town's slate and its caches")
    parser.add_argument("--from", dest="start", metavar="WHEN", help="20:14:05.5, +01:02:03 or an ISO date")
    parser.add_argument("--to", dest="end", metavar="WHEN")
    parser.add_argument("--reason", default="", help="a word for the register, never the content")
    parser.add_argument("--item", default="", help="the item under discussion")
    parser.add_argument("--who", default="", help="who asks")
    parser.add_argument(
        "--hide", dest="hides", choices=[k.value for k in MaskKind], default=MaskKind.BOTH.value
    )
    parser.add_argument("--silent", action="store_true", help="silence instead of a tone")
    parser.add_argument("--list", action="store_true", help="what was hidden in this séance")
    parser.add_argument("--export", type=Path, metavar="DIR", help="clean video, podcast, register of masks")
    parser.add_argument("--id", default="", help=argparse.SUPPRESS)
    parser.add_argument("--wave", action="store_true", help=argparse.SUPPRESS)
