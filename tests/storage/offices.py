"""An office with something in every table, on whichever database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert

from interworky_tui.services import chain
from interworky_tui.storage import client_index, tables
from interworky_tui.storage.database import Database

AT = datetime(2026, 3, 16, 8, 10, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ("Ada Lovelace", "Žofie Łukášová", "王小明", 'O\'Neill \\ "Q" %s {x}\t🎈')


def fill(database: Database, clients: int = len(NAMES)) -> None:
    """Numbers have gaps, texts have what a database could stumble over."""
    with database.write() as connection:
        for turn in range(clients):
            _client(connection, turn)
        _rest(connection)


def _client(connection: Connection, turn: int) -> None:
    number, name = 7 * turn + 3, NAMES[turn % len(NAMES)]
    phone = f"+4930{turn:08}"
    values = {"match_name": name.casefold(), "search_text": f" {name.casefold()} {phone}"}
    if turn % 3 == 2:
        reached = {"phone": None, "email": None, "erased_at": AT}
    else:
        reached = {"phone": phone, "email": None, "erased_at": None}
    _put(connection, tables.CLIENT, id=number, name=name, created_at=AT, **reached, **values)
    client_index.index_new(connection, [number])
    visit = {
        "id": 11 * turn + 5,
        "client_id": number,
        "status": "scheduled",
        "requested_date": "2026-03-20",
        "band": "morning",
        "requested_until": AT,
        "starts_at": AT + turn * HOUR,
        "ends_at": AT + (turn + 1) * HOUR,
        "sort_at": AT + turn * HOUR,
        "note": "two\nlines, a \\N and a tab\t",
        "requested_at": AT,
    }
    _put(connection, tables.APPOINTMENT, **visit)
    line = {
        "appointment_id": visit["id"],
        "at": AT,
        "actor": "ana",
        "verb": "request",
        "from_status": None,
        "to_status": "requested",
        "detail": "{}",
        "batch": None,
    }
    chain.append(connection, [{**line, "version": version} for version in (1, 2)])
    message = {"event": "scheduled", "recipient": "client", "channel": "sms", "state": "pending"}
    _put(
        connection,
        tables.NOTIFICATION,
        id=2 * turn + 1,
        appointment_id=visit["id"],
        stream=f"client:{turn}:sms",
        dedupe_key=f"key {turn}",
        created_at=AT,
        due_at=AT,
        **message,
    )


def _rest(connection: Connection) -> None:
    at, visit, client = AT, 5, 3
    put = _put
    put(
        connection,
        tables.INBOUND_SMS,
        id=9,
        sid="SM1",
        from_number="+49301",
        to_number="+49302",
        body="Yes\n🎈",
        received_at=at,
        recorded_at=at,
        kind="other",
        client_id=client,
        appointment_id=visit,
    )
    # In the order of an alphabet these two are the other way round.
    for sid in ("SMb", "SMB"):
        put(connection, tables.SMS_RECEIPT, sid=sid, notification_id=1, accepted_at=at)
    put(connection, tables.SMS_OPT_OUT, number="+49303", at=at, source="reply")
    put(connection, tables.SUPPRESSED_NUMBER, digest="d" * 64, at=at)
    put(
        connection,
        tables.FEEDBACK_REQUEST,
        id=4,
        appointment_id=visit,
        office_day="2026-03-16",
        at=at,
        appointment_version=3,
    )
    answer = {"appointment_id": visit, "rating": 5, "source": "web", "at": at}
    put(connection, tables.SURVEY_RESPONSE, id=6, publish=1, recommend="yes", **answer)
    put(connection, tables.SURVEY_NOTE, id=8, text="", **answer)
    put(
        connection,
        tables.SURVEY_LINK,
        id=2,
        token_hash="t",
        appointment_id=visit,
        appointment_version=3,
        created_at=at,
        expires_at=at + HOUR,
    )
    put(connection, tables.API_KEY, id=3, name="Web", key_hash="k", created_at=at)
    put(
        connection,
        tables.API_CALL,
        id=1,
        api_key_id=3,
        idempotency_key="i",
        request_hash="r",
        appointment_id=visit,
        at=at,
    )
    slot = {"starts_at": at + HOUR, "ends_at": at + 2 * HOUR, "expires_at": at + HOUR}
    put(connection, tables.SLOT_OFFER, id=40, made_at=at, made_by="ana", **slot)
    put(
        connection,
        tables.SLOT_OFFER_TO,
        id=41,
        offer_id=40,
        appointment_id=visit,
        number="+49301",
        notification_id=1,
    )
    put(connection, tables.OFFICE_FACT, name="bands", value="08:00-10:00")
    put(
        connection,
        tables.DESK_SESSION,
        id="s",
        kind="desk",
        actor="ana",
        machine="front",
        begun_at=at,
        seen_at=at,
    )


def _put(connection: Connection, table: Table, **values: Any) -> None:
    connection.execute(insert(table).values(**values))
