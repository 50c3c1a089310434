"""What the API says of itself: an OpenAPI 3.1 document."""

from typing import Any

from interworky_tui import __version__
from interworky_tui.domain.appointment import Status
from interworky_tui.web.api_fields import ALIASES, CONSENT, FIRST, LAST, LONGEST
from interworky_tui.web.security import LONGEST_BODY

Json = dict[str, Any]

_TOLD = {
    "name": "The client's full name, alone.",
    "phone": "With + and the country's code, or as dialled in the office's country.",
    "email": "An email address.",
    "date": "The day that is wished for, as in 2026-03-20: from today to a year from now.",
    "band": "The part of that day: early_morning, morning, afternoon or evening.",
    "time": "A time of that day, HH:MM, by the office's clock; instead of a band.",
    "service": "What the visit is for.",
    "note": "For the office.",
    "urgency": "low, medium, high or urgent; medium unless it is given.",
    "language": "Of the messages to the client, as in es or es-MX.",
}
_PARTS = {FIRST: "The client's given name.", LAST: "The client's family name."}


def document() -> Json:
    """The whole document; it is the same for every office."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Requests for appointments",
            "version": __version__,
            "description": "File requests with an office. A body may have at most"
            f" {LONGEST_BODY} bytes.",
        },
        "paths": {
            "/api/requests": {"post": _file()},
            "/api/requests/{number}": {"get": _status()},
            "/api/openapi.json": {"get": _describe()},
            "/health": {"get": _health()},
        },
        "components": {
            "schemas": {
                "Request": _request(),
                "Filed": _filed(),
                "Problem": _problem(),
                "BadFields": _bad_fields(),
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


_SECURITY: list[Json] = [{"bearer": []}, {"header": []}]


def _file() -> Json:
    return {
        "operationId": "fileRequest",
        "summary": "File a request for an appointment.",
        "description": "The same wish of the same person within a day is filed once.",
        "security": _SECURITY,
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same body is carried out once.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            }
        ],
        "requestBody": {"required": True, "content": _json("Request")},
        "responses": {
            "201": {
                "description": "It is filed, now or by the same request before.",
                "headers": {"Location": _header("Where its status is told.", "string")},
                "content": _json("Filed"),
            },
            "400": _refused("The body is not JSON, or a header cannot be read."),
            "401": _no_key(),
            "409": _refused("The Idempotency-Key was used with another body."),
            "413": _refused(f"The body has more than {LONGEST_BODY} bytes."),
            "415": _refused("The body is not said to be application/json."),
            "422": {"description": "What is wrong, by field.", "content": _json("BadFields")},
            "429": _later("There are too many requests."),
            "503": _later("The office's data cannot be used at the moment."),
        },
    }


def _status() -> Json:
    return {
        "operationId": "requestStatus",
        "summary": "What became of a request that was filed from outside.",
        "security": _SECURITY,
        "parameters": [
            {
                "name": "number",
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            }
        ],
        "responses": {
            "200": {"description": "Its status.", "content": _json("Filed")},
            "400": _refused("A header cannot be read."),
            "401": _no_key(),
            "404": _refused("There is no such request."),
            "429": _later("There are too many requests."),
            "503": _later("The office's data cannot be used at the moment."),
        },
    }


def _describe() -> Json:
    return {
        "operationId": "describe",
        "summary": "This document.",
        "responses": {
            "200": {
                "description": "OpenAPI 3.1.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "400": _refused("A header cannot be read."),
            "429": _later("There are too many requests."),
        },
    }


def _health() -> Json:
    schema = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"const": "ok"}},
    }
    return {
        "operationId": "health",
        "summary": "Whether the pages are served.",
        "responses": {
            "200": {
                "description": "They are.",
                "content": {"application/json": {"schema": schema}},
            },
            "400": _refused("A header cannot be read."),
            "429": _later("There are too many requests."),
            "503": _unwell(),
        },
    }


def _unwell() -> Json:
    schema = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}},
    }
    return {
        "description": "The office's data cannot be read.",
        "content": {"application/json": {"schema": schema}},
    }


def _request() -> Json:
    texts = {name: _text(name, told) for name, told in _TOLD.items()}
    also = {
        name: _text(of, _PARTS.get(name, f"As {of}; when both are given, they must be the same."))
        for name, of in ALIASES.items()
    }
    consent = {
        "type": ["boolean", "null"],
        "description": "Whether the client agrees to texts; false unless it is given.",
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "A field that is null or empty is not given.",
        "properties": {**texts, CONSENT: consent, **also},
        "allOf": [
            _one_of("name", FIRST, LAST),
            _one_of("phone", "email", "client_phone", "client_email"),
            _one_of("date", "preferred_date"),
            _one_of("band", "time", "preferred_time"),
        ],
        "examples": [
            {
                "name": "Ana Ruiz",
                "phone": "+12015550123",
                "date": "2026-03-20",
                "band": "morning",
                "consent": True,
            },
            {
                "client_first_name": "Ana",
                "client_last_name": "Ruiz",
                "client_email": "ana@example.com",
                "preferred_date": "2026-03-20",
                "preferred_time": "10:30",
                "urgency": "high",
                "client_notes": "Please ring first",
            },
        ],
    }


def _text(name: str, told: str) -> Json:
    return {"type": ["string", "null"], "maxLength": LONGEST[name], "description": told}


def _one_of(*names: str) -> Json:
    return {"anyOf": [{"required": [name]} for name in names]}


def _filed() -> Json:
    return {
        "type": "object",
        "required": ["id", "status"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "status": {"enum": [status.value for status in Status]},
        },
    }


def _problem() -> Json:
    return {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string", "description": "One sentence for a person."}},
    }


def _bad_fields() -> Json:
    one = {
        "type": "object",
        "required": ["field", "message"],
        "properties": {
            "field": {"type": "string", "description": "As it was sent; empty: the whole."},
            "message": {"type": "string", "description": "One sentence for a person."},
        },
    }
    return {
        "type": "object",
        "required": ["errors"],
        "properties": {"errors": {"type": "array", "minItems": 1, "items": one}},
    }


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _refused(told: str) -> Json:
    return {"description": told, "content": _json("Problem")}


def _no_key() -> Json:
    challenge = _header("How to send a key.", "string")
    return {**_refused("No key that is in use."), "headers": {"WWW-Authenticate": challenge}}


def _later(told: str) -> Json:
    return {**_refused(told), "headers": {"Retry-After": _header("In seconds.", "integer")}}


def _header(told: str, kind: str) -> Json:
    return {"description": told, "required": True, "schema": {"type": kind}}
