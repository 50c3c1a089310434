"""Programs that file requests: their keys, and the same request sent again."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interworky_tui import logs
from interworky_tui.services import api_keys
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import API_CALL, API_KEY, APPOINTMENT
from tests.conftest import FixedClock
from tests.web.api_office import OURS, Program, by_field, refused, serving


@pytest.fixture
def program(office: Context, clock: FixedClock) -> Iterator[Program]:
    with serving(office, clock) as running:
        yield running


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer iw_wrong"},
        {"Authorization": "Bearer iw_" + "x" * 43},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"X-API-Key": "iw_" + "x" * 43},
        {"X-API-Key": "\xe9"},
    ],
)
def test_who_has_no_key_is_refused(program: Program, headers: dict[str, str]) -> None:
    for answer in (
        program.post(headers=headers),
        program.post(raw=b"{", headers=headers),
        program.get("/api/requests/1", headers),
    ):
        refused(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert program.rows(APPOINTMENT) == []


def test_a_key_in_either_header(program: Program) -> None:
    assert program.post(headers={"X-API-Key": program.secret}).status_code == 201
    assert program.post(headers={"Authorization": f"bearer {program.secret}"}).status_code == 201


def test_a_revoked_key_is_refused_from_then_on(program: Program) -> None:
    assert program.post().status_code == 201
    api_keys.revoke(program.office, 1)
    refused(program.post(), 401)
    refused(program.get("/api/requests/1"), 401)


def test_the_same_again_is_carried_out_once(program: Program, clock: FixedClock) -> None:
    first = program.post(Idempotency_Key="a")
    clock.forward(days=300)  # by now the date has passed
    again = program.post(dict(reversed(OURS.items())), Idempotency_Key="a")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len(program.rows(APPOINTMENT)) == 1


def test_the_same_key_with_another_body_is_refused(program: Program) -> None:
    assert program.post(Idempotency_Key="a").status_code == 201
    for other in (OURS | {"band": "evening"}, OURS | {"note": "x"}, {}):
        refused(program.post(other, Idempotency_Key="a"), 409)
    assert program.post(OURS | {"band": "evening"}, Idempotency_Key="b").status_code == 201
    assert len(program.rows(APPOINTMENT)) == 2


def test_keys_of_different_programs_are_different(program: Program) -> None:
    _, other = api_keys.new_key(program.office, "another")
    assert program.post(Idempotency_Key="a").status_code == 201
    evening = program.post(
        OURS | {"band": "evening"}, headers={"X-API-Key": other, "Idempotency-Key": "a"}
    )
    assert evening.status_code == 201
    assert len(program.rows(API_CALL)) == 2


def test_nobody_can_guess_from_the_store_what_was_sent(program: Program) -> None:
    _, other = api_keys.new_key(program.office, "another")
    for secret in (program.secret, other):
        headers = {"X-API-Key": secret, "Idempotency-Key": "a"}
        assert program.post(headers=headers).status_code == 201
    first, second = (row["request_hash"] for row in program.rows(API_CALL))
    assert first != second


def test_a_refused_request_does_not_use_up_its_key(program: Program) -> None:
    by_field(program.post(OURS | {"name": ""}, Idempotency_Key="a"))
    assert program.post(Idempotency_Key="a").status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_an_idempotency_key_that_cannot_be_one(program: Program, key: str) -> None:
    assert "Idempotency-Key" in refused(program.post(Idempotency_Key=key), 400)


def test_eight_at_once_file_one_request(program: Program) -> None:
    answers: list[Any] = []
    body = OURS | {"consent": True}

    def post() -> None:
        for _ in range(3):
            answer = program.post(body, Idempotency_Key="a")
            answers.append((answer.status_code, answer.json()))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(201, {"id": 1, "status": "requested"})] * 24
    assert len(program.rows(APPOINTMENT)) == len(program.rows(API_CALL)) == 1


def test_nothing_of_a_key_or_a_person_is_in_the_log_or_an_answer(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "log" / "test.log"
    root = logging.getLogger()
    before = root.handlers[:]
    logs.write_to(file)
    try:
        texts = [
            program.post(headers={"X-API-Key": program.secret + "x"}).text,
            program.post(OURS | {"name": "Quillon", "date": "x"}).text,
            program.post(raw=b"{Quillon").text,
        ]
        with program.office.database.write() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER refusing BEFORE INSERT ON api_call"
                " BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        broken = program.post(OURS | {"name": "Quillon"}, Idempotency_Key="Zephyr")
        texts.append(refused(broken, 500))
        logged = file.read_text()
    finally:
        for handler in root.handlers[:]:
            if handler not in before:
                root.removeHandler(handler)
                handler.close()
    assert "IntegrityError" in logged
    assert program.rows(APPOINTMENT) == []
    for secret in (program.secret, program.secret[3:20], "Quillon", "Zephyr", "901820"):
        assert secret not in logged
        assert secret not in "".join(texts)


def test_only_hashes_are_stored(program: Program) -> None:
    assert program.post(Idempotency_Key="a").status_code == 201
    stored = str(program.rows(API_KEY)) + str(program.rows(API_CALL))
    assert program.secret not in stored
    assert program.secret[3:] not in stored
    assert "901820" not in stored


def test_the_use_of_a_key_is_noted_once_a_minute(program: Program, clock: FixedClock) -> None:
    def used() -> Any:
        return program.rows(API_KEY)[0]["last_used_at"]

    assert used() is None
    program.post()
    first = used()
    assert first == clock.now
    clock.forward(seconds=59)
    program.post()
    assert used() == first
    clock.forward(seconds=1)
    program.post()
    assert used() == clock.now
