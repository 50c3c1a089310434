"""The curtain: while it is drawn, nothing that tells who a client is can be read anywhere."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.errors import DoubleBooked, IllegalMove
from interworky_tui.ui.curtain import HIDDEN, Curtain, CurtainDrawn

AT = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)


class Kind(StrEnum):
    TEXT = "a text"


@dataclass(frozen=True, slots=True)
class Line:
    appointment_id: int
    client_name: str
    from_number: str
    body: str
    at: datetime
    state: str = "sent"
    kind: Kind = Kind.TEXT
    number: int = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    lines: tuple[Line, ...]
    of: dict[str, Line]
    sentence: str
    owner: Client | None = None
    count: int = 2


class Pair(NamedTuple):
    email: str
    at: datetime


LINE = Line(12, "Ana Ruiz", "+4915112345601", "I am late, Ana", AT)


def drawn() -> Curtain:
    curtain = Curtain()
    curtain.move()
    return curtain


def test_open_it_hands_on_the_very_thing() -> None:
    sheet = Sheet((LINE,), {"a": LINE}, "Ana Ruiz has 14:30")
    assert Curtain().over(sheet) is sheet


def test_what_is_personal_is_masked_and_the_rest_stays() -> None:
    line = drawn().over(LINE)
    assert line == Line(12, "Visit •12", HIDDEN, HIDDEN, AT)


def test_it_looks_into_everything_and_mends_sentences() -> None:
    ana = Client(7, "Ana Ruiz", "+4915112345601", None)
    sheet = drawn().over(Sheet((LINE,), {"a": LINE}, "Ana Ruiz has 14:30", ana))
    assert sheet.owner == Client(7, "Client •7", HIDDEN, None)
    assert sheet.of["a"].client_name == "Visit •12"
    assert (sheet.sentence, sheet.count) == ("Visit •12 has 14:30", 2)
    assert drawn().over([Pair("a@b.example", AT)]) == [Pair(HIDDEN, AT)]


def test_what_is_masked_stays_so_when_it_passes_again() -> None:
    curtain = drawn()
    once = curtain.over(LINE)
    assert curtain.over(once) == once


def test_nothing_personal_is_copied_without_need() -> None:
    nobody = Line(12, "", "", "", AT)
    assert drawn().over(nobody) is nobody


def test_refusals_name_nobody() -> None:
    curtain = drawn()
    curtain.over(LINE)
    refused = IllegalMove("Ana Ruiz has left; +4915112345601 is on no file.")
    curtain.reword(refused)
    assert str(refused) == refused.sentence == f"Visit •12 has left; {HIDDEN} is on no file."
    double = DoubleBooked("Bo Ek has Fri 20 Mar 2026, 14:30.", (1,))
    curtain.reword(double)
    assert "Bo" not in double.sentence


def test_opened_again_it_knows_nobody_any_more() -> None:
    curtain = drawn()
    curtain.over(LINE)
    curtain.move()
    assert curtain.scrub("Ana Ruiz is here") == "Ana Ruiz is here"


@pytest.mark.parametrize("text", [HIDDEN, "Client •17", f"call {HIDDEN}", "Visit •3 came"])
def test_a_mask_is_never_taken_for_a_text(text: str) -> None:
    with pytest.raises(CurtainDrawn):
        Curtain().refuse_masked((3, text))
    with pytest.raises(CurtainDrawn):
        Curtain().refuse_masked(([Line(1, "Ana", "", text, AT)],))
    Curtain().refuse_masked((3, "Ana • Ruiz", None, LINE))


@given(
    name=st.text(min_size=1, max_size=40),
    words=st.text(max_size=80),
    number=st.integers(1, 10**6),
)
def test_whatever_is_written_none_of_it_is_left(name: str, words: str, number: int) -> None:
    line = drawn().over(Line(number, name, name, words, AT))
    assert line.client_name == f"Visit •{number}"
    assert line.from_number == HIDDEN
    assert line.body == (HIDDEN if words else "")
