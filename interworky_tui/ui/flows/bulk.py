"""One thing done to all rows that are marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.domain.text import clean_line
from interworky_tui.services import bulk as many
from interworky_tui.ui.modals.bulk import BulkCancelDialog, BulkDialog, BulkWork, ChooseDialog
from interworky_tui.ui.modals.texts import AskDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen

_READ_AHEAD = 20
"""Rows whose plan is made while the person still chooses what to do with them."""
_NAMED = 3
"""How many of those that were left out are told of by name."""
_TIMES = ("t", "Give each a free slot", Verb.SCHEDULE)
_ATTENDED = ("a", "Attended: those that are due", Verb.ATTEND)
_CANCEL = ("x", "Cancel, with one reason", Verb.CANCEL)
_ASK = ("f", "Collect feedback", Verb.COLLECT_FEEDBACK)
_CHOICES = {
    Status.REQUESTED: (_TIMES, _CANCEL),
    Status.SCHEDULED: (_ATTENDED, _CANCEL),
    Status.ATTENDED: (_ASK,),
    Status.FEEDBACK_PENDING: (_ASK,),
}


async def bulk(desk: DeskScreen) -> None:
    await desk.rows.settled()
    status = desk.rows.view.status
    choices = _CHOICES.get(status)
    if choices is None:
        raise Refusal(f"There is nothing to be done to many in {status.label}.")
    ids = desk.rows.marked or await _mark_all(desk)
    if not ids:
        return
    verb = await _choose(desk, ids, choices)
    if verb is None:
        return
    done = await desk.app.push_screen_wait(_dialog(desk, verb, status, ids))
    if done is None or done.whole is None:
        return
    desk.rows.unmark()
    desk.say_done(_said(verb, status, len(done.changed)), done.whole)
    await _tell_left_out(desk, done)


async def _mark_all(desk: DeskScreen) -> tuple[int, ...]:
    """Offer to mark what the tab shows; nothing when it is not wanted."""

    async def mark() -> bool:
        desk.rows.mark_all()
        await desk.rows.settled()
        return True

    if desk.rows.cursor_row is None:
        raise Refusal("There is nothing here to be marked.")
    what = "the search finds here" if desk.rows.view.search else "this tab shows"
    question = (
        f"Nothing is marked. Mark all that {what}, {AT_ONCE} at most? Space marks one row,"
        " M all from the last mark on."
    )
    wanted = await desk.app.push_screen_wait(AskDialog("Bulk", question, "Mark all", mark))
    return desk.rows.marked if wanted else ()


async def _choose(
    desk: DeskScreen, ids: Sequence[int], choices: Sequence[tuple[str, str, Verb]]
) -> Verb | None:
    if len(choices) == 1:
        return choices[0][2]
    dialog = ChooseDialog(f"{len(ids)} marked", choices)
    if len(ids) <= _READ_AHEAD:
        # Where the cursor of the choices begins.
        act = many.Act(choices[0][2])
        desk.run_worker(desk.ahead.read(partial(desk.ahead.ask, many.plan, act, tuple(ids))))
    return await desk.app.push_screen_wait(dialog)


def _dialog(desk: DeskScreen, verb: Verb, status: Status, ids: Sequence[int]) -> BulkDialog:
    work = BulkWork(
        lambda act: desk.ahead.ask(many.plan, act, tuple(ids)),
        lambda act, targets, progress: desk.hands.ask(many.carry_out, act, targets, progress),
    )
    told, count = desk.told(), len(ids)
    if verb is Verb.CANCEL:
        return BulkCancelDialog(f"Cancel {_count(count, status)}", told, work)
    title, yes = {
        Verb.SCHEDULE: (f"Free slots for {_count(count, status)}", "Book them all"),
        Verb.ATTEND: (f"Attended: {_count(count, status)}", "Yes, all attended"),
        Verb.COLLECT_FEEDBACK: (f"Collect Feedback: {_count(count, status)}", "Ask them all"),
    }[verb]
    return BulkDialog(title, yes, verb, told, work)


def _count(count: int, status: Status) -> str:
    what = "request" if status is Status.REQUESTED else "visit"
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _said(verb: Verb, status: Status, count: int) -> str:
    if verb is Verb.COLLECT_FEEDBACK:
        return f"Feedback asked for of {_count(count, status)}"
    done = {Verb.SCHEDULE: "scheduled", Verb.ATTEND: "attended", Verb.CANCEL: "cancelled"}
    return f"{_count(count, status)} {done[verb]}"


async def _tell_left_out(desk: DeskScreen, done: many.Done) -> None:
    """Of what was changed by somebody else since it was planned."""
    refused = [outcome for outcome in done.outcomes if outcome.changed is None]
    if not refused:
        return
    said = []
    for outcome in refused[:_NAMED]:
        row = await desk.reads.row(outcome.appointment_id)
        name = clean_line(row.name) if row else "one that is gone"
        said.append(f"{name}: {outcome.refused}")
    more = len(refused) - len(said)
    desk.notify(
        "\n".join(said) + (f"\nand {more} more" if more else ""),
        title=f"{len(refused)} left out",
        severity="warning",
        markup=False,
        timeout=10,
    )
