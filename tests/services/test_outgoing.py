"""Trying a message again that failed, or that may have arrived."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.render import Rendered
from interworky_tui.services import notices, opt_outs
from interworky_tui.services.outgoing import mend, retry
from interworky_tui.storage.tables import NOTIFICATION
from tests.mending import mend_client


def one(desk: Any, recipient: str, channel: str) -> dict[str, Any]:
    (row,) = desk.rows(NOTIFICATION, recipient=recipient, channel=channel)
    return dict(row)


@pytest.mark.parametrize("state", ["failed", "held"])
def test_a_message_in_trouble_is_due_at_once(desk: Any, state: str) -> None:
    desk.request()
    desk.deliver(state)
    desk.clock.forward(hours=2)
    woken = len(desk.woken)
    before = one(desk, "client", "sms")
    retry(desk.office, before["id"])
    after = one(desk, "client", "sms")
    # It has all its attempts before it, but that the first may have to look for a copy.
    assert after.pop("attempts") <= 1
    del before["attempts"]
    assert after == before | {"state": "pending", "reason": None, "due_at": desk.clock.now}
    assert one(desk, "client", "email")["state"] == state
    assert len(desk.woken) == woken + 1


@pytest.mark.parametrize("state", ["pending", "sending", "sent", "previewed", "cancelled"])
def test_no_other_is_tried_again(desk: Any, state: str) -> None:
    desk.request()
    if state == "cancelled":
        mend_client(desk.office, 1, name="Ada", phone="", email="a@example.com")
    elif state != "pending":
        desk.deliver(state)
    before = desk.dump()
    with pytest.raises(IllegalMove, match=state):
        retry(desk.office, one(desk, "client", "sms")["id"])
    assert desk.dump() == before
    assert len(desk.woken) == 1


@pytest.mark.parametrize("number", [0, 99, -1, 2**63, 2**80])
def test_a_message_that_is_not_there(desk: Any, number: int) -> None:
    with pytest.raises(NotFound):
        retry(desk.office, number)


def test_it_goes_to_what_is_on_file_now(desk: Any) -> None:
    desk.request(name="Ada", phone="030 901820", email="a@example.com")
    desk.deliver("failed")
    mend_client(desk.office, 1, name="Ada", phone="030 901821", email="new@example.com")
    desk.set(office={"phone": "030 99999999", "email": "front@lindenhof.example"})
    for row in desk.rows(NOTIFICATION):
        retry(desk.office, row["id"])
    assert {(r["recipient"], r["channel"]): r["to_address"] for r in desk.rows(NOTIFICATION)} == {
        ("client", "email"): "new@example.com",
        ("client", "sms"): "+4930901821",
        ("office", "email"): "front@lindenhof.example",
        ("office", "sms"): "+493099999999",
    }


def test_it_does_not_go_to_an_address_that_is_no_more_on_file(desk: Any) -> None:
    desk.request(name="Ada", phone="030 901820", email="a@example.com")
    desk.deliver("failed")
    mend_client(desk.office, 1, name="Ada", phone="", email="a@example.com")
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        retry(desk.office, one(desk, "client", "sms")["id"])
    assert caught.value.field == "phone"
    assert "030" not in caught.value.sentence
    assert desk.dump() == before


def test_the_first_text_to_a_mended_number_says_how_to_stop(desk: Any) -> None:
    desk.request(name="Eva", phone="030 901820")
    desk.deliver("sent")
    desk.request(name="Ada", phone="030 901820", email="a@example.com")
    desk.deliver("failed")
    mend_client(desk.office, 2, name="Ada", phone="030 901821", email="")
    (row,) = desk.rows(NOTIFICATION, recipient="client", channel="sms", appointment_id=2)
    assert "STOP" not in row["body"]
    retry(desk.office, row["id"])
    (row,) = desk.rows(NOTIFICATION, recipient="client", channel="sms", appointment_id=2)
    assert "STOP" in row["body"]


@pytest.mark.parametrize("state", ["failed", "held"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_what_may_have_arrived_is_looked_for_and_starts_afresh(
    desk: Any, state: str, channel: str
) -> None:
    desk.request()
    number = one(desk, "client", channel)["id"]
    put(desk, number, state=state, reason="uncertain", attempts=5, copies=2, provider_ref="SM1")
    retry(desk.office, number)
    row = one(desk, "client", channel)
    # One attempt counts, so that a text is looked for, and no undo believes that nothing left.
    assert (row["attempts"], row["copies"], row["provider_ref"]) == (1, 0, None)


def put(desk: Any, number: int, **values: Any) -> None:
    with desk.office.database.write() as connection:
        connection.execute(
            NOTIFICATION.update().where(NOTIFICATION.c.id == number).values(**values)
        )


def test_a_number_that_opted_out_is_not_tried_again(desk: Any) -> None:
    desk.request(phone="030 901820")
    desk.deliver("failed")
    with desk.office.database.write() as connection:
        opt_outs.opt_out(connection, "+4930901820", opt_outs.Source.REPLY, desk.clock.now)
    before = desk.dump()
    with pytest.raises(IllegalMove, match="opted out") as caught:
        retry(desk.office, one(desk, "client", "sms")["id"])
    assert "901820" not in caught.value.sentence
    assert desk.dump() == before
    retry(desk.office, one(desk, "client", "email")["id"])
    assert one(desk, "client", "email")["state"] == "pending"


def test_what_can_wait_waits_for_the_morning_again(desk: Any) -> None:
    desk.attended()
    desk.deliver("failed", event="attended")
    desk.clock.now = desk.local(desk.clock.now.date(), 22)
    for row in desk.rows(NOTIFICATION, event="attended"):
        retry(desk.office, row["id"])
    morning = desk.local(desk.clock.now.date() + timedelta(days=1), 8)
    for row in desk.rows(NOTIFICATION, event="attended", recipient="client"):
        assert (row["due_at"], row["reason"]) == (morning, "quiet_hours")
        assert row["stream"].endswith(":quiet")
    for row in desk.rows(NOTIFICATION, event="attended", recipient="office"):
        assert (row["due_at"], row["reason"]) == (desk.clock.now, None)
    desk.deliver("failed", event="attended", recipient="client")
    desk.clock.forward(hours=12)
    for row in desk.rows(NOTIFICATION, event="attended", recipient="client"):
        retry(desk.office, row["id"])
    for row in desk.rows(NOTIFICATION, event="attended", recipient="client"):
        assert (row["due_at"], row["reason"]) == (desk.clock.now, None)
        assert not row["stream"].endswith(":quiet")


def a_reply(desk: Any, to: str = "+4930555555", **values: Any) -> int:
    with desk.office.database.write() as connection:
        assert notices.queue_beside(
            connection,
            desk.office,
            event=Event.REPLY,
            recipient=Recipient.CLIENT,
            channel=Channel.SMS,
            to=to,
            text=Rendered("", "Come at ten.", ""),
            dedupe_key=f"reply:{to}",
            now=desk.clock.now,
            **({"client_id": None, "appointment": None} | values),
        )
    return int(desk.rows(NOTIFICATION, event="reply")[-1]["id"])


def test_an_answer_goes_to_the_number_it_answers_whatever_is_on_file(desk: Any) -> None:
    made = desk.request(name="Ada", phone="030 901820", email="a@example.com")
    desk.deliver("sent")
    stranger = a_reply(desk)
    known = a_reply(desk, "+4930901820", client_id=1, appointment=made.appointment)
    mend_client(desk.office, 1, name="Ada", phone="030 901821", email="")
    desk.deliver("failed")
    for number, to in ((stranger, "+4930555555"), (known, "+4930901820")):
        retry(desk.office, number)
        (row,) = desk.rows(NOTIFICATION, id=number)
        assert (row["state"], row["to_address"]) == ("pending", to)
        desk.deliver("failed")
        with pytest.raises(IllegalMove, match="answer"):
            mend(desk.office, number, "030 901822")


MENDED = {"sms": ("030 901821", "+4930901821"), "email": ("New@Example.com", "New@example.com")}


@pytest.mark.parametrize("state", ["failed", "held"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_wrong_address_is_put_right_and_the_message_tried_again(
    desk: Any, state: str, channel: str
) -> None:
    desk.request(name="Ada", phone="030 901820", email="ada@example.com")
    desk.deliver(state)
    desk.request(name="Ada", phone="030 901820", email="ada@example.com")
    written, stored = MENDED[channel]
    failed = desk.messages(1)
    (number,) = [
        row["id"] for row in failed if (row["recipient"], row["channel"]) == ("client", channel)
    ]
    desk.clock.forward(hours=1)
    woken = len(desk.woken)
    mend(desk.office, number, written)
    expected = {"sms": "+4930901820", "email": "ada@example.com"} | {channel: stored}
    assert desk.clients() == [("Ada", expected["sms"], expected["email"])]
    (row,) = desk.rows(NOTIFICATION, id=number)
    assert (row["state"], row["to_address"], row["due_at"]) == ("pending", stored, desk.clock.now)
    others = [row for row in desk.messages(1) if row["id"] != number]
    assert {row["state"] for row in others} == {state}
    (waiting,) = desk.rows(NOTIFICATION, appointment_id=2, recipient="client", channel=channel)
    assert (waiting["state"], waiting["to_address"]) == ("pending", stored)
    assert len(desk.woken) == woken + 1


def test_what_waits_to_be_tried_again_goes_to_the_right_address_at_once(desk: Any) -> None:
    desk.request(name="Ada", phone="030 901820", email="ada@example.com")
    number = one(desk, "client", "sms")["id"]
    due = one(desk, "client", "sms")["due_at"]
    mend(desk.office, number, "030 901821")
    row = one(desk, "client", "sms")
    assert (row["to_address"], row["due_at"]) == ("+4930901821", due), "there is time to undo"
    put(desk, number, attempts=3, due_at=desk.clock.now + timedelta(hours=1))
    mend(desk.office, number, "030 901822")
    row = one(desk, "client", "sms")
    assert (row["to_address"], row["due_at"], row["attempts"]) == (
        "+4930901822",
        desk.clock.now,
        1,
    )


@pytest.mark.parametrize(
    ("channel", "written", "field"),
    [
        ("sms", "12", "phone"),
        ("sms", " ", "phone"),
        ("sms", "ada@example.com", "phone"),
        ("email", "030 901821", "email"),
        ("email", "", "email"),
        ("email", "a@b.example\nBcc: x@y.example", "email"),
    ],
)
def test_what_is_no_address_mends_nothing(
    desk: Any, channel: str, written: str, field: str
) -> None:
    desk.request()
    desk.deliver("failed")
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        mend(desk.office, one(desk, "client", channel)["id"], written)
    assert caught.value.field == field
    assert desk.dump() == before


def test_only_a_clients_message_that_has_not_left_is_mended(desk: Any) -> None:
    desk.request()
    desk.deliver("failed")
    with pytest.raises(IllegalMove, match="settings"):
        mend(desk.office, one(desk, "office", "sms")["id"], "030 901821")
    put(desk, one(desk, "client", "sms")["id"], state="sent", reason=None)
    before = desk.dump()
    with pytest.raises(IllegalMove, match="sent"):
        mend(desk.office, one(desk, "client", "sms")["id"], "030 901821")
    with pytest.raises(NotFound):
        mend(desk.office, 99, "030 901821")
    assert desk.dump() == before


def test_a_number_that_opted_out_mends_nothing(desk: Any) -> None:
    desk.request()
    with desk.office.database.write() as connection:
        opt_outs.opt_out(connection, "+4930901821", opt_outs.Source.DESK, desk.clock.now)
    before = desk.dump()
    with pytest.raises(IllegalMove, match="opted out"):
        mend(desk.office, one(desk, "client", "sms")["id"], "030 901821")
    assert desk.dump() == before


def test_somebody_elses_number_mends_nothing(desk: Any) -> None:
    desk.request(name="Ada", phone="030 901821")
    desk.deliver("sent")
    desk.request(name="Ada", phone="030 901820")
    desk.deliver("failed")
    (row,) = desk.rows(NOTIFICATION, appointment_id=2, recipient="client", channel="sms")
    before = desk.dump()
    with pytest.raises(BadInput, match="Another client"):
        mend(desk.office, row["id"], "030 901821")
    assert desk.dump() == before
