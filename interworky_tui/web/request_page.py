"""The form that asks for an appointment."""

from datetime import date, timedelta
from math import ceil

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import Refusal
from interworky_tui.jobs import log_fault
from interworky_tui.services import intake
from interworky_tui.services.web_requests import (
    BadFields,
    FieldProblem,
    TooMany,
    WebRequest,
    file_request,
    find_problems,
)
from interworky_tui.web.counter import Counter
from interworky_tui.web.pages import Errors, Pages, Typed, form, go_on
from interworky_tui.web.stamps import Stamps
from interworky_tui.web.words import words

LONGEST_NOTE = 800
"""Characters; with the other fields it fits into a request in any script."""
ASKED = ("name", "phone", "email", "consent", "date", "band", "service", "note")
FIELDS = (*ASKED, "website", "stamp")
TARGETS = {name: name for name in (*ASKED, "website")} | {"band": "band-1"}


class RequestPage:
    def __init__(self, pages: Pages, counter: Counter, stamps: Stamps) -> None:
        self._pages, self._counter, self._stamps = pages, counter, stamps
        self._office = pages.office

    def routes(self) -> list[Route]:
        return [
            Route("/request", self.meet, methods=["GET", "POST"]),
            Route("/request/thanks", self.thank, methods=["GET"]),
        ]

    async def meet(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._take(request)
        return self._ask(request, dict.fromkeys(FIELDS, ""), {})

    async def thank(self, request: Request) -> Response:
        return self._pages.tell(request, "received", language=self._pages.language(request))

    async def _take(self, request: Request) -> Response:
        typed = await form(request, FIELDS)
        language = self._pages.language(request)
        said = words(language)["request_errors"]
        fields = {name: typed[name] for name in ASKED if name != "consent"}
        asked = WebRequest(**fields, consent=typed["consent"] == "yes", language=language)
        trap = self._trap(typed, said)
        if trap:
            return self._ask(request, typed, trap | self._faults(request, asked))
        try:
            await self._counter.change(lambda: file_request(self._office, asked))
        except BadFields as bad:
            return self._ask(request, typed, self._sentences(request, bad.problems))
        except TooMany as full:
            minutes = ceil(full.retry_after / 60)
            sentence = said["too_many"].format(minutes=minutes)
            answer = self._ask(request, typed, {"form": sentence}, 429)
            answer.headers["Retry-After"] = str(full.retry_after)
            return answer
        except Refusal as refused:
            log_fault("keeping a request from the web", refused)
            return self._ask(request, typed, {"form": said["form"]}, 503)
        return go_on("request/thanks", language)

    def _trap(self, typed: Typed, said: Typed) -> dict[str, str]:
        """What a program would have done; a person may mend it."""
        if typed["website"].strip():
            return {"website": said["website"]}
        trouble = self._stamps.trouble(typed["stamp"])
        return {"form": said[trouble]} if trouble else {}

    def _faults(self, request: Request, asked: WebRequest) -> dict[str, str]:
        """All that is wrong with it, without filing it."""
        bad = find_problems(self._office, asked)
        return self._sentences(request, bad.problems) if bad else {}

    def _sentences(self, request: Request, problems: tuple[FieldProblem, ...]) -> dict[str, str]:
        """In the page's language; by a field of the form, or the whole of it."""
        said = words(self._pages.language(request))["request_errors"]
        numbers = {
            "note": intake.LONGEST_NOTE,
            "service": intake.LONGEST_SERVICE,
            "example": self._today().isoformat(),
        }
        errors = {}
        for problem in problems:
            field = problem.field if problem.field in TARGETS else "form"
            told = said.get(f"{problem.field}_{problem.kind}") or said.get(
                f"{problem.field}_unreadable", said["other"]
            )
            errors[field] = told.format(**numbers)
        return errors

    def _today(self) -> date:
        return office_day(self._office.clock(), self._office.zone)

    def _ask(self, request: Request, typed: Typed, errors: Errors, status: int = 422) -> Response:
        language = self._pages.language(request)
        today, said = self._today(), words(language)["request"]
        return self._pages.draw(
            request,
            "request.html",
            language=language,
            title=said["title"],
            status=status if errors else 200,
            errors=errors,
            targets=TARGETS,
            typed=typed,
            stamp=self._stamps.again(typed["stamp"]),
            today=today.isoformat(),
            last=(today + timedelta(days=365)).isoformat(),
            most=LONGEST_NOTE,
            bands=self._bands(language),
        )

    def _bands(self, language: str) -> list[tuple[str, str]]:
        named = self._office.catalogue.words(language)
        return [
            (band.key, f"{_capital(named.band(band.key))} ({band.start:%H:%M}–{band.end:%H:%M})")
            for band in self._office.bands.all
        ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
