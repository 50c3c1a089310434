"""Every key of the desk, once: bindings, key bar, help, palette and README read this table."""

from dataclasses import dataclass

from textual.binding import Binding

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.lifecycle import Verb


@dataclass(frozen=True, slots=True)
class Key:
    """``verb`` is what the domain is asked about; ``statuses`` limits what is no verb.

    ``flow`` is what it starts, as ``module.function`` of ``ui/flows``; without one, ``name`` is an
    action of the screen. ``natural`` is the flow that Enter starts in its stead. ``bar`` puts it
    on the key bar whatever is selected.
    """

    name: str
    keys: str
    label: str
    help: str
    group: str
    verb: Verb | None = None
    statuses: tuple[Status, ...] = ()
    bar: bool = False
    shown: str = ""
    flow: str = ""
    natural: str = ""

    @property
    def action(self) -> str:
        return f"do({self.name!r})" if self.flow else self.name

    @property
    def face(self) -> str:
        """How the key is written for a person."""
        return self.shown or self.keys.split(",")[0]

    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.action,
            self.label,
            id=f"desk.{self.name}",
            tooltip=self.help,
            key_display=self.face,
            priority=False,
        )


VISIT, DESK, MOVE = "The selected appointment", "The desk", "Moving about"

KEYS = (
    Key("natural", "enter", "Next step", "Do the one natural next thing", VISIT, shown="Enter"),
    Key(
        "set_time",
        "t",
        "Set time",
        "Set or update the time",
        VISIT,
        Verb.SCHEDULE,
        flow="visits.set_time",
        natural="visits.take_slot",
    ),
    Key(
        "arrived",
        "r",
        "Arrived",
        "The client is in the waiting room; again when not",
        VISIT,
        Verb.ARRIVE,
        flow="here.arrived",
    ),
    Key(
        "attended",
        "a",
        "Attended",
        "Confirm that the client came",
        VISIT,
        Verb.ATTEND,
        flow="visits.attended",
    ),
    Key(
        "collect",
        "f",
        "Collect Feedback",
        "Ask for feedback, or ask again on another day",
        VISIT,
        Verb.COLLECT_FEEDBACK,
        flow="feedback.collect",
    ),
    Key(
        "record",
        "w",
        "Write answer",
        "Write down the feedback that the client gives",
        VISIT,
        Verb.SUBMIT_FEEDBACK,
        flow="feedback.record",
    ),
    Key(
        "survey",
        "s",
        "Show QR",
        "Show the survey as a QR code at the counter",
        VISIT,
        statuses=(Status.FEEDBACK_PENDING,),
        flow="feedback.survey",
    ),
    Key(
        "view",
        "v",
        "View feedback",
        "Read the feedback in full",
        VISIT,
        statuses=(Status.FEEDBACK_COLLECTED,),
        flow="feedback.view",
    ),
    Key("cancel", "x", "Cancel", "Cancel, with a reason", VISIT, Verb.CANCEL, flow="visits.cancel"),
    Key(
        "edit",
        "e",
        "Edit",
        "Mend what is on file of client and request",
        VISIT,
        Verb.EDIT,
        flow="requests.edit",
    ),
    Key("new", "n", "New", "File a new request", DESK, bar=True, flow="requests.new"),
    Key(
        "undo",
        "u",
        "Undo",
        "Take back the last change before word of it leaves",
        DESK,
        bar=True,
        flow="requests.take_back",
    ),
    Key(
        "search",
        "slash",
        "Search",
        "Find by name, phone digits or email",
        DESK,
        bar=True,
        shown="/",
    ),
    Key(
        "caller",
        "c",
        "Caller",
        "Who calls: last digits, name or email; digits typed here open it, too",
        DESK,
        flow="caller.search",
    ),
    Key(
        "day",
        "d",
        "Day",
        "The day by time: visits, free time, how full the week is",
        DESK,
        bar=True,
        flow="day.day",
    ),
    Key(
        "next_up",
        "N",
        "Next",
        "The next thing that needs you, wherever it is",
        DESK,
        bar=True,
        flow="next_up.go",
    ),
    Key(
        "sweep",
        "S",
        "Sweep",
        "The due visits that nobody has resolved, one by one",
        DESK,
        flow="sweep.sweep",
    ),
    Key(
        "messages",
        "m",
        "Messages",
        "Replies, what failed, what waits and what was sent",
        DESK,
        bar=True,
        flow="screens.messages",
    ),
    Key(
        "import_file",
        "o",
        "Open file",
        "Take over requests from a CSV file",
        DESK,
        flow="requests.import_file",
    ),
    Key(
        "settings",
        "comma",
        "Settings",
        "Change hours, slots, messages, theme and more",
        DESK,
        shown=",",
        flow="settings.change",
    ),
    Key(
        "guide",
        "G",
        "Guide",
        "A first morning at the desk in two minutes, in the demo office",
        DESK,
        flow="guide.go_on",
    ),
    Key(
        "app.curtain",
        "p",
        "Curtain",
        "Hide every name, number and text, until pressed again",
        DESK,
    ),
    Key("app.lock", "ctrl+l", "Lock", "Lock the desk; its PIN opens it", DESK, shown="Ctrl+L"),
    Key(
        "mark",
        "space",
        "Mark",
        "Mark the row, or take its mark away, and move down",
        DESK,
        shown="Space",
    ),
    Key("mark_to", "M", "Mark to here", "Mark from the last mark to this row", DESK),
    Key("mark_all", "A", "Mark all", "Mark all that the tab or the search shows", DESK),
    Key(
        "bulk",
        "b",
        "Bulk",
        "Do one thing to all that are marked",
        DESK,
        flow="bulk.bulk",
    ),
    Key(
        "refill",
        "F",
        "Fill a gap",
        "Book or offer the time that came free last to somebody who waits",
        DESK,
        flow="refill.latest",
    ),
    Key("help", "question_mark", "Help", "What can be done here", DESK, bar=True, shown="?"),
    Key("palette", "ctrl+p", "Palette", "Every action by name", DESK, shown="Ctrl+P"),
    Key("theme", "ctrl+t", "Theme", "The next of the four themes", DESK, shown="Ctrl+T"),
    Key("leave", "q,ctrl+q", "Quit", "Leave the desk; everything is saved", DESK, bar=True),
    Key(
        "insights",
        "i",
        "Insights",
        "How the office is doing",
        DESK,
        bar=True,
        flow="screens.insights",
    ),
    Key("tab('requested')", "1", "Requested", "What clients have asked for", MOVE),
    Key("tab('scheduled')", "2", "Scheduled", "Visits with a time; due ones first", MOVE),
    Key("tab('attended')", "3", "Attended", "Who came; feedback can be asked for", MOVE),
    Key("tab('feedback_pending')", "4", "Feedback Pending", "Asked, not answered yet", MOVE),
    Key("tab('feedback_collected')", "5", "Feedback Collected", "Answers", MOVE),
    Key("tab('cancelled')", "6", "Cancelled", "What will not take place", MOVE),
    Key("next_tab(1)", "right,l", "Next tab", "The tab to the right", MOVE, shown="→"),
    Key("next_tab(-1)", "left,h", "Previous tab", "The tab to the left", MOVE, shown="←"),
    Key(
        "scroll_card(1)", "ctrl+d,shift+down", "Card down", "Scroll the card", MOVE, shown="Shift+↓"
    ),
    Key(
        "scroll_card(-1)",
        "ctrl+u,shift+up",
        "Card up",
        "Scroll the card back",
        MOVE,
        shown="Shift+↑",
    ),
    Key("clear", "escape", "Back", "Take the marks away, then leave the search", MOVE, shown="Esc"),
)

LIST_KEYS = (
    ("↓ ↑", "The next and the previous row (also j and k)"),
    ("PgDn PgUp", "A screenful down and up"),
    ("Home End", "The first and the last row"),
)

OF_NAME = {key.name: key for key in KEYS}
VERB_KEYS = tuple(key for key in KEYS if key.group == VISIT and key.flow)

OPENING = tuple(key for key in KEYS if key.flow or key.name in ("natural", "search"))
"""Their work takes a moment, in which keys pressed since must wait."""

SAME_KEY = {
    Verb.RESCHEDULE: Verb.SCHEDULE,
    Verb.RESEND: Verb.COLLECT_FEEDBACK,
    Verb.NOT_ARRIVED: Verb.ARRIVE,
}
"""Verbs that share the key of another."""


def key_of(verb: Verb) -> Key:
    verb = SAME_KEY.get(verb, verb)
    return next(key for key in VERB_KEYS if key.verb is verb)


LABELS = {
    Verb.RESCHEDULE: "Update time",
    Verb.RESEND: "Ask again",
    Verb.NOT_ARRIVED: "Not here",
}


def label_of(verb: Verb) -> str:
    """What the button for a verb says."""
    return LABELS.get(verb) or key_of(verb).label
