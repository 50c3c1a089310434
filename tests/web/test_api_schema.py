"""What the API says of itself is what it does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Config, GenerationMode, engine, openapi
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
            found += _failures(event) + _taken_for_wrong(event)
        elif isinstance(event, events.NonFatalError):
            found.append(str(event.info.format()))
        elif isinstance(event, events.FatalError):
            raise event.exception
    assert found == []
    assert tried["POST /api/requests"] > 100
    assert len(tried) >= 4


OF_THE_FORM = ("There is no such", "It must be", "It may have", "The body")
"""How a sentence begins on what a schema can say, and so says."""


def _taken_for_wrong(event: Any) -> list[str]:
    """What was refused for its form although the document allows it."""
    refused = [
        (event.recorder.cases[number].value, json.loads(told.response.content))
        for number, told in event.recorder.interactions.items()
        if told.response is not None and told.response.status_code == 422
    ]
    return [
        f"{one}: {case.body}"
        for case, told in refused
        if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE
        for one in told["errors"]
        if one["message"].startswith(OF_THE_FORM)
    ]


def _failures(event: Any) -> list[str]:
    return [
        f"{check.failure_info.failure.title}: {check.failure_info.failure.message}"
        f" {check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]
