"""Logs: one JSON object a line on stderr, without personal data.

What a line may say: a sentence fixed in the source, ids from the configuration, numbers. Addresses lose their user and password.
An exception that is not ours is told by its type and its places in the source, never by its text: a library may have put a name,
a key or a vote in it. ``REGIE_VERBOSE=1`` (``--verbose``) adds that text, for somebody who looks for a fault on his own machine.
"""

import faulthandler
import json
import logging
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from regie.errors import RegieError

VERBOSE = "REGIE_VERBOSE"
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON; what was given in ``extra`` becomes keys beside the message."""

    def __init__(self, process: str, verbose: bool = False) -> None:
        super().__init__()
        self._process = process
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "process": self._process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _USERINFO.sub("", record.getMessage()),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _PLAIN}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(self._chain(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)

    def _chain(self, error: BaseException) -> Iterator[dict[str, object]]:
        seen: set[int] = set()
        current: BaseException | None = error
        while current is not None and id(current) not in seen:
            seen.add(id(current))
            frames = traceback.extract_tb(current.__traceback__)
            yield {
                "type": type(current).__qualname__,
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
            } | self._told(current)
            if isinstance(current, BaseExceptionGroup):
                for inner in current.exceptions:
                    yield from self._chain(inner)
            current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)

    def _told(self, error: BaseException) -> dict[str, object]:
        if isinstance(error, RegieError):
            return {"code": error.stable_code, "text": error.message, "facts": error.facts}
        if isinstance(error, OSError) and error.errno is not None:
            return {"text": os.strerror(error.errno)}
        return {"text": _USERINFO.sub("", str(error))} if self._verbose else {}


def setup(process: str, *, stream: TextIO | None = None) -> None:
    """Send every log of this process to ``stream`` (stderr) as JSON, uncaught exceptions too. SIGUSR1 writes all stacks there."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(process, bool(os.environ.get(VERBOSE))))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    faulthandler.enable(stream)
    faulthandler.register(signal.SIGUSR1, stream)


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("regie").critical("the process ends on an error", exc_info=(kind, error, where))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        logging.getLogger("regie").critical(
            "a thread ends on an error",
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            extra={"thread": args.thread.name if args.thread else ""},
        )
