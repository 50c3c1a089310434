"""The log file: what went wrong and where in the program, never whom it was about."""

import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

SIZE = 1_000_000
KEPT = 3

_DATA = re.compile(r"""'[^']*'|"[^"]*"|\S+@\S+|\+?\d[\d ()./-]{4,}\d""")
"""Where the message of an error may repeat what the program was given."""


class _LogFile(RotatingFileHandler):
    """Makes its folder with the first line, and says in one line when it cannot be written."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return super()._open()

    def handleError(self, _record: logging.LogRecord) -> None:
        print(f"The log cannot be written: {self.baseFilename}", file=sys.stderr)


class _Discreet(logging.Formatter):
    """Tracebacks without the values that their messages quote."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have left its own rendering there
        return super().format(record)

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return "\nafter\n".join(_told(error) for error in _chain(ei[1]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{type(error).__qualname__}: {_DATA.sub('…', str(error))}"


def write_to(file: Path) -> None:
    """Send this process's log to ``file`` and nothing to the terminal.

    It takes warnings of other packages and everything of this one from INFO on, and grows to
    a few megabytes at most. Calling it again moves the log.
    """
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _LogFile):
            root.removeHandler(handler)
            handler.close()
    log = _LogFile(file, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8", delay=True)
    lines = _Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s")
    lines.converter = time.gmtime
    log.setFormatter(lines)
    root.addHandler(log)
    logging.getLogger("interworky_tui").setLevel(logging.INFO)
