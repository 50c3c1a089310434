"""Survey links in what is sent: where they lead, how long and how dear a text with one is."""

import hashlib
from datetime import UTC, timedelta
from typing import Any

import pytest

from interworky_tui.domain.events import Channel
from interworky_tui.domain.feedback import Survey
from interworky_tui.messages.segments import count_segments
from interworky_tui.services import feedback, notice_preview, outgoing, survey_links
from interworky_tui.services.survey_tokens import PLACEHOLDER
from interworky_tui.storage.tables import NOTIFICATION, SURVEY_LINK
from tests.services.conftest import FRIDAY, Desk
from tests.services.invited import PUBLIC, asked, sent_token


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.set(web={"enabled": True, "public_url": PUBLIC})
    return desk


@pytest.mark.parametrize(
    ("web", "url"),
    [
        ({"public_url": "https://a.example"}, "https://a.example/s/T"),
        ({"public_url": "https://a.example/desk/"}, "https://a.example/desk/s/T"),
        ({"host": "192.168.1.5", "port": 8081}, "http://192.168.1.5:8081/s/T"),
        ({"host": "::1"}, "http://[::1]:8080/s/T"),
    ],
)
def test_a_link_leads_to_the_public_address_or_to_the_one_listened_on(
    desk: Desk, web: dict[str, Any], url: str
) -> None:
    desk.set(web={"public_url": "", **web})
    assert survey_links.link_url(desk.office, "T") == url


def test_each_asking_has_one_token_in_both_channels_and_only_its_hash_is_kept(desk: Desk) -> None:
    number, token = asked(desk)
    (link,) = desk.rows(SURVEY_LINK)
    assert link["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert (link["appointment_id"], link["appointment_version"]) == (number, 4)
    assert link["created_at"] == desk.clock.now
    assert link["expires_at"] == desk.clock.now + timedelta(days=14)
    url = f"{PUBLIC}/s/{token}"
    rows = desk.messages(number, 4)
    for row in rows:
        mine = row["recipient"] == "client"
        assert (url in row["body"]) is mine
        assert (url in row["html"]) is (mine and row["channel"] == "email")
        assert token not in row["subject"]
    everything = desk.dump()
    del everything["notification"]
    assert token not in str(everything)


def test_without_the_pages_no_link_is_sent_and_none_is_kept(desk: Desk) -> None:
    desk.set(web={"enabled": False})
    number = desk.asked().appointment.id
    assert desk.rows(SURVEY_LINK) == []
    for row in desk.messages(number, 4):
        assert "http" not in row["body"] + row["html"]
    text = next(r["body"] for r in desk.messages(number, 4) if r["channel"] == "sms")
    assert "Just reply 1-5" in text


def test_thanks_wait_for_the_morning_and_the_office_hears_at_once(desk: Desk) -> None:
    number, token = asked(desk)
    desk.clock.now = desk.local(FRIDAY, 22).astimezone(UTC)
    survey_links.answer(desk.office, token, Survey(5))
    due = {row["recipient"]: row["due_at"] for row in desk.messages(number, 5)}
    assert due["office"] == desk.clock.now + timedelta(seconds=10)
    assert due["client"] == desk.local(FRIDAY + timedelta(days=1), 8)


@pytest.mark.parametrize("public_url", ["", "https://a.example", f"https://{'d' * 60}.example/x"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_preview_is_as_long_and_as_dear_as_what_is_sent(
    desk: Desk, public_url: str, language: str
) -> None:
    desk.set(web={"public_url": public_url}, messages={"language": language})
    number = desk.attended().appointment.id
    before = desk.dump()
    shown = notice_preview.collect(desk.office, number)
    assert desk.dump() == before
    feedback.collect(desk.office, number)
    token = sent_token(desk, number)
    rows = desk.messages(number, 4)
    assert len(rows) == len(shown.messages) == 4
    for row, planned in zip(rows, shown.messages, strict=True):
        assert (row["recipient"], row["channel"]) == (planned.recipient, planned.channel)
        assert planned.text.text.replace(PLACEHOLDER, token) == row["body"]
        assert planned.text.html.replace(PLACEHOLDER, token) == row["html"]
        if planned.channel is Channel.SMS:
            assert planned.segments == count_segments(row["body"]).count


def test_a_first_text_with_a_link_tells_how_to_stop_and_keeps_the_link_whole(desk: Desk) -> None:
    """The number was mended, so that the question is the first text that it gets."""
    number, token = asked(desk)
    for event in ("requested", "scheduled", "attended"):
        desk.deliver("sent", event=event)
    sms = next(
        row
        for row in desk.messages(number, 4)
        if (row["recipient"], row["channel"]) == ("client", "sms")
    )
    outgoing.mend(desk.office, sms["id"], "030 7654321")
    (row,) = desk.rows(NOTIFICATION, id=sms["id"])
    assert f" {PUBLIC}/s/{token} Reply STOP" in row["body"]


def test_the_reviews_are_named_to_everyone_or_to_no_one(desk: Desk) -> None:
    for url in ("https://reviews.example.com/us", ""):
        desk.set(office={"review_url": url})
        told = set()
        for rating in range(1, 6):
            number, token = asked(desk)
            survey_links.answer(desk.office, token, Survey(rating))
            for row in desk.messages(number, 5):
                named = bool(url) and url in row["body"]
                assert named is (bool(url) and row["recipient"] == "client")
                told.add((row["recipient"], row["channel"], named))
        assert len(told) == 4
