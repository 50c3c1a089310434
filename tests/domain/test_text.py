"""Text from outside: nothing that a terminal obeys is kept, and equal names compare equal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.text import clean_line, clean_text, echo, fold


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Ana\t Lindt \n", "Ana Lindt"),
        ("a\r\nb\x0bc\x85d\u2028e\u2029f", "a b c d e f"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b2Jx\x07\x00\x7f", "2Jx"),
        ("abc\u202edef\u2066\u200e", "abcdef"),
        ("\ufeffAna", "Ana"),
        ("A\u00a0B\u3000C", "A B C"),
        ("x\ud800y", "xy"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Zoë ❤️ 李", "Zoë ❤️ 李"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("\u200d \u200d", ""),
        ("\n\t ", ""),
    ],
)
def test_one_safe_line(text: str, kept: str) -> None:
    assert clean_line(text) == kept


def test_several_safe_lines() -> None:
    assert clean_text("\n\n a \r\n\r\nb\x1b]0;x\x07\rc\x85d\n\n") == "a\n\nb]0;x\nc\nd"
    assert clean_text(" \n \n") == ""


def test_what_is_repeated_is_short_and_safe() -> None:
    assert echo(" \x1b[1mfri ") == "[1mfri"
    assert len(echo("x" * 1000)) == 40


def is_safe(text: str) -> bool:
    bad = {"Cc", "Cs", "Co", "Zl", "Zp"}
    return not any(
        unicodedata.category(c) in bad
        or (unicodedata.category(c) == "Cf" and c not in "\u200c\u200d")
        for c in text
    )


@given(st.text(st.characters()))
def test_whatever_comes_in_a_line_is_safe_and_is_not_cleaned_twice(text: str) -> None:
    line = clean_line(text)
    assert is_safe(line)
    assert line == line.strip()
    assert clean_line(line) == line
    lines = clean_text(text)
    assert all(is_safe(one) for one in lines.split("\n"))
    assert clean_text(lines) == lines


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])))
def test_what_can_be_seen_is_kept(text: str) -> None:
    assert clean_line(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "JOSE"),
        ("Jose\u0301", "José"),
        ("Łukasz  Żak", "lukasz zak"),
        ("Straße", "STRASSE"),
        ("Øystein", "oystein"),
        ("İpek", "ipek"),
        ("Ærø", "aero"),
        ("Đorđe", "dorde"),
        ("Ｔａｎａｋａ", "tanaka"),
        ("ﬁnn", "FINN"),
        ("ᴬna", "ana"),
        ("Ana\u200d", "ana"),
        ("  Ana\u00a0Lindt", "ana lindt"),
    ],
)
def test_equal_names_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Ana", "Anna"), ("李", "王"), ("Jo Li", "Joli")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_what_cannot_be_seen_folds_to_nothing() -> None:
    assert fold("\u200d\u200c") == fold("\u0301") == fold(" \x1b") == ""


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"])))
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text.upper().lower())
