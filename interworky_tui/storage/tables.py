"""The tables of the schema, for SQLAlchemy Core."""

from typing import cast

from sqlalchemy import Table

from interworky_tui.storage import models

CLIENT = cast(Table, models.Client.__table__)
APPOINTMENT = cast(Table, models.Appointment.__table__)
EVENT = cast(Table, models.AppointmentEvent.__table__)
NOTIFICATION = cast(Table, models.Notification.__table__)
SMS_RECEIPT = cast(Table, models.SmsReceipt.__table__)
INBOUND_SMS = cast(Table, models.InboundSms.__table__)
SMS_OPT_OUT = cast(Table, models.SmsOptOut.__table__)
SUPPRESSED_NUMBER = cast(Table, models.SuppressedNumber.__table__)
FEEDBACK_REQUEST = cast(Table, models.FeedbackRequest.__table__)
SURVEY_RESPONSE = cast(Table, models.SurveyResponse.__table__)
SURVEY_LINK = cast(Table, models.SurveyLink.__table__)
SURVEY_NOTE = cast(Table, models.SurveyNote.__table__)
API_KEY = cast(Table, models.ApiKey.__table__)
API_CALL = cast(Table, models.ApiCall.__table__)
SLOT_OFFER = cast(Table, models.SlotOffer.__table__)
SLOT_OFFER_TO = cast(Table, models.SlotOfferTo.__table__)
OFFICE_FACT = cast(Table, models.OfficeFact.__table__)
DESK_SESSION = cast(Table, models.DeskSession.__table__)
