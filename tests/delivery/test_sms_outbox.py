"""Texts out of a real outbox to the provider: each arrives once, whatever goes wrong between."""

import socket
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from interworky_tui.delivery.health import PAUSE, Health
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.domain.events import Channel
from interworky_tui.services.opt_outs import has_opted_out
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, Steady, known_in
from tests.delivery.sms_server import (
    DROPPED,
    POOL,
    TAKEN_AND_DROPPED,
    TAKEN_AND_SILENT,
    Fault,
    SmsServer,
)

pytest_generate_tests = on_both


@pytest.fixture
def desk(server: SmsServer, database: Database, clock: FixedClock) -> Outbox:
    return make_desk(server, database, clock)


def make_desk(server: SmsServer, database: Database, clock: FixedClock, **account: str) -> Outbox:
    sender = SmsSender(server.sms_account(**account), clock, known_in(database), timeouts=(5, 0.2))
    senders = {Channel.SMS: sender}
    return Outbox(database, clock, senders, monotonic=Steady(), chance=lambda: 0.5)


def state(post: Post, message: int) -> tuple[str, str | None]:
    row = post.row(message)
    return row.state, row.provider_ref


def test_a_text_is_sent_and_its_name_is_kept(desk: Outbox, post: Post, server: SmsServer) -> None:
    message = post.message()
    assert desk.drain() == Drained(sent=1)
    assert state(post, message) == ("sent", server.messages[0]["sid"])


@pytest.mark.parametrize("account", [{}, {"from_number": "", "messaging_service_sid": POOL}])
@pytest.mark.parametrize(
    "fault",
    [
        TAKEN_AND_DROPPED,
        TAKEN_AND_SILENT,
        Fault(503, takes=True),
        Fault(201, body=b"?", takes=True),
    ],
)
def test_what_was_taken_without_a_word_is_found_and_not_sent_again(
    server: SmsServer,
    database: Database,
    clock: FixedClock,
    post: Post,
    account: dict[str, str],
    fault: Fault,
) -> None:
    desk = make_desk(server, database, clock, **account)
    message = post.message()
    server.script("POST", fault)
    assert desk.drain() == Drained(deferred=1)
    clock.forward(minutes=1)
    assert desk.drain() == Drained(sent=1)
    assert state(post, message) == ("sent", server.messages[0]["sid"])
    assert server.posts() == len(server.messages) == 1


def test_what_was_not_taken_is_sent_again(
    desk: Outbox, post: Post, server: SmsServer, clock: FixedClock
) -> None:
    message = post.message()
    server.script("POST", DROPPED)
    assert desk.drain() == Drained(deferred=1)
    clock.forward(minutes=1)
    assert desk.drain() == Drained(sent=1)
    assert state(post, message) == ("sent", server.messages[0]["sid"])
    assert (server.posts(), len(server.messages)) == (2, 1)


@pytest.mark.parametrize("taken", [True, False])
def test_while_nobody_can_look_it_waits(
    desk: Outbox, post: Post, server: SmsServer, clock: FixedClock, taken: bool
) -> None:
    message = post.message()
    server.script("POST", TAKEN_AND_DROPPED if taken else DROPPED)
    server.script("GET", Fault(503), DROPPED, Fault(400, 20001), Fault(200, body=b"[]"))
    desk.drain()
    for _ in range(4):
        clock.now = post.row(message).due_at
        assert desk.drain() == Drained(deferred=1)
        assert (state(post, message), server.posts()) == (("pending", None), 1)
    clock.now = post.row(message).due_at
    assert desk.drain() == Drained(sent=1)
    assert (len(server.messages), server.posts()) == (1, 1 if taken else 2)


def test_two_texts_alike_arrive_twice(
    desk: Outbox, post: Post, server: SmsServer, clock: FixedClock
) -> None:
    messages = [post.message(), post.message()]
    server.script("POST", TAKEN_AND_DROPPED, DROPPED)
    desk.drain()
    clock.forward(minutes=1)
    assert desk.drain() == Drained(sent=2)
    references = {post.row(message).provider_ref for message in messages}
    assert references == {record["sid"] for record in server.messages}
    assert len(references) == 2


def test_the_provider_may_ask_for_a_wait(
    desk: Outbox, post: Post, server: SmsServer, clock: FixedClock
) -> None:
    message = post.message()
    server.script("POST", Fault(429, 20429, headers={"Retry-After": "600"}))
    assert desk.drain() == Drained(deferred=1)
    assert post.row(message).due_at == clock() + timedelta(seconds=600)
    assert desk.next_due() == clock() + timedelta(seconds=600)


def test_wrong_credentials_pause_the_channel(
    server: SmsServer, database: Database, clock: FixedClock, post: Post
) -> None:
    desk = make_desk(server, database, clock, auth_token="guessed")
    messages = [post.message(), post.message()]
    assert desk.drain() == Drained(deferred=1)
    [state] = desk.states
    assert (state.health, state.again_at) == (Health.PAUSED, clock() + PAUSE)
    assert "auth_token" in state.advice
    assert {post.row(message).state for message in messages} == {"pending"}
    assert (server.posts(), server.messages) == (1, [])


def test_a_number_that_opted_out_is_told_apart(desk: Outbox, post: Post, server: SmsServer) -> None:
    gone, wrong = post.message(to_address="+4930111222"), post.message(to_address="030")
    server.opted_out.add("+4930111222")
    assert desk.drain() == Drained(failed=2)
    assert [post.state(m) for m in (gone, wrong)] == ["failed/opted_out 1", "failed/rejected 1"]
    with desk._database.read() as connection:
        assert has_opted_out(connection, "+4930111222")
        assert not has_opted_out(connection, "030")


def test_a_provider_that_is_not_there_costs_no_attempt(
    server: SmsServer, database: Database, clock: FixedClock, post: Post
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        account = replace(server.sms_account(), api_base_url=closed)
        away = SmsSender(account, clock, known_in(database), timeouts=(5, 0.2))
        desk = Outbox(database, clock, {Channel.SMS: away}, monotonic=Steady())
        messages = [post.message() for _ in range(3)]
        for _ in range(12):
            assert desk.drain() == Drained(deferred=1)
            clock.now = desk.next_due() or clock.now
    [state] = desk.states
    assert (state.health, state.advice[-1:]) == (Health.DOWN, ".")
    assert [post.state(message) for message in messages] == ["pending 0"] * 3
    assert make_desk(server, database, clock).drain() == Drained(sent=3)
    assert server.posts() == 3


@pytest.mark.parametrize("hours", [-1, -30])
def test_a_clock_put_back_after_a_text_was_taken_brings_no_second_one(
    desk: Outbox, post: Post, server: SmsServer, clock: FixedClock, hours: int
) -> None:
    message = post.message()
    server.script("POST", TAKEN_AND_DROPPED)
    assert desk.drain() == Drained(deferred=1)
    # The office's clock was wrong; the provider's, which is in its records, was right.
    clock.forward(hours=hours)
    right = format_datetime(clock(), usegmt=True)
    server.messages[0].update(date_created=right, date_updated=right)
    desk.drain()
    clock.forward(minutes=1)
    assert desk.drain() == Drained(sent=1)
    assert state(post, message) == ("sent", server.messages[0]["sid"])
    assert server.posts() == 1
