"""The demo office has one of everything that a receptionist can meet, whenever it is opened."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from interworky_tui.paths import shipped_data
from interworky_tui.services import demo
from interworky_tui.services.context import Context
from interworky_tui.services.insights import insights
from interworky_tui.storage.moments import to_text

FILE = shipped_data() / "demo_office.toml"


@pytest.mark.parametrize(
    ("hour", "minute"),
    [(9, 10), (22, 30), (23, 5), (23, 20)],
    ids=["by day", "in the quiet hours", "just after midnight", "a little later"],
)
def test_there_is_one_of_everything(office: Context, hour: int, minute: int) -> None:
    now = datetime(2026, 3, 16, hour, minute, tzinfo=UTC)
    settings = demo.settings_of(FILE, office.settings)
    demo.fill(replace(office, settings=settings, clock=lambda: now), FILE)

    def count(what: str) -> int:
        with office.database.read() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())

    assert count("inbound_sms WHERE handled_at IS NULL AND kind = 'other'") == 1
    assert count("notification WHERE state = 'failed' AND reason = 'wrong_number'") == 1
    assert count("appointment WHERE confirmed_at IS NOT NULL") == 1
    assert count("appointment WHERE change_asked_at IS NOT NULL") == 1
    here = count("appointment WHERE arrived_at IS NOT NULL AND status = 'scheduled'")
    assert here == 2 or hour == 23  # just after midnight the visits before it are yesterday's
    assert count("sms_opt_out") == 1
    arrived = "notification n JOIN sms_receipt r ON r.sid = n.provider_ref"
    assert count(f"{arrived} WHERE n.state = 'sent' AND r.status = 'delivered'") > 100
    assert count("survey_response WHERE read_at IS NULL AND rating <= 3") == 1
    assert count("survey_response WHERE read_at IS NULL") == 1
    assert count("survey_note") == 1
    # There is a past that the insights can be told of.
    found = insights(replace(office, clock=lambda: now), 30)
    assert all(week.count for week in found.now.feedback.weeks[1:-1])
    assert found.before.feedback.answers > 10
    assert found.before.requests.by_source["web"] > 0
    # Nothing of the told past is left to send.
    assert count(f"notification WHERE state = 'pending' AND due_at <= '{to_text(now)}'") == 0
