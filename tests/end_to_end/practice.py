"""An office that is set up, for the doctor to look at."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from interworky_tui import secret
from interworky_tui.domain.clock import Clock
from interworky_tui.paths import Paths
from tests.delivery.sms_server import NUMBER, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import HOST, PASSWORD, USER, MailHost, serve
from tests.end_to_end.conftest import Shell


@dataclass(frozen=True)
class Practice:
    """An office that is set up. Both servers are there unless a test takes them away."""

    shell: Shell
    mails: MailHost
    texts: SmsServer

    @property
    def places(self) -> Paths:
        return self.shell.paths

    def look(self, status: int = 0) -> dict[str, dict[str, Any]]:
        found = json.loads(self.shell("doctor", "--json", status=status).stdout)
        assert all(list(one) == ["part", "state", "told", "advice"] for one in found)
        return {one["part"]: one for one in found}

    def write(self, **channels: str) -> None:
        file = self.places.settings_file
        with file.open("a") as settings:
            for name, lines in channels.items():
                settings.write(f"\n[{name}]\n{lines}\n")
        file.chmod(0o600)


@contextmanager
def practicing(shell: Shell, clock: Clock) -> Iterator[Practice]:
    """Both channels are set up with servers on this machine that know the secrets."""
    with serve("none") as mails, SmsServer(clock).running() as texts:
        made = Practice(shell, mails, texts)
        made.write(
            email=f"host = '{HOST}'\nport = {mails.port}\nsecurity = 'none'\nuser = '{USER}'",
            sms=f"account_sid = '{SID}'\nfrom_number = '{NUMBER}'\napi_base_url = '{texts.url}'",
        )
        secret.store("email", "password", PASSWORD, made.places.config)
        secret.store("sms", "auth_token", TOKEN, made.places.config)
        yield made
