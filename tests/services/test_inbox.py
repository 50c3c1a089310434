"""Texts that wait for a person: answered once, marked, and numbers stopped and allowed by hand."""

from typing import Any

import pytest

from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound
from interworky_tui.domain.replies import Kind
from interworky_tui.services import inbox
from interworky_tui.storage.tables import INBOUND_SMS, NOTIFICATION, SMS_OPT_OUT
from tests.services.conftest import Desk

THEIRS = "+4930111222"


def came_in(desk: Desk, body: str = "Can I bring my dog?", sender: str = THEIRS) -> int:
    """A text that came in a minute later; its id."""
    desk.clock.forward(minutes=1)
    sid = f"SM{len(desk.rows(INBOUND_SMS))}"
    given = {"from_number": sender, "to_number": "+4930999000", "body": body}
    inbox.receive(desk.office, sid=sid, at=desk.clock(), **given)
    return int(desk.rows(INBOUND_SMS)[-1]["id"])


def replies(desk: Desk) -> list[dict[str, Any]]:
    return desk.rows(NOTIFICATION, event="reply")


def handled(desk: Desk, text: int) -> tuple[bool, str | None]:
    (row,) = desk.rows(INBOUND_SMS, id=text)
    return row["handled_at"] is not None, row["handled_by"]


def test_a_text_is_kept_once(desk: Desk) -> None:
    given = {"sid": "SM1", "from_number": THEIRS, "to_number": "+4930999000", "body": "hello"}
    assert inbox.receive(desk.office, at=desk.clock(), **given) is Kind.OTHER
    assert inbox.receive(desk.office, at=desk.clock(), **given) is None
    assert len(desk.rows(INBOUND_SMS)) == 1


def test_an_answer_leaves_at_once_and_ends_the_waiting(desk: Desk) -> None:
    client = desk.scheduled(phone=THEIRS).client.id
    text = came_in(desk)
    desk.woken.clear()
    inbox.answer(desk.office, text, "  Of course.\nOn a lead ")
    (reply,) = replies(desk)
    assert reply["body"] == "Of course.\nOn a lead"
    assert (reply["to_address"], reply["state"], reply["in_reply_to"]) == (THEIRS, "pending", text)
    assert (reply["stream"], reply["due_at"]) == (f"client:{client}:sms", desk.clock())
    assert reply["appointment_version"] is None
    assert handled(desk, text) == (True, "ana")
    assert len(desk.woken) == 1


def test_a_stranger_is_answered_too_and_told_how_to_stop(desk: Desk) -> None:
    inbox.answer(desk.office, came_in(desk), "Yes")
    (reply,) = replies(desk)
    assert (reply["appointment_id"], reply["to_address"]) == (None, THEIRS)
    assert reply["body"] == "Lindenhof Practice: Yes. Reply STOP to opt out."


def test_the_answer_to_who_asked_for_another_time_is_with_the_visit(desk: Desk) -> None:
    visit = desk.scheduled(phone=THEIRS).appointment.id
    text = came_in(desk)
    with desk.office.database.write() as connection:
        connection.execute(INBOUND_SMS.update().values(appointment_id=visit))
    inbox.answer(desk.office, text, "Wednesday?")
    assert replies(desk)[0]["appointment_id"] == visit


def test_a_key_pressed_twice_sends_one_answer(desk: Desk) -> None:
    text = came_in(desk)
    inbox.answer(desk.office, text, "Yes")
    with pytest.raises(BadInput):
        inbox.answer(desk.office, text, " Yes ")
    inbox.answer(desk.office, text, "Yes, but only a small one")
    assert len(replies(desk)) == 2


@pytest.mark.parametrize("words", ["", " \n\t ", "\x00", "x" * 1001])
def test_an_answer_has_words_and_not_too_many(desk: Desk, words: str) -> None:
    text = came_in(desk)
    with pytest.raises(BadInput) as refused:
        inbox.answer(desk.office, text, words)
    assert refused.value.field == "text"
    assert (replies(desk), handled(desk, text)) == ([], (False, None))
    inbox.answer(desk.office, text, "x" * 1000)


def test_who_opted_out_gets_no_answer(desk: Desk) -> None:
    text = came_in(desk)
    inbox.stop_texts(desk.office, THEIRS)
    desk.woken.clear()
    with pytest.raises(IllegalMove):
        inbox.answer(desk.office, text, "Yes")
    assert (replies(desk), handled(desk, text), desk.woken) == ([], (False, None), [])


def test_marking_keeps_who_was_first(desk: Desk) -> None:
    text = came_in(desk)
    inbox.mark_handled(desk.office, text)
    first = desk.rows(INBOUND_SMS)
    assert handled(desk, text) == (True, "ana")
    desk.clock.forward(minutes=5)
    inbox.mark_handled(desk.another("ben").office, text)
    assert desk.rows(INBOUND_SMS) == first


@pytest.mark.parametrize("text", [0, -1, 7, 2**70])
def test_a_text_that_is_not_there(desk: Desk, text: int) -> None:
    with pytest.raises(NotFound):
        inbox.answer(desk.office, text, "Yes")
    with pytest.raises(NotFound):
        inbox.mark_handled(desk.office, text)


@pytest.mark.parametrize("typed", [THEIRS, "030 111222", " +49 30 111222 "])
def test_texts_are_stopped_and_allowed_by_hand(desk: Desk, typed: str) -> None:
    desk.scheduled(phone=THEIRS)
    assert inbox.stop_texts(desk.office, typed) == 2
    (row,) = desk.rows(SMS_OPT_OUT)
    assert (row["number"], row["source"], row["at"]) == (THEIRS, "desk", desk.clock())
    assert inbox.stop_texts(desk.office, typed) == 0
    inbox.allow_texts(desk.office, typed)
    inbox.allow_texts(desk.office, typed)
    assert desk.rows(SMS_OPT_OUT) == []
    waiting = desk.rows(NOTIFICATION, channel="sms", recipient="client")
    assert {row["state"] for row in waiting} == {"cancelled"}


@pytest.mark.parametrize("typed", ["", "  ", "hello", "12"])
def test_what_is_no_number_is_refused(desk: Desk, typed: str) -> None:
    for verb in (inbox.stop_texts, inbox.allow_texts):
        with pytest.raises(BadInput):
            verb(desk.office, typed)


def test_a_short_number_that_texted_can_be_stopped(desk: Desk) -> None:
    inbox.stop_texts(desk.office, "+12345")
    assert desk.rows(SMS_OPT_OUT)[0]["number"] == "+12345"
