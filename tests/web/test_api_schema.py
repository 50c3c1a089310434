"""What the API says of itself is what it does."""

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Config, engine, openapi
from schemathesis.engine import events

from interworky_tui.services.context import Context
from tests.conftest import FixedClock
from tests.web.api_office import Program, serving


@pytest.fixture
def program(office: Context, clock: FixedClock) -> Iterator[Program]:
    with serving(office, clock) as running:
        yield running


def config(program: Program) -> Config:
    # A day may have passed and a number may not exist, which no schema can say.
    accepted = ["2xx", "401", "404", "409", "422", "429"]
    return Config.from_dict(
        {
            "seed": 20260316,
            "headers": {"Authorization": f"Bearer {program.secret}"},
            "checks": {"positive_data_acceptance": {"expected-statuses": accepted}},
            "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"generation": {"max-examples": 8}}},
        }
    )


def test_nothing_contradicts_the_document(program: Program) -> None:
    schema = openapi.from_url(f"{program.server.url}/api/openapi.json", config=config(program))
    found: list[str] = []
    tried: dict[str, int] = {}
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            label = event.label or "together"
            tried[label] = tried.get(label, 0) + len(event.recorder.cases)
            found += _failures(event)
        elif isinstance(event, events.NonFatalError):
            found.append(str(event.info.format()))
        elif isinstance(event, events.FatalError):
            raise event.exception
    assert found == []
    assert tried["POST /api/requests"] > 100
    assert len(tried) >= 4


def _failures(event: Any) -> list[str]:
    return [
        f"{check.failure_info.failure.title}: {check.failure_info.failure.message}"
        f" {check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]
