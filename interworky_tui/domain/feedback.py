"""The survey: a rating, what was good, what was bad, would you recommend, may we quote you."""

from dataclasses import dataclass
from enum import StrEnum

from interworky_tui.domain.errors import BadInput

LONGEST_ANSWER = 2000


class Recommend(StrEnum):
    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class Source(StrEnum):
    """Where an answer came from."""

    STAFF = "staff"
    WEB = "web"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Survey:
    """``rating`` is 1 (worst) to 5 (best); ``recommend`` None when it was not answered."""

    rating: int
    good: str = ""
    bad: str = ""
    recommend: Recommend | None = None
    publish: bool = False
    source: Source = Source.STAFF

    def __post_init__(self) -> None:
        if not 1 <= self.rating <= 5:
            raise BadInput("A rating is a number from 1 to 5.", "rating")
        for field in ("good", "bad"):
            if len(getattr(self, field)) > LONGEST_ANSWER:
                raise BadInput(f"Keep each answer under {LONGEST_ANSWER} characters.", field)


def stars(rating: int) -> str:
    return "★" * rating + "☆" * (5 - rating)


def in_words(survey: Survey) -> str:
    """All but the rating, as staff read it. What was texted stays verbatim."""
    if survey.source is Source.SMS:
        return "\n".join(filter(None, (survey.good, survey.bad)))
    said = {
        "Good": survey.good,
        "Could be better": survey.bad,
        "Would recommend": survey.recommend.value if survey.recommend else "",
        "May be quoted": "yes" if survey.publish else "",
    }
    return "\n".join(f"{name}: {words}" for name, words in said.items() if words)
