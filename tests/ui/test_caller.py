"""The caller: digits on the desk, the search, the client's card, and a request from it."""

from datetime import date, timedelta

import pytest
from textual import events

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import scheduling
from interworky_tui.ui.caller_digits import GAP, QUICKLY, DigitRun
from tests.mending import mend_client
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_desk_screen import HOSTILE

BJORN = ("Björn Åkesson", "+4915112346612", "b@example.com")


def press_at(desk, *presses):
    """Keys in one rush, as if they had been pressed at these seconds."""
    for key, second in presses:
        event = events.Key(key, key if len(key) == 1 else None)
        event.time = 1000.0 + second
        desk.app.post_message(event)


def quickly(keys, begin=0.0, step=0.2):
    return [(key, begin + step * number) for number, key in enumerate(keys)]


def query(desk):
    return desk.app.screen.entry.value


def searching(desk):
    return type(desk.app.screen).__name__ == "CallerScreen"


@pytest.mark.both_databases
async def test_four_digits_and_enter_open_the_clients_card(open_desk, asked):
    asked()
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly(["6", "6", "1", "2", "enter"]))
        await desk.sees("Björn Åkesson", "no visit yet", "Coming", "n New request")
        assert query(desk) == "6612"
        assert "Ana Ruiz" not in desk.text()


@pytest.mark.parametrize("first", "0789")
async def test_digits_that_are_no_tabs_open_the_search_at_once(open_desk, asked, first):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press(first)
        await desk.until(lambda: searching(desk))
        assert query(desk) == first


async def test_three_quick_digits_are_a_number_and_the_tab_goes_back(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("2")
        await desk.sees("No visits are set")
        press_at(desk, *quickly("5601", begin=10))
        await desk.until(lambda: searching(desk) and query(desk) == "5601")
        await desk.press("escape")
        await desk.sees("No visits are set")


async def test_digits_pressed_slowly_turn_the_tabs(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, ("3", 0.0), ("2", 0.7), ("6", 1.4))
        await desk.sees("Nothing was cancelled")
        press_at(desk, *quickly("25", begin=10))
        await desk.sees("No feedback yet")
        assert not searching(desk)


async def test_a_digit_that_opens_takes_those_before_it_along(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, ("4", 0.0), ("5", 1.0), ("7", 2.0), ("1", 2.2))
        await desk.until(lambda: searching(desk) and query(desk) == "4571")
        await desk.press("escape")
        await desk.sees("Ana Ruiz", "Set time")


async def test_everything_typed_ahead_reaches_the_search_and_the_card(open_desk, asked):
    asked()
    one = asked(*BJORN).appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly(["right", *"346612", "enter", "enter", "t"], step=0.05))
        await desk.until(lambda: desk.app.screen.is_modal)
        await desk.sees("Set the time: Björn Åkesson")
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen.rows.cursor_row.id == one.id)


@pytest.mark.both_databases
async def test_c_opens_it_empty_and_letters_find_names(open_desk, asked):
    asked()
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly(["c", *"akes"]))
        await desk.until(lambda: searching(desk) and query(desk) == "akes")
        await desk.sees("Björn Åkesson", "another word or the email: 1")
        await desk.press("ctrl+u", "backspace", "backspace", "backspace", "backspace")
        await desk.until(lambda: query(desk) == "")


async def test_the_card_says_all_about_the_client(open_desk, asked, office, clock):
    missed, rated = asked().appointment, asked().appointment
    asked(date=date(2026, 3, 27))
    scheduling.schedule(office, missed.id, FRIDAY_1430)
    clock.now = FRIDAY_1430 + timedelta(hours=1)
    scheduling.cancel(office, missed.id, CancelReason.NO_SHOW)
    scheduling.schedule(office, rated.id, FRIDAY_1430 + timedelta(hours=2))
    with office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET status = 'feedback_collected', attended_at = starts_at,"
            " feedback_requested_at = starts_at, feedback_collected_at = starts_at WHERE id = ?",
            (rated.id,),
        )
        connection.exec_driver_sql(
            "INSERT INTO survey_response (appointment_id, rating, bad, publish, source, at)"
            " VALUES (?, 2, 'Long wait', 0, 'web', '2026-03-21T10:00:00.000000Z')",
            (rated.id,),
        )
        connection.exec_driver_sql(
            "INSERT INTO inbound_sms (sid, from_number, to_number, body, received_at,"
            " recorded_at, kind, client_id) VALUES ('SM1', '+4915112345601', '+49', 'Where are"
            " you?', '2026-03-15T10:00:00.000000Z', '2026-03-15T10:00:00.000000Z', 'other', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO sms_opt_out (number, at, source)"
            " VALUES ('+4915112345601', '2026-03-14T10:00:00.000000Z', 'reply')"
        )
    async with open_desk(size=(80, 30)) as desk:
        await desk.press("0")
        await desk.type("151 123456")
        await desk.press("enter")
        await desk.sees("Ana Ruiz", "1 visit", "1 NO-SHOW", "opted out on Sat 14 Mar 2026")
        await desk.sees("“Where are you?”", "1 low rating nobody has read", "no time yet")
        await desk.sees("★★☆☆☆", "2.0 of 5 in 1 answer", "“Long wait”", "the office's (en)")


async def test_enter_on_the_card_goes_to_the_next_open_appointment(open_desk, asked, office):
    asked()
    two = asked(*BJORN).appointment
    scheduling.schedule(office, two.id, FRIDAY_1430)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly([*"6612", "enter", "enter"]))
        await desk.until(lambda: not searching(desk))
        await desk.sees("Björn Åkesson", "Update time")


@pytest.mark.both_databases
async def test_a_request_from_the_card_is_the_same_clients(open_desk, asked, office):
    asked()
    # Of the same name and address, and without a phone: only the number on file tells them apart.
    twin = asked("Ana Ruiz", "", "other@example.com").client
    mend_client(office, twin.id, name=twin.name, phone="", email="ana@example.com")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("c")
        await desk.type("ana")
        await desk.sees("name begins so: 2")
        await desk.press("down", "enter")
        await desk.sees("no phone: no SMS")
        await desk.press("n")
        await desk.sees("New request: Ana Ruiz")
        await desk.type("fri morning")
        await desk.press("enter")
        await desk.sees("Ana Ruiz is on the list")
        await desk.until(lambda: not searching(desk))
        with desk.office.database.read() as connection:
            newest = connection.exec_driver_sql(
                "SELECT client_id FROM appointment ORDER BY id DESC LIMIT 1"
            ).scalar()
            count = connection.exec_driver_sql("SELECT count(*) FROM client").scalar()
        assert (newest, count) == (twin.id, 2)


async def test_another_name_in_that_form_is_another_client(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly([*"5601", "enter", "n"]))
        await desk.sees("New request: Ana Ruiz")
        await desk.press("shift+tab", "shift+tab", "shift+tab")
        await desk.type("Leo Ruiz")
        await desk.press("tab", "tab", "tab")
        await desk.type("fri morning")
        await desk.press("enter")
        await desk.sees("Leo Ruiz is on the list")
        with desk.office.database.read() as connection:
            names = connection.exec_driver_sql("SELECT name FROM client ORDER BY id").scalars()
            assert names.all() == ["Ana Ruiz", "Leo Ruiz"]


async def test_a_number_on_no_file_begins_a_request(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly("015112399999"))
        await desk.sees("Nobody has that")
        await desk.press("enter")
        await desk.sees("New request")
        assert desk.app.screen.query_one("#phone").value == "015112399999"


async def test_a_digit_on_the_card_is_the_next_caller(open_desk, asked):
    asked()
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly([*"5601", "enter"]))
        await desk.sees("n New request")
        press_at(desk, *quickly([*"6612", "enter"], begin=20))
        await desk.sees("Björn Åkesson", "n New request")
        assert query(desk) == "6612"
        await desk.press("escape", "escape")
        await desk.until(lambda: not searching(desk))


async def test_digits_in_the_search_box_and_in_forms_are_text(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly(["slash", *"5601"]))
        await desk.until(lambda: desk.app.screen.search_box is not None)
        await desk.until(lambda: desk.app.screen.search_box.entry.value == "5601")
        assert not searching(desk)


async def test_messages_from_the_card_begin_with_the_clients_own(open_desk, asked):
    asked()
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        for digits, name in (("5601", "Ana Ruiz"), ("6612", "Björn Åkesson")):
            press_at(desk, *quickly([*digits, "enter", "m"]))
            await desk.sees("Messages:")
            await desk.until(lambda: desk.app.screen.entry is not None)
            assert desk.app.screen.entry.name == name
            await desk.press("escape", "escape", "escape")
            await desk.until(lambda: type(desk.app.screen).__name__ == "DeskScreen")


async def test_an_old_answer_never_takes_the_place_of_a_newer_one(open_desk, asked):
    import asyncio

    asked()
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.press("c")
        await desk.until(lambda: searching(desk))
        reads, first = desk.app.reads, asyncio.Event()
        callers, asked_for = reads.callers, []

        async def slow(text, begins=()):
            found = await callers(text, begins)
            asked_for.append(text)
            if text == "5":
                await first.wait()
            return found

        reads.callers = slow
        await desk.press("5")
        await desk.until(lambda: "5" in asked_for)
        await desk.type("601")
        await desk.sees("ends or begins so: 1")
        first.set()
        await desk.pilot.pause(0.05)
        assert "Björn" not in desk.text()
        assert [caller.name for caller in desk.app.screen._callers.found] == ["Ana Ruiz"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_names_from_outside_are_text(open_desk, asked, name):
    asked(name, note=name, service=name[:90])
    async with open_desk() as desk:
        press_at(desk, *quickly("5601"))
        await desk.sees("ends or begins so: 1", "Contact")
        press_at(desk, *quickly(["enter", "n"]))
        await desk.sees("New request: ")
        assert not any(c in desk.text() for c in "\x1b\x07\x9b\u202e")
        lines = desk.app.screen._compositor.render_strips()
        assert all(strip.cell_length == 80 for strip in lines)


@pytest.mark.both_databases
async def test_what_changes_elsewhere_is_shown(open_desk, asked, office):
    one = asked().appointment
    async with open_desk() as desk:
        press_at(desk, *quickly([*"5601", "enter"]))
        await desk.sees("no time yet")
        scheduling.schedule(office, one.id, FRIDAY_1430)
        await desk.until(lambda: "no time yet" not in desk.text())
        await desk.sees("Fri 20 Mar 2026, 14:30")


def test_when_digits_in_a_row_are_a_number():
    run = DigitRun()
    assert [run.take(key, at) for key, at in (("1", 0), ("2", 0.5), ("3", QUICKLY))] == [
        "", "", "123",
    ]  # fmt: skip
    assert [run.take(key, at) for key, at in (("1", 5), ("2", 5.5), ("3", 5.1 + QUICKLY))] == [
        "", "", "",
    ]  # fmt: skip
    assert run.take("4", 5.2 + QUICKLY) == "1234"
    assert run.take("1", 20) == ""
    assert run.take("7", 20.1 + GAP) == "7"
    assert [run.take(key, 30) for key in ("1", "2", "right", "3")] == ["", "", "", ""]


async def test_the_curtain_hides_who_calls_and_the_number_that_was_typed(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly([*"5601", "enter"]))
        await desk.sees("Ana Ruiz", "01511 2345601")
        await desk.press("p")
        await desk.until(lambda: "Client •1" in desk.text())
        assert not any(shown in desk.text() for shown in ("Ana", "5601", "ana@example.com"))
        await desk.press("n")
        await desk.sees("press p first")
        await desk.press("p")
        await desk.sees("Ana Ruiz", "5601")


async def test_an_open_card_stays_that_of_its_client(open_desk, asked, office):
    one = asked().client
    asked(*BJORN)
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        press_at(desk, *quickly(["c", *"an", "enter"]))
        await desk.sees("Ana Ruiz  no visit yet", "n New request")
        mend_client(office, one.id, name="Zoe Ruiz", phone=one.phone, email="z@z.de")
        await desk.sees("Zoe Ruiz  no visit yet", "n New request")
        await desk.press("escape")
        await desk.sees("Nobody has that")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_search_and_the_card_fit(open_desk, asked, size):
    asked("N" * 300, note="x" * 500, service="y" * 100)
    async with open_desk(size=size) as desk:
        await desk.sees("Contact")
        press_at(desk, *quickly("5601"))
        await desk.sees("ends or begins so: 1", "NNN… 01511 2345601", "Enter Card", "Esc Back")
        await desk.press("enter")
        await desk.sees("Enter Go to visit", "n New request", "m Messages", "Esc Back")
        lines = desk.app.screen._compositor.render_strips()
        assert all(strip.cell_length == size[0] for strip in lines)
