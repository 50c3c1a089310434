"""Keys of the API."""

from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import ID, as_json, opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.api_keys import ApiKey
    from interworky_tui.services.context import Context


@click.group("api-key")
def api_key() -> None:
    """Make, list and revoke the keys of the API."""


@api_key.command()
@click.argument("name")
@click.pass_obj
def new(around: Surroundings, name: str) -> None:
    """Make a key, and print it this once.

    Example: interworky-tui api-key new assistant
    """
    with opened(around) as office:
        from interworky_tui.services import api_keys

        made, secret = api_keys.new_key(office, name)
        say(secret)
        click.echo(f"This is key {made.id}. Keep it safe: it is never shown again.", err=True)
        if not office.settings.web.enabled:
            click.echo("The API is not served yet; set [web] enabled = true.", err=True)


@api_key.command("list")
@as_json
@click.pass_obj
def list_(around: Surroundings, as_json: bool) -> None:
    """List the keys, also those that were revoked.

    Example: interworky-tui api-key list
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import api_keys

        keys = api_keys.list_keys(office)
        if as_json:
            say(printing.as_json([_json(office, key) for key in keys]))
        else:
            say("\n".join(_line(office, key) for key in keys) or "There are no keys.")


@api_key.command()
@click.argument("key_id", metavar="ID", type=ID)
@click.pass_obj
def revoke(around: Surroundings, key_id: int) -> None:
    """Take a key out of use, for good.

    Example: interworky-tui api-key revoke 1
    """
    with opened(around) as office:
        from interworky_tui.domain.text import clean_line
        from interworky_tui.services import api_keys

        gone = api_keys.revoke(office, key_id)
        say(f"Key {gone.id} ({clean_line(gone.name)}) is revoked.")


def _line(office: "Context", key: "ApiKey") -> str:
    """``1  assistant: made Mon 16 Mar 2026, 09:10; never used``"""
    from interworky_tui.domain.calendar import say_moment
    from interworky_tui.domain.text import clean_line

    used, gone = key.last_used_at, key.revoked_at
    told = [f"made {say_moment(key.created_at, office.zone)}"]
    told.append(f"last used {say_moment(used, office.zone)}" if used else "never used")
    if gone:
        told.append(f"revoked {say_moment(gone, office.zone)}")
    return f"{key.id}  {clean_line(key.name)}: {'; '.join(told)}"


def _json(office: "Context", key: "ApiKey") -> dict[str, object]:
    moments = {
        name: moment.astimezone(office.zone).isoformat() if moment else None
        for name, moment in (
            ("created_at", key.created_at),
            ("last_used_at", key.last_used_at),
            ("revoked_at", key.revoked_at),
        )
    }
    return {"id": key.id, "name": key.name, **moments}
