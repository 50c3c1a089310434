"""A client who is forgotten: no file and no byte of the store's own file has a word of theirs."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from interworky_tui.delivery.channel import Outgoing
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.services import erasing
from interworky_tui.services.retention import forget_old
from interworky_tui.storage.tables import CLIENT, NOTIFICATION, OFFICE_FACT
from tests.services.conftest import Desk
from tests.services.forgetting import erase, lived, person


def test_previewed_files_are_removed(desk: Desk, previews: Path) -> None:
    theirs = desk.request(**person(desk)).client.id
    desk.request()
    sender = PreviewSender(previews, Channel.EMAIL, "Lindenhof Practice", "")
    for row in desk.rows(NOTIFICATION, channel="email"):
        sender.send(outgoing_of(row))
    desk.deliver("previewed")
    part = previews / f".{min(file.name for file in previews.iterdir())}.1.part"
    part.write_text("half of it")
    assert len(list(previews.iterdir())) == 5
    erase(desk, theirs, previews)
    assert len(list(previews.iterdir())) == 2
    assert not any("Zebulon" in file.read_text() for file in previews.iterdir())


def outgoing_of(row: dict[str, Any]) -> Outgoing:
    return Outgoing(
        id=row["id"],
        appointment_id=row["appointment_id"],
        event=Event(row["event"]),
        recipient=Recipient(row["recipient"]),
        channel=Channel(row["channel"]),
        to_address=row["to_address"],
        subject=row["subject"],
        body=row["body"],
        html=row["html"],
        message_id=row["message_id"],
        created_at=row["created_at"],
        attempts=1,
        copies=0,
    )


@pytest.mark.sqlite_only
def test_the_bytes_are_gone_from_the_file_and_its_log(
    desk: Desk, previews: Path, places: Any
) -> None:
    client = lived(desk)
    leave_in_free_pages(places.database, "Zebulon Quasimodo, xylophone " * 1000)
    erased = b"zebulon", b"quasimodo", b"5550199", b"xylophone"
    assert [word for word in erased if word not in bytes_of(places.database)] == []
    assert erase(desk, client, previews).overwritten
    assert [word for word in erased if word in bytes_of(places.database)] == []
    assert desk.rows(OFFICE_FACT, name="erased bytes are left") == []


@pytest.mark.sqlite_only
def test_what_a_reader_holds_is_overwritten_later(desk: Desk, previews: Path, places: Any) -> None:
    client = desk.request(**person(desk)).client.id
    with desk.office.database.read() as reader:
        reader.execute(select(func.count()).select_from(CLIENT)).scalar()
        overwrite = erasing.overwriting.overwrite
        erasing.overwriting.BUSY_MS, before = 50, erasing.overwriting.BUSY_MS
        try:
            assert not erase(desk, client, previews).overwritten
        finally:
            erasing.overwriting.BUSY_MS = before
    assert b"quasimodo" in bytes_of(places.database)
    assert overwrite(desk.office.database.url)
    assert b"quasimodo" not in bytes_of(places.database)


@pytest.mark.sqlite_only
def test_a_large_file_is_left_to_the_daily_chore(
    desk: Desk, previews: Path, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = lived(desk)
    leave_in_free_pages(places.database, "Zebulon Quasimodo, xylophone " * 1000)
    monkeypatch.setattr(erasing.overwriting, "AT_ONCE", 0)
    assert not erase(desk, client, previews).overwritten
    assert b"xylophone" in bytes_of(places.database)
    forget_old(desk.office, previews)
    assert b"xylophone" not in bytes_of(places.database)
    assert desk.rows(OFFICE_FACT, name="erased bytes are left") == []


def leave_in_free_pages(file: Path, text: str) -> None:
    """As a row does that was long and was changed, where SQLite is not built to overwrite it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO office_fact VALUES ('long', ?)", (text,))
        connection.execute("DELETE FROM office_fact WHERE name = 'long'")


def bytes_of(file: Path) -> bytes:
    """Of the file and of what is beside it."""
    beside = file.parent.glob(f"{file.name}*")
    return b"".join(one.read_bytes() for one in beside).lower()
