"""Survey links: one for each asking, good for one answer, and known to the store by its hash."""

import hashlib
import re
import threading
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, IllegalMove
from interworky_tui.domain.events import Channel
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.messages.segments import count_segments
from interworky_tui.services import (
    feedback,
    notice_preview,
    outgoing,
    scheduling,
    survey_links,
    undo,
)
from interworky_tui.services.survey_links import Invitation, LinkRefused, Standing
from interworky_tui.services.survey_tokens import PLACEHOLDER, token_hash
from interworky_tui.storage.tables import (
    EVENT,
    NOTIFICATION,
    SURVEY_LINK,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)
from tests.services.conftest import FRIDAY, Desk

PUBLIC = "https://desk.example.com"
LINK = re.compile(r"https?://\S+?/s/([A-Za-z0-9_-]+|\.+)")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.set(web={"enabled": True, "public_url": PUBLIC})
    return desk


def asked(desk: Desk) -> tuple[int, str]:
    """A visit whose question is open, and the token that its client was sent."""
    number = desk.asked().appointment.id
    return number, sent_token(desk, number)


def sent_token(desk: Desk, number: int) -> str:
    """The one that the newest question of the visit carries."""
    rows = desk.rows(NOTIFICATION, appointment_id=number, event="feedback_requested")
    found = {
        token
        for row in rows
        if row["recipient"] == "client" and row["appointment_version"] == newest(rows)
        for token in LINK.findall(row["body"])
    }
    (token,) = found
    return str(token)


def newest(rows: list[dict[str, Any]]) -> int:
    return max(row["appointment_version"] for row in rows)


def refused(desk: Desk, token: str, survey: Survey | None = None) -> Standing:
    before = desk.dump()
    with pytest.raises(LinkRefused) as caught:
        survey_links.answer(desk.office, token, survey or Survey(5))
    assert desk.dump() == before
    return caught.value.standing


def test_tokens_are_of_128_bits_and_one_length() -> None:
    tokens = {survey_links.new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {22} == {len(PLACEHOLDER)}
    assert all(token_hash(token) for token in tokens)


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


def test_a_page_may_say_whose_visit_it_was_and_when(desk: Desk) -> None:
    number, token = asked(desk)
    visit = desk.appointment(number)
    before = desk.dump()
    found = survey_links.look(desk.office, token)
    assert found == Invitation(
        Standing.OPEN,
        desk.office.settings.office.name,
        number,
        visit["starts_at"],
        "Mon 16 Mar 2026, 09:10",
        "Ada Lovelace 1",
        None,
    )
    assert found.starts_at is not None
    assert found.starts_at.tzinfo == desk.office.zone
    spanish = survey_links.look(desk.office, token, "es")
    assert (spanish.when, spanish.standing) == ("lun 16 mar 2026, 09:10", Standing.OPEN)
    assert desk.dump() == before


def test_an_answer_is_recorded_as_the_clients(desk: Desk) -> None:
    number, token = asked(desk)
    said = Survey(2, " kind\x1b ", "slow", Recommend.NO, True, Source.STAFF)
    made = survey_links.answer(desk.office, token, said)
    assert made is not None
    assert (made.verb, made.appointment.status) == ("submit_feedback", "feedback_collected")
    (row,) = desk.rows(SURVEY_RESPONSE)
    assert row["rating"] == 2
    assert (row["good"], row["bad"], row["recommend"], row["publish"]) == ("kind", "slow", "no", 1)
    assert (row["source"], row["read_at"]) == ("web", None)
    line = desk.rows(EVENT, appointment_id=number)[-1]
    assert (line["actor"], line["verb"]) == ("client", "submit_feedback")
    events = [(row["event"], row["recipient"]) for row in desk.messages(number, 5)]
    assert events.count(("feedback_collected", "office")) == 2
    assert events.count(("feedback_collected", "client")) == 2
    assert events.count(("low_rating", "office")) == 2
    assert desk.woken[-1] == desk.clock.now
    assert survey_links.look(desk.office, token).standing is Standing.ANSWERED


def test_thanks_wait_for_the_morning_and_the_office_hears_at_once(desk: Desk) -> None:
    number, token = asked(desk)
    desk.clock.now = desk.local(FRIDAY, 22).astimezone(UTC)
    survey_links.answer(desk.office, token, Survey(5))
    due = {row["recipient"]: row["due_at"] for row in desk.messages(number, 5)}
    assert due["office"] == desk.clock.now + timedelta(seconds=10)
    assert due["client"] == desk.local(FRIDAY + timedelta(days=1), 8)


def test_what_comes_after_the_answer_is_a_note(desk: Desk) -> None:
    number, token = asked(desk)
    survey_links.answer(desk.office, token, Survey(5, "kind"))
    response, visit = desk.rows(SURVEY_RESPONSE), desk.appointment(number)
    desk.clock.forward(hours=1)
    later = Survey(1, "kind", "long wait\nno water", Recommend.NO, True)
    assert survey_links.answer(desk.office, token, later) is None
    (note,) = desk.rows(SURVEY_NOTE)
    assert {k: v for k, v in note.items() if k != "id"} == {
        "appointment_id": number,
        "at": desk.clock.now,
        "source": "web",
        "rating": 1,
        "text": (
            "Good: kind\nCould be better: long wait\nno water\nWould recommend: no"
            "\nMay be quoted: yes"
        ),
    }
    assert (desk.rows(SURVEY_RESPONSE), desk.appointment(number)) == (response, visit)
    assert desk.messages(number, 6) == []


def test_a_form_that_is_sent_twice_leaves_no_note(desk: Desk) -> None:
    _, token = asked(desk)
    first = Survey(4, "  kind ", "", Recommend.YES)
    survey_links.answer(desk.office, token, first)
    for survey in (first, first, Survey(1), Survey(1), first):
        assert survey_links.answer(desk.office, token, survey) is None
    assert [note["rating"] for note in desk.rows(SURVEY_NOTE)] == [1]


def test_nobody_fills_the_store_with_a_link(desk: Desk) -> None:
    _, token = asked(desk)
    for number in range(feedback.NOTES_AT_MOST + 1):
        survey_links.answer(desk.office, token, Survey(3, f"{number}"))
    assert len(desk.rows(SURVEY_NOTE)) == feedback.NOTES_AT_MOST
    assert refused(desk, token, Survey(1, "more")) is Standing.ANSWERED


def test_an_older_link_is_as_good_as_the_newer_one(desk: Desk) -> None:
    number, old = asked(desk)
    desk.clock.forward(days=10)
    feedback.collect(desk.office, number)
    new = sent_token(desk, number)
    assert old != new
    desk.clock.forward(days=13)
    for token in (old, new):
        assert survey_links.look(desk.office, token).standing is Standing.OPEN
    assert survey_links.answer(desk.office, old, Survey(4)) is not None
    assert survey_links.answer(desk.office, new, Survey(1)) is None
    assert [row["rating"] for row in desk.rows(SURVEY_RESPONSE)] == [4]


@pytest.mark.parametrize("days", [1, 14, 30])
def test_a_link_expires_to_the_second(desk: Desk, days: int) -> None:
    desk.set(feedback={"survey_days": days})
    number, token = asked(desk)
    desk.clock.forward(days=days, seconds=-1)
    assert survey_links.look(desk.office, token).standing is Standing.OPEN
    desk.clock.forward(seconds=1)
    found = survey_links.look(desk.office, token)
    assert (found.standing, found.appointment_id) == (Standing.EXPIRED, number)
    assert refused(desk, token) is Standing.EXPIRED


def test_long_after_an_answer_the_page_still_thanks_and_takes_nothing(desk: Desk) -> None:
    _, token = asked(desk)
    survey_links.answer(desk.office, token, Survey(5))
    desk.clock.forward(days=15)
    assert survey_links.look(desk.office, token).standing is Standing.ANSWERED
    assert refused(desk, token, Survey(1)) is Standing.EXPIRED


def test_a_link_of_a_visit_that_was_cancelled_after_all(desk: Desk) -> None:
    """The asking and the visit are undone, and the client had seen the link on the screen."""
    number, token = asked(desk)
    undo.undo(desk.office, number)
    assert survey_links.look(desk.office, token) == Invitation(
        Standing.UNKNOWN, desk.office.settings.office.name
    )
    assert refused(desk, token) is Standing.UNKNOWN
    undo.undo(desk.office, number)
    scheduling.cancel(desk.office, number, CancelReason.NO_SHOW)
    assert survey_links.look(desk.office, token).standing is Standing.CANCELLED
    assert refused(desk, token) is Standing.CANCELLED


@pytest.mark.parametrize("change", ["cut", "longer", "one bit", "case", "empty", "nul", "accent"])
def test_a_wrong_token_leads_nowhere(desk: Desk, change: str) -> None:
    _, token = asked(desk)
    wrong = {
        "cut": token[:-1],
        "longer": f"{token}A",
        "one bit": ("B" if token[0] == "A" else "A") + token[1:],
        "case": token.swapcase(),
        "empty": "",
        "nul": f"{token[:-1]}\x00",
        "accent": f"{token[:-1]}é",
    }[change]
    assert survey_links.look(desk.office, wrong).standing is Standing.UNKNOWN
    assert refused(desk, wrong) is Standing.UNKNOWN


@given(st.text(max_size=40))
def test_whatever_stands_in_the_place_of_a_token(text: str) -> None:
    assert (token_hash(text) is None) is (re.fullmatch(r"[A-Za-z0-9_-]{22}", text) is None)


def test_a_bad_answer_is_refused_before_it_is_asked_whose_it_is() -> None:
    with pytest.raises(BadInput):
        Survey(6, source=Source.WEB)


def test_of_eight_answers_at_once_one_wins_and_the_others_are_notes(desk: Desk) -> None:
    number, token = asked(desk)
    for turn in range(3):
        gate = threading.Barrier(8)
        told: list[object] = []

        def answer(thread: int, gate: Any = gate, told: Any = told, token: str = token) -> None:
            gate.wait()
            said = Survey(thread % 5 + 1, f"thread {thread}")
            try:
                told.append(survey_links.answer(desk.office, token, said))
            except Exception as error:
                told.append(error)

        threads = [threading.Thread(target=answer, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [one for one in told if one is not None]
        assert [getattr(one, "verb", one) for one in won] == ["submit_feedback"], turn
        (response,) = desk.rows(SURVEY_RESPONSE, appointment_id=number)
        words = [note["text"] for note in desk.rows(SURVEY_NOTE, appointment_id=number)]
        said = [f"Good: thread {n}" for n in range(8)]
        assert sorted([*words, f"Good: {response['good']}"]) == said
        assert [verb for verb, *_ in desk.history(number)].count("submit_feedback") == 1
        assert len(desk.rows(NOTIFICATION, appointment_id=number, appointment_version=5)) in (4, 6)
        number, token = asked(desk)


def test_what_the_client_said_outlives_an_undo(desk: Desk) -> None:
    number, token = asked(desk)
    survey_links.answer(desk.office, token, Survey(1, "", "rude"))
    at = desk.clock.now
    assert undo.latest(desk.office) is None
    undo.undo(desk.office, number)
    assert desk.rows(SURVEY_RESPONSE) == []
    (note,) = desk.rows(SURVEY_NOTE)
    assert (note["rating"], note["text"], note["at"]) == (1, "Could be better: rude", at)
    assert survey_links.answer(desk.office, token, Survey(2)) is not None


def test_what_staff_typed_in_is_gone_with_an_undo(desk: Desk) -> None:
    made = desk.answered(1)
    undo.undo(desk.office, made.appointment.id)
    assert (desk.rows(SURVEY_RESPONSE), desk.rows(SURVEY_NOTE)) == ([], [])


def test_a_link_for_the_counter_sends_nothing_and_takes_the_answer(desk: Desk) -> None:
    number, sent = asked(desk)
    messages, visit = desk.rows(NOTIFICATION), desk.appointment(number)
    url = survey_links.link_for_screen(desk.office, number)
    assert (desk.rows(NOTIFICATION), desk.appointment(number)) == (messages, visit)
    token = LINK.fullmatch(url)
    assert token is not None
    assert token[1] != sent
    assert survey_links.look(desk.office, sent).standing is Standing.OPEN
    assert survey_links.answer(desk.office, token[1], Survey(5)) is not None
    with pytest.raises(IllegalMove, match="feedback collected"):
        survey_links.link_for_screen(desk.office, number)
    desk.set(web={"enabled": False})
    with pytest.raises(IllegalMove, match=re.escape("web.enabled = true")):
        survey_links.link_for_screen(desk.office, number)


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
