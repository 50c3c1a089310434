"""The survey behind a link: GET shows it, POST keeps the answers."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.domain.text import clean_text
from interworky_tui.jobs import log_fault
from interworky_tui.services import survey_links
from interworky_tui.services.survey_links import Invitation, LinkRefused, Standing
from interworky_tui.web.counter import Counter
from interworky_tui.web.pages import Errors, Pages, Typed, form, go_on
from interworky_tui.web.words import words

LONGEST = 800
"""Characters of a text: two of them fit into a request in any script."""
FIELDS = ("rating", "good", "bad", "recommend", "publish")
TARGETS = {"rating": "rating-1", "good": "good", "bad": "bad", "recommend": "recommend-1"}
STATUS: Mapping[Standing, int] = {
    Standing.OPEN: 200,
    Standing.ANSWERED: 200,
    Standing.EXPIRED: 410,
    Standing.CANCELLED: 410,
    Standing.UNKNOWN: 404,
}


class SurveyPage:
    def __init__(self, pages: Pages, counter: Counter) -> None:
        self._pages, self._counter = pages, counter
        self._office = pages.office

    def routes(self) -> list[Route]:
        return [
            Route("/s/{token}", self.meet, methods=["GET", "POST"]),
            Route("/s/{token}/thanks", self.thank, methods=["GET"]),
        ]

    async def meet(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._take(request)
        invitation, language = await self._look(request)
        if invitation.standing is not Standing.OPEN:
            return self._told(request, invitation.standing, language)
        return self._ask(request, invitation, language)

    async def _take(self, request: Request) -> Response:
        typed = await form(request, FIELDS)
        invitation, language = await self._look(request)
        if invitation.standing not in (Standing.OPEN, Standing.ANSWERED):
            return self._told(request, invitation.standing, language)
        errors = _faults(typed, language)
        if errors:
            return self._ask(request, invitation, language, typed, errors)
        token = request.path_params["token"]
        try:
            await self._counter.change(
                lambda: survey_links.answer(self._office, token, _survey(typed))
            )
        except LinkRefused as refused:
            return self._told(request, refused.standing, language)
        except Refusal as refused:
            log_fault("keeping a survey", refused)
            errors = {"form": words(language)["survey_errors"]["form"]}
            return self._ask(request, invitation, language, typed, errors, 503)
        return go_on(f"{token}/thanks", language)

    async def thank(self, request: Request) -> Response:
        """Only who has answered is thanked; everybody who has is asked for a review, or nobody."""
        invitation, language = await self._look(request)
        if invitation.standing is not Standing.ANSWERED:
            return go_on(f"../{request.path_params['token']}", language)
        review = self._office.settings.office.review_url
        return self._pages.tell(request, "thanks", language=language, review=review)

    async def _look(self, request: Request) -> tuple[Invitation, str]:
        token = request.path_params["token"]
        language = self._pages.language(request)
        invitation = await self._counter.look(
            lambda: survey_links.look(self._office, token, language)
        )
        return invitation, language

    def _told(self, request: Request, standing: Standing, language: str) -> Response:
        status = STATUS[standing]
        return self._pages.tell(request, standing.value, language=language, status=status)

    def _ask(
        self,
        request: Request,
        invitation: Invitation,
        language: str,
        typed: Typed | None = None,
        errors: Errors | None = None,
        status: int = 422,
    ) -> Response:
        said = words(language)["survey"]
        named = enumerate(said["ratings"], 1)
        return self._pages.draw(
            request,
            "survey.html",
            language=language,
            title=said["title"],
            status=status if errors else 200,
            errors=errors,
            targets=TARGETS,
            typed=typed or dict.fromkeys(FIELDS, ""),
            when=invitation.when,
            most=LONGEST,
            ratings=[(str(number), f"{number} – {name}") for number, name in named],
            recommend=[(one.value, said[one.value]) for one in Recommend],
        )


def _faults(typed: Typed, language: str) -> dict[str, str]:
    said = words(language)["survey_errors"]
    bad = {
        "rating": typed["rating"] not in ("1", "2", "3", "4", "5"),
        "good": len(clean_text(typed["good"])) > LONGEST,
        "bad": len(clean_text(typed["bad"])) > LONGEST,
        "recommend": typed["recommend"] not in ("", *Recommend),
    }
    return {name: said[name].format(most=LONGEST) for name, is_bad in bad.items() if is_bad}


def _survey(typed: Typed) -> Survey:
    return Survey(
        rating=int(typed["rating"]),
        good=clean_text(typed["good"]),
        bad=clean_text(typed["bad"]),
        recommend=Recommend(typed["recommend"]) if typed["recommend"] else None,
        publish=typed["publish"] == "yes",
        source=Source.WEB,
    )
