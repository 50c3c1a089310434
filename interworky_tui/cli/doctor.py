"""The doctor on the command line."""

import json
from dataclasses import asdict

import click

from interworky_tui.cli.base import as_json, say
from interworky_tui.start import FAILED, Surroundings


@click.command()
@as_json
@click.pass_context
def doctor(ctx: click.Context, /, as_json: bool) -> None:
    """Look at every part, and say what to do about it.

    Logs in at the mail server and asks for the SMS account, and sends nothing. Exit status 1
    when there is a problem.

    Example: interworky-tui doctor
    """
    from interworky_tui import doctor, logs
    from interworky_tui.doctor.findings import State
    from interworky_tui.domain.text import clean_line

    around: Surroundings = ctx.obj
    logs.write_to(around.paths.log_file)
    found = doctor.examine(around.paths, around.clock, around.environment)
    if as_json:
        say(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    else:
        for finding in found:
            say(f"{finding.state.upper():8} {finding.part:10} {clean_line(finding.told)}")
            if finding.advice:
                say(f"{'':19} -> {clean_line(finding.advice)}")
    if any(finding.state is State.PROBLEM for finding in found):
        ctx.exit(FAILED)
