"""Files as offices have them: encodings, delimiters, line ends, and records that are broken."""

from pathlib import Path

import pytest

from interworky_tui.services.csv_reading import (
    LONGEST_RECORD,
    MOST_LINES,
    UNREADABLE,
    BadFile,
    Record,
    open_csv,
)

HUGE = "x" * (LONGEST_RECORD + 10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def read(file: Path, content: str | bytes) -> tuple[tuple[str, ...], list[Record]]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_csv(file) as opened:
        return opened.header, list(opened)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be", "utf-16-le"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(
    file: Path, encoding: str, delimiter: str, newline: str
) -> None:
    text = 'name,note\nJürgen Müßig,"Größe “L”,\n5 €"\nBob,'
    text = text.replace(",", delimiter).replace("\n", newline)
    mark = "\ufeff" if encoding in ("utf-16-be", "utf-16-le") else ""
    header, records = read(file, (mark + text).encode(encoding))
    assert header == ("name", "note")
    assert records == [
        Record(2, ("Jürgen Müßig", f"Größe “L”{delimiter}{newline}5 €")),
        Record(4, ("Bob", "")),
    ]


def test_a_line_that_names_the_delimiter(file: Path) -> None:
    assert read(file, 'sep=;\r\n"a,b,c";d\r\n1;2\r\n') == (("a,b,c", "d"), [Record(3, ("1", "2"))])


def test_lines_are_counted_and_blank_ones_left_out(file: Path) -> None:
    header, records = read(file, '\n\na,b,,\n\n1,"2\n\n2"\n,,\n \n3,4\n')
    assert header == ("a", "b")
    assert [record.line for record in records] == [5, 10]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('"never closed', "never closed"),
        ('"a" b,c', "never closed"),
        (HUGE, "the line is far too long"),
        (f'"{HUGE}",b', "the line is far too long"),
    ],
    ids=["open", "misplaced", "long", "long in quotes"],
)
@pytest.mark.parametrize("later", [1, 3 * MOST_LINES])
@pytest.mark.parametrize("line", ["1,2", '1,"2, ""two"""'], ids=["plain", "quoted"])
def test_a_broken_record_spares_its_neighbours(
    file: Path, broken: str, told: str, later: int, line: str
) -> None:
    _, records = read(file, "\n".join(["a,b", line, broken, *[line] * later]))
    assert told in records[1].trouble
    assert [record.line for record in records] == list(range(2, later + 4))
    assert [record.line for record in records if record.trouble] == [3]


def test_many_broken_records_are_all_told(file: Path) -> None:
    _, records = read(file, "\n".join(["a,b", *['"x'] * 500, "1,2"]))
    assert [record.line for record in records if record.trouble] == list(range(2, 502))
    assert records[-1] == Record(502, ("1", "2"))


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ("Jürgen Ä é".encode() + b"\nG\xfcnter", f"G{UNREADABLE}nter"),
        ("Jürgen Ä é".encode("cp1252") + b"\nG\x81nter", f"G{UNREADABLE}nter"),
        ("\ufeffa\nJürgen\n".encode("utf-16-le") + b"\x00\xd8b\0", f"{UNREADABLE}b"),
        ("\ufeffa\nJürgen\n".encode("utf-16-le") + b"b\0c", f"b{UNREADABLE}"),
    ],
    ids=["UTF-8", "Windows-1252", "half a pair", "half a unit"],
)
def test_bytes_that_are_no_text_are_marked_where_they_are(
    file: Path, content: bytes, cell: str
) -> None:
    if not content.startswith(b"\xff"):
        content = b"a\n" + content
    _, records = read(file, content)
    assert [record.cells for record in records][-1] == (cell,)
    assert records[0].cells[0].startswith("Jürgen")


def test_how_far_the_reading_is(file: Path) -> None:
    file.write_text("a,b\n" + "1,2\n" * 50_000, encoding="utf-8")
    with open_csv(file) as opened:
        assert opened.size == file.stat().st_size
        told = [opened.bytes_read() for _ in opened]
    assert told == sorted(told)
    assert told[0] < told[-1] == opened.size


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "list.csv is a PNG image, not a CSV file; save"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"PK\x03\x04\x14\0\x06\0", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x1f\x8b\x08", "a compressed file"),
        (bytes(range(256)) * 300, "is not a text file"),
        ("name;phone".encode("utf-16-le") * 50, "is not plain text; save the list as 'CSV UTF-8'"),
        (b"", "is empty"),
        (b"\n\r\n  \n", "is empty"),
        ("\ufeff".encode(), "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"sep=;\n", "no line that names its columns"),
        (b",,,\n", "no line that names its columns"),
        (b'"name,phone\nAnn,1\n', "line 1: a quotation mark is opened here"),
        (b"name\0,phone\nAnn,1\n", "is not a text file"),
        (HUGE.encode(), "does not begin with a line of column names"),
        (b"\n" * 300 + b"name,phone\n", "does not begin with a line of column names"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(
    file: Path, content: bytes, told: str
) -> None:
    with pytest.raises(BadFile) as refused:
        read(file, content)
    assert told in refused.value.sentence
    assert refused.value.sentence.endswith(".")


def test_a_file_that_is_not_there_or_not_a_file(tmp_path: Path) -> None:
    for name, told in (("", "is not a file"), ("x.csv", "is not there"), ("x" * 5000, "be read")):
        with pytest.raises(BadFile, match=told), open_csv(tmp_path / name):
            pass
