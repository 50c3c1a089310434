"""Segments against a slow model that packs real encoded bytes, and the published limits."""

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.messages.segments import Segments, count_segments, to_gsm

# 3GPP TS 23.038, table by position; 0x1B leads to the extension table.
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}


def septets(char: str) -> bytes | None:
    if char in EXTENSION:
        return bytes([0x1B, EXTENSION[char]])
    position = TABLE.find(char)
    return bytes([position]) if position >= 0 and char != "\x1b" else None


def slow_model(text: str) -> tuple[int, str, int, int]:
    """Encode every character, then cut the list of codes into parts, one part at a time."""
    codes = [septets(c) for c in text]
    if None not in codes:
        encoding, alone, part = "GSM-7", 160, 153
        units = [len(code or b"") for code in codes]
    else:
        encoding, alone, part = "UCS-2", 70, 67
        units = [len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in text]
    if sum(units) <= alone:
        return (1 if text else 0, encoding, sum(units), alone - sum(units))
    total, parts = sum(units), 0
    while units:
        taken = 0
        while units and taken + units[0] <= part:
            taken += units.pop(0)
        parts += 1
    return (parts, encoding, total, part - taken)


gsm_text = st.text(st.sampled_from(TABLE.replace("\x1b", "") + "€[]{}^|~\\€€€€"), max_size=500)


@given(st.one_of(gsm_text, st.text(max_size=250), st.text("aé€😀ł", max_size=400)))
def test_counts_agree_with_the_slow_model(text: str) -> None:
    assert dataclasses.astuple(count_segments(text)) == slow_model(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(0, "GSM-7", 0, 160)),
        ("a" * 160, Segments(1, "GSM-7", 160, 0)),
        ("a" * 161, Segments(2, "GSM-7", 161, 145)),
        ("a" * 306, Segments(2, "GSM-7", 306, 0)),
        ("a" * 307, Segments(3, "GSM-7", 307, 152)),
        ("€" * 80, Segments(1, "GSM-7", 160, 0)),
        # 152 + an extension character: it moves whole to the second part.
        ("a" * 152 + "€" + "a" * 10, Segments(2, "GSM-7", 164, 141)),
        ("a" * 152 + "€" + "a" * 152, Segments(3, "GSM-7", 306, 152)),
        ("ł" * 70, Segments(1, "UCS-2", 70, 0)),
        ("ł" * 71, Segments(2, "UCS-2", 71, 63)),
        ("😀" * 35, Segments(1, "UCS-2", 70, 0)),
        # 33 pairs fill 66 of 67: the odd unit stays empty rather than hold half a pair.
        ("😀" * 67, Segments(3, "UCS-2", 134, 65)),
        ("\x1b", Segments(1, "UCS-2", 1, 69)),
    ],
)
def test_limits(text: str, expected: Segments) -> None:
    assert count_segments(text) == expected


def test_typography_becomes_gsm() -> None:
    text = to_gsm("“Don’t” – wait… 10\u202f€ «oui» — ok\u00a0?")
    assert text == '"Don\'t" - wait... 10 € "oui" - ok ?'
    assert count_segments(text).encoding == "GSM-7"


def test_names_keep_their_letters() -> None:
    for name in ("Łukasz Żółć", "Şebnem Ağaoğlu", "Jürgen Groß", "Ніна", "神崎", "Nguyễn"):
        assert to_gsm(name) == name


def test_a_combining_accent_joins_its_letter() -> None:
    assert to_gsm("Rene\u0301") == "René"
    assert count_segments(to_gsm("Rene\u0301")).encoding == "GSM-7"


@given(st.text())
def test_to_gsm_changes_no_letter_and_settles_at_once(text: str) -> None:
    def letters(s: str) -> list[str]:
        return [c for c in unicodedata.normalize("NFC", s) if unicodedata.category(c)[0] == "L"]

    assert letters(to_gsm(text)) == letters(text)
    assert to_gsm(to_gsm(text)) == to_gsm(text)
