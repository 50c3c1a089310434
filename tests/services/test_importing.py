"""Taking over a list: every encoding and shape of file, and every row accounted for."""

import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.services.context import Context
from interworky_tui.services.csv_reading import LONGEST_RECORD, MOST_LINES, BadFile
from interworky_tui.services.importing import ImportReport, import_csv
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from tests.rounds import rounds

SAMPLE = Path(__file__).parents[2] / "data" / "sample_requests.csv"
HEADER = "name,phone,email,date,band,time,service,note,urgency"
ANN = "Ann Lee,030 901820,ann@example.com,2026-03-20,morning,,Check-up,,low"
BOB = "Bob Ray,+49 30 901821,,2026-03-21,,14:30,,,"
HUGE = "x" * (LONGEST_RECORD + 10)


def short(value: str) -> str:
    """A name for a test's case that a terminal can show."""
    return value if len(value) < 60 else f"{value[:40]}..."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def take(office: Context, file: Path, content: str | bytes, **how: bool) -> ImportReport:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return import_csv(office, file, **how)


def stored(office: Context, *columns: str) -> list[tuple[object, ...]]:
    """Columns of every request in the order in which they were added."""
    table = APPOINTMENT.join(CLIENT)
    known = {column.name: column for column in [*CLIENT.c, *APPOINTMENT.c]}
    with office.database.read() as connection:
        query = select(*(known[name] for name in columns)).select_from(table)
        return [tuple(row) for row in connection.execute(query.order_by(APPOINTMENT.c.id))]


def counted(office: Context, *tables: object) -> list[int]:
    with office.database.read() as connection:
        return [connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables]  # type: ignore[arg-type]


def test_who_is_taken_over_is_found(office: Context, file: Path) -> None:
    take(office, file, lines(ANN, BOB))
    take(office, file, lines(ANN.replace("ann@", "lee@").replace("03-20", "03-23")))
    with closing(open_reader(office.database.url)) as reader:
        for query, names in (("a", {"Ann Lee"}), ("901821", {"Bob Ray"}), ("ann@", set())):
            found = reader.page(Status.REQUESTED, search=query)
            assert {row.name for row in found} == names


def test_a_good_line_becomes_a_request(office: Context, file: Path) -> None:
    report = take(office, file, lines(ANN, BOB))
    assert report == ImportReport(2, 2, 2, 0, (), (), dry_run=False)
    assert stored(office, "name", "phone", "email", "status", "requested_date", "band") == [
        ("Ann Lee", "+4930901820", "ann@example.com", "requested", "2026-03-20", "morning"),
        ("Bob Ray", "+4930901821", None, "requested", "2026-03-21", "afternoon"),
    ]
    assert stored(office, "wish_time", "service", "note", "urgency") == [
        (None, "Check-up", "", "low"),
        ("14:30", "", "", "medium"),
    ]
    assert counted(office, EVENT, NOTIFICATION) == [2, 0]


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


@pytest.mark.parametrize("all_or_nothing", [False, True])
def test_the_same_file_again_adds_nothing(
    office: Context, file: Path, all_or_nothing: bool
) -> None:
    first = take(office, file, lines(ANN, BOB, "x"))
    again = take(
        office, file, lines(ANN, BOB, BOB.replace("+49 30", "030")), all_or_nothing=all_or_nothing
    )
    assert (first.added, first.already_there) == (2, 0)
    assert (again.added, again.already_there, again.good, again.rows) == (0, 3, 3, 3)
    assert counted(office, APPOINTMENT, CLIENT, EVENT) == [2, 2, 2]


def test_lines_that_differ_are_different_requests(office: Context, file: Path) -> None:
    rows = [
        ANN,
        ANN.replace("03-20", "03-21"),
        ANN.replace("morning", "evening"),
        ANN.replace("morning,", "morning,11:00"),
        ANN.replace("Check-up", "Follow-up"),
        ANN.replace("Check-up,", "Check-up,a note"),
        ANN.replace("Ann", "Anna"),
        ANN.replace("820", "821"),
        ANN.replace("ann@", "anna@"),
    ]
    assert take(office, file, lines(*rows)).added == len(rows)
    assert take(office, file, lines(ANN.replace(",low", ",urgent"))).already_there == 1


def test_a_dry_run_counts_what_would_be_and_writes_nothing(office: Context, file: Path) -> None:
    take(office, file, lines(ANN))
    report = take(office, file, lines(ANN, BOB, BOB, "x"), dry_run=True)
    assert (report.rows, report.added, report.already_there, len(report.bad)) == (4, 1, 2, 1)
    assert report.dry_run
    assert counted(office, APPOINTMENT, CLIENT, EVENT) == [1, 1, 1]
    really = take(office, file, lines(ANN, BOB, BOB, "x"))
    assert (really.added, really.already_there) == (report.added, report.already_there)


@pytest.mark.parametrize("dry_run", [False, True])
def test_all_or_nothing_adds_nothing_when_a_line_is_bad(
    office: Context, file: Path, dry_run: bool
) -> None:
    take(office, file, lines(ANN))
    report = take(office, file, lines(ANN, BOB, "x"), all_or_nothing=True, dry_run=dry_run)
    assert report.refused
    assert (report.good, report.added, report.already_there) == (2, 0, 1)
    assert counted(office, APPOINTMENT) == [1]


def test_all_or_nothing_adds_everything_when_no_line_is_bad(office: Context, file: Path) -> None:
    report = take(office, file, lines(ANN, BOB), all_or_nothing=True)
    assert not report.refused
    assert report.added == 2


def test_nobody_is_told_unless_asked_for(office: Context, file: Path) -> None:
    woken: list[int] = []
    office = Context(
        office.settings, office.database, office.clock, office.actor, lambda: woken.append(1)
    )
    take(office, file, lines(ANN))
    assert (counted(office, NOTIFICATION), woken) == ([0], [])
    take(office, file, lines(BOB), notify=True)
    assert counted(office, NOTIFICATION) == [4]
    assert len(woken) == 1


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"", b"\xff\xfeN\0o\0"])
def test_a_file_that_is_no_list_is_refused_and_changes_nothing(
    office: Context, file: Path, content: bytes
) -> None:
    with pytest.raises(BadFile):
        take(office, file, content)
    assert counted(office, APPOINTMENT) == [0]


def test_the_sample_has_good_lines_and_bad_ones(office: Context) -> None:
    own = msgspec.structs.replace(office.settings.office, country="US")
    there = Context(
        msgspec.structs.replace(office.settings, office=own),
        office.database,
        office.clock,
        office.actor,
    )
    report = import_csv(there, SAMPLE)
    numbered = SAMPLE.read_text(encoding="utf-8").splitlines()
    starts = [numbered[bad.line - 1].partition(",")[0] for bad in report.bad]
    assert starts == ["Tom", "Samuel", "Rosa", "Hannah", "Amelia", "Priya", "Oscar"]
    assert (report.rows, report.added, report.already_there) == (42, 34, 1)
    assert report.ignored_columns == ("Insurance",)


@pytest.mark.sqlite_only
def test_thousands_of_lines_go_in_batches_and_tell_how_far(office: Context, file: Path) -> None:
    rows = [f"Client {n},+49 30 {901000 + n},,2026-03-20,morning,,,," for n in range(3000)]
    file.write_text(lines(*rows), encoding="utf-8")
    told: list[tuple[int, int]] = []
    report = import_csv(office, file, progress=lambda done, total: told.append((done, total)))
    assert (report.added, len(report.bad)) == (3000, 0)
    size = file.stat().st_size
    assert told == sorted(told)
    assert told[-1] == (size, size)
    assert len(told) > 5
    assert import_csv(office, file).already_there == 3000


@pytest.mark.sqlite_only
def test_a_store_that_fails_half_way_says_what_is_in(office: Context, file: Path) -> None:
    rows = [f"Client {n},+49 30 {901000 + n},,2026-03-20,morning,,,," for n in range(1200)]
    file.write_text(lines(*rows), encoding="utf-8")

    def fill_the_disk(done: int, total: int) -> None:
        if counted(office, APPOINTMENT) == [500]:
            with office.database.engine.connect() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreProblem, match=r"^500 requests were added, .* full\. .* the rest\.$"):
        import_csv(office, file, progress=fill_the_disk)
    assert counted(office, APPOINTMENT) == [500]


CELLS = st.one_of(
    st.sampled_from(["", "Ann", "030 901820", "2026-03-20", "morning", "14:30", '"', '"a"', "x"]),
    st.text(max_size=8),
)
QUIET = settings(
    max_examples=rounds(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def written(content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as made:
        made.write(content)
    return Path(made.name)


@QUIET
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8a\x00")
@example(b"name,phone,date,band\r\r\n\x00")
def test_any_bytes_are_read_or_refused(office: Context, content: bytes) -> None:
    path = written(content)
    try:
        import_csv(office, path)
    except Refusal as refused:
        said = refused.sentence
        assert said.endswith(".")
    finally:
        path.unlink()


@QUIET
@given(
    rows=st.lists(st.lists(CELLS, min_size=9, max_size=9).map(",".join), max_size=12),
    dry_run=st.booleans(),
)
def test_a_report_accounts_for_every_row(office: Context, rows: list[str], dry_run: bool) -> None:
    path = written(lines(ANN, *rows, BOB).encode("utf-8", "replace"))
    try:
        before = counted(office, APPOINTMENT)[0]
        report = import_csv(office, path, dry_run=dry_run)
        assert report.rows == report.added + report.already_there + len(report.bad)
        assert report.good == report.added + report.already_there
        assert len({bad.line for bad in report.bad}) == len(report.bad)
        grown = counted(office, APPOINTMENT)[0] - before
        assert grown == (0 if dry_run else report.added)
    finally:
        path.unlink()
