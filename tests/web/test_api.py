"""Requests that other programs file, over real HTTP: what is taken, and every way to be refused."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interworky_tui.services import scheduling
from interworky_tui.services.context import Context
from interworky_tui.services.web_caps import OPEN_REQUESTS
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT
from tests.conftest import FixedClock
from tests.web.api_office import ASSISTANTS, OURS, Program, by_field, refused, serving

both = pytest.mark.both_databases


@pytest.fixture
def program(office: Context, clock: FixedClock) -> Iterator[Program]:
    with serving(office, clock) as running:
        yield running


@both
def test_our_names_of_the_fields(program: Program) -> None:
    body = OURS | {
        "email": "ana@RUIZ.example",
        "service": "Check-up",
        "note": "first\nsecond",
        "urgency": "urgent",
        "language": "es_mx",
        "consent": True,
    }
    answer = program.post(body)
    assert answer.status_code == 201
    assert answer.json() == {"id": 1, "status": "requested"}
    assert answer.headers["location"] == "/api/requests/1"
    (row,) = program.rows(APPOINTMENT)
    assert (row["status"], row["source"]) == ("requested", "api")
    assert (row["requested_date"], row["band"], row["wish_time"]) == ("2026-03-20", "morning", None)
    assert (row["service"], row["note"]) == ("Check-up", "first\nsecond")
    assert row["urgency"] == "urgent"
    (client,) = program.rows(CLIENT)
    assert (client["name"], client["phone"]) == ("Ana Ruiz", "+4930901820")
    assert (client["email"], client["language"]) == ("ana@ruiz.example", "es-MX")
    assert client["sms_consent"] == 1
    (line,) = program.rows(EVENT)
    assert (line["verb"], line["actor"]) == ("request", "api:assistant")


def test_the_assistants_names_of_the_fields(program: Program) -> None:
    assert program.post(ASSISTANTS).status_code == 201
    (row,) = program.rows(APPOINTMENT)
    assert (row["requested_date"], row["wish_time"], row["band"]) == (
        "2026-03-20",
        "10:30",
        "morning",
    )
    assert (row["note"], row["urgency"], row["service"]) == ("Please ring first", "high", "")
    (client,) = program.rows(CLIENT)
    assert (client["name"], client["phone"]) == ("Ana Ruiz", "+4930901820")
    assert client["email"] == "ana@ruiz.example"
    assert client["sms_consent"] == 0


def test_both_names_may_say_the_same(program: Program) -> None:
    both = OURS | ASSISTANTS | {"time": "10:30", "client_phone": " 030  901820", "name": "Ana Ruiz"}
    assert program.post(both).status_code == 201


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"date": "2026-03-21"}, {}),
        ({"time": "11:00"}, {}),
        ({"phone": "030 901821"}, {}),
        ({"email": "other@ruiz.example"}, {}),
        ({"note": "something else"}, {}),
        ({"name": "Ben Ruiz"}, {}),
        ({"name": "Ana Ruiz"}, {"client_last_name": None}),
    ],
)
def test_both_names_with_different_values_are_refused_by_field(
    program: Program, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    (field,) = ours
    assert list(by_field(program.post(ASSISTANTS | theirs | ours))) == [field]
    assert program.rows(APPOINTMENT) == []


def test_everything_wrong_is_told_at_once_by_the_name_it_was_given(program: Program) -> None:
    told = by_field(
        program.post(
            {
                "client_first_name": 7,
                "client_phone": "12",
                "client_email": "nobody",
                "preferred_date": "2026-02-30",
                "preferred_time": "25:00",
                "urgency": "now",
                "language": "klingon!",
                "service": "x" * 101,
                "client_notes": "x" * 2001,
                "consent": "yes",
                "patient\x1b": "Ana",
            }
        )
    )
    assert set(told) == {
        "client_first_name",
        "client_phone",
        "client_email",
        "preferred_date",
        "preferred_time",
        "urgency",
        "language",
        "service",
        "client_notes",
        "consent",
        "patient",
    }
    assert all(sentence.endswith(".") for sentence in told.values())


@pytest.mark.parametrize("body", [[], "x", 7, None, True])
def test_a_body_that_is_no_object(program: Program, body: Any) -> None:
    assert by_field(program.post(raw=json.dumps(body).encode())) == {
        "": "The body must be a JSON object."
    }


def test_null_and_empty_are_not_given(program: Program) -> None:
    told = by_field(program.post(dict.fromkeys([*OURS, *ASSISTANTS, "consent"]) | {"note": ""}))
    assert set(told) == {"name", "phone", "date", "band"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"name": "\xe9"}',
        b"{'name': 1}",
        b'{"name": NaN}',
        b'{"name": "Ana", "name": "Ben"}',
        b"[" * 9000,
        b'{"name": ' + b"1" * 9000 + b"}",
    ],
    ids=lambda raw: raw[:20].decode("latin-1"),
)
def test_what_is_no_json(program: Program, raw: bytes) -> None:
    assert "JSON" in refused(program.post(raw=raw), 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_only_json_is_taken(program: Program, kind: str) -> None:
    answer = program.post(raw=json.dumps(OURS).encode(), Content_Type=kind)
    assert "application/json" in refused(answer, 415)
    good = program.post(raw=json.dumps(OURS).encode(), Content_Type="Application/JSON; charset=x")
    assert good.status_code == 201


def test_a_body_that_is_too_long(program: Program) -> None:
    refused(program.post(raw=b" " * 20_000), 413)


def test_other_methods_and_other_paths(program: Program) -> None:
    answer = program.get("/api/requests")
    refused(answer, 405)
    assert answer.headers["allow"] == "POST"
    refused(program.get("/api/nothing"), 404)


@both
def test_where_it_is_told_what_became_of_a_request(program: Program, clock: FixedClock) -> None:
    where = program.post().headers["location"]
    assert program.get(where).json() == {"id": 1, "status": "requested"}
    scheduling.cancel(program.office, 1, scheduling.CancelReason.OFFICE)
    assert program.get(where).json() == {"id": 1, "status": "cancelled"}
    for other in ("2", "0", "-1", "x", "1.0", "9" * 30, "\u0661"):
        refused(program.get(f"/api/requests/{other}"), 404)


def test_what_the_office_filed_itself_is_not_told(program: Program) -> None:
    assert program.post().status_code == 201
    with program.office.database.write() as connection:
        connection.execute(APPOINTMENT.update().values(source="desk"))
    refused(program.get("/api/requests/1"), 404)


@both
def test_a_flood_is_held_up(program: Program, clock: FixedClock) -> None:
    most = OPEN_REQUESTS[0][1]
    statuses = [
        program.post(OURS | {"name": f"Ana {n}", "phone": f"030 12{n:05}"}).status_code
        for n in range(most + 1)
    ]
    assert statuses == [201] * most + [429]
    full = program.post(OURS | {"name": "Ben", "phone": "030 901899"})
    assert "60 min" in refused(full, 429)
    assert full.headers["retry-after"] == "3600"
    clock.forward(seconds=3600)
    assert program.post(OURS | {"name": "Ben", "phone": "030 901899"}).status_code == 201


def test_a_store_that_cannot_be_written(program: Program) -> None:
    program.office.database.engine.dispose()
    file = Path(str(program.office.database.engine.url.database))
    file.write_bytes(b"no database at all" * 1000)
    for left in file.parent.glob(f"{file.name}-*"):
        left.unlink()
    answer = program.post()
    assert "office" in refused(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


def test_the_document_is_served_to_everybody(program: Program) -> None:
    told = program.get("/api/openapi.json", {}).json()
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]["/api/requests"]["post"]["responses"]) == {
        "201", "400", "401", "409", "413", "415", "422", "429", "503",
    }  # fmt: skip
    schema = told["components"]["schemas"]["Request"]
    assert schema["additionalProperties"] is False
    texts = {"email", "time", "service", "note", "language", "consent"}
    assert set(schema["properties"]) == {*ASSISTANTS, *OURS, *texts}


@both
def test_word_of_it_is_sent(office: Context, clock: FixedClock) -> None:
    woken = threading.Event()
    with serving(replace(office, wake=woken.set), clock) as program:
        assert program.post(headers={}).status_code == 401
        assert not woken.is_set()
        assert program.post().status_code == 201
    assert woken.is_set()
