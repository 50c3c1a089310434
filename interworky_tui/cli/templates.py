"""The words of the messages: which templates there are, and the office's own."""

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interworky_tui import start
from interworky_tui.cli.base import ID, as_json, choice, opened, say
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.messages.catalogue import Catalogue
    from interworky_tui.messages.fields import Facts

_EVENTS = tuple(event.value for event in Event if messages_of(event))
_BESIDE = ("first_text", "layout", "words")
_PARTS = {"subject": "subject.txt", "text": "email.txt", "html": "email.html"}

event_only = click.argument("event", metavar="EVENT", type=click.Choice(_EVENTS))
event_or_beside = click.argument("event", metavar="EVENT", type=click.Choice((*_EVENTS, *_BESIDE)))
recipient = click.argument("recipient", metavar="RECIPIENT", type=choice(Recipient))
recipient_if_any = click.argument(
    "recipient", metavar="[RECIPIENT]", type=choice(Recipient), required=False
)
channel_if_any = click.argument(
    "channel", metavar="[CHANNEL]", type=choice(Channel), required=False
)


class NoTemplate(Refusal):
    title = "There is no such message"


def _tag(_ctx: click.Context, _parameter: click.Parameter, text: str) -> str | None:
    from interworky_tui.domain.errors import BadInput
    from interworky_tui.domain.language import clean_language

    try:
        return clean_language(text)
    except BadInput as error:
        raise click.BadParameter(error.sentence) from None


lang = click.option("--lang", default="", callback=_tag, help="A language, as in es.")


@click.group()
def templates() -> None:
    """See and change what messages say."""


@templates.command("list")
@as_json
@click.pass_obj
def list_(around: Surroundings, as_json: bool) -> None:
    """List the messages, their languages and their fields.

    Example: interworky-tui templates list
    """
    from interworky_tui.cli import printing

    objects = list(_listed(_catalogue(around)))
    if as_json:
        say(printing.as_json(objects))
        return
    for one in objects:
        where = f"{one['event']:18}  {one['recipient']:6}  {one['channel']:5}"
        own = f"; own: {', '.join(one['own'])}" if one["own"] else ""
        say(f"{where}  {', '.join(one['languages'])}{own}")
    for channel, told in ((Channel.SMS, "SMS and subjects"), (Channel.EMAIL, "emails")):
        fields = next(one["fields"] for one in objects if one["channel"] == channel.value)
        say(f"Fields in {told}: {', '.join(fields)}.")
    say(f"Beside them {_BESIDE[0]}, {_BESIDE[1]} and {_BESIDE[2]} can be shown and edited.")


def _listed(catalogue: "Catalogue") -> Iterator[dict[str, Any]]:
    from interworky_tui.messages.catalogue import languages
    from interworky_tui.messages.places import PARTS, name_of, places

    for event in Event:
        for reader, channel in messages_of(event):
            found = {
                tag: message
                for tag in languages(catalogue)
                if (message := catalogue.message(event, reader, channel, tag))
            }
            place = places()[name_of(event, reader, PARTS[channel][-1])]
            yield {
                "event": event.value,
                "recipient": reader.value,
                "channel": channel.value,
                "languages": list(found),
                "own": [tag for tag, message in found.items() if message.own],
                "fields": sorted(place.fields),
            }


@templates.command()
@event_or_beside
@recipient_if_any
@channel_if_any
@lang
@click.pass_obj
def show(
    around: Surroundings, event: str, recipient: str | None, channel: str | None, lang: str | None
) -> None:
    """Print the templates of a message, as they are used now.

    Beside the events there are first_text (what the first SMS to a number ends with), layout
    (around every email) and words (dates, parts of the day).

    Example: interworky-tui templates show scheduled client sms
    """
    catalogue = _catalogue(around)
    names = _names(event, recipient, channel)
    found = [_source(catalogue, name, lang) for name in names]
    for name, (source, file) in zip(names, found, strict=True):
        if len(names) > 1:
            say(f"--- {name} ({file or 'built in'})")
        say(source, nl=not source.endswith("\n"))


@templates.command()
@event_or_beside
@recipient_if_any
@channel_if_any
@click.option("--part", type=click.Choice(list(_PARTS)), default="text", help="Of an email.")
@lang
@click.pass_obj
def edit(
    around: Surroundings,
    event: str,
    recipient: str | None,
    channel: str | None,
    part: str,
    lang: str | None,
) -> None:
    """Write the office's own template of a message.

    It is opened in $VISUAL or $EDITOR; without them its path is printed. An email's HTML follows
    its text, unless it is written, too.

    Example: interworky-tui templates edit scheduled client sms
    """
    if event not in _BESIDE and channel is None:
        raise click.UsageError("Say which channel: email or sms.")
    catalogue = _catalogue(around)
    *_, name = (n for n in _names(event, recipient, channel) if _is_part(n, part))
    file = catalogue.own_path(name, lang)
    built_in = None
    if not file.exists():
        built_in = _source(catalogue, name, lang, else_english=True)[0]
        _write(file, built_in)
    environment = os.environ if around.environment is None else around.environment
    editor = environment.get("VISUAL") or environment.get("EDITOR")
    if not editor:
        say(file)
        return
    click.edit(filename=str(file), editor=editor)
    if built_in is not None and file.is_file() and file.read_bytes() == built_in.encode():
        file.unlink()
        say("Nothing was changed.")
        return
    relative = file.relative_to(_folder(around)).as_posix()
    near = {relative, relative.rpartition("/")[0]}
    _tell(bad.sentence for bad in catalogue.problems() if bad.name in near)
    say(f"From now on messages say what is in {file}")


@templates.command()
@click.pass_obj
def check(around: Surroundings) -> None:
    """Say which of the office's templates are bad, and why.

    Example: interworky-tui templates check
    """
    _tell(bad.sentence for bad in _catalogue(around).problems())
    folder = _folder(around)
    say(f"Every template is good: {folder}" if folder.is_dir() else "The built-in ones are used.")


@templates.command()
@event_only
@recipient
@channel_if_any
@click.option("--appointment", type=ID, metavar="ID", help="With its facts, not a sample's.")
@click.option("--html", is_flag=True, help="Print the email's HTML page, for a browser.")
@lang
@click.pass_obj
def preview(
    around: Surroundings,
    event: str,
    recipient: str,
    channel: str | None,
    appointment: int | None,
    html: bool,
    lang: str | None,
) -> None:
    """Print a message as it would be sent, with SMS segments.

    Example: interworky-tui templates preview reminder client sms --appointment 12
    """
    from interworky_tui.messages.render import render_in

    catalogue, reader = _catalogue(around), Recipient(recipient)
    channels = _channels(Event(event), reader, channel)
    facts, spoken = _facts(around, appointment)
    tag = lang or (spoken if reader is Recipient.CLIENT else None)
    for one in channels:
        said = render_in(tag, Event(event), reader, one, facts, catalogue)
        if one is Channel.SMS and not html:
            say(said.text)
            say(_cost(said.text))
        elif one is Channel.EMAIL:
            say(said.html if html else f"Subject: {said.subject}\n\n{said.text}", nl=not html)


def _cost(text: str) -> str:
    from interworky_tui.messages.segments import count_segments, outside_gsm

    found = count_segments(text)
    odd = outside_gsm(text)
    why = f", because of {' '.join(odd)}" if odd else ""
    return f"[{found.count} SMS, {found.units} units of {found.encoding}{why}]"


def _facts(around: Surroundings, appointment: int | None) -> "tuple[Facts, str | None]":
    """Of an appointment with its client's language, or of a sample."""
    if appointment is None:
        return _sample(around), None
    with opened(around) as office:
        from interworky_tui.services import facts, reading
        from interworky_tui.services.survey_tokens import placeholder_link

        card = reading.get(office, appointment)
        link = placeholder_link(office.settings)
        news = facts.News(None, card.appointment, card.client, card.survey, link)
        return facts.facts_of(office, news, first_text=False), card.client.language


def _sample(around: Surroundings) -> "Facts":
    from interworky_tui.domain.appointment import CancelReason
    from interworky_tui.domain.feedback import Recommend
    from interworky_tui.messages.fields import Facts
    from interworky_tui.services.survey_tokens import placeholder_link

    settings = around.settings()
    tomorrow = (around.clock() + timedelta(days=1)).astimezone(settings.zone)
    starts_at = tomorrow.replace(hour=14, minute=30, second=0, microsecond=0)
    return Facts(
        office_name=settings.office.name,
        office_phone=settings.office.phone,
        office_email=settings.office.email,
        client_name="Maria Lopez",
        client_phone="+1 555 010 0199",
        client_email="maria@example.org",
        appointment_id=123,
        wished_day=tomorrow.date(),
        wished_band="afternoon",
        starts_at=starts_at,
        was_at=starts_at - timedelta(hours=4),
        held_until=starts_at - timedelta(hours=2),
        service="Check-up",
        note="Prefers the ground floor",
        cancel_reason=CancelReason.CLIENT_ASKED,
        rating=3,
        good="Kind staff",
        bad="Waited a little",
        recommend=Recommend.MAYBE,
        survey_link=placeholder_link(settings),
        review_link=settings.office.review_url,
    )


def _folder(around: Surroundings) -> Path:
    return around.paths.config / "templates"


def _catalogue(around: Surroundings) -> "Catalogue":
    from interworky_tui.messages.catalogue import Catalogue

    return Catalogue(_folder(around), around.settings().messages.language)


def _channels(event: Event, reader: Recipient, channel: str | None) -> tuple[Channel, ...]:
    """Raises NoTemplate where the event has no such message."""
    found = tuple(
        one for who, one in messages_of(event) if who is reader and channel in (None, one.value)
    )
    if not found:
        what = Channel(channel).label if channel else "message"
        raise NoTemplate(f"{event.value} has no {what} for the {reader.value}.")
    return found


def _names(event: str, recipient: str | None, channel: str | None) -> list[str]:
    """The names of a message's templates."""
    from interworky_tui.messages.places import LAYOUT, PARTS, WORDS, first_text_of, name_of

    if event in ("layout", "words"):
        return [LAYOUT if event == "layout" else WORDS]
    if recipient is None:
        raise click.UsageError("Say who reads it: client or office.")
    reader = Recipient(recipient)
    if event == "first_text":
        return [first_text_of(reader)]
    channels = _channels(Event(event), reader, channel)
    return [name_of(Event(event), reader, part) for one in channels for part in PARTS[one]]


def _is_part(name: str, part: str) -> bool:
    return not any(name.endswith(file) for key, file in _PARTS.items() if key != part)


def _source(
    catalogue: "Catalogue", name: str, lang: str | None, *, else_english: bool = False
) -> tuple[str, Path | None]:
    """A template as it is written, and where it is the office's own. Raises NoTemplate."""
    found = catalogue.source(name, lang or catalogue.language)
    if found is None and (else_english or lang is None):
        found = catalogue.source(name, "en")
    if found is None:
        raise NoTemplate(f"There is no {name} in {lang}; templates list says what there is.")
    return found


def _write(file: Path, source: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source.encode())
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {(error.strerror or '').lower()}.") from None


def _tell(problems: Iterable[str]) -> None:
    """A line for each, and exit status 1 if there are any."""
    told = list(problems)
    for line in told:
        say(line)
    if told:
        click.echo("Until then the built-in ones are used.", err=True)
        raise click.exceptions.Exit(start.FAILED)
