"""Phone numbers and email addresses: one stored form, and how a number is shown."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line, echo

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_DIALLED = re.compile(r"'?[\d\s+()./~\-\u2010-\u2015\u2212\uff0b\uff0d\uff0f]+")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")


def clean_phone(text: str, country: str) -> str | None:
    """E.164, or None for an empty text; national numbers are read as dialled in ``country``.

    Only numbers that exist in their country's numbering plan are taken. Raises BadInput.
    """
    line = clean_line(text)
    if not line:
        return None
    e164, trouble = _read_phone(line, country)
    if e164 is None:
        raise BadInput(trouble, "phone")
    return e164


def clean_email(text: str) -> str | None:
    """The address as mail servers take it (ASCII, lower-cased domain), or None for an empty text.

    Nothing is looked up in the network. Raises BadInput.
    """
    line = clean_line(text)
    return _read_email(line) if line else None


def beginnings(text: str, country: str) -> tuple[str, ...]:
    """How E.164 numbers may begin that are dialled so in ``country``; the text may be a piece.

    A number that exists is the whole of one; else a leading 0 is the trunk's or the number's own.
    """
    line = clean_line(text)
    abroad = line.startswith(("+", "00"))
    digits = re.sub("[^0-9]", "", line.replace("(0)", "") if abroad else line)
    if not digits.strip("0"):
        return ()
    whole = _read_phone(line, country)[0]
    if whole is not None:
        return (whole,)
    if abroad:
        return (f"+{digits.removeprefix('00')}",)
    import phonenumbers

    code = phonenumbers.country_code_for_region(country)
    return tuple(f"+{code}{rest}" for rest in dict.fromkeys((digits.removeprefix("0"), digits)))


@lru_cache(maxsize=4096)
def show_phone(e164: str, country: str) -> str:
    """National format when the number shares ``country``'s calling code, else international."""
    import phonenumbers

    number = _parse(e164, country)
    if number is None:
        return e164
    own = phonenumbers.country_code_for_region(country) == number.country_code
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if own else form.INTERNATIONAL)


@lru_cache(maxsize=4096)
def _read_phone(line: str, country: str) -> tuple[str | None, str]:
    """The number, or None and the sentence that says why not."""
    import phonenumbers

    shown = echo(line)
    if _ROUNDED.fullmatch(line):
        return None, f"'{shown}' was rounded by a spreadsheet; format its column as text."
    number = _parse(line, country)
    if number is not None and number.extension:
        return None, f"'{shown}' has an extension; put it in the note and give the number alone."
    if number is None or not _DIALLED.fullmatch(line) or not phonenumbers.is_valid_number(number):
        return None, _does_not_exist(shown, country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), ""


def _parse(line: str, country: str) -> "PhoneNumber | None":
    """As dialled in the country; 00 for + is understood where it is not the custom, too."""
    import phonenumbers

    try:
        number = phonenumbers.parse(line, country)
        if not line.startswith("00") or phonenumbers.is_valid_number(number):
            return number
        return phonenumbers.parse("+" + line[2:], None)
    except phonenumbers.NumberParseException:
        return None


def _does_not_exist(shown: str, country: str) -> str:
    if "+" in shown or shown.startswith("00"):
        return f"'{shown}' is not a phone number that exists; check its digits."
    return f"'{shown}' is not a phone number that exists in {country}; write it with +country code."


@lru_cache(maxsize=4096)
def _read_email(line: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(line, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        told = clean_line(str(error)).rstrip(".").replace(". It ", "; it ")
        sentence = f"'{echo(line)}' is not an email address: {told[:1].lower()}{told[1:]}."
        raise BadInput(sentence, "email") from None
    return found.ascii_email or found.normalized
