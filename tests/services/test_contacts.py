"""Phones and emails: one stored form each, and refusals that say what to do."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.errors import BadInput
from interworky_tui.services.contacts import clean_email, clean_phone, show_phone


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("+49 30 901820", "US", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("0049 30 901820", "US", "+4930901820"),
        ("011 49 30 901820", "US", "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("30901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", "DE", "+4930901820"),
        ("030\u00a0901\u2013820", "DE", "+4930901820"),
        ("\u202a+49 30 901820\u202c", "DE", "+4930901820"),
        ("＋４９ ３０ ９０１８２０", "DE", "+4930901820"),
        ("06 6982", "IT", "+39066982"),
        ("01 23 45 67 89", "FR", "+33123456789"),
    ],
)
def test_a_phone_has_one_stored_form(typed: str, country: str, stored: str) -> None:
    assert clean_phone(typed, country) == stored


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("555", "'555' is not a phone number that exists in US; write it with +country code."),
        ("+49 1", "'+49 1' is not a phone number that exists; check its digits."),
        ("(212) 555-0123 ext. 5", "has an extension"),
        ("1-800-FLOWERS", "is not a phone number that exists"),
        ("tel:+4930901820", "is not a phone number that exists; check"),
        ("(212) 555-0123 or (212) 555-0124", "is not a phone number that exists"),
        ("4.93012E+11", "was rounded by a spreadsheet"),
        ("9" * 300, "999…' is not a phone number"),
    ],
)
def test_a_phone_that_does_not_exist_is_refused_in_a_sentence(typed: str, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        clean_phone(typed, "US")
    assert told in refused.value.sentence
    assert refused.value.field == "phone"


@pytest.mark.parametrize("empty", ["", "  ", "\t\u200b"])
def test_nothing_typed_is_no_contact(empty: str) -> None:
    assert clean_phone(empty, "US") is None
    assert clean_email(empty) is None


@pytest.mark.parametrize(
    ("e164", "country", "shown"),
    [
        ("+12125550123", "US", "(212) 555-0123"),
        ("+12125550123", "DE", "+1 212-555-0123"),
        ("+14165550123", "US", "(416) 555-0123"),
        ("+4930901820", "DE", "030 901820"),
        ("not a number", "DE", "not a number"),
    ],
)
def test_a_phone_is_shown_as_the_office_dials_it(e164: str, country: str, shown: str) -> None:
    assert show_phone(e164, country) == shown


@given(st.from_regex(r"\+?[0-9 ()/-]{4,18}", fullmatch=True), st.sampled_from(["US", "DE", "AU"]))
def test_what_is_stored_and_what_is_shown_read_back_as_the_same(typed: str, country: str) -> None:
    try:
        stored = clean_phone(typed, country)
    except BadInput:
        return
    if stored is not None:
        assert clean_phone(stored, country) == stored
        assert clean_phone(show_phone(stored, country), country) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ann@Example.COM ", "Ann@example.com"),
        ("ann@bücher.de", "ann@xn--bcher-kva.de"),
        ("a\u200bnn@example.com", "ann@example.com"),
    ],
)
def test_an_email_has_one_stored_form(typed: str, stored: str) -> None:
    assert clean_email(typed) == stored
    assert clean_email(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "ann",
        "ann@example",
        "ann@localhost",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann @example.com",
        "ännchen@example.com",
        '"a b"@example.com',
        "x" * 300 + "@example.com",
    ],
)
def test_an_email_that_cannot_be_written_to_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match=r"is not an email address: .+[^.]\.$") as refused:
        clean_email(typed)
    assert refused.value.field == "email"
    assert len(refused.value.sentence) < 200


@given(st.text())
def test_any_text_is_read_or_refused(typed: str) -> None:
    for read in (clean_email, lambda text: clean_phone(text, "US")):
        with suppress(BadInput):
            read(typed)
