"""Work in one thread, in order, that no end of the program waits for."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from interworky_tui.lanes import Lane

PATIENCE = 20


def test_work_is_done_in_order_in_one_thread():
    lane, done = Lane("test"), []
    asked = [lane.submit(lambda n=n: done.append((n, threading.get_ident()))) for n in range(50)]
    for answer in asked:
        answer.result(PATIENCE)
    assert [number for number, _ in done] == list(range(50))
    assert len({thread for _, thread in done}) == 1
    assert done[0][1] != threading.get_ident()


@pytest.mark.parametrize("way", [False, True])
def test_a_lane_that_gives_way_is_nicer_than_the_others(way):
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    nicer = Lane("test", way=way).submit(niceness).result(PATIENCE) > niceness()
    assert nicer == (way and sys.platform == "linux")


async def test_answers_and_faults_come_back_to_who_asked():
    lane = Lane("test")
    assert await lane.ask(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await lane.ask(lambda: 1 // 0)
    assert await lane.ask(lambda: 8) == 8


async def test_what_nobody_waits_for_any_more_is_not_begun():
    lane, go, done = Lane("test"), threading.Event(), []
    first = asyncio.create_task(lane.ask(lambda: go.wait(PATIENCE)))
    second = asyncio.create_task(lane.ask(lambda: done.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    go.set()
    assert await first
    await lane.ask(lambda: None)
    assert done == []


def test_a_closed_lane_finishes_what_it_has_and_takes_nothing_more():
    lane, go = Lane("test"), threading.Event()
    first, second = lane.submit(lambda: go.wait(PATIENCE)), lane.submit(lambda: "done")
    lane.close()
    with pytest.raises(RuntimeError):
        lane.submit(bool)
    go.set()
    assert first.result(PATIENCE)
    assert second.result(PATIENCE) == "done"


FOR_EVER = """
import threading
from interworky_tui.lanes import Lane

lane, begun = Lane("test"), threading.Event()
lane.submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
print("ended")
"""


def test_the_program_ends_while_a_call_never_does():
    done = subprocess.run(
        [sys.executable, "-c", FOR_EVER], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")
