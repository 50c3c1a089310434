"""Every message: complete, plain, safe from what people put into the fields."""

import dataclasses
import re
from datetime import date, datetime
from importlib.resources import files
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.domain.feedback import Recommend
from interworky_tui.messages.catalogue import SHIPPED, languages
from interworky_tui.messages.fields import Facts
from interworky_tui.messages.places import LAYOUT, WORDS, places
from interworky_tui.messages.render import render, render_in
from interworky_tui.messages.segments import count_segments
from tests.messages.page import Page

LANGUAGES = ("en", "es")
Kind = tuple[Event, Recipient, Channel]
ALL = tuple((event, *where) for event in Event for where in messages_of(event))
SMS = tuple(m for m in ALL if m[2] is Channel.SMS)
EMAIL = tuple(m for m in ALL if m[2] is Channel.EMAIL)
CLIENT_SMS = tuple(m for m in SMS if m[1] is Recipient.CLIENT)
OF_A_VISIT = tuple(m for m in ALL if m[0] not in (Event.HELP, Event.CLARIFY, Event.TEST))

BERLIN = ZoneInfo("Europe/Berlin")
WHEN = "Wed 20 May 2026, 14:30"
WISHED = "Wed 20 May 2026, Early Morning"

# Names as long as ordinary names get: 25 and 30 characters, the longest wish, a long number.
FULL = Facts(
    client_name="Maria Lopez-Hernandez Rui",
    client_phone="+44 20 7946 095812",
    client_email="maria@example.org",
    office_name="Greenfield Family Dental Clini",
    office_phone="+44 20 7946 012345",
    office_email="desk@greenfield.example",
    appointment_id=123456,
    wished_day=date(2026, 5, 20),
    wished_band="early_morning",
    starts_at=datetime(2026, 5, 20, 14, 30, tzinfo=BERLIN),
    was_at=datetime(2026, 5, 18, 9, 15, tzinfo=BERLIN),
    held_until=datetime(2026, 5, 19, 11, 5, tzinfo=BERLIN),
    service="Root canal",
    note="Left molar hurts\nAfraid of needles",
    cancel_reason=CancelReason.OTHER,
    cancel_text="Family emergency",
    rating=2,
    good="Kind staff",
    bad="Waited an hour",
    recommend=Recommend.MAYBE,
)
LINKED = dataclasses.replace(
    FULL,
    survey_link="https://desk.example.com/s/AbCdEfGhIjKlMnOpQrStUw",
    review_link="https://reviews.example.com/fern",
)
# The longest day and part of the day in Spanish; its accent is not in GSM-7.
SATURDAY = dataclasses.replace(
    FULL,
    wished_day=date(2026, 9, 19),
    wished_band="evening",
    starts_at=datetime(2026, 9, 19, 14, 30, tzinfo=BERLIN),
)
MINIMAL = Facts(
    client_name="Bo",
    office_name="Fern",
    appointment_id=7,
    wished_day=date(2026, 5, 20),
    wished_band="morning",
)
EMPTY = Facts(office_name="")
TEXT_FIELDS = tuple(f.name for f in dataclasses.fields(Facts) if f.type is str or f.type == "str")


def oddities(text: str) -> list[str]:
    """Marks of a field that left a hole behind; a greeting may end in a comma."""
    greeting = r"^(Hello( \w[\w -]*)?,|Hola(, \w[\w -]*)?:)$"
    text = re.sub(greeting, "", text, count=1, flags=re.M)
    return re.findall(r"[{}|]|  |[,:;(]\s*[.,;)]|\(\)|\s[.,;]|\.\.|[,:]$|^\s*[.,;|]", text, re.M)


def test_every_message_has_its_templates_and_nothing_else_is_there() -> None:
    assert len(ALL) == 38
    root = Path(str(files("interworky_tui.messages"))) / "templates"
    found = {file.relative_to(root).as_posix() for file in root.rglob("*.*")}
    spanish = {name.removeprefix("es/") for name in found if name.startswith("es/")}
    assert {name for name in found if not name.startswith("es/")} == set(places())
    assert spanish == set(places()) - {LAYOUT} | {WORDS}
    assert languages(SHIPPED) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "facts", [FULL, LINKED, MINIMAL, EMPTY], ids=["full", "linked", "minimal", "empty"]
)
@pytest.mark.parametrize("message", ALL, ids="-".join)
def test_every_message_reads_well(message: Kind, language: str, facts: Facts) -> None:
    rendered = render_in(language, *message, facts)
    # The second line of a note is set in by two spaces; everything else has none.
    text = rendered.text.replace("\n  Afraid", "\nAfraid")
    assert oddities(text) == []
    assert text.lstrip("¿")[0].isalnum()
    if message[2] is Channel.SMS:
        assert rendered.subject == rendered.html == ""
        assert "\n" not in text
        assert text.endswith((".", "?", facts.survey_link or ".", facts.review_link or "."))
    else:
        assert oddities(rendered.subject) == []
        assert rendered.subject.lstrip("¿")[0].isupper()
        assert text.endswith("\n")
        assert "\n\n\n" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "facts", [FULL, LINKED, MINIMAL, EMPTY], ids=["full", "linked", "minimal", "empty"]
)
@pytest.mark.parametrize("message", EMAIL, ids="-".join)
def test_both_parts_of_a_mail_say_the_same(message: Kind, language: str, facts: Facts) -> None:
    rendered = render_in(language, *message, facts)
    page = Page(rendered.html)
    assert not {"src", "background"} & page.attributes
    assert not re.search(r"url\(|<script|<img", rendered.html)
    links = {facts.survey_link, facts.review_link} & set(rendered.text.split())
    assert set(re.findall(r"https?:[^\s\"<]+", rendered.html)) == links
    assert set(re.findall(r'href="([^"]*)"', rendered.html)) == links
    assert rendered.html.count(f"<title>{rendered.subject}</title>") == 1
    words = set(page.text.split())
    assert set(rendered.text.split()) <= words
    assert "{" not in rendered.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", SMS, ids="-".join)
def test_no_sms_tells_why_somebody_comes(message: Kind, language: str) -> None:
    text = render_in(language, *message, FULL).text
    for secret in ("Root", "canal", "molar", "needles", "emergency", "Kind", "Waited", "maybe"):
        assert secret not in text


@pytest.mark.parametrize("message", [m for m in EMAIL if m in OF_A_VISIT], ids="-".join)
def test_the_note_and_the_reason_are_for_the_office(
    message: Kind,
) -> None:
    rendered = render(*message, FULL)
    for part in (rendered.text, rendered.html):
        assert ("Left molar" in part) is (message[1] is Recipient.OFFICE)
        assert ("emergency" in part) is (message[:2] == (Event.CANCELLED, Recipient.OFFICE))
        assert "123456" in part
    assert "Root" not in rendered.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "facts",
    [FULL, dataclasses.replace(FULL, starts_at=None), SATURDAY],
    ids=["set", "wished", "saturday"],
)
@pytest.mark.parametrize("message", SMS, ids="-".join)
def test_an_ordinary_text_is_one_segment(message: Kind, language: str, facts: Facts) -> None:
    segments = count_segments(render_in(language, *message, facts).text)
    assert (segments.count, segments.encoding) == (1, "GSM-7")
    first = count_segments(
        render_in(language, *message, dataclasses.replace(facts, first_text=True)).text
    )
    assert first.count <= 2


@pytest.mark.parametrize("message", SMS, ids="-".join)
def test_the_first_text_names_the_office_and_how_to_stop(
    message: Kind,
) -> None:
    later = render(*message, FULL).text
    first = render(*message, dataclasses.replace(FULL, first_text=True)).text
    assert ("STOP" in later) is (message[0] is Event.HELP)
    assert first.startswith(later)
    assert FULL.office_name in first
    assert first.count("eply STOP to opt out.") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", CLIENT_SMS, ids="-".join)
def test_client_texts_say_who_writes(message: Kind, language: str) -> None:
    assert render_in(language, *message, FULL).text.startswith(f"{FULL.office_name}: ")


BOOKING = (Event.SCHEDULED, Event.RESCHEDULED, Event.CANCELLED)


@pytest.mark.parametrize(("event", "channel"), product(BOOKING, Channel))
def test_clients_read_the_time_and_how_to_reach_the_office(event: Event, channel: Channel) -> None:
    text = render(event, Recipient.CLIENT, channel, FULL).text
    assert WHEN in text
    assert f"all {'us on ' if channel is Channel.EMAIL else ''}{FULL.office_phone}" in text


@pytest.mark.parametrize(
    "message", [m for m in OF_A_VISIT if m[1] is Recipient.OFFICE], ids="-".join
)
def test_the_office_reads_who_when_phone_and_number(
    message: Kind,
) -> None:
    text = render(*message, FULL).text
    when = WISHED if message[0] is Event.REQUESTED else WHEN
    for fact in (FULL.client_name, when, FULL.client_phone, "123456"):
        assert fact in text


def test_golden_texts() -> None:
    facts = dataclasses.replace(
        FULL, client_name="Maria Lopez", office_name="Fern Dental", office_phone="+1 555-010-0199"
    )
    sms = {e: render(e, Recipient.CLIENT, Channel.SMS, facts).text for e in dict(CLIENT_EVENTS)}
    assert sms == dict(CLIENT_EVENTS)


CLIENT_EVENTS = (
    (
        Event.REQUESTED,
        "Fern Dental: Thank you for your request for Wed 20 May 2026, Early Morning. "
        "We will confirm a time soon. Questions? Call +1 555-010-0199.",
    ),
    (
        Event.SCHEDULED,
        "Fern Dental: Hi Maria Lopez, you are booked for Wed 20 May 2026, 14:30. "
        "To change or cancel, call +1 555-010-0199.",
    ),
    (
        Event.RESCHEDULED,
        "Fern Dental: Your appointment has moved from Mon 18 May 2026, 09:15 to "
        "Wed 20 May 2026, 14:30. To change or cancel, call +1 555-010-0199.",
    ),
    (
        Event.FEEDBACK_REQUESTED,
        "Fern Dental: How was your visit on Wed 20 May 2026, 14:30? Just reply 1-5 "
        "(5 is best) and a few words, or call +1 555-010-0199.",
    ),
    (
        Event.CANCELLED,
        "Fern Dental: Hi Maria Lopez, your appointment on Wed 20 May 2026, 14:30 is "
        "cancelled. To rebook, call +1 555-010-0199.",
    ),
)


def test_golden_mail_to_the_office() -> None:
    mail = render(Event.CANCELLED, Recipient.OFFICE, Channel.EMAIL, FULL)
    assert mail.subject == "Cancelled: Maria Lopez-Hernandez Rui, Wed 20 May 2026, 14:30"
    assert mail.text == (
        "A visit is cancelled.\n\n"
        "Reason: Family emergency\nWhen: Wed 20 May 2026, 14:30\n"
        "Client: Maria Lopez-Hernandez Rui\nPhone: +44 20 7946 095812\n"
        "Email: maria@example.org\nService: Root canal\n"
        "Note: Left molar hurts\n  Afraid of needles\nAppointment: 123456\n"
    )


def test_a_cancelled_request_is_called_a_request() -> None:
    request = dataclasses.replace(FULL, starts_at=None)
    mail = render(Event.CANCELLED, Recipient.CLIENT, Channel.EMAIL, request)
    assert mail.subject == "Your request for Wed 20 May 2026, Early Morning is cancelled"


def test_a_move_reads_right_without_the_old_time() -> None:
    moved = dataclasses.replace(FULL, was_at=None)
    text = render(Event.RESCHEDULED, Recipient.CLIENT, Channel.SMS, moved).text
    assert "Your appointment is now on Wed 20 May 2026, 14:30." in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", ALL, ids="-".join)
def test_markup_in_a_field_is_only_text(message: Kind, language: str) -> None:
    evil = '<img src=x onerror="a()">&amp;\'</title></td>'
    facts = dataclasses.replace(FULL, **dict.fromkeys(TEXT_FIELDS, evil))
    rendered = render_in(language, *message, facts)
    if rendered.html:
        page = Page(rendered.html)
        assert page.tags == Page(render_in(language, *message, LINKED).html).tags
        assert evil in page.text
    assert "&lt;" not in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", ALL, ids="-".join)
def test_lines_and_controls_in_a_field_do_not_get_out(
    message: Kind,
    language: str,
) -> None:
    evil = "Eve\r\nBcc: all@example.org\x1b]0;x\x07\u202e\u2028Client: Adam"
    facts = dataclasses.replace(FULL, **dict.fromkeys(TEXT_FIELDS, evil))
    rendered = render_in(language, *message, facts)
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", part)
    assert "\n" not in rendered.subject
    assert not re.search("^(Bcc|Client: Adam)", rendered.text, re.M)


@pytest.mark.parametrize("message", ALL, ids="-".join)
def test_braces_in_a_field_stay_as_they_are(message: Kind) -> None:
    facts = dataclasses.replace(
        FULL, client_name="{office_email}", office_name="{body}", office_phone="{note} {nope}"
    )
    rendered = render(*message, facts)
    seen = rendered.text + rendered.html
    assert "{office_email}" in seen or "{body}" in seen
    assert rendered.html.count("<body") <= 1
    if message[1] is Recipient.CLIENT:
        assert "molar" not in seen


def test_a_long_name_is_cut_where_people_see_characters_end() -> None:
    facts = dataclasses.replace(FULL, client_name="Ab" * 150)
    text = render(Event.SCHEDULED, Recipient.CLIENT, Channel.SMS, facts).text
    assert f"Hi {'Ab' * 20}..., you" in text
    accent = dataclasses.replace(FULL, client_name="x" * 39 + "q\u0307" + "y" * 9)
    assert "x..., you" in render(Event.SCHEDULED, Recipient.CLIENT, Channel.SMS, accent).text
    family = dataclasses.replace(FULL, client_name="x" * 39 + "👩\u200d👧 Smith")
    assert "x..., you" in render(Event.SCHEDULED, Recipient.CLIENT, Channel.SMS, family).text
    mail = render(Event.SCHEDULED, Recipient.CLIENT, Channel.EMAIL, facts).text
    assert f"Hello {'Ab' * 50}…,\n" in mail


def test_nobody_hears_of_a_low_rating_but_the_office() -> None:
    with pytest.raises(ValueError, match="low_rating has no email for the client"):
        render(Event.LOW_RATING, Recipient.CLIENT, Channel.EMAIL, FULL)


any_facts = st.builds(
    Facts,
    **dict.fromkeys(
        TEXT_FIELDS, st.text(max_size=60) | st.text("{a}|\r\n <&\u0301\u200d😀", max_size=400)
    ),
    appointment_id=st.none() | st.integers(),
    wished_day=st.none() | st.dates(),
    wished_band=st.none() | st.text(max_size=20),
    wished_time=st.none() | st.times(),
    starts_at=st.none() | st.datetimes(timezones=st.just(BERLIN)),
    cancel_reason=st.none() | st.sampled_from(CancelReason),
    rating=st.none() | st.integers(),
    recommend=st.none() | st.sampled_from(Recommend),
    first_text=st.booleans(),
)


@given(st.sampled_from(ALL), any_facts)
def test_any_text_can_be_sent(message: Kind, facts: Facts) -> None:
    rendered = render(*message, facts)
    assert rendered.text.strip()
    for part in (rendered.subject, rendered.text, rendered.html):
        part.encode("utf-8")
        assert "\r" not in part
    if message[2] is Channel.SMS:
        assert count_segments(rendered.text).count <= 8
        assert "\n" not in rendered.text
    else:
        assert rendered.subject.strip()
        assert "\n" not in rendered.subject
        Page(rendered.html)
