"""The setup: asks for what is needed, tries it out, and keeps what works."""

from collections.abc import Callable

import click

from interworky_tui.cli.base import say
from interworky_tui.start import FAILED, INTERRUPTED, Surroundings

PARTS = ("office", "email", "sms")
OPTIONS = (
    ("office-name", "How messages sign."),
    ("office-country", "Two letters; how national phone numbers are read."),
    ("office-phone", "Where the office gets its texts."),
    ("office-email", "Where the office gets its emails."),
    ("office-timezone", "As in Europe/Berlin."),
    ("email-host", "The mail server."),
    ("email-security", "starttls, tls or none."),
    ("email-port", "Its port."),
    ("email-user", "The login."),
    ("email-from-name", "Whom emails are from, unless it is the office."),
    ("sms-account-sid", "The SMS account."),
    ("sms-from-number", "The number that texts are from."),
    ("sms-messaging-service-sid", "Instead of a number: a pool of numbers."),
)
"""One for each question that is no secret; what they ask is imported when it is asked."""


def _answers_as_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, told in reversed(OPTIONS):
        command = click.option(f"--{name}", help=told)(command)
    return command


@click.command()
@_answers_as_options
@click.option(
    "--secrets",
    type=click.Choice(["file", "keyring", "environment"]),
    help="Where secrets are kept; environment keeps none.",
)
@click.option("--no-test", is_flag=True, help="Send no test messages.")
@click.option("--yes", is_flag=True, help="Ask nothing; take the options and keep the rest.")
@click.pass_context
def setup(
    ctx: click.Context, /, secrets: str | None, no_test: bool, yes: bool, **options: str | None
) -> None:
    """Set up the office, its emails and its texts.

    Asks for each part, sends a test message to the office, and says what is wrong if one fails.
    Enter keeps what is there, - clears it. A secret is asked for, or comes by its variable:
    INTERWORKY_TUI_EMAIL__PASSWORD, INTERWORKY_TUI_SMS__AUTH_TOKEN.

    Example: interworky-tui setup
    """
    from interworky_tui import logs
    from interworky_tui.cli.setup_talk import SetUp

    around: Surroundings = ctx.obj
    given = {name.replace("_", "-"): text for name, text in options.items() if text is not None}
    logs.write_to(around.paths.log_file)
    talk = SetUp.begin(around, asks=not yes, tests=not no_test, place=secrets)
    talk.take(given)
    try:
        for part in PARTS:
            talk.go_through(part)
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        say(f"Stopped. {talk.kept()}")
        ctx.exit(INTERRUPTED)
    say(talk.kept())
    say(talk.next_step())
    ctx.exit(FAILED if talk.failed else 0)
