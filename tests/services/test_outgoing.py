"""Trying a message again that failed, or that may have arrived."""

from typing import Any

import pytest

from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound
from interworky_tui.services import clients
from interworky_tui.services.outgoing import retry
from interworky_tui.storage.tables import NOTIFICATION


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
        clients.edit_client(desk.office, 1, name="Ada", phone="", email="a@example.com")
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
    clients.edit_client(desk.office, 1, name="Ada", phone="030 901821", email="new@example.com")
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
    clients.edit_client(desk.office, 1, name="Ada", phone="", email="a@example.com")
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
    clients.edit_client(desk.office, 2, name="Ada", phone="030 901821", email="")
    (row,) = desk.rows(NOTIFICATION, recipient="client", channel="sms", appointment_id=2)
    assert "STOP" not in row["body"]
    retry(desk.office, row["id"])
    (row,) = desk.rows(NOTIFICATION, recipient="client", channel="sms", appointment_id=2)
    assert "STOP" in row["body"]
