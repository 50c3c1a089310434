"""The verbs of an appointment's life, from the request to the recorded feedback."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import appointment_id, as_json, carry_out, choice, opened, say
from interworky_tui.domain.appointment import CancelReason, Urgency
from interworky_tui.domain.feedback import Recommend
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.context import Changed, Context


@click.group()
def requests() -> None:
    """File new requests."""


@requests.command("add")
@click.option("--name", required=True, help="The client's full name.")
@click.option("--phone", default="", help="Needed unless there is an email.")
@click.option("--email", default="", help="Needed unless there is a phone.")
@click.option(
    "--date",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day.",
)
@click.option("--band", default="", help="early_morning, morning, afternoon or evening.")
@click.option(
    "--time", "at", type=click.DateTime(["%H:%M"]), metavar="HH:MM", help="An exact wish instead."
)
@click.option("--service", default="", help="What the visit is for.")
@click.option("--note", default="", help="For the office only.")
@click.option("--urgency", type=choice(Urgency), default="medium", show_default=True)
@click.option("--language", default="", help="Of the messages to this client, as in es.")
@as_json
@click.pass_obj
def add(
    around: Surroundings,
    /,
    as_json: bool,
    urgency: str,
    date: datetime,
    at: datetime | None,
    **texts: str,
) -> None:
    """File a request, and print its number.

    Example: interworky-tui requests add --name "Ana Ruiz" --phone 030123456 --date 2026-03-20
    --band morning
    """
    if not texts["band"].strip() and at is None:
        raise click.UsageError("Give --band, or --time for an exact wish.")
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import intake, reading

        new = intake.NewRequest(
            date=date.date(),
            wish_time=at.time() if at else None,
            urgency=Urgency(urgency),
            source="cli",
            **texts,
        )
        made = intake.request(office, new)
        if as_json:
            listed = reading.Listed(made.appointment, made.client, None)
            say(printing.as_json(reading.appointment_json(office, listed)))
        else:
            say(made.appointment.id)


@click.command()
@appointment_id
@click.argument("when", nargs=-1, required=True)
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    help="How long it takes; else as before, or as its service takes.",
)
@click.option(
    "--override", is_flag=True, help="Book it although there is no room beside other visits."
)
@click.pass_obj
def schedule(
    around: Surroundings,
    appointment_id: int,
    when: tuple[str, ...],
    minutes: int | None,
    override: bool,
) -> None:
    """Set or update the time of a visit.

    WHEN is what you would say, or a date and a time. A time alone is on the day wished for.

    Examples: interworky-tui schedule 12 fri 14:30, or schedule 12 2026-03-20 14:30
    """

    def verb(office: "Context") -> "Changed":
        from interworky_tui.services import scheduling

        starts_at = read_start(office, appointment_id, " ".join(when))
        return scheduling.schedule(
            office, appointment_id, starts_at, minutes=minutes, override=override
        )

    carry_out(around, verb)


def read_start(office: "Context", appointment_id: int, when: str) -> datetime:
    """The one moment that was typed. A time alone is on the visit's day, or the day wished for.

    Raises TimeNotUnderstood, also for a time that the clock shows twice.
    """
    from interworky_tui.domain.calendar import office_day, say_moment
    from interworky_tui.domain.errors import TimeNotUnderstood
    from interworky_tui.services import reading, scheduling

    one = reading.get(office, appointment_id).appointment
    day = office_day(one.starts_at, office.zone) if one.starts_at else one.requested_date
    typed = scheduling.read_when(office, when, day)
    if typed.other is None:
        return typed.starts_at
    first, second = (
        moment.astimezone(office.zone).isoformat(timespec="minutes")
        for moment in (typed.starts_at, typed.other)
    )
    raise TimeNotUnderstood(
        f"The clock shows {say_moment(typed.starts_at, office.zone)} twice that night;"
        f" give {first} for the first time or {second} for the second."
    )


@click.command()
@appointment_id
@click.option("--undo", "gone", is_flag=True, help="Not here after all, or gone again.")
@click.pass_obj
def arrive(around: Surroundings, appointment_id: int, gone: bool) -> None:
    """Say that the client is in the waiting room.

    On the day of the visit. Nobody is told of it.

    Example: interworky-tui arrive 12
    """
    from interworky_tui.services import visits

    verb = visits.not_arrived if gone else visits.arrive
    carry_out(around, lambda office: verb(office, appointment_id))


@click.command()
@appointment_id
@click.pass_obj
def attend(around: Surroundings, appointment_id: int) -> None:
    """Say that the client came, once the visit has begun.

    Example: interworky-tui attend 12
    """
    from interworky_tui.services import visits

    carry_out(around, lambda office: visits.attend(office, appointment_id))


@click.command("collect-feedback")
@appointment_id
@click.pass_obj
def collect_feedback(around: Surroundings, appointment_id: int) -> None:
    """Ask for feedback, or ask again.

    Once a day at most, by the calendar of the office.

    Example: interworky-tui collect-feedback 12
    """
    from interworky_tui.services import feedback, notice_preview

    def verb(office: "Context") -> "Changed":
        warnings = notice_preview.collect(office, appointment_id).warnings
        changed = feedback.collect(office, appointment_id)
        for warning in warnings:
            click.echo(warning, err=True)
        return changed

    carry_out(around, verb)


@click.command("record-feedback")
@appointment_id
@click.option("--rating", type=click.IntRange(1, 5), required=True, help="5 is best.")
@click.option("--good", default="", help="What was good.")
@click.option("--bad", default="", help="What was bad.")
@click.option("--recommend", type=choice(Recommend), help="Would they recommend us?")
@click.option("--publish", is_flag=True, help="They may be quoted publicly.")
@click.pass_obj
def record_feedback(
    around: Surroundings,
    appointment_id: int,
    rating: int,
    good: str,
    bad: str,
    recommend: str | None,
    publish: bool,
) -> None:
    """Write down the answer of a client.

    The first answer counts.

    Example: interworky-tui record-feedback 12 --rating 5 --good "No waiting"
    """
    from interworky_tui.domain.feedback import Survey
    from interworky_tui.services import feedback

    said = Recommend(recommend) if recommend else None
    survey = Survey(rating, good, bad, said, publish)
    carry_out(around, lambda office: feedback.record(office, appointment_id, survey))


@click.command()
@appointment_id
@click.option("--reason", type=choice(CancelReason), required=True, help="Why.")
@click.option("--text", default="", help="In your words; needed for the reason other.")
@click.pass_obj
def cancel(around: Surroundings, appointment_id: int, reason: str, text: str) -> None:
    """Cancel a request or a visit.

    A visit that is due and to which nobody came is cancelled with no_show.

    Example: interworky-tui cancel 12 --reason client_asked
    """
    from interworky_tui.services import scheduling

    why = CancelReason(reason)
    carry_out(around, lambda office: scheduling.cancel(office, appointment_id, why, text))


@click.command()
@click.pass_obj
def undo(around: Surroundings) -> None:
    """Take back your last change.

    Possible until word of it has left.

    Example: interworky-tui undo
    """
    from interworky_tui.services import undo as undoing

    carry_out(around, undoing.undo)
