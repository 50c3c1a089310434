"""A row as one line: what it says, and that no text from outside can move a column."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.list_columns import (
    GAP,
    MARKS_WIDTH,
    Wording,
    ago,
    columns,
    fit,
    header,
    line,
    plain,
    when,
)
from tests.ui.list_source import MONDAY, make_row

BERLIN = Wording(ZoneInfo("Europe/Berlin"), lambda key: (key or "").replace("_", " ").title())
HOSTILE = [
    "[bold]x[/] [@click=app.bell]y[/]",
    "\x1b]0;owned\x07\x1b[31m red",
    "a\tb\rc\nd\x00e\x7ff\x9b31mg",
    "👨‍👩‍👧‍👦 Ünal",
    "👍🏽👍🏿 ❤️ 1️⃣ 🇩🇪🇫🇷🇩",
    "山田太郎" * 80,
    "שלום עולם ‮evil‬ محمد علي",
    "Z" + "\u0336\u0327\u031b" * 60,
    "\u0301\u0301 leads with accents",
    "क्\u200dष \u1160\u115f\u3164\uffa0",
    "\u200d\u200d\ufe0f",
    "\U0001fae9 \u0378 too new",
    "x" * 300,
    "",
]
texts = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE))
tabs = st.sampled_from(list(Status))


def said(row: Row, width: int = 78, *, wording: Wording = BERLIN) -> str:
    shown = columns(row.status, width)
    pieces = line(row, shown, width, MONDAY, wording)
    return "".join(piece.text for piece in pieces)


def cells(text: str) -> list[str]:
    """The cells of a terminal that knows no clusters, by tables that are not those of Rich."""
    taken: list[str] = []
    for character in text:
        width = wcwidth(character)
        assert width >= 0, f"{character!r} is not printable"
        taken += [character, *[""] * (width - 1)] if width else []
    return taken


@settings(max_examples=200, deadline=None)
@given(texts, texts, texts, texts, tabs, st.integers(0, 200))
def test_every_line_is_as_wide_as_it_should_be(
    name: str, service: str, email: str, phone: str, status: Status, width: int
) -> None:
    row = make_row(status=status, name=name, service=service, email=email, phone=phone)
    shown = columns(status, width)
    text = "".join(piece.text for piece in line(row, shown, width, MONDAY, BERLIN))
    assert cell_len(text) == width
    assert len(cells(text)) == width


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(40, 200), tabs)
def test_the_columns_stay_where_their_titles_are(name: str, width: int, status: Status) -> None:
    shown = columns(status, width)
    row = make_row(status=status, name=name, wish_time="14:30")
    at = header(shown, width).index(shown[1].title) - len(GAP)
    assert "".join(cells(said(row, width))[at:]).startswith(GAP + "Mon 16 Mar 1")


@given(texts, st.integers(0, 40))
def test_fitted_text_is_plain_and_exact(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert fitted.isprintable()
    assert not {"\u200d", "\ufe0f", "\x1b"} & set(fitted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[bold]x[/]", "[bold]x[/]"),
        ("José Álvarez", "José Álvarez"),
        ("Jose\u0301", "José"),
        ("👨‍👩‍👧 Ünal", "👨👩👧 Ünal"),
        ("👍🏽", "👍"),
        ("🇩🇪 Klaus ❤️", "DE Klaus ❤"),
        ("Z" + "\u0336" * 9, "Z" + "\u0336" * 3),
        ("a\x1b[31mb\u202ec", "a[31mbc"),
        ("  two\n lines ", "two lines"),
        ("שלום", "שלום"),
    ],
)
def test_what_is_kept_of_a_text(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Ada", 5, "Ada  "),
        ("Ada Lovelace", 6, "Ada L…"),
        ("山田太郎", 8, "山田太郎"),
        ("山田太郎", 7, "山田太…"),
        ("山田太郎", 6, "山田… "),
        ("Ada", 1, "…"),
        ("Ada", 0, ""),
    ],
)
def test_long_text_is_cut_with_an_ellipsis(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


def test_a_visit_reads() -> None:
    text = said(make_row(at=MONDAY + timedelta(hours=5, minutes=20)))
    assert " ".join(text.split()) == "Ada Lovelace Mon 16 Mar 14:30 in 5 h +493012345678"


def test_a_request_says_its_band_and_how_long_it_has_waited() -> None:
    text = said(make_row(status=Status.REQUESTED, band="early_morning"))
    assert " ".join(text.split()) == ("Ada Lovelace Mon 16 Mar Early Morning 3 d +493012345678")


def test_an_exact_wish_is_said_instead_of_the_band() -> None:
    row = make_row(status=Status.REQUESTED, wish_time="14:30:00")
    assert when(row, MONDAY, BERLIN) == "Mon 16 Mar 14:30"


def test_a_request_that_was_cancelled_still_says_what_was_wished_for() -> None:
    row = make_row(status=Status.CANCELLED, starts_at=None, ends_at=None)
    assert when(row, MONDAY, BERLIN) == "Mon 16 Mar Morning"


def test_the_year_is_said_when_it_is_another_one() -> None:
    soon = make_row(at=MONDAY + timedelta(days=300))
    assert when(soon, MONDAY, BERLIN) == "10 Jan 2027 09:10"
    assert when(make_row(at=MONDAY - timedelta(days=11)), MONDAY, BERLIN) == "Thu  5 Mar 09:10"


def test_it_is_the_offices_year() -> None:
    silvester = make_row(at=MONDAY.replace(month=12, day=31, hour=23, minute=30))
    assert when(silvester, MONDAY, BERLIN) == " 1 Jan 2027 00:30"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "now"), (5, "in 5 min"), (-5, "5 min ago"), (150, "in 2 h"), (-4320, "3 d ago")],
)
def test_how_long_until_and_since(minutes: int, expected: str) -> None:
    assert ago(make_row(at=MONDAY + timedelta(minutes=minutes)), MONDAY) == expected


PAST, LATER = MONDAY - timedelta(minutes=5), MONDAY + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "values", "expected"),
    [
        (Status.SCHEDULED, {"at": LATER}, ""),
        (Status.SCHEDULED, {"at": MONDAY}, "DUE"),
        (Status.SCHEDULED, {"at": LATER, "arrived_at": MONDAY}, "HERE"),
        (Status.SCHEDULED, {"at": PAST, "arrived_at": MONDAY}, "DUE H"),
        (Status.SCHEDULED, {"at": PAST, "arrived_at": MONDAY, "trouble": True}, "DUE H!"),
        (Status.SCHEDULED, {"at": LATER, "urgency": "urgent"}, "URG"),
        (Status.REQUESTED, {"at": PAST}, "STALE"),
        (Status.REQUESTED, {"at": PAST, "trouble": True}, "STALE !"),
        (Status.REQUESTED, {"at": PAST, "urgency": "urgent", "trouble": True}, "STAL U!"),
        (Status.REQUESTED, {"at": LATER, "urgency": "high"}, ""),
        (Status.ATTENDED, {"at": PAST, "trouble": True}, "!"),
        (Status.ATTENDED, {"at": PAST, "arrived_at": MONDAY, "urgency": "urgent"}, ""),
    ],
)
def test_marks_are_words_and_letters(
    status: Status, values: dict[str, object], expected: str
) -> None:
    row = make_row(status=status, **values)
    assert said(row)[: MARKS_WIDTH + 2] == f" {expected:{MARKS_WIDTH}} "


def test_collected_feedback_shows_stars_instead_of_the_phone() -> None:
    row = make_row(status=Status.FEEDBACK_COLLECTED, rating=4)
    assert "★★★★☆" in said(row)
    assert "+4930" not in said(row)


def test_the_phone_is_written_as_the_office_writes_it() -> None:
    wording = Wording(BERLIN.zone, BERLIN.band, lambda phone: f"0{phone[3:5]} {phone[5:]}")
    assert "030 12345678" in said(make_row(), wording=wording)


def test_no_phone_and_no_email_are_blank() -> None:
    assert "None" not in said(make_row(phone=None, email=None), 160)


@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (40, "name when"),
        (60, "name when ago"),
        (77, "name when ago phone"),
        (99, "name when ago phone service"),
        (130, "name when ago phone service email"),
    ],
)
@pytest.mark.parametrize("status", [Status.REQUESTED, Status.SCHEDULED])
def test_wider_shows_more(width: int, keys: str, status: Status) -> None:
    assert [column.key for column in columns(status, width)] == keys.split()


def test_at_eighty_columns_the_longest_band_is_read_in_full() -> None:
    text = said(make_row(status=Status.REQUESTED, band="early_morning"), 77)
    assert "Early Morning " in text
