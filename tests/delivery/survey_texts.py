"""What the store holds of texts that answer a survey."""

from interworky_tui.storage.tables import INBOUND_SMS, NOTIFICATION, SURVEY_NOTE
from tests.delivery.texting import Line

OTHER, RATING = "other", "rating"


def status(line: Line, visit: int) -> str:
    return str(line.appointment(visit)["status"])


def stored(line: Line) -> list[tuple[str, bool, int | None]]:
    """Kind, whether it waits for a person, and the visit beside which it stands."""
    rows = line.rows(INBOUND_SMS)
    return [(row["kind"], row["handled_at"] is None, row["appointment_id"]) for row in rows]


def clarified(line: Line) -> list[str]:
    return [row["state"] for row in line.rows(NOTIFICATION, event="clarify")]


def notes(line: Line) -> list[tuple[int, str, int | None, str]]:
    rows = line.rows(SURVEY_NOTE)
    return [(row["appointment_id"], row["source"], row["rating"], row["text"]) for row in rows]
