"""The composition root: settings and places become a wired office. Nothing is built at import."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from interworky_tui import paths as places
from interworky_tui import private_file, secret, settings_file
from interworky_tui.config import Settings
from interworky_tui.delivery.channel import Sender
from interworky_tui.delivery.email import EmailSender, MailServer
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.delivery.sms import SmsAccount, SmsSender
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.domain.quiet_hours import waits_until
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.paths import Paths
from interworky_tui.services import demo as demo_office
from interworky_tui.services.backups import Backups
from interworky_tui.services.context import Context
from interworky_tui.services.intake import follow_bands
from interworky_tui.services.retention import forget_old
from interworky_tui.services.upkeep import Upkeep
from interworky_tui.storage import outbox as rows
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.server import is_server
from interworky_tui.storage.shared_clock import shared_clock
from interworky_tui.storage.tables import APPOINTMENT

if TYPE_CHECKING:
    from interworky_tui.jobs import Chore

REMINDERS, OFFERS, REPLIES, RECEIPTS = "reminders", "offers", "replies", "receipts"
UPKEEP, FORGETTING = "backups", "forgotten"
"""The names of the chores."""


def build(
    settings: Settings,
    paths: Paths,
    clock: Clock = system_clock,
    wake: Callable[[], None] | None = None,
) -> Context:
    """Open the office's store, creating or upgrading it. Raises StoreProblem."""
    url = settings.database.url or schema.sqlite_url(paths.database)
    file = schema.sqlite_path(url)
    if file is not None:
        _make_folder(file.parent)
    state = schema.look_at(url)
    if state is schema.SchemaState.MISSING:
        _refuse_to_begin_anew(backups(settings, paths, clock))
    current = state is schema.SchemaState.CURRENT
    database = Database(url)
    if not current:
        try:
            schema.migrate(database, keep=backups(settings, paths, clock).make_before)
        except BaseException:
            database.close()
            raise
    catalogue = Catalogue(paths.config / "templates", settings.messages.language)
    office = Context(settings, database, clock, settings.actor, catalogue=catalogue)
    if wake is not None:
        office = replace(office, wake=wake)
    follow_bands(office)
    return office


def next_start(office: Context) -> datetime | None:
    """The start of the next visit that is not due yet."""
    with office.database.read() as connection:
        return connection.execute(
            select(func.min(APPOINTMENT.c.sort_at)).where(
                APPOINTMENT.c.status == "scheduled", APPOINTMENT.c.sort_at > office.clock()
            )
        ).scalar()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What takes messages out of the house, and what comes round beside it."""

    outbox: Outbox
    chores: "tuple[Chore, ...]"


def delivery(
    office: Context,
    paths: Paths,
    on_troubles: Callable[[tuple[str, ...]], None] = lambda _troubles: None,
) -> Delivery:
    """This process's. Raises BadSettings when a secret cannot be read.

    ``on_troubles`` is told what is wrong with backups, the disk or the clock when that changes,
    in a thread of its own.
    """
    from interworky_tui.jobs import Chore

    settings = office.settings
    by_channel = senders(settings, paths, office.clock, partial(_is_known, office))
    outbox = Outbox(
        office.database,
        office.clock,
        by_channel,
        shared=shared_clock(office.database.url, office.clock),
        hold=partial(waits_until, quiet=settings.messages.quiet, zone=office.zone),
        per_minute={
            Channel.EMAIL: settings.email.per_minute,
            Channel.SMS: settings.sms.per_minute,
        },
    )
    forgetting = Chore(FORGETTING, timedelta(days=1), partial(forget_old, office, paths.previews))
    chores = (*_chores(office, by_channel[Channel.SMS]), forgetting)
    upkeep = Upkeep(office, backups(settings, paths, office.clock), on_troubles)
    chores += (Chore(UPKEEP, timedelta(seconds=60), upkeep.run, own=True, way=True),)
    return Delivery(outbox, chores)


def backups(
    settings: Settings, paths: Paths, clock: Clock, environment: Mapping[str, str] | None = None
) -> Backups:
    """Those of the office, be it in a file or on a server."""
    url = settings.database.url
    file = schema.sqlite_path(url) if url else None
    folder = settings.backup.folder
    return Backups(
        file=file or paths.database,
        folder=Path(folder).expanduser() if folder else paths.backups,
        settings=settings.backup,
        office=settings,
        clock=clock,
        passphrase=partial(secret.find, "backup", "passphrase", paths.config, environment),
        url=url if is_server(url) else "",
    )


def _refuse_to_begin_anew(kept: Backups) -> None:
    """An office that has backups has lost its file, and is not to be given an empty one."""
    if newest := kept.newest():
        what = f"{kept.place} is empty" if kept.url else f"{kept.file} is gone"
        raise StoreProblem(
            f"{what}, but there are backups of it. Put back the newest by"
            f" interworky-tui restore, or move {newest.path.parent} away to begin with an empty"
            " office."
        )


def _chores(office: Context, texts: Sender) -> "tuple[Chore, ...]":
    """The provider is asked only if texts are set up."""
    from interworky_tui.delivery.inbound import take_in
    from interworky_tui.delivery.receipts import follow_up
    from interworky_tui.jobs import Chore
    from interworky_tui.services.offer_ends import settle
    from interworky_tui.services.reminders import queue_reminders

    reminders = Chore(REMINDERS, timedelta(seconds=60), partial(queue_reminders, office))
    offers = Chore(OFFERS, timedelta(seconds=30), partial(settle, office))
    if not isinstance(texts, SmsSender):
        return (reminders, offers)
    return (
        reminders,
        offers,
        Chore(REPLIES, timedelta(seconds=30), partial(take_in, office, texts)),
        Chore(RECEIPTS, timedelta(seconds=15), partial(follow_up, office, texts)),
    )


def senders(
    settings: Settings,
    paths: Paths,
    clock: Clock,
    known: Callable[[str], bool],
    environment: Mapping[str, str] | None = None,
) -> dict[Channel, Sender]:
    """Both channels; one that is not set up keeps its messages as files.

    ``known`` says whether a text by that name of the provider's is the office's already.
    Secrets in ``environment``, the process's own unless given, go before those that are kept.
    Raises BadSettings when a secret cannot be read.
    """
    return {
        Channel.EMAIL: _email(settings, paths, environment),
        Channel.SMS: _sms(settings, paths, clock, known, environment),
    }


def _email(settings: Settings, paths: Paths, environment: Mapping[str, str] | None) -> Sender:
    mail, office = settings.email, settings.office
    if not mail.host:
        return PreviewSender(paths.previews, Channel.EMAIL, office.name, office.email)
    server = MailServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password=secret.find("email", "password", paths.config, environment),
        from_name=mail.from_name or office.name,
        from_address=office.email or mail.user,
    )
    return EmailSender(server, office_name=office.name, office_email=office.email)


def _sms(
    settings: Settings,
    paths: Paths,
    clock: Clock,
    known: Callable[[str], bool],
    environment: Mapping[str, str] | None = None,
) -> Sender:
    texts, office = settings.sms, settings.office
    if not texts.account_sid:
        return PreviewSender(paths.previews, Channel.SMS, office.name, office.email)
    account = SmsAccount(
        account_sid=texts.account_sid,
        auth_token=secret.find("sms", "auth_token", paths.config, environment),
        from_number=texts.from_number,
        messaging_service_sid=texts.messaging_service_sid,
        api_base_url=texts.api_base_url,
    )
    return SmsSender(account, clock, known)


def _is_known(office: Context, sid: str) -> bool:
    with office.database.read() as connection:
        return rows.is_known(connection, sid)


@contextmanager
def demo(settings: Settings, clock: Clock = system_clock) -> Iterator[tuple[Settings, Paths]]:
    """The demo office in a temporary folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(
        prefix="interworky-demo-", ignore_cleanup_errors=True
    ) as folder:
        paths = places.at(Path(folder))
        told = fill_demo(settings, paths, clock)
        private_file.write(paths.settings_file, settings_file.whole(told))
        yield told, paths


def fill_demo(settings: Settings, paths: Paths, clock: Clock) -> Settings:
    """Build the demo office in an empty folder; the settings that it has."""
    file = places.shipped_data() / "demo_office.toml"
    told = demo_office.settings_of(file, settings)
    office = build(told, paths, clock)
    demo_office.fill(office, file)
    office.database.close()
    return told


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreProblem(
            f"The folder for the office's data cannot be made ({error.strerror}): {folder}."
        ) from error
