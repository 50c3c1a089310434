"""How long a message takes from the commit of a change until the far end has taken it.

The desk's way, without its screen: a service call in a thread, its wake, the scheduler in an
event loop, and senders by the office's own settings to a mail server with STARTTLS and a login
and to a server that answers as the SMS provider does. Both run in this process, so what they
take themselves counts as well. Changes come at a pace that a busy desk may have.

    python -m benchmarks.arrival [--messages 200]
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select

from interworky_tui import bootstrap, config, paths
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.clock import system_clock
from interworky_tui.domain.events import Channel
from interworky_tui.jobs import Jobs
from interworky_tui.lanes import Lane
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.intake import NewRequest, request
from interworky_tui.services.scheduling import cancel, schedule
from interworky_tui.storage.tables import NOTIFICATION
from tests.delivery.sms_server import NUMBER, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import PASSWORD, USER, MailHost, authority, certificate, serve

PAUSE = (0.3, 0.7)
"""Seconds between two changes, of which each sends two messages by each channel."""
PATIENCE = 60.0
NOTES = (
    "From the commit of a change at a desk with `undo_seconds = 0` until a server on the same"
    " machine has taken its message: the office's own settings, scheduler and senders, STARTTLS and"
    " a login for each email, a change every half second. The other rows are a desk over the"
    " smallest office while both servers accept connections and never answer."
)
SETTINGS = """\
[office]
name = "Lindenhof Practice"
phone = "+493012345678"
email = "desk@lindenhof.example"
timezone = "UTC"
country = "DE"

[messages]
undo_seconds = 0
quiet_hours = ""

[email]
host = "127.0.0.1"
port = {port}
security = "starttls"
user = "{user}"
per_minute = 600

[sms]
account_sid = "{sid}"
from_number = "{number}"
api_base_url = "{url}"
per_minute = 600
"""
SECRETS = f'[email]\npassword = "{PASSWORD}"\n[sms]\nauth_token = "{TOKEN}"\n'

Change = Callable[[], Changed]


class Watch:
    """When each change was committed, by its appointment and version."""

    def __init__(self) -> None:
        self.committed: dict[tuple[int, int], float] = {}
        self.woken = 0.0

    def wake(self, jobs: Jobs | None) -> None:
        """A service calls it as soon as its transaction is committed."""
        self.woken = time.monotonic()
        if jobs is not None:
            jobs.wake()

    def note(self, changed: Changed) -> None:
        self.committed[changed.appointment.id, changed.appointment.version] = self.woken


def measure(messages: int, seed: int = 1) -> dict[Channel, list[float]]:
    """Seconds, of that many messages by each channel or one or two more.

    Raises TimeoutError when they do not arrive.
    """
    random.seed(seed)
    with (
        tempfile.TemporaryDirectory(prefix="interworky-arrival-") as folder,
        _far_ends(Path(folder)) as (places, mails, texts),
    ):
        return asyncio.run(_changes(places, mails, texts, messages))


@contextmanager
def _far_ends(folder: Path) -> Iterator[tuple[paths.Paths, MailHost, SmsServer]]:
    """An office's folder, and the servers that its settings lead to."""
    places = paths.at(folder)
    trusted = folder / "authority.pem"
    authority().cert_pem.write_to_path(str(trusted))
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(trusted)
    try:
        with (
            serve("starttls", certificate()) as mails,
            SmsServer(system_clock).running() as texts,
        ):
            told = SETTINGS.format(
                port=mails.port, user=USER, sid=SID, number=NUMBER, url=texts.url
            )
            places.settings_file.write_text(told, encoding="utf-8")
            secrets = places.config / "secrets.toml"
            secrets.write_text(SECRETS, encoding="utf-8")
            secrets.chmod(0o600)
            yield places, mails, texts
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


async def _changes(
    places: paths.Paths, mails: MailHost, texts: SmsServer, messages: int
) -> dict[Channel, list[float]]:
    watch, hand = Watch(), Lane("changes")
    settings = config.load(places.settings_file, {})
    office = bootstrap.build(settings, places, system_clock)
    delivery = bootstrap.delivery(office, places)
    jobs = Jobs(
        delivery.outbox,
        system_clock,
        next_start=partial(bootstrap.next_start, office),
        chores=delivery.chores,
    )
    office = replace(office, wake=partial(watch.wake, jobs))
    jobs.start()
    try:
        # The first message imports the libraries, once in the life of a desk.
        await hand.ask(partial(_request, office, 0))
        await _until(lambda: len(mails.copies) >= 2 and len(texts.messages) >= 2)
        for change in _work(office, messages // 2):
            await asyncio.sleep(random.uniform(*PAUSE))
            watch.note(await hand.ask(change))
        wanted = 2 * len(watch.committed) + 2
        await _until(lambda: len(mails.copies) >= wanted and len(texts.messages) >= wanted)
        await _until(lambda: _all_sent(office))
    finally:
        await jobs.stop()
        hand.close()
    taken = _arrivals(office, watch, mails, texts)
    office.database.close()
    return taken


def _work(office: Context, changes: int) -> Iterator[Change]:
    """New requests, then a time for each, then one cancelled after the other."""
    ids: list[int] = []

    def new(number: int) -> Changed:
        changed = _request(office, number)
        ids.append(changed.appointment.id)
        return changed

    third = -(-changes // 3)
    for number in range(1, third + 1):
        yield partial(new, number)
    for number in range(third):
        day = system_clock() + timedelta(days=2 + number // 10)
        starts_at = day.replace(hour=8 + number % 10, minute=0, second=0, microsecond=0)
        yield partial(schedule, office, ids[number], starts_at)
    for number in range(changes - 2 * third):
        yield partial(cancel, office, ids[number], CancelReason.CLIENT_ASKED)


def _request(office: Context, number: int) -> Changed:
    day: date = (system_clock() + timedelta(days=1)).date()
    asked = NewRequest(
        name=f"Ana Ruiz {number}",
        phone=f"+49 30 90{number:04}20",
        email=f"ana{number}@ruiz.example",
        date=day,
        band="morning",
    )
    return request(office, asked)


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():
            await asyncio.sleep(0.05)


def _all_sent(office: Context) -> bool:
    with office.database.read() as connection:
        states = connection.execute(select(NOTIFICATION.c.state).distinct()).scalars().all()
    return list(states) == ["sent"]


def _arrivals(
    office: Context, watch: Watch, mails: MailHost, texts: SmsServer
) -> dict[Channel, list[float]]:
    there = {str(copy.mail["Message-ID"]): copy.at for copy in mails.copies} | texts.taken_at
    taken: dict[Channel, list[float]] = {channel: [] for channel in Channel}
    one = NOTIFICATION.c
    columns = one.channel, one.appointment_id, one.appointment_version, one.provider_ref
    with office.database.read() as connection:
        rows = connection.execute(select(*columns)).all()
    for row in rows:
        committed = watch.committed.get((row.appointment_id, row.appointment_version))
        if committed is not None:
            taken[Channel(row.channel)].append(there[row.provider_ref] - committed)
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.arrival", description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=200, help="by each channel")
    options = parser.parse_args()
    for channel, seconds in measure(options.messages).items():
        ordered = sorted(seconds)
        median, p95 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95))
        print(f"{channel.label}: {len(ordered)} messages, {median:.0f} / {p95:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
