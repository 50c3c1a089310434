"""The messages screen: what needs a person first, and what can be done about it on the spot."""

import pytest
from sqlalchemy import text as sql_text

from interworky_tui.services import scheduling
from tests.ui.test_channels import fail, text
from tests.ui.test_desk_lifecycle import FRIDAY_1430

ANA, UNKNOWN = "+4915112345601", "+4915112345699"


def rows(office, sql, **values):
    with office.database.read() as connection:
        return [dict(row) for row in connection.execute(sql_text(sql), values).mappings()]


def sms(office, appointment_id=1):
    return rows(
        office,
        "SELECT * FROM notification WHERE appointment_id = :visit AND recipient = 'client'"
        " AND channel = 'sms' ORDER BY id DESC",
        visit=appointment_id,
    )[0]


def order(desk, *words):
    """The words come in this order down the screen."""
    places = [desk.text().index(word) for word in words]
    return places == sorted(places)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_needs_a_person_comes_first(open_desk, asked, office, size):
    asked("Ana Ruiz")
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    fail(office, two.id)
    text(office, "May I bring my dog?")
    async with open_desk(size=size) as desk:
        await desk.press("m")
        await desk.sees("1 waiting for an answer · 1 failed or held · 7 others")
        await desk.sees("Replies that wait for an answer", "May I bring my dog?")
        assert order(desk, "wait for an answer", "dog", "Failed or held", "! Björn", "All others")
        await desk.sees("From     Ana Ruiz, 01511 2345601", "State    waits for an answer")
        await desk.press("down")
        await desk.sees("To       Björn Åkesson, 01511 2345602")
        await desk.sees("State    FAILED (not a number that takes t", "Questions?")


@pytest.mark.both_databases
async def test_the_filter_leaves_what_needs_a_person(open_desk, asked, office):
    one = asked().appointment
    fail(office, one.id)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("All others", "3 others")
        await desk.press("f")
        await desk.sees("What needs you: 1 failed or held", "f All")
        assert "All others" not in desk.text()
        await desk.press("f")
        await desk.sees("All others")


@pytest.mark.both_databases
async def test_a_message_is_tried_again(open_desk, asked, office):
    one = asked().appointment
    fail(office, one.id, "gave_up")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("FAILED (given up")
        await desk.press("r")
        await desk.sees("It is tried again now.")
        assert sms(office)["state"] in ("pending", "sending", "previewed")


async def test_only_what_failed_is_tried_again(open_desk, asked, office):
    asked()
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("leaves in")
        await desk.press("r")
        await desk.sees("Only a failed or held message can be tried again")


@pytest.mark.both_databases
async def test_a_wrong_number_is_fixed_on_the_spot(open_desk, asked, office):
    one = asked().appointment
    fail(office, one.id)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("FAILED (not a number")
        await desk.press("e")
        await desk.sees("Fix the phone of Ana Ruiz", ANA)
        await desk.type("0151 12")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
        assert desk.app.screen.query_one("#phone").value == "0151 12"
        for _ in "0151 12":
            await desk.press("backspace")
        await desk.type("0151 12345677")
        await desk.press("enter")
        await desk.sees("Saved; it is tried again now.")
        assert sms(office)["to_address"] == "+4915112345677"
        assert rows(office, "SELECT phone FROM client") == [{"phone": "+4915112345677"}]


async def test_the_offices_own_number_is_not_fixed_here(open_desk, asked, office):
    asked()
    with office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET state = 'failed', reason = 'rejected'"
            " WHERE recipient = 'office' AND channel = 'sms'"
        )
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("! office: Ana Ruiz")
        await desk.press("e")
        await desk.sees("The office's own number and address are in the settings")


@pytest.mark.both_databases
async def test_a_reply_is_answered_and_is_done_with(open_desk, asked, office):
    asked()
    text(office, "May I bring my dog?")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("May I bring my dog?")
        await desk.press("a")
        await desk.sees("Answer Ana Ruiz by SMS", "0 segments, 160 more characters fit")
        await desk.press("enter")
        await desk.sees("Type the answer first.")
        await desk.type("Yes")
        await desk.sees("1 segment, 157 more characters fit")
        await desk.press("enter")
        await desk.sees("Your answer to Ana Ruiz leaves now.", "Answer   Yes")
        await desk.until(lambda: "wait for an answer" not in desk.text())
        (queued,) = rows(office, "SELECT * FROM notification WHERE event = 'reply'")
        assert queued["to_address"] == ANA
        assert queued["body"].startswith("Yes")
        (inbound,) = rows(office, "SELECT * FROM inbound_sms")
        assert inbound["handled_by"] == "ana"


async def test_an_answer_to_a_number_that_opted_out_is_refused(open_desk, asked, office):
    asked()
    text(office, "May I bring my dog?")
    text(office, "STOP", sid="SM2")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("May I bring my dog?", "This number opted out of texts: no SMS.")
        await desk.press("a")
        await desk.sees("Answer Ana Ruiz by SMS")
        await desk.type("Yes")
        await desk.press("enter")
        await desk.sees("has opted out of texts")
        assert desk.app.screen.query_one("#answer").text == "Yes"
        assert not rows(office, "SELECT * FROM notification WHERE event = 'reply'")


async def test_a_reply_that_needs_no_answer_is_done_with_by_a_key(open_desk, office):
    text(office, "Thank you!", number=UNKNOWN)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("Thank you!", "a number that is on no file")
        await desk.press("d")
        await desk.sees("Done: it waits for nobody any more.", "done, Mon 16 Mar 2026")
        (inbound,) = rows(office, "SELECT * FROM inbound_sms")
        assert inbound["handled_at"]


@pytest.mark.both_databases
async def test_texts_are_stopped_and_allowed_again_after_a_question(open_desk, asked, office):
    asked()
    text(office, "Please no texts at night", number=ANA)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("no texts at night")
        await desk.press("o")
        await desk.sees("Send no more texts to Ana Ruiz, 01511 2345601?")
        assert not rows(office, "SELECT * FROM sms_opt_out")
        await desk.press("y")
        await desk.sees("gets no more texts", "This number opted out of texts")
        assert [row["number"] for row in rows(office, "SELECT * FROM sms_opt_out")] == [ANA]
        await desk.press("o")
        await desk.sees("Only when they have said that they")
        await desk.press("n")
        assert rows(office, "SELECT * FROM sms_opt_out")
        await desk.press("o")
        await desk.sees("Only when they have said")
        await desk.press("enter")
        await desk.sees("may be texted again")
        assert not rows(office, "SELECT * FROM sms_opt_out")


@pytest.mark.both_databases
async def test_enter_goes_to_the_appointment_on_the_desk(open_desk, asked, office):
    asked("Ana Ruiz")
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    asked("Clara Richter", "+4915112345635", "c@example.com")
    scheduling.schedule(office, two.id, FRIDAY_1430)
    fail(office, two.id)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("! Björn")
        await desk.press("enter")
        await desk.sees("Fri 20 Mar 14:30", "Update time")
        await desk.until(lambda: desk.app.screen.rows.cursor_row.name == "Björn Åkesson")


async def test_enter_on_a_reply_finds_the_client(open_desk, asked, office):
    asked("Ana Ruiz")
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    scheduling.schedule(office, two.id, FRIDAY_1430)
    text(office, "Where are you?", number="+4915112345602")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("Where are you?")
        await desk.press("enter")
        await desk.sees("Fri 20 Mar 14:30", "Update time")
        assert desk.app.focused is desk.app.screen.rows
        await desk.press("1")
        await desk.sees("Elsewhere:")
        await desk.press("escape")
        await desk.sees("Ana Ruiz")


async def test_a_refresh_keeps_the_line_that_is_read(open_desk, asked, office):
    for number in range(12):
        asked(f"Client {number:02}", f"+49151123456{number:02}", f"c{number}@example.com")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("48 others")
        await desk.press(*["down"] * 14)
        await desk.sees("To       Client 08")
        before = desk.app.screen.entry.id
        text(office, "Hello?", number=UNKNOWN)
        fail(office, 1)
        await desk.sees("1 waiting for an answer · 1 failed")
        assert desk.app.screen.entry.id == before
        await desk.sees("To       Client 08")


async def test_what_counts_down_is_seen_to(open_desk, asked, clock):
    asked()
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("leaves in 10 s")
        clock.forward(seconds=2)
        await desk.sees("leaves in 8 s")


HOSTILE = "\x1b]0;owned\x07[@click=app.quit]x[/] \u202eevil " + "\u0301" * 5


async def test_a_text_from_outside_is_only_text(open_desk, office):
    text(office, HOSTILE, number=UNKNOWN)
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("[@click=app.quit]x[/]")
        await desk.press("a")
        await desk.sees("They wrote", "[@click=app.quit]x[/]")
        assert not any(c in desk.text() for c in "\x1b\x07\u202e")
        await desk.press("escape", "o")
        await desk.sees("Send no more texts")


async def test_keys_on_an_empty_screen_do_no_harm(open_desk):
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("Messages: none yet")
        await desk.press("r", "e", "a", "d", "o", "enter", "f")
        await desk.sees("What needs you: nothing")
        await desk.press("escape")
        await desk.sees("Welcome.")
