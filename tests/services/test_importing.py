"""Taking over a list: what is written and told, what is not, and every row accounted for."""

import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.services.context import Context
from interworky_tui.services.csv_reading import BadFile
from interworky_tui.services.importing import ImportReport, import_csv
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from tests.rounds import rounds
from tests.services.taking_over import ANN, BOB, counted, lines, stored, take

SAMPLE = Path(__file__).parents[2] / "data" / "sample_requests.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


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
