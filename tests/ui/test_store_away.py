"""A desk whose server does not answer: it says so, keeps what it shows, and goes on by itself."""

from collections.abc import Iterator
from datetime import date

import msgspec
import pytest
from sqlalchemy import text

from interworky_tui.config import Database, Settings
from interworky_tui.services import intake
from interworky_tui.services.context import Context
from interworky_tui.storage import answering, forwarding
from interworky_tui.storage import database as db
from interworky_tui.ui.modals.dialog import WAITING
from tests import wire

AWAY = "The office's database does not answer, so nothing can be changed"


@pytest.fixture
def store_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def line(postgres_url: str) -> Iterator[wire.Wire]:
    with wire.laid(postgres_url) as line:
        yield line


@pytest.fixture
def over_the_wire(settings: Settings, line: wire.Wire) -> Settings:
    return msgspec.structs.replace(settings, database=Database(url=line.url))


def cut_all_but_the_feed(office: Context) -> None:
    with office.database.read() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND query <> :of_the_feed"
            ),
            {"of_the_feed": forwarding.READ},
        ).all()


async def test_the_rows_stay_and_are_read_again_once_it_is_back(
    open_desk, asked, over_the_wire, line
):
    asked("Ana Ruiz")
    asked("Ben Ode", "+4915112345602", "b@example.com")
    async with open_desk(size=(100, 30), settings=over_the_wire) as desk:
        await desk.sees("Ana Ruiz", "Ben Ode", "Messages")
        line.cut()
        await desk.sees(AWAY)
        asked("Cleo Fox", "+4915112345603", "c@example.com")
        await desk.press("down")
        await desk.press("x")
        await desk.sees("Not done", "nothing was changed")
        assert "Wishes" not in desk.text()
        await desk.press("m")
        await desk.sees(AWAY)
        await desk.press("escape")
        await desk.sees("Ana Ruiz", "Ben Ode")
        line.mend()
        await desk.sees("Cleo Fox", "Ben Ode  Requested")
        await desk.until(lambda: AWAY not in desk.text())
        await desk.press("x")
        await desk.sees("It is a duplicate")


async def test_a_form_keeps_what_was_typed_and_saves_it_later(
    open_desk, asked, over_the_wire, line
):
    one = asked("Ana Ruiz").appointment
    async with open_desk(settings=over_the_wire) as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30")
        line.cut()
        await desk.press("enter")
        await desk.sees("does not answer; nothing was changed")
        assert desk.app.screen.query_one("#when").value == "fri 14:30"
        assert desk.row(one.id)["status"] == "requested"
        await desk.type("5")
        await desk.press("backspace")
        line.mend()
        await desk.until(lambda: not desk.app.store_watch.away)
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")
        assert desk.row(one.id)["status"] == "scheduled"


async def test_a_server_that_stands_still_keeps_nobody_waiting_without_a_word(
    open_desk, asked, over_the_wire, line, monkeypatch
):
    monkeypatch.setattr(answering, "PATIENCE", 0.2)
    monkeypatch.setattr(answering, "ANSWER", 2)
    one = asked("Ana Ruiz").appointment
    async with open_desk(settings=over_the_wire) as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30")
        line.freeze()
        await desk.press("enter")
        await desk.sees(WAITING)
        await desk.sees("does not answer; nothing was changed")
        await desk.until(lambda: desk.app.store_watch.away)
        assert desk.app.screen.query_one("#when").value == "fri 14:30"
        line.mend()
        await desk.until(lambda: not desk.app.store_watch.away)
        assert desk.row(one.id)["status"] == "requested"
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")
        assert desk.row(one.id)["version"] == 2


async def test_a_connection_that_was_lost_unseen_costs_nothing(open_desk, asked, over_the_wire):
    asked("Ana Ruiz")
    async with open_desk(settings=over_the_wire) as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        cut_all_but_the_feed(desk.office)
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30")
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")


async def test_what_cannot_be_read_is_told_and_read_again(
    open_desk, settings, clock, desk_url, desk_database
):
    swept, role = desk_database
    office = Context(settings, db.Database(swept.server.url(swept.name)), clock, "ben")
    settings = msgspec.structs.replace(settings, database=Database(url=desk_url))

    def limit(connections: int) -> None:
        with office.database.write() as connection:
            connection.exec_driver_sql(f'ALTER ROLE "{role}" CONNECTION LIMIT {connections}')

    try:
        async with open_desk(settings=settings) as desk:
            await desk.sees("The desk is empty")
            await desk.until(lambda: desk.app.screen._minute)
            limit(1)
            cut_all_but_the_feed(office)
            wish = {"date": date(2026, 3, 20), "band": "morning"}
            intake.request(office, intake.NewRequest(name="Cleo Fox", phone="030 901820", **wish))
            await desk.sees("no room for one more desk")
            assert "Cleo Fox" not in desk.text()
            limit(-1)
            await desk.sees("Cleo Fox")
    finally:
        limit(-1)
        office.database.close()
