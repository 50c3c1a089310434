"""A client's answer in words: a line of it for the card, and all of it to be read."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.content import Content

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.feedback import Source, Survey, stars
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.storage.card import Card, NoteLine

WAYS = {
    Source.WEB: "answered on the web page",
    Source.SMS: "answered by SMS",
    Source.STAFF: "written down by staff",
}
_LATER = {Source.WEB: "on the web page", Source.SMS: "by SMS", Source.STAFF: "to staff"}


def in_short(survey: Survey) -> str:
    """What was good comes first, but for a rating that is not."""
    said = (survey.good, survey.bad) if survey.rating > 3 else (survey.bad, survey.good)
    words = clean_line(" / ".join(filter(None, said)))
    return f"{stars(survey.rating)} {survey.rating}/5  {words}".rstrip()


def note_in_short(note: NoteLine) -> str:
    """``by SMS: 2 of 5, sorry, the toilet was cold``"""
    words = clean_line(note.text.replace("\n", " "))
    rating = f"{note.rating} of 5" if note.rating else ""
    return f"{_LATER[note.source]}: {', '.join(filter(None, (rating, words)))}"


def in_full(card: Card, zone: ZoneInfo, *, first_read: bool) -> Content:
    """Everything that was said, when and by which way. ``first_read``: nobody had read it."""
    lines: list[Content] = []
    if card.survey:
        lines += _survey(card.survey, card.answered_at, zone)
    lines += _read(card.read_at, zone, first_read=first_read)
    for note in card.notes:
        lines += [Content(""), *_note(note, zone, corrects=card.survey)]
    return Content("\n").join(lines)


def _survey(survey: Survey, at: datetime | None, zone: ZoneInfo) -> Iterable[Content]:
    recommend = survey.recommend.value if survey.recommend else "not said"
    when = f", {say_moment(at, zone)}" if at else ""
    yield Content.assemble(
        Content.styled(f"{stars(survey.rating)}  {survey.rating} of 5", "bold"),
        Content.styled(f"  {WAYS[survey.source]}{when}", "$text-muted"),
    )
    yield Content("")
    for title, words in (("What was good", survey.good), ("What was bad", survey.bad)):
        yield Content.styled(title, "$primary")
        yield Content(clean_text(words) or "nothing was said")
    yield Content("")
    yield Content(f"Would recommend: {recommend}   May be quoted: {_yes(survey.publish)}")


def _read(at: datetime | None, zone: ZoneInfo, *, first_read: bool) -> Iterable[Content]:
    if first_read:
        yield Content.styled("Marked as read now.", "$success")
    elif at:
        yield Content.styled(f"First read {say_moment(at, zone)}", "$text-muted")


def _note(note: NoteLine, zone: ZoneInfo, *, corrects: Survey | None) -> Iterable[Content]:
    when = say_moment(note.at, zone)
    yield Content.styled(f"Said later {_LATER[note.source]}, {when}", "$primary")
    if note.rating:
        kept = f"  (the first rating stays: {corrects.rating})" if corrects else ""
        yield Content.assemble(
            Content.styled(f"{stars(note.rating)}  {note.rating} of 5", "bold"),
            Content.styled(kept, "$text-muted"),
        )
    if note.text:
        yield Content(clean_text(note.text))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
