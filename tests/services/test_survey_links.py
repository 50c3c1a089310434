"""Survey links: one for each asking, good for one answer, and known to the store by its hash."""

import re
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, IllegalMove
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.services import feedback, scheduling, survey_links, undo
from interworky_tui.services.survey_links import Invitation, LinkRefused, Standing
from interworky_tui.services.survey_tokens import PLACEHOLDER, token_hash
from interworky_tui.storage.tables import EVENT, NOTIFICATION, SURVEY_NOTE, SURVEY_RESPONSE
from tests.services.conftest import Desk
from tests.services.invited import LINK, PUBLIC, asked, sent_token


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.set(web={"enabled": True, "public_url": PUBLIC})
    return desk


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
