"""A client who left a trace in every table, and where one is still found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import (
    erasing,
    feedback,
    inbox,
    intake,
    offers,
    scheduling,
    survey_links,
    visits,
    web_requests,
)
from interworky_tui.storage.tables import API_KEY, INBOUND_SMS
from tests.mending import mend_client
from tests.services.conftest import FRIDAY, Desk

NAME, PHONE, EMAIL = "Zebulon Quasimodo", "+49305550199", "zebulon@quasimodo.example"
OLD_PHONE = "+49305550188"
TRACES = ("zebulon", "quasimodo", "5550199", "5550188", "xylophone")
"""Every text that is of this person has one of them in it."""


def told(desk: Desk) -> dict[str, set[str]]:
    """In which tables a trace is found, and in which columns."""
    found: dict[str, set[str]] = {}
    for table, rows in desk.dump().items():
        for row in rows:
            for column, value in row.items():
                if any(trace in str(value).casefold() for trace in TRACES):
                    found.setdefault(table, set()).add(column)
    return found


def text_of(desk: Desk, body: str, sender: str = PHONE) -> int:
    desk.clock.forward(minutes=1)
    sid = f"SM{len(desk.rows(INBOUND_SMS))}"
    given = {"from_number": sender, "to_number": "+4930999000", "body": body}
    inbox.receive(desk.office, sid=sid, at=desk.clock(), **given)
    return int(desk.rows(INBOUND_SMS)[-1]["id"])


def person(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"name": NAME, "phone": PHONE, "email": EMAIL, "note": "Xylophone"} | more


def lived(desk: Desk) -> int:
    """Somebody with a row in every table that can have one of theirs; the client's id."""
    visit = desk.scheduled(desk.clock.now, **person(desk, phone=OLD_PHONE)).appointment
    client = visit.client_id
    desk.deliver("sent")
    mend_client(desk.office, client, name=NAME, phone=PHONE, email=EMAIL)
    visits.attend(desk.office, visit.id)
    desk.set(web={"enabled": True})
    feedback.collect(desk.office, visit.id)
    desk.deliver("sent")
    token = "x" * 22
    with desk.office.database.write() as connection:
        asked = intake.records.load(connection, visit.id)[0]
        survey_links.keep_link(connection, desk.office, asked, token, desk.clock())
    survey_links.answer(desk.office, token, Survey(2, good="A xylophone", bad="No xylophone"))
    survey_links.answer(desk.office, token, Survey(4, good="Xylophone after all"))
    desk.deliver("previewed")
    inbox.answer(desk.office, text_of(desk, "Is this Zebulon's xylophone?"), "Yes, Mr Quasimodo")
    text_of(desk, "HELP")
    text_of(desk, "Xylophone", sender=OLD_PHONE)
    text_of(desk, "HELP", sender=OLD_PHONE)
    gone = desk.request(**person(desk)).appointment
    scheduling.cancel(desk.office, gone.id, CancelReason.OTHER, "No xylophones any more")
    filed_by_api(desk)
    start = desk.local(FRIDAY, 15)
    waiting = desk.request(**person(desk)).appointment
    offers.make(desk.office, start, start + timedelta(minutes=30), [waiting.id])
    desk.scheduled(start + timedelta(days=7), **person(desk))
    return client


def filed_by_api(desk: Desk) -> None:
    with desk.office.database.write() as connection:
        values = {"name": "site", "key_hash": "0" * 64, "created_at": desk.clock()}
        made = connection.execute(API_KEY.insert().values(values))
    once = web_requests.Once(made.inserted_primary_key[0], "call-1", "xylophone hash")
    new = web_requests.WebRequest(
        name=NAME, phone=PHONE, email=EMAIL, date=FRIDAY.isoformat(), band="morning",
        note="Xylophone", key="site",
    )  # fmt: skip
    web_requests.file_request(desk.office, new, once)


def erase(desk: Desk, client: int, previews: Path) -> erasing.Erased:
    return erasing.erase(desk.office, client, previews)
