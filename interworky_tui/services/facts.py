"""What the messages about a change may say."""

from dataclasses import dataclass

from interworky_tui.domain.appointment import Appointment, CancelReason, Client
from interworky_tui.domain.calendar import say_day, say_moment
from interworky_tui.domain.feedback import Survey
from interworky_tui.messages.render import Facts
from interworky_tui.services.context import Context


@dataclass(frozen=True, slots=True)
class News:
    """A change as the messages need it; ``before`` is None for a new request."""

    before: Appointment | None
    after: Appointment
    client: Client
    survey: Survey | None = None


def facts_of(office: Context, news: News, first_text: bool) -> Facts:
    settings, after, client, survey = office.settings.office, news.after, news.client, news.survey
    was = news.before.starts_at if news.before else None
    return Facts(
        client_name=client.name,
        client_phone=client.phone or "",
        client_email=client.email or "",
        office_name=settings.name,
        office_phone=settings.phone,
        office_email=settings.email,
        appointment_id=after.id,
        wished=say_wish(office, after),
        when=say_moment(after.starts_at, office.zone) if after.starts_at else "",
        was_when=say_moment(was, office.zone) if was and was != after.starts_at else "",
        service=after.service,
        note=after.note,
        cancel_reason=_say_reason(after),
        rating=survey.rating if survey else None,
        good=survey.good if survey else "",
        bad=survey.bad if survey else "",
        recommend=survey.recommend.value if survey and survey.recommend else "",
        first_text=first_text,
    )


def say_wish(office: Context, appointment: Appointment) -> str:
    """``Fri 20 Mar 2026, Morning``, or with the exact time that was wished for."""
    day = say_day(appointment.requested_date)
    if appointment.wish_time:
        return f"{day}, {appointment.wish_time:%H:%M}"
    return f"{day}, {office.bands.label(appointment.band)}"


def _say_reason(appointment: Appointment) -> str:
    if appointment.cancel_reason is None:
        return ""
    if appointment.cancel_reason is CancelReason.OTHER:
        return appointment.cancel_text
    said = appointment.cancel_reason.label
    return f"{said}: {appointment.cancel_text}" if appointment.cancel_text else said
