"""The pages and the door for programs, put together behind one gate."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.services.context import Context
from interworky_tui.web import api
from interworky_tui.web.counter import Counter
from interworky_tui.web.limits import Limits
from interworky_tui.web.pages import Pages
from interworky_tui.web.request_page import RequestPage
from interworky_tui.web.security import Gate
from interworky_tui.web.stamps import Stamps
from interworky_tui.web.survey import SurveyPage

PROGRAM = "interworky-tui"
"""By this, who finds the port in use knows what uses it."""


def build_app(office: Context, limits: Limits) -> Starlette:
    """Raises PagesBroken. Close ``app.state.counter`` when the server has ended."""
    pages, counter = Pages(office), Counter()
    app = Starlette(
        routes=[
            Route("/", _front, methods=["GET"]),
            *SurveyPage(pages, counter).routes(),
            *RequestPage(pages, counter, Stamps(office.clock)).routes(),
            Route("/style.css", pages.stylesheet, methods=["GET"]),
            Route("/health", _health(office, counter), methods=["GET"]),
            *api.routes(office, counter),
        ],
        middleware=[Middleware(Gate, web=office.settings.web, limits=limits, refuse=pages.problem)],
        exception_handlers={
            HTTPException: pages.http_problem,
            StoreProblem: pages.store_problem,
        },
    )
    app.state.counter = counter
    return app


async def _front(_request: Request) -> Response:
    return RedirectResponse("request", 303)


def _health(office: Context, counter: Counter) -> Callable[[Request], Awaitable[Response]]:
    async def health(_request: Request) -> Response:
        """Whether requests and answers can be kept: 200, or 503."""
        try:
            await counter.look(lambda: _reach(office))
        except Refusal:
            return JSONResponse({"program": PROGRAM, "status": "no data"}, 503)
        return JSONResponse({"program": PROGRAM, "status": "ok"})

    return health


def _reach(office: Context) -> None:
    """Raises StoreProblem."""
    with office.database.read() as connection:
        connection.exec_driver_sql("SELECT 1 FROM appointment LIMIT 1")
