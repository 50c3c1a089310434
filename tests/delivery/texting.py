"""A desk whose texts go to the provider and come from there."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from interworky_tui.delivery.inbound import take_in
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.render import Rendered
from interworky_tui.services import feedback, notices, records, visits
from interworky_tui.services.context import Context
from interworky_tui.storage import outbox as rows
from interworky_tui.storage.tables import (
    INBOUND_SMS,
    NOTIFICATION,
    SMS_OPT_OUT,
)
from tests.conftest import FixedClock
from tests.delivery.conftest import Steady
from tests.delivery.sms_server import NUMBER, SmsServer
from tests.services.conftest import Desk

THEIRS = "+4930111222"
STRANGER = "+4930111999"


class Line(Desk):
    """A desk whose texts go through the provider."""

    server: SmsServer
    sender: SmsSender
    outbox: Outbox

    def take(self) -> int:
        return take_in(self.office, self.sender)

    def text(self, body: str, sender: str = THEIRS) -> int:
        """A text that comes in a minute later, and is fetched: how many were taken."""
        self.clock.forward(minutes=1)
        self.server.receive(sender, body)
        return self.take()

    def drain(self) -> None:
        self.clock.forward(seconds=30)
        self.outbox.drain()

    def remind(self, appointment_id: int) -> None:
        with self.office.database.write() as connection:
            visit, client = records.load(connection, appointment_id)
            notices.queue_beside(
                connection,
                self.office,
                event=Event.REMINDER,
                recipient=Recipient.CLIENT,
                channel=Channel.SMS,
                to=client.phone,
                text=Rendered("", "A reminder. Reply C to confirm.", ""),
                client_id=client.id,
                appointment=visit,
                dedupe_key=f"reminder:{appointment_id}:{self.clock.now}",
                now=self.clock(),
            )
        self.drain()

    def reminded(self, **values: Any) -> int:
        """A visit in two days, of which its client has been reminded."""
        start = values.pop("starts_at", None) or self.clock.now + timedelta(days=2)
        visit = self.scheduled(start, **({"phone": THEIRS} | values)).appointment.id
        self.remind(visit)
        return visit

    def asked_by_text(self, **values: Any) -> int:
        """A visit of an hour ago, whose client was asked for feedback just now."""
        visit = self.scheduled(self.clock.now, **({"phone": THEIRS} | values)).appointment.id
        visits.attend(self.office, visit)
        self.clock.forward(hours=1)
        feedback.collect(self.office, visit)
        self.drain()
        return visit

    def inbound(self) -> list[tuple[str, str, bool]]:
        """Sender, kind, and whether it waits for a person."""
        found = self.rows(INBOUND_SMS)
        return [(row["from_number"], row["kind"], row["handled_at"] is None) for row in found]

    def texts(self, number: str = THEIRS) -> list[str]:
        """The bodies that the provider has taken from the office."""
        sent = self.server.messages
        ours = [one for one in sent if one["direction"] != "inbound"]
        return [one["body"] for one in ours if one["to"] == number]

    def states(self, channel: str) -> set[tuple[str, str | None]]:
        found = self.rows(NOTIFICATION, channel=channel, recipient="client")
        return {(row["state"], row["reason"]) for row in found}

    def opted_out(self) -> list[tuple[str, str]]:
        return [(row["number"], row["source"]) for row in self.rows(SMS_OPT_OUT)]


def make_line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    woken: list[datetime] = []
    line = Line(replace(office, wake=lambda: woken.append(clock())), clock, woken)
    line.set(sms={"from_number": NUMBER})

    def known(sid: str) -> bool:
        with line.office.database.read() as connection:
            return rows.is_known(connection, sid)

    line.server = server
    line.sender = SmsSender(server.sms_account(), clock, known)
    senders = {Channel.SMS: line.sender}
    line.outbox = Outbox(
        line.office.database, clock, senders, monotonic=Steady(), chance=lambda: 0.5
    )
    return line
