"""Measure the desk beside the bare programs, all in one interleaved run.

Every round runs each program once, in an order that moves on by one; ratios compare what ran in
the same round, so that a slow minute of the machine slows both sides. Afterwards the desk is
measured while strangers lean on its web pages, and then messages: how soon they arrive, and how
many of thousands do when everything fails; at last what growth costs on both databases.

    python -m benchmarks.run [--rounds 12] [--sizes 1k,100k,1M] [--quick] [--write-readme]
"""

import argparse
import gc
import os
import platform
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import arrival, growth, outbox, report, web
from benchmarks.desk import desk_program, hung_program
from benchmarks.fill import cached, count_of
from benchmarks.programs import ROOT, Program, bare_programs
from benchmarks.terminal import COLUMNS, ROWS, NeverSeen
from interworky_tui.domain.events import Channel
from tests.delivery.storm import Storm

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
STARTS = 2
"""Further starts of each program in a round: a start is one sample, a key press one of many."""
WEB_ROUNDS = 8


def main() -> int:
    options = _options()
    random.seed(options.seed)
    gc.disable()
    if os.getloadavg()[0] > 0.5:
        print("Other programs are busy; the figures will be noisy.", file=sys.stderr)
    sizes = {} if options.bare else {f"desk {s}": s for s in options.sizes.split(",")}
    pressed = report.Results()
    with tempfile.TemporaryDirectory(prefix="interworky-bench-") as folder:
        try:
            programs = _programs(Path(folder), sizes)
            results = measure(programs, options.rounds, options.presses)
            if sizes:
                pressed = web.measure(options.web_rounds, options.presses)
        except NeverSeen as error:
            print(f"\nThe screen that was waited for did not come.\n{error}", file=sys.stderr)
            return 1
    heads = {name: f"desk, {size}" for name, size in sizes.items()}
    tables = [report.markdown(results, heads, _notes(options))]
    if sizes:
        names = list(sizes)
        tables += [*_messages(results, names, options), web.markdown(pressed)]
        if rows := report.inside_table(results, heads):
            tables.insert(1, rows)
        found = report.targets(results, names[0], names[-1])
        found += report.inside_targets(results, names) + web.targets(pressed)
        grown = growth.measure(
            *((("1k", "10k"), 5) if options.quick else (growth.SIZES, growth.ROUNDS))
        )
        tables.append(growth.markdown(grown))
        found += growth.targets(grown)
        tables.append(report.target_table(found))
    text = "\n\n".join(tables)
    print(text)
    if options.write_readme:
        write_readme(ROOT / "README.md", text)
    return 0


def _programs(folder: Path, sizes: Mapping[str, str]) -> list[Program]:
    """The bare ones, the desk over each office, and once more with servers that hang."""
    programs = list(bare_programs(folder))
    for name, size in sizes.items():
        count = count_of(size)
        programs.append(desk_program(name, _office(folder, count), count))
    for size in list(sizes.values())[:1]:
        (folder / "hung").mkdir()
        programs.append(hung_program(report.HUNG, _office(folder / "hung", count_of(size))))
    return programs


def _messages(
    results: report.Results, names: Sequence[str], options: argparse.Namespace
) -> list[str]:
    """Measure them, and return their tables."""
    print("messages", file=sys.stderr, flush=True)
    for channel, seconds in arrival.measure(20 if options.quick else 200).items():
        taken = report.EMAIL_TAKEN if channel is Channel.EMAIL else report.SMS_TAKEN
        results.add(report.MESSAGES, 0, ((taken, one) for one in seconds))
    storm = Storm(300, 4, 16, speed=20) if options.quick else outbox.FULL
    after = outbox.run(storm)
    return [
        report.message_table(results, names[0], arrival.NOTES),
        f"{outbox.markdown(storm, after)}\n\n{outbox.NOTES}",
    ]


def measure(programs: Sequence[Program], rounds: int, presses: int) -> report.Results:
    """One start of each beforehand does not count: it compiles and fills the file caches."""
    results = report.Results()
    for program in programs:
        for _ in program.begin():
            pass
    for number in range(rounds):
        turn = [*programs[number % len(programs) :], *programs[: number % len(programs)]]
        for _ in range(STARTS):
            for program in turn:
                results.add(program.name, number, program.begin())
        for program in turn:
            results.add(program.name, number, program.work(presses))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return results


def write_readme(file: Path, text: str) -> None:
    """Put the text between the markers. Raises ValueError when they are not there."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file.name} has no {BEGIN} ... {END}")
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _office(folder: Path, count: int) -> Path:
    """A folder with its own copy of the office, since the desk writes to it."""
    home = folder / str(count)
    home.mkdir()
    shutil.copyfile(cached(count), home / "interworky.db")
    return home


def _notes(options: argparse.Namespace) -> str:
    return (
        f"Median / p95 of {options.rounds} interleaved rounds in a {COLUMNS}x{ROWS} terminal;"
        " in brackets the ratios to hello and to the DataTable of the same run. Where a bare"
        " program has no such thing, hello's cursor-down and the DataTable's page-down stand"
        f" in. Python {platform.python_version()}, Textual {version('textual')},"
        f" {platform.system()}."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, help="default 12, with --quick 2")
    parser.add_argument("--presses", type=int, help="of each frequent key in a round; default 30")
    parser.add_argument("--sizes", help="default 1k,100k,1M; with --quick 1k")
    parser.add_argument("--quick", action="store_true", help="a look, not a measurement")
    parser.add_argument("--bare", action="store_true", help="the bare programs alone")
    parser.add_argument("--write-readme", action="store_true", help="between its bench markers")
    parser.add_argument("--seed", type=int, default=1, help="of the pauses between keys")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 12)
    options.presses = options.presses or (9 if options.quick else 30)
    options.web_rounds = 1 if options.quick else WEB_ROUNDS
    options.sizes = options.sizes or ("1k" if options.quick else "1k,100k,1M")
    return options


if __name__ == "__main__":
    sys.exit(main())
