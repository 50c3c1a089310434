"""The next thing: after a step in the same tab, and by N wherever it is."""

from datetime import timedelta

from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, scheduling, visits
from tests.ui.test_channels import fail, text
from tests.ui.test_desk_lifecycle import FRIDAY_1430

PEOPLE = ("Ana Ruiz", "Björn Åkesson", "Chloé Petit", "Dmitri Orlov")


def file(asked, *names, **more):
    """A request of each, in that order."""
    return [
        asked(name, f"+491511234560{number}", f"c{number}@example.com", **more).appointment.id
        for number, name in enumerate(names, 1)
    ]


def at(desk):
    return desk.app.screen.rows.cursor_row.id


async def test_after_a_time_is_set_the_next_request_is_under_the_cursor(open_desk, asked):
    one, two, three = file(asked, *PEOPLE[:3])
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        for number in (one, two):
            assert at(desk) == number
            await desk.press("enter")
            await desk.sees("Minutes")
            await desk.press("1")
            await desk.until(lambda number=number: desk.row(number)["status"] == "scheduled")
            await desk.until(lambda number=number: at(desk) != number)
        await desk.until(lambda: at(desk) == three)


async def test_after_the_last_due_visit_comes_the_first_that_was_passed_over(
    open_desk, asked, office, clock
):
    ids = file(asked, *PEOPLE)
    for number, visit in enumerate(ids):
        scheduling.schedule(office, visit, FRIDAY_1430 + timedelta(minutes=30 * number))
    clock.now = FRIDAY_1430 + timedelta(hours=1)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("3 due")
        await desk.press("down", "down")
        await desk.until(lambda: at(desk) == ids[2])
        await desk.press("enter", "enter")
        await desk.sees("Chloé Petit attended")
        await desk.until(lambda: at(desk) == ids[0])
        await desk.press("enter", "enter")
        await desk.sees("Ana Ruiz attended")
        await desk.until(lambda: at(desk) == ids[1])
        await desk.press("enter", "escape")
        assert at(desk) == ids[1]


async def test_n_goes_through_all_that_waits_and_says_what_it_is(open_desk, asked, office, clock):
    due, low, failed, stale = file(asked, *PEOPLE)
    scheduling.schedule(office, low, FRIDAY_1430)
    clock.now = FRIDAY_1430
    visits.attend(office, low)
    feedback.collect(office, low)
    feedback.record(office, low, Survey(2, bad="waited"))
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE survey_response SET read_at = NULL")
    scheduling.schedule(office, due, FRIDAY_1430 + timedelta(hours=1))
    clock.now = FRIDAY_1430 + timedelta(hours=1)
    scheduling.schedule(office, failed, FRIDAY_1430 + timedelta(days=3))
    fail(office, failed)
    text(office, "May I bring my dog?")
    async with open_desk() as desk:
        await desk.sees("Dmitri Orlov")
        for _ in range(2):
            await desk.press("N")
            await desk.sees("Due: Ana Ruiz, 15:30", "2 Sched")
            await desk.until(lambda: at(desk) == due)
            await desk.press("N")
            await desk.sees("Waits for an answer: Ana Ruiz", "May I bring my dog?", "d Done")
            await desk.press("N")
            await desk.sees("Not sent: a message about Chloé Petit", "State    FAILED")
            await desk.press("escape")
            await desk.sees("Ana Ruiz")
            await desk.press("N")
            await desk.sees("Low rating, unread: Björn Åkesson, 2 of 5")
            await desk.until(lambda: at(desk) == low)
            await desk.press("N")
            await desk.sees("Stale: Dmitri Orlov, wished for until 12:00")
            await desk.until(lambda: at(desk) == stale)


async def test_n_begins_where_she_is(open_desk, asked, office, clock):
    ids = file(asked, *PEOPLE)
    for number, visit in enumerate(ids):
        scheduling.schedule(office, visit, FRIDAY_1430 + timedelta(minutes=30 * number))
    clock.now = FRIDAY_1430 + timedelta(hours=3)
    async with open_desk() as desk:
        await desk.press("2", "down")
        await desk.until(lambda: at(desk) == ids[1])
        await desk.press("N")
        await desk.sees("Due: Chloé Petit, 15:30")
        await desk.press("up", "up")
        await desk.until(lambda: at(desk) == ids[0] and "Due: Chloé" not in desk.text())
        await desk.press("N")
        await desk.sees("Due: Björn Åkesson, 15:00")


async def test_n_says_when_nothing_waits(open_desk, asked):
    file(asked, "Ana Ruiz")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("N")
        await desk.sees("Nothing waits for you.")


async def test_what_n_found_keeps_undo_in_sight_and_a_step_takes_its_place(
    open_desk, asked, office, clock
):
    one, two = file(asked, *PEOPLE[:2])
    scheduling.schedule(office, one, FRIDAY_1430)
    scheduling.schedule(office, two, FRIDAY_1430 + timedelta(minutes=30))
    clock.now = FRIDAY_1430 + timedelta(hours=1)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("2 due")
        await desk.press("enter", "enter")
        await desk.sees("Ana Ruiz attended")
        await desk.press("N")
        await desk.sees("Due: Björn Åkesson, 15:00", "u Undo")
        await desk.press("enter", "enter")
        await desk.sees("Björn Åkesson attended; word of it leaves")
