"""How the list looks: a style for each kind of line and each mark."""

LOOKS = (
    "cursor",
    "marked",
    "header",
    "due",
    "stale",
    "here",
    "urgent",
    "low",
    "change",
    "confirmed",
    "opted-out",
    "trouble",
    "muted",
    "scrollbar",
)
CSS = """
AppointmentList {
    width: 1fr;
    height: 1fr;
    & > .appointment-list--header { color: $text-muted; text-style: bold; }
    & > .appointment-list--marked { color: $text-accent; text-style: bold; }
    & > .appointment-list--due { color: $text-success; text-style: bold; }
    & > .appointment-list--here { color: $text-accent; text-style: bold; }
    & > .appointment-list--stale { color: $text-warning; text-style: bold; }
    & > .appointment-list--urgent { color: $text-error; text-style: bold; }
    & > .appointment-list--low { color: $text-error; text-style: bold; }
    & > .appointment-list--change { color: $text-warning; text-style: bold reverse; }
    & > .appointment-list--confirmed { color: $text-success; }
    & > .appointment-list--opted-out { color: $text-muted; }
    & > .appointment-list--trouble { color: $text-error; text-style: bold; }
    & > .appointment-list--muted { color: $text-muted; }
    & > .appointment-list--scrollbar { color: $scrollbar; }
    & > .appointment-list--cursor {
        color: $block-cursor-blurred-foreground;
        background: $block-cursor-blurred-background;
    }
    &:focus > .appointment-list--cursor {
        color: $block-cursor-foreground;
        background: $block-cursor-background;
        text-style: bold;
    }
    &:nocolor > .appointment-list--cursor { text-style: underline; }
    &:nocolor:focus > .appointment-list--cursor { text-style: bold reverse; }
}
"""
