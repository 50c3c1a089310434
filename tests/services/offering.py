"""Free slots offered by text: to make an offer, to answer it, and what came of it."""

from datetime import date, datetime, timedelta

from interworky_tui.domain.replies import Kind
from interworky_tui.services import inbox, offers
from interworky_tui.storage.tables import (
    CLIENT,
    INBOUND_SMS,
    NOTIFICATION,
    SLOT_OFFER,
)
from tests.services.conftest import Desk

HALF_HOUR = timedelta(minutes=30)
FRIDAY = date(2026, 3, 20)


def number_of(desk: Desk, visit: int) -> str:
    client = desk.appointment(visit)["client_id"]
    return str(desk.rows(CLIENT, id=client)[0]["phone"])


def offered(desk: Desk, gap: tuple[datetime, datetime], *visits: int) -> offers.Draft:
    """Made, and sent at once."""
    made = offers.make(desk.office, *gap, visits)
    desk.deliver("sent", event="offer")
    return made


def requests(desk: Desk, count: int) -> list[int]:
    return [desk.request().appointment.id for _ in range(count)]


def says(desk: Desk, visit: int, text: str, at: datetime | None = None) -> Kind | None:
    """What a text of the visit's client is taken for; it comes a minute later."""
    desk.clock.forward(minutes=1)
    return inbox.receive(
        desk.office,
        sid=f"SM{len(desk.rows(INBOUND_SMS))}",
        from_number=number_of(desk, visit),
        to_number="+4930999000",
        body=text,
        at=at or desk.clock(),
    )


def waiting(desk: Desk) -> list[str]:
    return [row["body"] for row in desk.rows(INBOUND_SMS) if row["handled_at"] is None]


def gone_texts(desk: Desk) -> list[str]:
    return [row["body"] for row in desk.rows(NOTIFICATION, event="offer_gone")]


def outcome(desk: Desk) -> str | None:
    (row,) = desk.rows(SLOT_OFFER)
    return row["outcome"] and str(row["outcome"])
