"""The schema. Every rule that a row must keep is a constraint with a name.

Dates of the office's calendar are ISO text; moments are UtcDateTime.
"""

from interworky_tui.storage.models.base import Base
from interworky_tui.storage.models.desks import DeskSession
from interworky_tui.storage.models.feedback import (
    FeedbackRequest,
    SurveyLink,
    SurveyNote,
    SurveyResponse,
)
from interworky_tui.storage.models.offers import SlotOffer, SlotOfferTo
from interworky_tui.storage.models.office import Appointment, AppointmentEvent, Client, OfficeFact
from interworky_tui.storage.models.outbox import (
    InboundSms,
    Notification,
    SmsOptOut,
    SmsReceipt,
    SuppressedNumber,
)
from interworky_tui.storage.models.web import ApiCall, ApiKey

__all__ = [
    "ApiCall",
    "ApiKey",
    "Appointment",
    "AppointmentEvent",
    "Base",
    "Client",
    "DeskSession",
    "FeedbackRequest",
    "InboundSms",
    "Notification",
    "OfficeFact",
    "SlotOffer",
    "SlotOfferTo",
    "SmsOptOut",
    "SmsReceipt",
    "SuppressedNumber",
    "SurveyLink",
    "SurveyNote",
    "SurveyResponse",
]
