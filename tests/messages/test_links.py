"""The links of messages: to the survey in the one that asks, to the reviews in the thanks."""

import dataclasses
import re
from datetime import datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.messages.checking import read
from interworky_tui.messages.fields import LINKS, Facts
from interworky_tui.messages.places import places
from interworky_tui.messages.render import render, render_in
from interworky_tui.messages.segments import count_segments

SURVEY = "https://desk.example.com/s/AbCdEfGhIjKlMnOpQrStUw"
REVIEW = "https://reviews.example.com/fern"
FACTS = Facts(
    office_name="Fern Dental",
    office_phone="+1 555-010-0199",
    client_name="Maria Lopez",
    appointment_id=7,
    rating=5,
    survey_link=SURVEY,
    review_link=REVIEW,
)
ASKING = (Event.FEEDBACK_REQUESTED, Recipient.CLIENT)
THANKS = (Event.FEEDBACK_COLLECTED, Recipient.CLIENT)
LANGUAGES = ("en", "es")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", [(e, *w) for e in Event for w in messages_of(e)], ids="-".join)
def test_each_link_is_in_its_own_message_and_in_no_other(
    message: tuple[Event, Recipient, Channel], language: str
) -> None:
    rendered = render_in(language, *message, FACTS)
    parts = [rendered.text, rendered.html] if rendered.html else [rendered.text]
    for part in parts:
        assert (SURVEY in part) is (message[:2] == ASKING)
        assert (REVIEW in part) is (message[:2] == THANKS)
    assert "http" not in rendered.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", [ASKING, THANKS], ids="-".join)
def test_without_a_link_nothing_speaks_of_one(
    message: tuple[Event, Recipient], language: str
) -> None:
    facts = dataclasses.replace(FACTS, survey_link="", review_link="")
    for channel in Channel:
        rendered = render_in(language, *message, channel, facts)
        said = f"{rendered.text} {rendered.html}"
        assert not re.search("href|http|minute|minuto|review|reseña", said)


@pytest.mark.parametrize(("language", "words"), [("en", "Reply 1-5"), ("es", "Responda 1-5")])
def test_who_gets_a_link_by_sms_may_still_answer_by_sms(language: str, words: str) -> None:
    text = render_in(language, *ASKING, Channel.SMS, FACTS).text
    assert words in text
    assert text.endswith(f" {SURVEY}")
    assert count_segments(text).encoding == "GSM-7"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_asking_of_an_ordinary_office_is_one_segment(language: str) -> None:
    visit = datetime(2026, 5, 20, 14, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    facts = dataclasses.replace(FACTS, office_name="Fern", starts_at=visit)
    assert count_segments(render_in(language, *ASKING, Channel.SMS, facts).text).count == 1
    assert count_segments(render_in(language, *THANKS, Channel.SMS, facts).text).count == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", Channel)
def test_thanks_name_the_reviews_whatever_the_rating(channel: Channel, language: str) -> None:
    said = {
        render_in(
            language, *THANKS, channel, dataclasses.replace(FACTS, rating=rating)
        ).text.replace(str(rating), "N", 1)
        if channel is Channel.EMAIL
        else render_in(language, *THANKS, channel, dataclasses.replace(FACTS, rating=rating)).text
        for rating in range(1, 6)
    }
    assert len(said) == 1
    assert REVIEW in said.pop()


def test_the_mail_has_a_button_and_its_address_in_words() -> None:
    page = render(*ASKING, Channel.EMAIL, FACTS).html
    assert re.search(rf'<a href="{SURVEY}" style="[^"]+">Tell us how it was</a>', page)
    assert f": {SURVEY}</p>" in page


@pytest.mark.parametrize(
    ("name", "field"), product((n for n in places() if n.count("/") == 2), sorted(LINKS))
)
def test_no_other_template_may_name_a_link(name: str, field: str) -> None:
    place = places()[name]
    may = {
        "survey_link": "feedback_requested/client/",
        "review_link": "feedback_collected/client/",
    }[field]
    allowed = name.startswith(may) and not name.endswith("subject.txt")
    needed = place.needs[0] if place.needs else ""
    source = f"Hello {needed}\n{{{field}}}\n"
    faults = [str(bad) for bad in read(source, place, name)[1]]
    assert (faults == []) is allowed, faults


def test_an_own_text_of_the_office_gets_a_link_that_can_be_clicked(tmp_path: Path) -> None:
    folder = tmp_path / "feedback_requested" / "client"
    folder.mkdir(parents=True)
    (folder / "email.txt").write_text("How was it?\n\nSay so: {survey_link}\n")
    mail = render(*ASKING, Channel.EMAIL, FACTS, Catalogue(tmp_path))
    assert f"Say so: {SURVEY}\n" in mail.text
    assert f'<p>Say so: <a href="{SURVEY}">{SURVEY}</a></p>' in mail.html


def test_an_own_page_may_have_a_link_in_a_tag_and_no_name(tmp_path: Path) -> None:
    place = places()["feedback_requested/client/email.html"]
    assert read('<a href="{survey_link}">Go</a>', place, "x")[1] == ()
    (bad,) = read('<a href="{client_name}">Go</a>', place, "x")[1]
    assert "{client_name} stands inside a tag" in str(bad)


@pytest.mark.parametrize("length", [10, 60, 300])
def test_a_link_is_never_cut(length: int) -> None:
    link = f"https://{'d' * length}.example/s/AbCdEfGhIjKlMnOpQrStUw"
    for channel in Channel:
        text = render(*ASKING, channel, dataclasses.replace(FACTS, survey_link=link)).text
        assert link in text.split()
