"""Once a day of the office: whoever asks, however often, whatever became of the messages."""

import random
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import AskedToday, IllegalMove
from interworky_tui.services import feedback, notice_preview, outgoing, reading, undo, visits
from interworky_tui.storage.tables import FEEDBACK_REQUEST, NOTIFICATION
from tests.services.conftest import Desk

DESKS = 8
MONDAY = date(2026, 3, 16)
ASKED = {"event": "feedback_requested", "recipient": "client"}


def days_of(desk: Desk, number: int) -> list[date]:
    rows = desk.rows(FEEDBACK_REQUEST, appointment_id=number)
    return [date.fromisoformat(row["office_day"]) for row in rows]


def all_ask(desk: Desk, number: int) -> list[Exception | str]:
    """What each of the desks is told that ask at the same moment."""
    gate, told = threading.Barrier(DESKS), list[Exception | str]()

    def ask() -> None:
        gate.wait()
        try:
            told.append(feedback.collect(desk.office, number).verb.value)
        except Exception as error:
            told.append(error)

    threads = [threading.Thread(target=ask) for _ in range(DESKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def next_moment(desk: Desk, chance: random.Random) -> datetime:
    """Minutes or days on, or to one of the moments around the next midnight of the office."""
    now = desk.clock.now
    midnight = desk.local(office_day(now, desk.office.zone) + timedelta(days=1), 0)
    leap: datetime = chance.choice(
        [
            now,
            now + timedelta(minutes=chance.randint(1, 90)),
            now + timedelta(hours=chance.randint(2, 30)),
            (midnight - timedelta(seconds=1)).astimezone(UTC),
            midnight.astimezone(UTC),
            (midnight + timedelta(minutes=chance.randint(0, 200))).astimezone(UTC),
        ]
    )
    return max(leap, now)


ZONES = ("Europe/Berlin", "America/Havana", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Gaza")
AROUND = {
    "Europe/Berlin": (date(2026, 3, 27), date(2026, 10, 23)),
    "America/Havana": (date(2026, 3, 6), date(2026, 10, 30)),
    "Pacific/Auckland": (date(2026, 4, 3), date(2026, 9, 25)),
}
"""Days before the clocks change there."""


@pytest.mark.parametrize("moves", [False, True], ids=["stays", "moves"])
@pytest.mark.parametrize(("zone", "day"), [(z, d) for z, days in AROUND.items() for d in days])
def test_eight_desks_never_ask_twice_on_one_day(
    desk: Desk, zone: str, day: date, moves: bool
) -> None:
    """Over days with a change of the clocks; and with an office that moves to another zone."""
    chance = random.Random(f"{zone} {day} {moves}")
    desk.set(office={"timezone": zone})
    desk.clock.now = desk.local(day, 12).astimezone(UTC)
    number = desk.attended().appointment.id
    stands: list[date] = []
    for _ in range(14):
        if moves and chance.random() < 0.3:
            desk.set(office={"timezone": chance.choice(ZONES)})
        desk.clock.now = next_moment(desk, chance)
        today = office_day(desk.clock.now, desk.office.zone)
        told = all_ask(desk, number)
        won = [one for one in told if isinstance(one, str)]
        lost = [one for one in told if not isinstance(one, AskedToday | str)]
        assert lost == []
        may = not stands or max(stands) < today
        assert len(won) == (1 if may else 0), (today, stands, told)
        if may:
            stands.append(today)
        became = chance.choice(["sent", "failed", "held", "previewed", "pending", "cancelled"])
        if became in ("failed", "cancelled") and may:
            desk.deliver("failed", **ASKED)
            stands.pop()
        elif became != "pending":
            desk.deliver("held" if became in ("failed", "cancelled") else became, **ASKED)
        days = days_of(desk, number)
        assert len(set(days)) == len(days)
        assert set(stands) <= set(days)
    assert len(set(stands)) == len(stands) > 1


def test_the_day_is_said_before_it_is_tried(desk: Desk) -> None:
    number = desk.asked().appointment.id
    card = reading.get(desk.office, number)
    assert (card.asked_on, card.asked_at) == (MONDAY, desk.clock.now)
    desk.clock.forward(hours=3)
    with pytest.raises(AskedToday) as shown:
        notice_preview.collect(desk.office, number)
    assert shown.value.sentence == (
        "The client was asked today at 09:10; next: tomorrow, Tue 17 Mar 2026."
    )
    desk.clock.forward(days=1)
    assert notice_preview.collect(desk.office, number).verb == "resend"


def test_a_request_of_which_nothing_could_leave_frees_its_day(desk: Desk) -> None:
    number = desk.asked().appointment.id
    desk.deliver("sent", recipient="office")
    desk.deliver("failed", **ASKED)
    assert reading.get(desk.office, number).asked_on is None
    assert notice_preview.collect(desk.office, number).verb == "resend"
    desk.clock.forward(hours=1)
    made = feedback.collect(desk.office, number)
    (row,) = desk.rows(FEEDBACK_REQUEST)
    assert (row["office_day"], row["at"]) == ("2026-03-16", desk.clock.now)
    assert row["appointment_version"] == made.appointment.version == 5
    with pytest.raises(AskedToday, match="10:10"):
        feedback.collect(desk.office, number)


def test_who_could_not_be_reached_at_all_may_be_asked_once_that_is_mended(desk: Desk) -> None:
    desk.set(office={"phone": ""}, messages={"matrix": {}})
    number = desk.attended().appointment.id
    desk.set(
        messages={"matrix": {"feedback_requested": {"client": {"sms": False, "email": False}}}}
    )
    feedback.collect(desk.office, number)
    desk.set(messages={"matrix": {}})
    assert feedback.collect(desk.office, number).verb == "resend"
    with pytest.raises(AskedToday):
        feedback.collect(desk.office, number)


@pytest.mark.parametrize("other", ["pending", "sending", "sent", "previewed", "held"])
def test_one_channel_that_may_still_get_through_keeps_the_day(desk: Desk, other: str) -> None:
    number = desk.asked().appointment.id
    desk.deliver("failed", channel="sms", **ASKED)
    if other != "pending":
        desk.deliver(other, **ASKED)
    before = desk.dump()
    with pytest.raises(AskedToday):
        feedback.collect(desk.office, number)
    assert desk.dump() == before


def test_an_unknown_outcome_keeps_the_day(desk: Desk) -> None:
    number = desk.asked().appointment.id
    desk.deliver("failed", **ASKED)
    with desk.office.database.write() as connection:
        sms = NOTIFICATION.c.channel == "sms"
        connection.execute(update(NOTIFICATION).where(sms).values(copies=1))
    with pytest.raises(AskedToday):
        feedback.collect(desk.office, number)


def test_what_was_undone_is_free_again_and_brings_the_old_day_back(desk: Desk) -> None:
    number = desk.asked().appointment.id
    desk.deliver()
    desk.clock.forward(days=1)
    feedback.collect(desk.office, number)
    undo.undo(desk.office)
    assert days_of(desk, number) == [MONDAY]
    assert feedback.collect(desk.office, number).verb == "resend"


def test_of_two_questions_only_the_newer_leaves_the_house(desk: Desk) -> None:
    """Asked in the evening, which waits for the morning, and again right after midnight."""
    desk.clock.now = desk.local(MONDAY, 23, 59).astimezone(UTC)
    number = desk.asked().appointment.id
    desk.clock.forward(minutes=2)
    feedback.collect(desk.office, number)
    rows = desk.rows(NOTIFICATION, appointment_id=number, **ASKED)
    assert [(r["appointment_version"], r["state"], r["reason"]) for r in rows] == [
        *[(4, "cancelled", "stale")] * 2,
        *[(5, "pending", "quiet_hours")] * 2,
    ]
    undo.undo(desk.office)
    rows = desk.rows(NOTIFICATION, appointment_id=number, **ASKED)
    assert [row["state"] for row in rows] == ["pending"] * 2 + ["cancelled"] * 2
    with pytest.raises(IllegalMove):
        outgoing.retry(desk.office, rows[-1]["id"])


def failed_id(desk: Desk, number: int, version: int) -> int:
    rows = desk.rows(NOTIFICATION, appointment_id=number, appointment_version=version, **ASKED)
    return int(next(row["id"] for row in rows if row["state"] == "failed"))


def test_a_question_that_another_has_replaced_is_not_tried_again(desk: Desk) -> None:
    number = desk.asked().appointment.id
    desk.deliver("failed", **ASKED)
    feedback.collect(desk.office, number)
    failed = failed_id(desk, number, 4)
    before = desk.dump()
    with pytest.raises(IllegalMove, match="ask again instead"):
        outgoing.retry(desk.office, failed)
    assert desk.dump() == before
    undo.undo(desk.office)
    with pytest.raises(IllegalMove, match="ask again instead"):
        outgoing.retry(desk.office, failed)
    assert feedback.collect(desk.office, number).verb == "resend"


def test_a_question_that_is_tried_again_takes_the_day_on_which_it_is(desk: Desk) -> None:
    number = desk.asked().appointment.id
    desk.deliver("failed", **ASKED)
    outgoing.retry(desk.office, failed_id(desk, number, 4))
    with pytest.raises(AskedToday):
        feedback.collect(desk.office, number)
    desk.deliver("failed", **ASKED)
    desk.clock.forward(days=2)
    outgoing.retry(desk.office, failed_id(desk, number, 4))
    assert days_of(desk, number) == [MONDAY + timedelta(days=2)]
    with pytest.raises(AskedToday) as told:
        feedback.collect(desk.office, number)
    assert told.value.next_allowed == MONDAY + timedelta(days=3)


def test_the_preview_warns_when_the_client_was_asked_today_for_another_visit(desk: Desk) -> None:
    same: dict[str, Any] = {"name": "Bo Ek", "phone": "030 5550001", "email": "bo@example.com"}
    numbers = []
    for values in (same, same, {}):
        number = desk.scheduled(desk.clock.now, **values).appointment.id
        numbers.append(visits.attend(desk.office, number).appointment.id)
        desk.clock.forward(hours=1)
    first, second, stranger = numbers
    feedback.collect(desk.office, first)
    desk.clock.forward(hours=1)
    assert notice_preview.collect(desk.office, second).warnings == (
        "This client was asked today at 12:10 already, for the visit of Mon 16 Mar 2026, 09:10.",
    )
    assert notice_preview.collect(desk.office, stranger).warnings == ()
    desk.deliver("failed", **ASKED)
    assert notice_preview.collect(desk.office, second).warnings == ()
    assert feedback.collect(desk.office, second).queued == 4
    desk.clock.forward(days=1)
    assert notice_preview.collect(desk.office, first).warnings == ()


def test_the_question_that_takes_the_place_of_a_first_text_tells_how_to_stop(desk: Desk) -> None:
    """Nothing else was texted, and the question before waits for a morning that it never sees."""
    off = {"client": {"sms": False}}
    desk.set(messages={"matrix": dict.fromkeys(("requested", "scheduled", "attended"), off)})
    desk.clock.now = desk.local(MONDAY, 23, 59).astimezone(UTC)
    number = desk.asked().appointment.id
    desk.clock.forward(minutes=2)
    shown = notice_preview.collect(desk.office, number)
    feedback.collect(desk.office, number)
    texts = [r["body"] for r in desk.messages(number, 5) if r["channel"] == "sms"]
    assert [p.text.text for p in shown.messages if p.channel == "sms"] == texts
    assert texts[0].endswith("Reply STOP to opt out.")
