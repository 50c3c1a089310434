"""What the desk shows: tabs, search, hostile names, small windows, other desks."""

import asyncio

import pytest

from interworky_tui.services import scheduling
from interworky_tui.ui import themes
from tests.ui.contrast import poor
from tests.ui.test_desk_lifecycle import FRIDAY_1430

HOSTILE = [
    "[bold]x[/]",
    "[@click=app.quit]x[/]",
    "x[/]",
    "\x1b]0;owned\x07\x1b[31mred\x9b2J",
    "N" * 300,
    "עמר הפרוק",
    "e\u0301" * 20,
    "李小龍李小龍李小龍李小龍李小龍",
    "👩‍👩‍👧‍👦 family 🌿",
    "\u202eevil\u202c",
]


@pytest.mark.both_databases
async def test_every_tab_is_reached_and_counted(open_desk, asked, office):
    asked()
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    scheduling.schedule(office, two.id, FRIDAY_1430)
    async with open_desk() as desk:
        await desk.sees("1 Request 1", "2 Sched 1", "Ana Ruiz")
        await desk.press("2")
        await desk.sees("Björn Åkesson")
        await desk.press("right")
        await desk.sees("Nobody to ask for feedback")
        await desk.press("left")
        await desk.sees("Björn Åkesson")
        await desk.press("6")
        await desk.sees("Nothing was cancelled")


async def test_an_empty_desk_says_what_to_do(open_desk):
    async with open_desk() as desk:
        await desk.sees("Welcome. The desk is empty.", "n  file the first request")


@pytest.mark.both_databases
async def test_search_by_name_digits_and_email_in_all_tabs(open_desk, asked, office):
    asked()
    two = asked("Björn Åkesson", "+4915112345602", "bjorn@example.com").appointment
    scheduling.schedule(office, two.id, FRIDAY_1430)
    async with open_desk() as desk:
        await desk.press("slash")
        await desk.type("akes")
        await desk.sees("Nobody here matches", "2 Scheduled: 1")
        await desk.press("enter", "2")
        await desk.sees("Björn Åkesson")
        await desk.press("escape")
        await desk.press("1", "slash")
        await desk.type("5601")
        await desk.sees("Ana Ruiz")
        await desk.press("escape", "slash")
        await desk.type("nobody")
        await desk.sees("Nobody matches.")
        await desk.press("escape")
        await desk.sees("Ana Ruiz")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_names_from_outside_are_text(open_desk, asked, name):
    asked(name)
    async with open_desk() as desk:
        await desk.sees("Set time", "Contact")
        lines = desk.app.screen._compositor.render_strips()
        assert all(strip.cell_length == 80 for strip in lines)
        assert not any(c in desk.text() for c in "\x1b\x07\x9b\u202e")
        for keys, sign in (("t", "Set the time"), ("x", "Cancel:"), ("e", "Edit:")):
            await desk.press(keys)
            await desk.sees(sign)
            await desk.press("escape")
            await desk.sees("Wishes")


async def test_a_window_that_is_too_small_says_so(open_desk, asked):
    asked()
    async with open_desk(size=(40, 10)) as desk:
        await desk.sees("This window is 40x10", "Nothing is lost")
        await desk.pilot.resize_terminal(80, 24)
        await desk.sees("Ana Ruiz", "Set time")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40)])
async def test_the_card_and_its_keys_fit(open_desk, asked, size):
    asked(note="Needs the ground floor")
    async with open_desk(size=size) as desk:
        await desk.sees("Ana Ruiz", "Needs the ground floor", "Set time", "n New", "q Quit")


@pytest.mark.both_databases
async def test_two_desks_see_each_other_and_keep_their_cursors(open_desk, asked, office):
    asked("Ana Ruiz")
    asked("Björn Åkesson", "+4915112345602", "b@example.com")
    three = asked("Clara Richter", "+4915112345635", "c@example.com").appointment
    async with open_desk() as here, open_desk() as there:
        await there.sees("Ana Ruiz", "Set time")
        await there.press("down")
        await there.until(lambda: there.app.screen.card.client.name == "Björn Åkesson")
        await here.press("x", "1")
        await here.sees("Tells client")
        await here.press("enter")
        await there.sees("1 Request 2")
        assert there.app.screen.rows.cursor_row.name == "Björn Åkesson"
        scheduling.schedule(office, three.id, FRIDAY_1430)
        await there.sees("1 Request 1")
        await here.sees("1 Request 1")
        assert there.app.screen.rows.cursor_row.name == "Björn Åkesson"


@pytest.mark.both_databases
async def test_the_row_under_the_cursor_leaves_with_a_word(open_desk, asked, office):
    one = asked("Ana Ruiz").appointment
    asked("Björn Åkesson", "+4915112345602", "b@example.com")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        scheduling.schedule(office, one.id, FRIDAY_1430)
        await desk.sees("Ana Ruiz is no longer in this tab", "Björn Åkesson")


@pytest.mark.both_databases
async def test_a_change_behind_a_modal_is_seen(open_desk, asked, office):
    asked("Ana Ruiz")
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    async with open_desk() as desk:
        await desk.sees("1 Request 2", "Set time")
        await desk.press("question_mark")
        await desk.sees("Now, with the selected appointment")
        scheduling.schedule(office, two.id, FRIDAY_1430)
        await desk.until(lambda: desk.app.screen_stack[0].counts.of["requested"] == 1)
        await desk.press("escape")
        await desk.sees("1 Request 1")


async def test_help_lists_what_can_be_done_now(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Set time")
        await desk.press("question_mark")
        await desk.sees("Now, with the selected appointment", "Set or update the time")
        await desk.press("escape")
        await desk.sees("Wishes")


async def test_the_palette_does_what_the_keys_do(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.press("ctrl+p")
        await desk.type("set time")
        await desk.sees("Set time (t)")
        await desk.press("enter")
        await desk.until(lambda: "Minutes" in desk.text())


async def test_messages_show_the_exact_text_and_its_fate(open_desk, asked, clock):
    asked(email="")
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("not sent (no address on file)")
        clock.forward(seconds=11)
        await desk.sees("kept as a file")


async def test_what_the_provider_took_is_no_file(open_desk, asked, office):
    asked(email="")
    with office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET state = 'sent', provider_ref = 'SM1234'"
            " WHERE state = 'pending'"
        )
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("Their id SM1234")
        assert "File " not in desk.text()


async def test_themes_change_by_key(open_desk, asked):
    asked()
    async with open_desk() as desk:
        for name in (*themes.NAMES[1:], themes.NAMES[0]):
            await desk.press("ctrl+t")
            await desk.until(lambda name=name: desk.app.theme == name)


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_every_cell_of_text_has_a_contrast_of_four_and_a_half(
    open_desk, asked, office, settings, clock, theme, size
):
    import msgspec

    asked("Stale One", date=FRIDAY_1430.date())
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    scheduling.schedule(office, two.id, FRIDAY_1430)
    clock.now = FRIDAY_1430
    themed = msgspec.structs.replace(
        settings, desk=msgspec.structs.replace(settings.desk, theme=theme)
    )
    async with open_desk(size=size, settings=themed) as desk:
        await desk.sees("STALE", "due")
        for keys, sign in (("", "Wishes"), ("2", "DUE"), ("a", "Did"), ("question_mark", "Help")):
            if keys:
                await desk.press(keys)
            await desk.sees(sign)
            if sign != "Help":
                assert not poor(desk.app), poor(desk.app)[:5]
            if sign in ("Did", "Help"):
                await desk.press("escape")


async def test_a_fault_in_a_worker_is_told_and_the_desk_goes_on(open_desk, asked, caplog):
    asked()

    async def broken():
        raise ZeroDivisionError("Ana Ruiz")

    async with open_desk() as desk:
        desk.app.run_worker(broken())
        await asyncio.wait_for(desk.app._exception_event.wait(), 10)
        # The pilot would raise what the app has survived.
        desk.app._exception = None
        desk.app._exception_event.clear()
        await desk.sees("Something went wrong; nothing that was saved is lost.")
        await desk.press("2")
        await desk.sees("No visits are set")
    assert "Work behind the desk failed" in caplog.text
