"""Texts that come in: what each does at once, and what waits for a person and is answered."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, exists, insert, literal_column, select, update

from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.errors import BadInput, ChangedElsewhere, IllegalMove, NotFound
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.lifecycle import Verb, advance
from interworky_tui.domain.replies import Kind, read_reply, read_yes, says_more
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.messages.render import Rendered, render
from interworky_tui.messages.segments import to_gsm
from interworky_tui.services import notices, offer_replies, opt_outs, records, survey_replies
from interworky_tui.services.addressing import office_address
from interworky_tui.services.contacts import clean_phone
from interworky_tui.services.context import CLIENT_ACTOR, Context
from interworky_tui.services.facts import office_facts
from interworky_tui.services.survey_replies import SLACK
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, INBOUND_SMS, NOTIFICATION

LONGEST_TEXT = 1600
LONGEST_ANSWER = 1000

_TRIES = 3
"""Other processes may change a visit between its reading and its writing."""
_VERBS = {Kind.CONFIRM: Verb.CONFIRM, Kind.CHANGE: Verb.ASK_CHANGE}


@dataclass(frozen=True, slots=True)
class _Came:
    """A text as it came in, safe to show."""

    sid: str
    number: str
    to: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Question:
    """A reminder that a text may answer; it is open until the client has said something since."""

    appointment: Appointment
    open: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a text means. ``waits``: a person has to read it; ``queued``: there is something to
    send; ``clarify`` and ``gone``: what is to be answered once the text is kept.
    """

    kind: Kind
    about: Appointment | None = None
    waits: bool = False
    queued: bool = False
    clarify: bool = False
    question: _Question | None = None
    gone: offer_replies.Asked | None = None


def receive(
    office: Context, *, sid: str, from_number: str, to_number: str, body: str, at: datetime
) -> Kind | None:
    """Keep a text and do what it asks for. None when it is known already.

    ``at`` is when the provider got it. A confirmation and a wish for another time count only as
    answers to a reminder, a yes also as the answer to the one slot that the number was offered,
    a rating as the answer to the one survey that it was asked to fill in; without that they are
    OTHER, and wait for a person as that does.
    """
    text, number = clean_text(body)[:LONGEST_TEXT], clean_line(from_number)
    came = _Came(sid, number, clean_line(to_number), text, at)
    for tries_left in reversed(range(_TRIES)):
        try:
            kind, queued = _receive(office, came)
        except ChangedElsewhere:
            if not tries_left:
                raise
        else:
            break
    if queued:
        office.wake()
    return kind


def _receive(office: Context, came: _Came) -> tuple[Kind | None, bool]:
    """What it was, and whether there is something to send."""
    number = came.number
    with office.database.write() as connection:
        now = office.clock()
        if connection.execute(select(exists().where(INBOUND_SMS.c.sid == came.sid))).scalar_one():
            return None, False
        opt_outs.recall(connection, [number])
        ours = number in (came.to, office.settings.sms.from_number)
        staff = ours or number == office_address(office, Channel.SMS)
        meant = _of_staff(came.text) if staff else _read(connection, office, came, now)
        kind, about = meant.kind, meant.about
        client = about.client_id if about else _client_of(connection, number)
        values = {
            "sid": came.sid,
            "from_number": number,
            "to_number": came.to,
            "body": came.text,
            "received_at": came.at,
            "recorded_at": now,
            "kind": kind.value,
            "client_id": client,
            "appointment_id": about.id if about else None,
            "handled_at": None if meant.waits and not staff else now,
        }
        inbound = records.inserted_id(connection.execute(insert(INBOUND_SMS).values(values)))
        queued = meant.queued
        if kind is Kind.STOP and not ours:
            opt_outs.opt_out(connection, number, opt_outs.Source.REPLY, now)
        elif kind is Kind.START and not ours:
            opt_outs.opt_in(connection, number)
        elif kind is Kind.HELP and not staff:
            queued = _help(connection, office, inbound, number, client, now)
        elif meant.question:
            _answered(connection, meant.question, kind, now)
        elif meant.gone:
            queued = offer_replies.say_gone(connection, office, inbound, meant.gone, number, now)
        elif about and meant.clarify:
            queued = survey_replies.clarify(connection, office, inbound, about, number, now)
    return kind, queued


def _of_staff(text: str) -> _Meant:
    kind = read_reply(text)
    return _Meant(Kind.OTHER if kind in _VERBS else kind)


def _read(connection: Connection, office: Context, came: _Came, now: datetime) -> _Meant:
    """What a client means, done as far as it needs no text to be kept before."""
    text, number, at = came.text, came.number, came.at
    kind, yes = read_reply(text), read_yes(text)
    question = _question(connection, number, at) if kind in _VERBS or yes else None
    if yes:
        reminded_at = question.asked_at if question and question.open else None
        taken = offer_replies.answer(connection, office, number, yes, reminded_at, at, now)
        if taken:
            return _Meant(taken.kind, taken.about, taken.waits, taken.queued, gone=taken.gone)
    if kind in _VERBS and question:
        return _Meant(kind, question.appointment, _waits(kind, text), question=question)
    kind = Kind.OTHER if kind in _VERBS else kind
    if kind is Kind.OTHER:
        said = survey_replies.take(connection, office, number, text, at, now)
        if said.rated:
            return _Meant(Kind.RATING, said.about, said.waits, said.queued)
        return _Meant(kind, said.about, True, said.queued, said.clarify)
    beside = says_more(text)
    about = survey_replies.beside(connection, office, number, at) if beside else None
    return _Meant(kind, about, _waits(kind, text))


def answer(office: Context, inbound_id: int, text: str) -> None:
    """Answer by a text of one's own; what was answered is handled.

    Raises NotFound, BadInput for the text, and IllegalMove when the number opted out.
    """
    said = to_gsm(clean_text(text))
    if not 1 <= len(said) <= LONGEST_ANSWER:
        raise BadInput(f"Write an answer of 1 to {LONGEST_ANSWER} characters.", "text")
    with office.database.write() as connection:
        now = office.clock()
        row = _inbound(connection, inbound_id)
        number, appointment = row["from_number"], row["appointment_id"]
        if opt_outs.has_opted_out(connection, number):
            raise IllegalMove("That number has opted out of texts; call or email instead.")
        # The same words a second time are a key pressed twice.
        words = hashlib.sha256(said.encode()).hexdigest()[:16]
        queued = notices.queue_beside(
            connection,
            office,
            event=Event.REPLY,
            recipient=Recipient.CLIENT,
            channel=Channel.SMS,
            to=number,
            text=Rendered("", said, ""),
            client_id=row["client_id"],
            appointment=records.load(connection, appointment)[0] if appointment else None,
            dedupe_key=f"reply:{inbound_id}:{words}",
            now=now,
            in_reply_to=inbound_id,
        )
        if not queued:
            raise BadInput("That answer was given already; nothing was sent.", "text")
        _handle(connection, inbound_id, office.actor, now)
    office.wake()


def mark_handled(office: Context, inbound_id: int) -> None:
    """It waits for nobody any more; once is enough. Raises NotFound."""
    with office.database.write() as connection:
        _inbound(connection, inbound_id)
        _handle(connection, inbound_id, office.actor, office.clock())


def stop_texts(office: Context, number: str) -> int:
    """By staff: no more texts to the number. How many waiting ones that cancelled.

    Raises BadInput when it is no number.
    """
    wanted = _number(office, number)
    with office.database.write() as connection:
        return opt_outs.opt_out(connection, wanted, opt_outs.Source.DESK, office.clock())


def allow_texts(office: Context, number: str) -> None:
    """By staff, because the client asked for it: texts to the number again.

    What was cancelled stays so. Who opted out by a text to the provider has to text START, too.
    Raises BadInput when it is no number.
    """
    wanted = _number(office, number)
    with office.database.write() as connection:
        opt_outs.opt_in(connection, wanted)


def _waits(kind: Kind, text: str) -> bool:
    return kind in (Kind.CHANGE, Kind.OTHER) or says_more(text)


def _question(connection: Connection, number: str, at: datetime) -> _Question | None:
    """The newest reminder to the number of a visit that still stood then; an open one first."""
    sent, visit = NOTIFICATION.c, APPOINTMENT.c
    left = (MessageState.SENT.value, MessageState.PREVIEWED.value)
    rows = connection.execute(
        select(APPOINTMENT, sent.sent_at, sent.due_at)
        .join(NOTIFICATION, visit.id == sent.appointment_id)
        .where(
            sent.channel == literal_column("'sms'"),
            sent.to_address == number,
            sent.event == Event.REMINDER.value,
            sent.state.in_(left),
            visit.status == Status.SCHEDULED.value,
            visit.starts_at == sent.visit_starts_at,
            visit.starts_at > at,
        )
        .order_by(sent.id.desc())
    )
    asked = [_as_question(row, at) for row in rows.mappings()]
    known = [question for question in asked if question]
    return next((question for question in known if question.open), known[0] if known else None)


def _as_question(row: RowMapping, at: datetime) -> _Question | None:
    asked_at = row["sent_at"] or row["due_at"]
    if asked_at > at + SLACK:
        return None
    visit = records.to_appointment(row)
    said = max(filter(None, (visit.confirmed_at, visit.change_asked_at)), default=None)
    return _Question(visit, said is None or said < asked_at, asked_at)


def _answered(connection: Connection, question: _Question, kind: Kind, now: datetime) -> None:
    before = question.appointment
    if kind is Kind.CONFIRM and before.confirmed_at and not question.open:
        return
    verb = _VERBS[kind]
    after = advance(before, verb, now)
    records.save(connection, before, after, verb, actor=CLIENT_ACTOR, at=now)


def _help(
    connection: Connection,
    office: Context,
    inbound: int,
    number: str,
    client_id: int | None,
    now: datetime,
) -> bool:
    """One answer a day, so that two machines never talk to each other for ever."""
    client = records.load_client(connection, client_id) if client_id else None
    text = render(
        Event.HELP,
        Recipient.CLIENT,
        Channel.SMS,
        office_facts(office, client),
        office.catalogue,
        client.language if client else None,
    )
    day = now.astimezone(office.zone).date().isoformat()
    return notices.queue_beside(
        connection,
        office,
        event=Event.HELP,
        recipient=Recipient.CLIENT,
        channel=Channel.SMS,
        to=number,
        text=text,
        client_id=client_id,
        appointment=None,
        dedupe_key=f"help:{number}:{day}",
        now=now,
        in_reply_to=inbound,
    )


def _client_of(connection: Connection, number: str) -> int | None:
    """Of several clients with the number, the one who was texted last."""
    having = select(CLIENT.c.id).where(CLIENT.c.phone == number).order_by(CLIENT.c.id)
    clients = connection.execute(having).scalars().all()
    if len(clients) < 2:
        return clients[0] if clients else None
    sent = NOTIFICATION.c
    last = (
        select(APPOINTMENT.c.client_id)
        .join(NOTIFICATION, APPOINTMENT.c.id == sent.appointment_id)
        .where(
            sent.channel == literal_column("'sms'"),
            sent.to_address == number,
            sent.sent_at.is_not(None),
            APPOINTMENT.c.client_id.in_(clients),
        )
        .order_by(sent.sent_at.desc(), sent.id.desc())
        .limit(1)
    )
    texted: int | None = connection.execute(last).scalar()
    return texted or clients[0]


def _inbound(connection: Connection, inbound_id: int) -> RowMapping:
    records.require_id("text", inbound_id)
    query = select(INBOUND_SMS).where(INBOUND_SMS.c.id == inbound_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(f"There is no text {inbound_id}.")
    return row


def _handle(connection: Connection, inbound_id: int, actor: str, now: datetime) -> None:
    row = INBOUND_SMS.c
    connection.execute(
        update(INBOUND_SMS)
        .where(row.id == inbound_id, row.handled_at.is_(None))
        .values(handled_at=now, handled_by=actor)
    )


def _number(office: Context, text: str) -> str:
    """As it came in, or as it is dialled here."""
    line = clean_line(text)
    if re.fullmatch(r"\+[1-9]\d{2,14}", line):
        return line
    number = clean_phone(line, office.settings.office.country)
    if number is None:
        raise BadInput("Give a phone number.", "phone")
    return number
