"""CSV files as offices have them: any common encoding and delimiter, and broken lines told apart.

One broken record never takes its neighbours with it: reading goes on at the line after the
one on which it began.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.text import clean_line

LONGEST_RECORD = 50_000
MOST_LINES = 200
DELIMITERS = (",", ";", "\t")
UNREADABLE = "\udcff"
"""Stands in a cell for bytes that are not text in the file's encoding."""

_SNIFFED = 65_536
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_LOW_BYTES = bytes(range(0x80))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SEP_LINE = re.compile(r'"?sep=([,;|\t])"?\s*', re.IGNORECASE)
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "an Excel workbook or another ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a compressed file"),
    (b"SQLite format 3", "a database"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNCLOSED = "a quotation mark is opened here and never closed"
_MISPLACED = "a quotation mark is in the wrong place or is never closed"


class BadFile(Refusal):
    """The file as a whole cannot be imported."""

    title = "The file was not imported"


@dataclass(frozen=True, slots=True)
class Record:
    """``line`` is where it begins, as a text editor counts; ``trouble`` why it has no cells."""

    line: int
    cells: tuple[str, ...]
    trouble: str = ""


class CsvFile:
    """An open CSV file after its header. Iterate once for the records; blank ones are left out."""

    def __init__(self, binary: BinaryIO, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._binary = binary
        text = TextIOWrapper(
            binary, _encoding(binary, name), errors="interworky_unreadable", newline=""
        )
        self._lines = _Lines(text)
        self._rows = csv.reader(
            self._lines, delimiter=self._delimiter(), strict=True, skipinitialspace=True
        )
        self.header = self._read_header()

    def bytes_read(self) -> int:
        """How far into the file the reading is, a buffer ahead of the records given out."""
        return min(self._binary.tell(), self.size)

    def __iter__(self) -> Iterator[Record]:
        while (record := self._next()) is not None:
            if record.trouble or any(cell.strip() for cell in record.cells):
                yield record

    def _delimiter(self) -> str:
        """As a ``sep=;`` line says, else what cuts the header into the most cells."""
        try:
            first = self._lines.peek_filled()
        except _TooLong:
            raise BadFile(f"{self.name} does not begin with a line of column names.") from None
        if not first:
            raise BadFile(f"{self.name} is empty.")
        if _CONTROL.search(first) or UNREADABLE in first:
            raise BadFile(f"{self.name} is not a text file; save the list as CSV and try again.")
        if told := _SEP_LINE.fullmatch(first):
            next(self._lines)
            return told[1]
        return max(DELIMITERS, key=lambda delimiter: _cells_by(first, delimiter))

    def _read_header(self) -> tuple[str, ...]:
        record = next(iter(self), None)
        if record is None:
            raise BadFile(f"{self.name} has no line that names its columns.")
        if record.trouble:
            raise BadFile(f"{self.name}, line {record.line}: {record.trouble}.")
        names = [clean_line(cell) for cell in record.cells]
        while names and not names[-1]:
            names.pop()
        return tuple(names)

    def _next(self) -> Record | None:
        line = self._lines.begin()
        try:
            return Record(line, tuple(next(self._rows)))
        except StopIteration:
            return None
        except _TooLong:
            trouble = _UNCLOSED if len(self._lines.taken) > 1 else "the line is far too long"
        except csv.Error as error:
            trouble = _UNCLOSED if "end of data" in str(error) else _MISPLACED
        self._lines.keep_only_first()
        return Record(line, (), trouble)


@contextmanager
def open_csv(path: Path) -> Iterator[CsvFile]:
    """Raises BadFile, in one sentence, for whatever is not a CSV file that can be read."""
    with ExitStack() as opened:
        with _told_as_bad_file():
            if not path.is_file():
                what = "is not a file" if path.exists() else "is not there"
                raise BadFile(f"{path} {what}.")
            binary = opened.enter_context(path.open("rb"))
            file = CsvFile(binary, path.name, path.stat().st_size)
        yield file


@contextmanager
def _told_as_bad_file() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadFile(f"The file cannot be read: {reason.lower()}.") from error


class _TooLong(Exception):
    """One record has taken more lines or characters than any honest one."""


class _Lines:
    """The physical lines, with a way back to the second line of the record being read."""

    def __init__(self, text: TextIO) -> None:
        self.taken: list[str] = []
        self._text = text
        self._back: deque[str] = deque()
        self._before = 0
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._length += len(line)
        if len(line) == LONGEST_RECORD:
            self._skip_rest(line)
        if self._length >= LONGEST_RECORD or len(self.taken) > MOST_LINES:
            raise _TooLong
        return line

    def begin(self) -> int:
        """A new record begins; returns the number of its first line, counted from 1."""
        self._before += len(self.taken)
        self._length = 0
        self.taken = []
        return self._before + 1

    def keep_only_first(self) -> None:
        """Give the lines after the first one back, to be read again as records of their own."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def peek_filled(self) -> str:
        """The first line with anything in it, still to be read; the blank ones before it count."""
        for line in self:
            if line.strip():
                self.taken.pop()
                self._back.appendleft(line)
                return line
        return ""

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._read()

    def _read(self) -> str:
        with _told_as_bad_file():
            return self._text.readline(LONGEST_RECORD)


def _encoding(binary: BinaryIO, name: str) -> str:
    """By the mark at the beginning, else UTF-8 if nearly all of it is, else Windows-1252."""
    head = binary.read(_SNIFFED)
    what = next((what for mark, what in _FOREIGN if head.startswith(mark)), "")
    if what:
        raise BadFile(f"{name} is {what}, not a CSV file; save the list as CSV and try again.")
    marked = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "")
    if not marked and head.count(0) > len(head) // 10:
        raise BadFile(f"{name} is not plain text; save the list as 'CSV UTF-8' and try again.")
    binary.seek(0)
    encoding = marked or ("utf-8" if _is_utf8(binary) else "cp1252")
    binary.seek(0)
    return encoding


def _is_utf8(binary: BinaryIO) -> bool:
    """True as well for UTF-8 with some broken characters: their lines are told of one by one."""
    characters = strays = 0
    while chunk := binary.read(1 << 20):
        chunk += binary.readline(LONGEST_RECORD)
        rest, found = _UTF8_CHARACTER.subn(b"", chunk)
        characters += found
        strays += len(rest.translate(None, _LOW_BYTES))
    return not strays or characters > strays


def _mark_unreadable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error("interworky_unreadable", _mark_unreadable)


def _cells_by(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []))
