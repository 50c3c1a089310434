"""Drawing a page: the office's name and times, the language, and what stands in the middle."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from interworky_tui.config import Hours, Office
from interworky_tui.domain.errors import Refusal
from interworky_tui.jobs import log_fault
from interworky_tui.services.contacts import clean_phone, show_phone
from interworky_tui.services.context import Context
from interworky_tui.web.security import for_programs, is_form
from interworky_tui.web.words import LANGUAGES, chosen, words

_LABELS = {"en": "English", "es": "Español"}
_FOLDER = Path(__file__).with_name("templates")
_MOST_FIELDS = 40
_PROBLEMS = ("400", "403", "404", "405", "413", "415", "429", "500", "503")

Typed = Mapping[str, str]
Errors = Mapping[str, str]
"""A sentence by the field; "form" is for the whole of it."""


class PagesBroken(Refusal):
    title = "The web pages are not served"


class Pages:
    """Draws every page of an office. Raises PagesBroken when a template cannot be read."""

    def __init__(self, office: Context) -> None:
        self.office = office
        self._drawn: dict[tuple[int, str, int], bytes] = {}
        self._env = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        try:
            for name in self._env.list_templates(extensions=["html"]):
                self._env.get_template(name)
            self._always = _of_office(office.settings.office)
            self.style = (_FOLDER / "style.css").read_text(encoding="utf-8")
            self._hours = {tag: _hours(office.settings.office.hours, tag) for tag in LANGUAGES}
        except (TemplateError, OSError) as error:
            where = f"{getattr(error, 'name', None) or 'a template'}"
            raise PagesBroken(
                f"The web pages are not served: {where} cannot be used"
                f" ({type(error).__name__}); install the program again."
            ) from error

    def language(self, request: Request, own: str | None = None) -> str:
        """``own`` is the client's, if it is known who that is."""
        return chosen(
            request.query_params.get("lang", ""),
            request.headers.get("accept-language", ""),
            own,
            self.office.settings.messages.language,
        )

    def draw(
        self,
        request: Request,
        template: str,
        *,
        language: str,
        title: str,
        status: int = 200,
        errors: Errors | None = None,
        **values: Any,
    ) -> Response:
        html = self._env.get_template(template).render(
            self._always,
            t=words(language),
            language=language,
            languages=_LABELS.items(),
            hours=self._hours[language],
            base=_base(request),
            title=title,
            errors=errors or {},
            **{"targets": {}, **values},
        )
        return HTMLResponse(html, status, {"Content-Language": language, "Vary": "Accept-Language"})

    def tell(
        self, request: Request, section: str, *, language: str, status: int = 200, review: str = ""
    ) -> Response:
        """A page that only says something: a section with a title and a text."""
        said = words(language)[section]
        return self.draw(
            request,
            "told.html",
            language=language,
            title=said["title"],
            text=said["text"].format(office=self.office.settings.office.name),
            status=status,
            review_url=review,
        )

    def problem(self, request: Request, status: int) -> Response:
        """What is said when there is no page; to a program, as JSON."""
        key = str(status) if str(status) in _PROBLEMS else "500" if status >= 500 else "400"
        if for_programs(request):
            return JSONResponse({"error": words("en")["problems"][key]}, status)
        language = self.language(request)
        # Drawn once: in a flood it is this page that is sent.
        which = (status, language, _depth(request))
        if which not in self._drawn:
            said = words(language)["problems"]
            page = self.draw(
                request,
                "told.html",
                language=language,
                title=said["title"],
                text=said[key],
                status=status,
                review_url="",
            )
            self._drawn[which] = bytes(page.body)
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(self._drawn[which], status, headers)

    async def http_problem(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = self.problem(request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    async def store_problem(self, request: Request, error: Exception) -> Response:
        """The store cannot be used, which may be over in a moment."""
        log_fault("answering on the web", error)
        return self.problem(request, 503)

    async def stylesheet(self, _request: Request) -> Response:
        return Response(self.style, 200, {"Cache-Control": "max-age=600"}, "text/css")


async def form(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """What was typed into those fields, "" where nothing was. Raises HTTPException."""
    if not is_form(request.headers):
        raise HTTPException(415)
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    typed = dict.fromkeys(names, "")
    typed.update((name, value.replace("\r\n", "\n")) for name, value in pairs if name in typed)
    return typed


def go_on(to: str, language: str) -> Response:
    """To a page beside the one that was sent; relative, because a proxy may stand before us."""
    return RedirectResponse(f"{to}?lang={language}", 303)


def _base(request: Request) -> str:
    return "../" * _depth(request) or "./"


def _depth(request: Request) -> int:
    """Pages link to each other by how deep they are: a proxy may serve them below a path."""
    return min(str(request.scope["path"]).count("/") - 1, 8)


def _of_office(office: Office) -> dict[str, Any]:
    dialled, shown = office.phone, office.phone
    try:
        dialled = clean_phone(office.phone, office.country) or ""
        shown = show_phone(dialled, office.country)
    except Refusal:
        pass  # a short number of the office's own: it is shown and dialled as it is written
    named = {"name": office.name, "phone": shown, "email": office.email}
    return {"office": named, "dialled": dialled.replace(" ", "")}


def _hours(hours: Hours, language: str) -> list[tuple[str, str]]:
    """``Mon-Fri``, ``08:00-20:00``: neighbours with the same hours in one line."""
    said = words(language)

    def lines() -> Iterator[tuple[str, str]]:
        for span, days in groupby(range(7), hours.of):
            week = list(days)
            names = [said["days"][day] for day in (week[0], week[-1])]
            told = f"{span[0]:%H:%M}–{span[1]:%H:%M}" if span else said["page"]["closed"]
            yield names[0] if len(week) == 1 else "–".join(names), told

    return list(lines())
