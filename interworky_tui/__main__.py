"""The program's door. A bare start goes straight to the desk, without the commands."""

import io
import os
import sys


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_letter(stream)
    words = sys.argv[1:]
    # A shell asks for completions with a bare start, too; that is click's.
    if words in ([], ["--demo"]) and "_INTERWORKY_TUI_COMPLETE" not in os.environ:
        sys.exit(_desk(demo=bool(words)))
    from interworky_tui import cli

    cli.commands(prog_name="interworky-tui")


def _desk(demo: bool) -> int:
    from interworky_tui import start

    around = start.here()
    try:
        return start.open_desk(around, demo=demo)
    except (Exception, KeyboardInterrupt) as error:
        return start.explain(error, around)


def _never_fail_on_a_letter(stream: object) -> None:
    """Letters that the terminal's encoding does not have are written as escapes."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
