"""A scripted morning, by keys alone: 60 requests, 40 visits, 10 moves, 5 cancels and 5 refills.

What the database must hold at the end is written down key by key, from what was under the cursor.
"""

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.lifecycle import TRANSITIONS, Verb

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 16)
BANDS = ("early_morning", "morning", "afternoon", "evening")
OPEN, CLOSE = time(8), time(20)


def file_requests(asked):
    """Sixty of them, for the four days after Monday and every part of the day."""
    for number in range(60):
        asked(
            f"Client {number:02}",
            f"+49151123456{number:02}",
            f"client{number:02}@example.com",
            date=MONDAY + timedelta(days=1 + number % 4),
            band=BANDS[number // 4 % 4],
        )


class Script:
    """Presses keys, and keeps what must come of them: a status and a start by number."""

    def __init__(self, desk):
        self.desk = desk
        self.status = dict.fromkeys(range(1, 61), "requested")

    async def selected(self):
        row = await self.desk.app.screen.rows.settled()
        card = self.desk.app.screen.fetch_card
        await card()
        return row.id

    async def tab(self, key, status):
        await self.desk.press(key)
        await self.desk.until(lambda: self.desk.app.screen.current.value == status)

    async def comes(self, number, there):
        await self.desk.until(lambda: there(self.desk.row(number)))
        await self.desk.until(lambda: len(self.desk.app.screen_stack) == 1)

    async def take_a_slot(self):
        number = await self.selected()
        await self.desk.press("enter", "1")
        await self.comes(number, lambda row: row["status"] == "scheduled")
        self.status[number] = "scheduled"

    async def move(self):
        number = await self.selected()
        before = self.desk.row(number)["starts_at"]
        await self.desk.press("enter", "3")
        await self.comes(number, lambda row: row["starts_at"] != before)
        # The list is in the order of time, and the cursor goes with its row.
        await self.desk.press("home", "down", "down", "down")

    async def cancel(self):
        number = await self.selected()
        await self.desk.press("x", "1", "enter")
        await self.comes(number, lambda row: row["status"] == "cancelled")
        self.status[number] = "cancelled"

    async def refill(self):
        versions = self.versions()
        await self.desk.press("F")
        await self.desk.until(lambda: len(self.desk.app.screen_stack) == 2)
        await self.desk.sees("Enter")
        await self.desk.press("enter")
        await self.desk.until(lambda: self.versions() != versions)
        await self.desk.until(lambda: len(self.desk.app.screen_stack) == 1)
        now = self.versions()
        (number,) = [each for each in now if now[each] != versions[each]]
        self.status[number] = "scheduled"
        assert self.desk.row(number)["status"] == "scheduled"

    async def attend(self):
        number = await self.selected()
        await self.desk.press("a", "enter")
        await self.comes(number, lambda row: row["status"] == "attended")
        self.status[number] = "attended"

    def versions(self):
        with self.desk.office.database.read() as connection:
            found = connection.exec_driver_sql("SELECT id, version FROM appointment")
            return dict(tuple(row) for row in found)


async def test_the_morning(open_desk, asked, clock, office):
    file_requests(asked)
    async with open_desk() as desk:
        await desk.sees("1 Request 60")
        script = Script(desk)
        for _ in range(55):
            await script.take_a_slot()
        await script.tab("2", "scheduled")
        await desk.press("home", "down", "down", "down")
        for _ in range(10):
            await script.move()
        for _ in range(5):
            await script.cancel()
            await script.refill()
        # Friday evening: the visits of the days before, and of this one, have come due.
        clock.now = datetime(2026, 3, 20, 19, 0, tzinfo=UTC)
        await desk.until(lambda: desk.app.screen.counts.due >= 40)
        await desk.press("home")
        for _ in range(40):
            await script.attend()
    found = rows(office)
    assert {row["id"]: row["status"] for row in found} == script.status
    # The refills took visits of later days, so that five requests still wait.
    assert Counter(script.status.values()) == {
        "attended": 40,
        "scheduled": 10,
        "cancelled": 5,
        "requested": 5,
    }
    no_double_booking(found)
    no_illegal_slot(found)
    lawful_history(office)
    everyone_was_told(office)


def rows(office):
    with office.database.read() as connection:
        return [
            dict(row)
            for row in connection.exec_driver_sql(
                "SELECT * FROM appointment ORDER BY id"
            ).mappings()
        ]


def events(office):
    with office.database.read() as connection:
        return [
            dict(row)
            for row in connection.exec_driver_sql(
                "SELECT * FROM appointment_event ORDER BY id"
            ).mappings()
        ]


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def visits(found):
    return sorted(
        (moment(row["starts_at"]), moment(row["ends_at"]))
        for row in found
        if row["status"] not in ("requested", "cancelled")
    )


def no_double_booking(found):
    given = visits(found)
    assert len(given) == 50
    assert all(end <= start for (_, end), (start, _) in pairwise(given))


def no_illegal_slot(found):
    for start, end in visits(found):
        first, last = start.astimezone(ZONE), end.astimezone(ZONE)
        assert first.weekday() < 5
        assert first.time() >= OPEN
        assert last.time() <= CLOSE
        assert first.date() == last.date()


def lawful_history(office):
    """Each line follows from the one before by the table, and no start was in the past."""
    status, version = {}, {}
    for line in events(office):
        number, verb = line["appointment_id"], Verb(line["verb"])
        transition = TRANSITIONS[verb]
        if verb is not Verb.REQUEST:
            assert Status(status[number]) in transition.sources
            assert line["from_status"] == status[number]
        assert line["version"] == version.get(number, 0) + 1
        status[number] = line["to_status"]
        version[number] = line["version"]
        told = json.loads(line["detail"])
        assert "override" not in told
        if start := told.get("now", {}).get("starts_at"):
            assert datetime.fromisoformat(start) > moment(line["at"])


def everyone_was_told(office):
    """Client and office by both channels of every change, and of nothing else."""
    expected = Counter(
        {
            (line["appointment_id"], line["version"]): 4
            for line in events(office)
            if TRANSITIONS[Verb(line["verb"])].event
        }
    )
    with office.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT appointment_id, appointment_version FROM notification"
            " WHERE appointment_version IS NOT NULL"
        )
        assert Counter(tuple(row) for row in found) == expected
