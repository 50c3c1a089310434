"""When a day's one request for feedback counts as never made."""

_ASKED = """SELECT 1 FROM notification n
 WHERE n.appointment_id = feedback_request.appointment_id
 AND n.appointment_version = feedback_request.appointment_version
 AND n.event = 'feedback_requested' AND n.recipient = 'client'"""

RELEASED = f"""(EXISTS ({_ASKED}) AND NOT EXISTS ({_ASKED}
 AND (n.state NOT IN ('failed', 'cancelled') OR n.copies > 0)))"""
"""A condition on ``feedback_request``: nothing of it has left the house or may still leave.

``copies`` is written before a message is handed over, so that an unknown outcome has one.
"""

STANDS = f"NOT {RELEASED}"
"""The other way round: it is the one request of its day."""
