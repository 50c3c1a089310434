"""Where a key stands in a TOML file, which the parser does not tell."""

import re


def line_of(text: str, path: list[str]) -> int | None:
    """The line on which a key stands: under its [table], or the table's own line."""
    table: list[str] = []
    best: int | None = None
    # A text of several lines may look like settings; its lines count, but say nothing.
    blanked = re.sub(
        r"\"{3}.*?\"{3}|'{3}.*?'{3}", lambda found: "\n" * found[0].count("\n"), text, flags=re.S
    )
    for number, line in enumerate(blanked.split("\n"), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        if header:
            table = _names(header[1])
            if path[: len(table)] == table:
                best = number
            continue
        key = re.match(r"\s*([\w.\"' -]+?)\s*=", line)
        if key:
            full = table + _names(key[1])
            if full == path:
                return number
            if path[: len(full)] == full:
                best = number
    return best


def _names(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
