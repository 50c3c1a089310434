"""The README's tables, from the facts that the program itself reads.

``python -m tests.docs.tables`` writes them into the README; the test asserts that they are there.
"""

import re
from itertools import groupby
from pathlib import Path

import click

from interworky_tui.cli import commands
from interworky_tui.config import Matrix
from interworky_tui.settings_doc import describe
from interworky_tui.ui.keys import KEYS, LIST_KEYS, MOVE

README = Path(__file__).parents[2] / "README.md"


def keys() -> str:
    lines = ["| key | what it does |", "|---|---|"]
    for group, members in groupby(KEYS, key=lambda key: key.group):
        lines.append(f"| **{group}** | |")
        lines += [f"| `{key.face}` | {key.label}: {_small(key.help)} |" for key in members]
        if group == MOVE:
            lines += [f"| `{face}` | {told} |" for face, told in LIST_KEYS]
    return "\n".join(lines)


def cli() -> str:
    lines = ["| command | |", "|---|---|"]
    lines += [f"| `{usage}` | {told} |" for usage, told in _usages(commands, "")]
    return "\n".join(lines)


def settings() -> str:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for doc in describe():
        default = "" if doc.default == "null" else f"`{doc.default}`"
        if not doc.name.startswith("messages.matrix."):
            lines.append(f"| `{doc.name}` | {default} | {doc.description} ({doc.type}) |")
        elif doc.name == "messages.matrix.requested.client.email":
            name = "messages.matrix.<event>.<client or office>.<email or sms>"
            events = ", ".join(Matrix.__struct_fields__)
            lines.append(f"| `{name}` | `true` | Whether one of the 28 is sent; events: {events} |")
    return "\n".join(lines)


SECTIONS = {"keys": keys, "commands": cli, "settings": settings}


def section(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the README has no place for {name}"
    return found[1]


def written(text: str) -> str:
    for name, table in SECTIONS.items():
        body = f"<!-- {name} -->\n{table()}\n<!-- /{name} -->"
        pattern = rf"<!-- {name} -->.*?<!-- /{name} -->"
        text = re.sub(pattern, lambda _match, body=body: body, text, flags=re.DOTALL)
    return text


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _usages(group: click.Group, before: str) -> list[tuple[str, str]]:
    found = []
    for name, command in group.commands.items():
        full = f"{before}{name}"
        told = command.get_short_help_str(limit=200)
        if not isinstance(command, click.Group):
            found.append((f"{full}{_arguments(command)}", told))
            continue
        if command.invoke_without_command:
            found.append((f"{full}{_arguments(command)}", told))
        found += _usages(command, f"{full} ")
    return found


def _arguments(command: click.Command) -> str:
    parts = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            parts.append(parameter.make_metavar(click.Context(command)))
        elif isinstance(parameter, click.Option) and not parameter.hidden:
            name = parameter.opts[-1] if len(parameter.opts) == 1 else parameter.opts[0]
            value = "" if parameter.is_flag else f" {_metavar(parameter)}"
            parts.append(f"{name}{value}" if parameter.required else f"[{name}{value}]")
    return " " + " ".join(parts).replace("|", "\\|") if parts else ""


def _metavar(option: click.Option) -> str:
    kind = option.type
    if isinstance(kind, click.IntRange):
        return f"{kind.min}-{kind.max}" if kind.max and kind.max < 10 else "N"
    if isinstance(kind, click.Choice) and len(kind.choices) < 5:
        return "|".join(kind.choices)
    return option.metavar or option.opts[-1].removeprefix("--").upper()


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
