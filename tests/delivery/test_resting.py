"""A desk beside a worker keeps its own jobs, and takes over when the worker is gone."""

import asyncio
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from interworky_tui import config
from interworky_tui import jobs as jobs_module
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.heart import Heart, There
from interworky_tui.jobs import Jobs
from interworky_tui.services import presence
from interworky_tui.services.context import Context
from interworky_tui.services.presence import Kind
from interworky_tui.storage.database import Database
from interworky_tui.storage.forwarding import Note, OfficeMoved, moved
from interworky_tui.worker import is_here, run_worker
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, ScriptedSender
from tests.delivery.test_chores import Round
from tests.delivery.test_jobs import PATIENCE, Told, running, settled


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def office(settings: config.Settings, database: Database, clock: FixedClock) -> Context:
    return Context(settings, database, clock, "ana")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "CHORES_AFTER", timedelta(milliseconds=10))


async def test_a_desk_that_rests_sends_nothing_and_notices_what_is_due(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, sms: ScriptedSender
) -> None:
    post.message()
    jobs = Jobs(outbox, clock, on_due=told.on_due, on_channels=told.on_channels)
    jobs.rest(True)
    async with running(jobs):
        jobs.wake()
        jobs.try_again()
        await jobs._tick()
        await jobs._due_tick()
        await settled(jobs)
        assert (sms.sent, told.channels, told.due) == ([], [], 1)


async def test_what_waited_leaves_at_once_when_the_worker_is_gone(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told
) -> None:
    jobs = Jobs(outbox, clock, on_drained=told.on_drained, on_channels=told.on_channels)
    jobs.rest(True)
    async with running(jobs):
        post.message()
        jobs.rest(False)
        await told.until(lambda: told.drained == [Drained(sent=1)])
        assert told.channels[-1] == outbox.states


async def test_a_worker_that_comes_takes_the_rest_of_a_batch(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, sms: ScriptedSender
) -> None:
    sending, answer = threading.Event(), threading.Event()

    def slow() -> None:
        sending.set()
        assert answer.wait(PATIENCE)

    first, second = post.message(), post.message()
    sms.sends.append(slow)
    async with running(Jobs(outbox, clock, on_channels=told.on_channels)) as jobs:
        assert await asyncio.to_thread(sending.wait, PATIENCE)
        jobs.rest(True)
        answer.set()
        await settled(jobs)
        assert (post.state(first), post.state(second)) == ("sent 1", "pending 0")
        assert told.channels[-1:] in ([], [()]), "nothing is known of them any more"


@pytest.mark.usefixtures("soon")
async def test_only_its_own_chores_are_done_beside_a_worker(
    outbox: Outbox, clock: FixedClock
) -> None:
    own, shared = Round(), Round()
    mine = jobs_module.Chore("disk", timedelta(seconds=0.03), own.run, own=True)
    jobs = Jobs(outbox, clock, chores=[mine, shared.chore("reminders", 0.03)])
    jobs.rest(True)
    async with running(jobs):
        await own.until(5)
        assert shared.times == 0
        jobs.rest(False)
        await shared.until(2)


def test_who_else_is_there_is_told_at_first_and_when_it_changes(office: Context) -> None:
    news: list[There] = []
    changed = threading.Event()

    def listen(there: There) -> None:
        news.append(there)
        changed.set()

    heart = Heart(presence.begin(office, Kind.DESK), listen)
    heart.start()
    assert news == [()]
    worker = presence.begin(office, Kind.WORKER)
    worker.seen()
    changed.clear()
    heart.look()
    assert changed.wait(PATIENCE)
    assert [one.kind for one in news[-1]] == [Kind.WORKER]
    heart.look()
    heart.stop()
    assert len(news) == 2
    assert presence.others(office, but=worker.id) == (), "it said that it leaves"


async def test_what_the_person_is_on_is_told_without_a_wait(office: Context) -> None:
    other = presence.begin(office, Kind.DESK)
    other.seen()
    heart = Heart(presence.begin(office, Kind.DESK))
    heart.start()
    heart.on(7)
    async with asyncio.timeout(PATIENCE):
        while [one.appointment_id for one in presence.others(office, but=other.id)] != [7]:
            await asyncio.sleep(0.005)
    heart.stop()


def test_a_store_that_cannot_be_written_is_told_of_once_and_stops_nothing(
    office: Context, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreProblem("The disk is full.")

    session = presence.begin(office, Kind.DESK)
    monkeypatch.setattr(session, "seen", full)
    heart = Heart(session)
    heart.start()
    for _ in range(5):
        heart._look()
    heart.stop()
    assert caplog.text.count("The disk is full.") == 1


def test_a_store_that_does_not_answer_holds_up_no_end(
    office: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    session = presence.begin(office, Kind.DESK)
    monkeypatch.setattr(session, "leave", lambda: answer.wait(PATIENCE))
    heart = Heart(session)
    heart.start()
    began = time.monotonic()
    heart.stop()
    assert time.monotonic() - began < PATIENCE / 2
    answer.set()


class Fed:
    """A feed that tells what it is told to."""

    def __init__(self) -> None:
        self.news: list[bool | Exception] = []
        self.asked = 0

    def changed(self) -> bool:
        self.asked += 1
        news = self.news.pop(0) if self.news else False
        if isinstance(news, Exception):
            raise news
        return news


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What a service manager hears. A short path, because the system allows no long one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire,
    ):
        wire.bind(str(Path(folder) / "n"))
        wire.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(Path(folder) / "n"))
        yield wire


async def test_a_worker_sends_at_once_what_a_desk_has_queued(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, manager: socket.socket
) -> None:
    feed = Fed()
    jobs = Jobs(outbox, clock, on_drained=told.on_drained)
    working = asyncio.create_task(run_worker(jobs, feed))
    assert await asyncio.to_thread(manager.recv, 100) == b"READY=1"
    await settled(jobs)
    post.message()
    feed.news = [True]
    await told.until(lambda: told.drained == [Drained(sent=1)])
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, PATIENCE)
    assert manager.recv(100) == b"STOPPING=1"


async def test_a_worker_goes_on_when_changes_cannot_be_seen_any_more(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    feed = Fed()
    feed.news = [StoreProblem("The file is gone.")]
    jobs = Jobs(outbox, clock, on_drained=told.on_drained)
    working = asyncio.create_task(run_worker(jobs, feed))
    async with asyncio.timeout(PATIENCE):
        while "The file is gone." not in caplog.text:
            await asyncio.sleep(0.005)
    post.message()
    jobs.wake()
    await told.until(lambda: told.drained == [Drained(sent=1)])
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, PATIENCE)
    assert feed.asked == 1


async def test_a_worker_of_an_office_that_was_moved_ends_and_says_so(
    outbox: Outbox, clock: FixedClock, manager: socket.socket
) -> None:
    feed = Fed()
    feed.news = [moved(Note("1", "in office on db.example"))]
    with pytest.raises(OfficeMoved, match=r"now in office on db\.example"):
        await asyncio.wait_for(run_worker(Jobs(outbox, clock), feed), PATIENCE)
    assert manager.recv(100) == b"READY=1"
    assert manager.recv(100) == b"STOPPING=1"


def test_the_pages_of_an_office_that_was_moved_are_served_no_more() -> None:
    feed = Fed()
    feed.news = [True, StoreProblem("The file is gone."), moved(Note("1", "elsewhere"))]
    assert is_here(feed)
    assert not is_here(feed)
    with pytest.raises(OfficeMoved):
        is_here(feed)


async def test_a_worker_that_is_stopped_in_a_slow_send_ends_in_under_two_seconds(
    outbox: Outbox, post: Post, clock: FixedClock, sms: ScriptedSender
) -> None:
    sending, answer = threading.Event(), threading.Event()

    def stuck() -> None:
        sending.set()
        answer.wait(PATIENCE)

    message = post.message()
    sms.sends.append(stuck)
    working = asyncio.create_task(run_worker(Jobs(outbox, clock)))
    assert await asyncio.to_thread(sending.wait, PATIENCE)
    began = time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, PATIENCE)
    assert time.monotonic() - began < 2
    assert post.state(message) == "sending/unconfirmed 1"
    answer.set()
