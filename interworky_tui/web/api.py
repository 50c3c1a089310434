"""The API by which other programs, such as the website's assistant, file requests."""

import re
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.jobs import log_fault
from interworky_tui.services import api_keys, web_requests
from interworky_tui.services.context import Context
from interworky_tui.services.web_requests import BadFields, Once, OtherBody, TooMany
from interworky_tui.web import api_fields
from interworky_tui.web.counter import Counter
from interworky_tui.web.openapi import document

STORE_RETRY = 5
"""Seconds after which to come again when the store is busy."""

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def routes(office: Context, counter: Counter) -> list[Route]:
    """The endpoints. Limits by address, of bodies and of hosts are the gate's before them."""
    api = _Api(office, counter)
    return [
        Route("/api/requests", api.file, methods=["POST"]),
        Route("/api/requests/{number}", api.status, methods=["GET"]),
        Route("/api/openapi.json", api.describe, methods=["GET"]),
    ]


class _Api:
    def __init__(self, office: Context, counter: Counter) -> None:
        self._office, self._counter = office, counter
        self._document = document()

    async def describe(self, _request: Request) -> Response:
        return JSONResponse(self._document)

    async def file(self, request: Request) -> Response:
        """POST /api/requests"""
        body, secret = await request.body(), _secret(request)
        return await self._answer(lambda: self._file(request, secret, body))

    async def status(self, request: Request) -> Response:
        """GET /api/requests/{number}"""
        secret, text = _secret(request), request.path_params["number"]
        return await self._answer(lambda: self._status(secret, text))

    async def _answer(self, call: Callable[[], Response]) -> Response:
        try:
            # Also what only looks: that a key was used is written.
            return await self._counter.change(call)
        except StoreProblem as error:
            log_fault("answering a request to the API", error)
            told = "The office's data cannot be used at the moment; try again."
            return _problem(503, told, {"Retry-After": str(STORE_RETRY)})

    def _file(self, request: Request, secret: str, body: bytes) -> Response:
        key = api_keys.owner(self._office, secret)
        if key is None:
            return _who_are_you()
        if not _is_json(request):
            return _problem(415, "Send JSON, with Content-Type: application/json.")
        name = request.headers.get("idempotency-key")
        if name is not None and not _IDEMPOTENCY_KEY.fullmatch(name):
            told = "An Idempotency-Key has 1 to 255 visible ASCII characters, without spaces."
            return _problem(400, told)
        try:
            value = api_fields.parse(body)
        except api_fields.NotJson:
            return _problem(400, "The body is not JSON in UTF-8, or says a field twice.")
        once = None
        if name is not None:
            mark = api_keys.fingerprint(secret, api_fields.canonical(value))
            once = Once(key.id, name, mark)
        try:
            filed = self._filed(api_fields.read(value, key.name), once)
        except BadFields as refused:
            return _bad_fields(refused)
        except TooMany as refused:
            after = {"Retry-After": str(refused.retry_after)}
            return _problem(429, refused.sentence, after)
        except OtherBody as refused:
            return _problem(409, refused.sentence)
        # The same again looks the same: what was filed before is nobody's business.
        where = {"Location": f"/api/requests/{filed}"}
        made = {"id": filed, "status": Status.REQUESTED.value}
        return JSONResponse(made, 201, where)

    def _filed(self, body: api_fields.Body, once: Once | None) -> int:
        """The appointment's id. Raises as file_request does, of the fields by the names given."""
        if body.problems:
            raise body.told(web_requests.find_problems(self._office, body.request))
        try:
            return web_requests.file_request(self._office, body.request, once)
        except BadFields as refused:
            raise body.told(refused) from None

    def _status(self, secret: str, text: str) -> Response:
        if api_keys.owner(self._office, secret) is None:
            return _who_are_you()
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
        status = web_requests.status_of(self._office, number)
        if status is None:
            return _problem(404, "There is no such request.")
        return JSONResponse({"id": number, "status": status.value})


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)


def _secret(request: Request) -> str:
    """The key that was sent, as a bearer's or in a header of its own; "" when there is none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return request.headers.get("x-api-key", "").strip()


def _who_are_you() -> Response:
    challenge = {"WWW-Authenticate": 'Bearer realm="interworky-tui"'}
    return _problem(401, "Send a key that is in use.", challenge)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "application/json"


def _bad_fields(refused: BadFields) -> Response:
    told = [{"field": one.field, "message": one.sentence} for one in refused.problems]
    return JSONResponse({"errors": told}, 422)
