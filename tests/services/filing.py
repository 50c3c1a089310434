"""Requests of strangers: to file one, and what is wrong with it or comes of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from interworky_tui.services.web_requests import BadFields, Kind, WebRequest, file_request
from interworky_tui.storage.tables import APPOINTMENT

FRIDAY = date(2026, 3, 20)
ASKED = WebRequest(
    name="Ana Ruiz",
    phone="030 901820",
    email="ana@ruiz.example",
    date="2026-03-20",
    band="morning",
)
CLIENT_SMS, OFFICE_SMS = ("client", "sms"), ("office", "sms")


def file(desk: Any, **values: Any) -> int:
    """The appointment's id."""
    return file_request(desk.office, replace(ASKED, **values))


def problems(desk: Any, **values: Any) -> dict[str, Kind]:
    before = desk.dump()
    with pytest.raises(BadFields) as caught:
        file(desk, **values)
    assert desk.dump() == before
    assert desk.woken == []
    for problem in caught.value.problems:
        assert problem.sentence.endswith(".")
        assert "\n" not in problem.sentence
    return {problem.field: problem.kind for problem in caught.value.problems}


def number(n: int) -> str:
    return f"030 12{n:05}"


def is_news(desk: Any, **values: Any) -> bool:
    """Whether it becomes a request of its own."""
    before = len(desk.rows(APPOINTMENT))
    file(desk, **values)
    return len(desk.rows(APPOINTMENT)) > before


def fates(desk: Any, filed: int) -> dict[tuple[str, str], str | None]:
    return {(row["recipient"], row["channel"]): row["reason"] for row in desk.messages(filed)}
