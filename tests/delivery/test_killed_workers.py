"""Workers that die at any moment: nothing is lost, and nothing arrives twice."""

import random
import time
from pathlib import Path

import pytest

from interworky_tui.storage.database import Database
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post
from tests.delivery.crew import Crew
from tests.delivery.storm import Storm, weather
from tests.delivery.worker import EPOCH, Pastime, Previews, main

pytest_generate_tests = on_both

PREVIEWED = 80
SPEED = 20


@pytest.fixture(autouse=True)
def workers_find_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])


def test_a_storm_loses_nothing_and_doubles_no_text(tmp_path: Path, database: Database) -> None:
    """``python -m benchmarks.outbox`` is the same at full size."""
    storm = Storm(messages=200, workers=4, kills=12, speed=SPEED)
    after = weather(storm, tmp_path, database)
    assert after.kills >= storm.kills
    assert len(after.rows) == storm.messages
    assert (after.lost, after.duplicate_texts, after.wrong_emails) == (0, 0, 0), after.states
    assert after.out_of_order == 0
    # What this is about did happen.
    assert after.duplicate_emails > 0
    assert any(row.attempts > 1 for row in after.of("sms"))


def test_every_preview_is_there_exactly_once_however_workers_die(
    tmp_path: Path, database: Database
) -> None:
    clock = FixedClock()
    clock.now = EPOCH
    post = Post(database, clock)
    with post.at_once():
        visit = post.visit()
        messages = [post.email(visit, stream=f"s{n % 40}") for n in range(PREVIEWED // 2)]
        messages += [post.message(visit, stream=f"t{n % 40}") for n in range(PREVIEWED // 2)]
    folder = tmp_path / "previews"
    crew = Crew(main, (database.url, Previews(folder), Pastime(time.monotonic(), SPEED)))
    crew.work_and_die(random.Random(20260316), workers=3, kills=6, words=10)

    assert crew.kills >= 6
    rows = [post.row(message) for message in messages]
    assert {row.state for row in rows} == {"previewed"}
    files = [file.name for file in folder.rglob("*") if file.is_file()]
    assert sorted(files) == sorted(row.provider_ref for row in rows)
