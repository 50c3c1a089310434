"""Pictures of figures, drawn with plotext. Importing this takes long: do it in a thread."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.color import Color
from textual_plotext.plot import Plot

MOST_TICKS = 3
MOST_DOTS = 16
"""Values of a course that are marked one by one; more of them are a line."""


@dataclass(frozen=True, slots=True)
class Colours:
    """As the theme writes them."""

    ink: str
    figures: str
    paper: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar for each label; there is one at least, and one count at least is not zero."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]

    def draw(self, plot: Plot, size: tuple[int, int], colours: Colours) -> str:
        top, bars, lines = max(self.counts), len(self.counts), max(1, size[1] - 1)
        # Each bar has as many whole columns as any other, one of them a gap or two.
        margin = len(str(top))
        columns = max(1, (size[0] - margin) // bars)
        wide = max(1, columns - 2)
        plot.plotsize(margin + columns * bars, lines)
        plot.xlim(0.5 + 0.5 / columns, bars + 0.5 - 0.5 / columns)
        plot.bar(
            list(range(1, bars + 1)),
            list(self.counts),
            color=_rgb(colours.figures),
            width=(wide - 0.5) / columns,
        )
        # The lowest line stands for its share of the whole, and not for nothing.
        lowest = top / lines
        plot.ylim(lowest, top)
        plot.yticks([lowest, top], ["0", str(top)])
        plot.xticks([], [])
        # Of its own labels plotext leaves out those that are close to each other.
        labels = (label[: max(1, columns - 1)].center(columns) for label in self.labels)
        return " " * margin + "".join(labels)


@dataclass(frozen=True, slots=True)
class Course:
    """A rating for each label, None where there is none; one at least is known."""

    labels: tuple[str, ...]
    values: tuple[float | None, ...]

    def draw(self, plot: Plot, size: tuple[int, int], colours: Colours) -> str:
        plot.plotsize(*size)
        known = [(place, value) for place, value in enumerate(self.values) if value is not None]
        places, values = [place for place, _ in known], [value for _, value in known]
        ink = _rgb(colours.figures)
        plot.plot(places, values, color=ink, marker="hd")
        if len(known) <= MOST_DOTS:
            plot.scatter(places, values, color=ink, marker="●")
        plot.ylim(1, 5)
        plot.yticks([1, 3, 5])
        last = len(self.labels) - 1
        plot.xlim(-0.5, last + 0.5)
        shown = range(0, last + 1, max(1, -(-last // MOST_TICKS)))
        plot.xticks(list(shown), [self.labels[place] for place in shown])
        return ""


Picture = Bars | Course


def draw(picture: Picture, size: tuple[int, int], colours: Colours) -> Text:
    """The picture in so many columns and lines at the most."""
    plot = Plot()
    paper = _rgb(colours.paper)
    plot.canvas_color(paper)
    plot.axes_color(paper)
    plot.ticks_color(_rgb(colours.ink))
    plot.frame(False)
    labels = picture.draw(plot, size, colours)
    drawn = Text.from_ansi(plot.build().rstrip("\n"), no_wrap=True, end="")
    return drawn.append(f"\n{labels}", colours.ink) if labels else drawn


def _rgb(colour: str) -> tuple[int, int, int]:
    return Color.parse(colour).rgb
