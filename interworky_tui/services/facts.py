"""What the messages about a change may say."""

from dataclasses import dataclass, replace

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.calendar import say_day
from interworky_tui.domain.feedback import Survey
from interworky_tui.messages.fields import Facts
from interworky_tui.services.context import Context


@dataclass(frozen=True, slots=True)
class News:
    """A change as the messages need it; ``before`` is None for a new request.

    ``survey_link`` is where the client may answer, "" when the web pages are off.
    """

    before: Appointment | None
    after: Appointment
    client: Client
    survey: Survey | None = None
    survey_link: str = ""


def office_facts(
    office: Context, client: Client | None = None, *, first_text: bool = False
) -> Facts:
    """What a message may say that is about no appointment: an answer to HELP, a test."""
    settings = office.settings.office
    return Facts(
        office_name=settings.name,
        office_phone=settings.phone,
        office_email=settings.email,
        client_name=client.name if client else "",
        client_phone=(client.phone or "") if client else "",
        client_email=(client.email or "") if client else "",
        first_text=first_text,
    )


def facts_of(office: Context, news: News, first_text: bool) -> Facts:
    after, survey = news.after, news.survey
    was = news.before.starts_at if news.before else None
    return replace(
        office_facts(office, news.client, first_text=first_text),
        appointment_id=after.id,
        wished_day=after.requested_date,
        wished_band=after.band,
        wished_time=after.wish_time,
        starts_at=after.starts_at and after.starts_at.astimezone(office.zone),
        was_at=was.astimezone(office.zone) if was and was != after.starts_at else None,
        service=after.service,
        note=after.note,
        cancel_reason=after.cancel_reason,
        cancel_text=after.cancel_text,
        rating=survey.rating if survey else None,
        good=survey.good if survey else "",
        bad=survey.bad if survey else "",
        recommend=survey.recommend if survey else None,
        survey_link=news.survey_link,
        review_link=office.settings.office.review_url,
    )


def say_wish(office: Context, appointment: Appointment) -> str:
    """``Fri 20 Mar 2026, Morning``, or with the exact time that was wished for."""
    day = say_day(appointment.requested_date)
    if appointment.wish_time:
        return f"{day}, {appointment.wish_time:%H:%M}"
    return f"{day}, {office.bands.label(appointment.band)}"
