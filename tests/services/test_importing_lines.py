"""Taking over a list: what each shape of header, line, date and time is read as."""

from pathlib import Path

import msgspec
import pytest

from interworky_tui.services.context import Context
from interworky_tui.services.csv_reading import LONGEST_RECORD, MOST_LINES, BadFile
from tests.services.taking_over import ANN, BOB, HEADER, lines, stored, take

HUGE = "x" * (LONGEST_RECORD + 10)


def short(value: str) -> str:
    """A name for a test's case that a terminal can show."""
    return value if len(value) < 60 else f"{value[:40]}..."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def test_columns_in_any_order_and_case_and_by_their_other_names(
    office: Context, file: Path
) -> None:
    header = "Client_Notes;PREFERRED-TIME; E-Mail ;Last Name;preferred_date;Loyalty;First name"
    row = '"two\r\nlines";09:15;ann@example.com;Lee;2026-03-20;gold;Ann'
    report = take(office, file, f"{header}\r\n{row}\r\n")
    assert stored(office, "name", "email", "wish_time", "note") == [
        ("Ann Lee", "ann@example.com", "09:15", "two\nlines")
    ]
    assert report.ignored_columns == ("Loyalty",)


def test_a_header_without_what_is_needed_lists_what_is_there(office: Context, file: Path) -> None:
    with pytest.raises(BadFile) as refused:
        take(office, file, "Name|Birthday,Fax,date\nAnn,1,2026-03-20\n")
    assert refused.value.sentence == (
        "No column for name (or first_name and last_name), phone or email and band or time was"
        " found; the file's columns are: 'Name|Birthday', 'Fax', 'date'."
    )


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("name,phone,mobile,date,band", "'phone' and 'mobile' both mean phone"),
        ("name,first name,phone,date,band", "first_name and last_name"),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(
    office: Context, file: Path, header: str, told: str
) -> None:
    with pytest.raises(BadFile, match=told):
        take(office, file, lines(header=header))


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        (",030 901820,,2026-03-20,morning,,,,", "name", "name"),
        ("Ann,555,,2026-03-20,morning,,,,", "phone", "'555' is not a phone number"),
        ("Ann,,,2026-03-20,morning,,,,", "phone", "phone number or an email"),
        ("Ann,,ann,2026-03-20,morning,,,,", "email", "'ann' is not an email"),
        ("Ann,030 901820,,,morning,,,,", "date", "Give the date"),
        ("Ann,030 901820,,2026-02-30,morning,,,,", "date", "not a day of the calendar."),
        ("Ann,030 901820,,3/20/2026,morning,,,,", "date", "read as day/month/year"),
        ("Ann,030 901820,,20-Mar-26,morning,,,,", "date", "write it like 2026-03-20"),
        ("Ann,030 901820,,0001-01-01,morning,,,,", "date", "year 1 "),
        ("Ann,030 901820,,20 Mai 2026,morning,,,,", "date", "month"),
        ("Ann,030 901820,,2026-03-20,,,,,", "band", "when on that day"),
        ("Ann,030 901820,,2026-03-20,noonish,,,,", "band", "'noonish' is not"),
        ("Ann,030 901820,,2026-03-20,,25:00,,,", "time", "'25:00' is not a time of the day"),
        ("Ann,030 901820,,2026-03-20,,13pm,,,", "time", "'13pm' is not a time of the day"),
        ("Ann,030 901820,,2026-03-20,,soon,,,", "time", "'soon' is not a time"),
        ("Ann,030 901820,,2026-03-20,,0.25,,,", "time", "'0.25' is not a time"),
        ("Ann,030 901820,,2026-03-20,morning,14:30,,,", "band", "14:30 is not in the morning"),
        ("Ann,030 901820,,2026-03-20,morning,evening,,,", "time", "not the same"),
        ("Ann,030 901820,,2026-03-20,morning,,,,whenever", "urgency", "'whenever' is not low"),
        ("Ann,030 901820,,2026-03-20,morning,,,N\0te,", "note", "NUL"),
        (f"Ann,030 901820,,2026-03-20,morning,,,{'x' * 2001},", "note", "2000"),
        (f"{'x' * 301},030 901820,,2026-03-20,morning,,,,", "name", "300"),
        ("Ann,030 901820,,2026-03-20,morning,,,", "", "8 cells where the header has 9"),
        ("Ann,030 901820,,2026-03-20,morning,,,,,more", "", "10 cells where the header has 9"),
        ('Ann,030 901820,,2026-03-20,morning,,,"never closed,', "", "never closed"),
        ('Ann,030 901820,,2026-03-20,morning,,,"Bob" Ray,', "", "wrong place"),
        (f"Ann,030 901820,,2026-03-20,morning,,,{HUGE},", "", "far too long"),
    ],
    ids=short,
)
def test_a_bad_line_is_told_by_number_column_and_reason_and_spares_its_neighbours(
    office: Context, file: Path, row: str, column: str, told: str
) -> None:
    report = take(office, file, lines(ANN, "", row, BOB))
    assert [(bad.line, bad.column) for bad in report.bad] == [(4, column)]
    assert told in report.bad[0].reason
    assert (report.rows, report.good, report.added) == (3, 2, 2)
    assert stored(office, "name") == [("Ann Lee",), ("Bob Ray",)]


def test_the_column_is_named_as_the_file_names_it(office: Context, file: Path) -> None:
    header = "Surname,E-mail,Preferred Date,Preferred Time"
    report = take(office, file, lines("Lee,,2026-03-20,9:00", "Lee,a@b.de,x,9:00", header=header))
    assert [bad.column for bad in report.bad] == ["E-mail", "Preferred Date"]


def test_lines_are_numbered_as_an_editor_numbers_them(office: Context, file: Path) -> None:
    noted = 'Ann,030 901820,,2026-03-20,morning,,,"one\n\nthree",'
    report = take(office, file, "\n" + lines(noted, "", ",,,,,,,,", "x", noted, "y"))
    assert [bad.line for bad in report.bad] == [8, 12]
    assert (report.rows, report.added, report.already_there) == (4, 1, 1)


def test_a_quotation_mark_left_open_costs_its_own_line_only(office: Context, file: Path) -> None:
    """The quotes of later lines would close it, or it would take the rest of the file along."""
    open_quote = 'Ann,030 901820,,2026-03-20,morning,,,"open,'
    quoted = 'Bob {},+49 30 901821,,2026-03-21,,14:30,,"with, ""quotes""",'
    rows = [quoted.format(number) for number in range(MOST_LINES + 50)]
    report = take(office, file, lines(open_quote, *rows, open_quote, ANN))
    assert [(bad.line, bad.column) for bad in report.bad] == [(2, ""), (len(rows) + 3, "")]
    assert report.added == len(rows) + 1


def test_characters_that_are_not_of_the_encoding(office: Context, file: Path) -> None:
    good = "Jürgen Ä,030 901820,,2026-03-20,morning,,,,".encode()
    bad = "Günter,030 901821,,2026-03-20,morning,,,,".encode("cp1252")
    report = take(office, file, b"\n".join([HEADER.encode(), good, bad, b""]))
    assert [(b.line, b.column) for b in report.bad] == [(3, "name")]
    assert stored(office, "name") == [("Jürgen Ä",)]


def test_controls_and_what_spreadsheets_put_around_a_cell_are_taken_away(
    office: Context, file: Path
) -> None:
    row = "\x1b]0;x\x07Ann,'+49 30 901820,,2026-03-20T00:00:00,=\"morning\",,,'=SUM(A1),"
    take(office, file, lines(row, "'s Jan,+49 30 901821,,2026-03-20,morning,,,'tis,"))
    assert stored(office, "name", "phone", "note") == [
        ("]0;xAnn", "+4930901820", "=SUM(A1)"),
        ("'s Jan", "+4930901821", "'tis"),
    ]


@pytest.mark.parametrize(
    ("day_first", "written", "day"),
    [
        (True, "2026-03-04", "2026-03-04"),
        (True, "2026/3/4", "2026-03-04"),
        (True, "04.03.2026", "2026-03-04"),
        (True, "4/3/2026", "2026-03-04"),
        (True, "4. 3. 2026", "2026-03-04"),
        (True, "4-Mar-2026", "2026-03-04"),
        (False, "March 4, 2026", "2026-03-04"),
        (False, "3/4/2026", "2026-03-04"),
        (False, "2026-03-04 00:00", "2026-03-04"),
        (True, "1999-12-31", "1999-12-31"),
    ],
)
def test_dates(office: Context, file: Path, day_first: bool, written: str, day: str) -> None:
    own = msgspec.structs.replace(office.settings.office, locale_day_first=day_first)
    moved = msgspec.structs.replace(office.settings, office=own)
    there = Context(moved, office.database, office.clock, office.actor)
    take(there, file, lines(f'Ann,030 901820,,"{written}",morning,,,,'))
    assert stored(office, "requested_date") == [(day,)]


@pytest.mark.parametrize(
    ("written", "band", "wish"),
    [
        ("9:15", "early_morning", "09:15"),
        ("14h30", "afternoon", "14:30"),
        ("2pm", "afternoon", "14:00"),
        ("12 a.m.", None, "00:00"),
        ("12:05 PM", "afternoon", "12:05"),
        ("14:30:00", "afternoon", "14:30"),
        ("Early Morning", "early_morning", None),
    ],
)
def test_times(
    office: Context, file: Path, written: str, band: str | None, wish: str | None
) -> None:
    take(office, file, lines(f"Ann,030 901820,,2026-03-20,,{written},,,"))
    assert stored(office, "band", "wish_time") == [(band, wish)]
