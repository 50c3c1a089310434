"""Samples -> medians, ratios to the bare programs, a Markdown table, and the targets."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks import inside
from benchmarks import programs as p

MEASURES = (p.FIRST, p.FIRST_KEY, p.DOWN, p.PAGE, p.END, p.TAB, p.SEARCH, p.MODAL, p.DURABLE)
HUNG, MESSAGES = "desk, hung", "messages"
"""Programs beside those of the table: a desk whose servers hang, and the way of a message."""
EMAIL_TAKEN, SMS_TAKEN = "commit to acceptance, email", "commit to acceptance, SMS"
LIKE_HELLO = {p.PAGE: p.DOWN, p.END: p.DOWN, p.TAB: p.DOWN, p.SEARCH: p.DOWN, p.DURABLE: p.DOWN}
LIKE_TABLE = {p.TAB: p.PAGE, p.SEARCH: p.PAGE, p.DURABLE: p.DOWN}
"""What a measure is compared with where the bare program has no such thing: hello's one paint,
the DataTable's repaint of all rows."""


@dataclass(frozen=True)
class Base:
    """What a key of the other screens is held against; ``program`` is "" for the desk itself."""

    said: str
    program: str
    measure: str


ROW = Base("next row", "", inside.NEXT_ROW)
CHANGED = Base("tab switch", "", p.TAB)
OPENED = Base("bare modal", "table", p.MODAL)
BASES = {
    **dict.fromkeys(inside.MOVES, ROW),
    **dict.fromkeys(inside.CHANGES, CHANGED),
    **dict.fromkeys(inside.OPENS, OPENED),
}


@dataclass
class Results:
    """Samples by program and measure, one list a round, so that ratios pair what ran together."""

    rounds: dict[tuple[str, str], dict[int, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, program: str, number: int, samples: Iterable[p.Sample]) -> None:
        for measure, value in samples:
            self.rounds[program, measure][number].append(value)

    def has(self, program: str, measure: str) -> bool:
        return bool(self.rounds.get((program, measure)))

    def pooled(self, program: str, measure: str) -> list[float]:
        by_round = self.rounds.get((program, measure), {})
        return sorted(value for values in by_round.values() for value in values)

    def median(self, program: str, measure: str) -> float:
        return statistics.median(self.pooled(program, measure))

    def p95(self, program: str, measure: str) -> float:
        values = self.pooled(program, measure)
        return values[min(len(values) - 1, int(len(values) * 0.95))]

    def worst(self, program: str, measure: str) -> float:
        return self.pooled(program, measure)[-1]

    def ratio(self, program: str, measure: str, other: str, theirs: str) -> float | None:
        """The median over the rounds of median over median; None when either was not measured."""
        ours, base = self.rounds.get((program, measure)), self.rounds.get((other, theirs))
        if not ours or not base:
            return None
        pairs = [
            statistics.median(ours[number]) / statistics.median(base[number])
            for number in ours
            if number in base
        ]
        return statistics.median(pairs) if pairs else None

    def to_hello(self, program: str, measure: str) -> float | None:
        return self.ratio(program, measure, "hello", LIKE_HELLO.get(measure, measure))

    def to_table(self, program: str, measure: str) -> float | None:
        return self.ratio(program, measure, "table", LIKE_TABLE.get(measure, measure))

    def to_base(self, program: str, measure: str) -> float | None:
        """How a key of the other screens compares with its base."""
        base = BASES[measure]
        return self.ratio(program, measure, base.program or program, base.measure)

    def growth(self, small: str, large: str, measure: str) -> float | None:
        return self.ratio(large, measure, small, measure)


@dataclass(frozen=True)
class Target:
    """``most`` is a ratio, or milliseconds; ``measured`` is in the same unit or None."""

    what: str
    most: float
    measured: float | None
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        return None if self.measured is None else self.measured <= self.most


def targets(results: Results, small: str, large: str) -> list[Target]:
    """What the largest office has to reach; ``small`` and ``large`` are names of programs."""
    r = results
    found = [
        Target("first useful paint, to hello", 1.4, r.to_hello(large, p.FIRST)),
        Target("first useful paint, to the DataTable", 1.0, r.to_table(large, p.FIRST)),
        Target("cursor down, to hello", 1.5, r.to_hello(large, p.DOWN)),
        Target("cursor down, to the DataTable", 0.8, r.to_table(large, p.DOWN)),
    ]
    for measure, most in ((p.DOWN, 16.7), (p.TAB, 60.0), (p.SEARCH, 60.0)):
        found.append(Target(f"{measure}, p95", most, _ms(r, large, measure, "p95"), "ms"))
    for measure in (*MEASURES, p.MEMORY):
        if measure != p.SEARCH and r.has(large, measure) and small != large:
            found.append(Target(f"{measure}, growth", 1.2, r.growth(small, large, measure)))
    found += _of_messages(r, small)
    keys = [m for m in MEASURES if m != p.FIRST and r.has(large, m)]
    for what, figure in (("slowest key at p95", "p95"), ("worst of all keys", "worst")):
        if keys:
            most, measure = max((_ms(r, large, m, figure) or 0.0, m) for m in keys)
            found.append(Target(f"{what}: {measure}", 100.0, most, "ms"))
    return found


def inside_targets(results: Results, names: Iterable[str]) -> list[Target]:
    """Of the other screens' keys, in the smallest office in which they were measured."""
    name = next((name for name in names if results.has(name, inside.NEXT_ROW)), "")
    return [
        Target(f"{measure}, to {base.said}", inside.MOST, results.to_base(name, measure))
        for measure, base in BASES.items()
        if results.has(name, measure)
    ]


def _of_messages(r: Results, small: str) -> list[Target]:
    """``small`` is the office that the desk with hanging servers has as well."""
    found = [
        Target(f"{measure}, p95", 1000.0, _ms(r, MESSAGES, measure, "p95"), "ms")
        for measure in (EMAIL_TAKEN, SMS_TAKEN)
    ]
    down = r.ratio(HUNG, p.DOWN, small, p.DOWN)
    found.append(Target("cursor down while both servers hang, to without", 1.2, down))
    gone = _ms(r, HUNG, p.QUIT, "worst")
    found.append(Target("quit while both servers hang, worst", 2000.0, gone, "ms"))
    return found


def message_table(results: Results, small: str, notes: str) -> str:
    """Of each figure median and p95. Raises StatisticsError for what was not measured."""
    lines = [_row(["messages", "median / p95", "to without"]), _row(["---", "---:", "---:"])]
    for measure in (EMAIL_TAKEN, SMS_TAKEN):
        lines.append(_row([measure, _figures(results, MESSAGES, measure), "-"]))
    for measure in (p.DOWN, p.QUIT):
        ratio = results.ratio(HUNG, measure, small, measure)
        figures = _figures(results, HUNG, measure)
        lines.append(_row([f"{measure} while both servers hang", figures, _times(ratio)]))
    return "\n".join((*lines, "", notes))


def _ms(results: Results, program: str, measure: str, figure: str) -> float | None:
    if not results.has(program, measure):
        return None
    value: float = getattr(results, figure)(program, measure)
    return value * 1000


def markdown(results: Results, sizes: Mapping[str, str], notes: str) -> str:
    """``sizes`` maps programs to the headings of their columns, smallest office first."""
    names = list(sizes)
    heads = ["measure", "hello", "DataTable, 1k rows", *sizes.values()]
    if len(names) > 1:
        heads.append("growth")
    lines = [_row(heads), _row(["---"] + ["---:"] * (len(heads) - 1))]
    for measure in (*MEASURES, p.MEMORY):
        cells = [measure, _bare(results, "hello", measure), _bare(results, "table", measure)]
        cells += [_cell(results, name, measure) for name in names]
        if len(names) > 1:
            cells.append(_times(results.growth(names[0], names[-1], measure)))
        if any(cell != "-" for cell in cells[1:]):
            lines.append(_row(cells))
    return "\n".join((*lines, "", notes))


def inside_table(results: Results, sizes: Mapping[str, str]) -> str:
    """The keys of the other screens, each beside its base; empty when none was measured."""
    names = [name for name in sizes if results.has(name, inside.NEXT_ROW)]
    if not names:
        return ""
    heads = ["in the other screens", "held against", *(sizes[name] for name in names)]
    lines = [_row(heads), _row(["---", "---"] + ["---:"] * len(names))]
    bases = [("", inside.NEXT_ROW), ("", p.TAB), (OPENED.program, p.MODAL)]
    for program, measure in bases:
        said = f"{measure} over the DataTable, bare" if program else measure
        lines.append(_row([said, "-", *(_figures(results, program or n, measure) for n in names)]))
    for measure, base in BASES.items():
        cells = [_to_base(results, name, measure) for name in names]
        if any(cell != "-" for cell in cells):
            lines.append(_row([measure, base.said, *cells]))
    return "\n".join((*lines, "", inside.NOTES))


def target_table(found: Iterable[Target]) -> str:
    lines = [_row(["target", "at most", "measured", "met"]), _row(["---", "---:", "---:", "---"])]
    for target in found:
        met = {True: "yes", False: "**no**", None: "not measured"}[target.met]
        most, measured = (_amount(x, target.unit) for x in (target.most, target.measured))
        lines.append(_row([target.what, most, measured, met]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _bare(results: Results, program: str, measure: str) -> str:
    return _figures(results, program, measure) if results.has(program, measure) else "-"


def _cell(results: Results, program: str, measure: str) -> str:
    if not results.has(program, measure):
        return "-"
    ratios = (results.to_hello(program, measure), results.to_table(program, measure))
    return f"{_figures(results, program, measure)} ({', '.join(_times(x) for x in ratios)})"


def _to_base(results: Results, program: str, measure: str) -> str:
    if not results.has(program, measure):
        return "-"
    ratio = _times(results.to_base(program, measure))
    return f"{_figures(results, program, measure)} ({ratio})"


def _figures(results: Results, program: str, measure: str) -> str:
    median = results.median(program, measure)
    if measure == p.MEMORY:
        return f"{median / 2**20:.0f} MiB"
    digits = 0 if median >= 0.1 else 1
    p95 = results.p95(program, measure)
    return f"{median * 1000:.{digits}f} / {p95 * 1000:.{digits}f} ms"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}x"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}x" if unit == "x" else f"{value:.1f} ms"
