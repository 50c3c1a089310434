"""What a person has set: the settings, secrets, templates and the desk's lock."""

import os

from interworky_tui import config, pin, private_file, secret
from interworky_tui.config import BadSettings, Settings
from interworky_tui.doctor.around import Around
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.services.diary import knows_holidays

SET_UP = "interworky-tui setup"


def look_at_settings(around: Around) -> Finding:
    file = around.paths.settings_file
    own = os.environ if around.environment is None else around.environment
    extra = sum(name.startswith(config.PREFIX) and "__" in name for name in own)
    also = f" and {extra} from the environment" if extra else ""
    if not file.exists():
        return note(
            "settings", f"The defaults{also} are used: there is no {file}.", f"Run {SET_UP}."
        )
    told = f"{file}{also}"
    if private_file.open_to_others(file):
        return note("settings", f"{told}; others may read it.", f"chmod 600 {file}")
    return ok("settings", told)


def look_at_office(settings: Settings) -> Finding:
    office = settings.office
    lacks = [name for name in ("phone", "email") if not getattr(office, name)]
    if lacks:
        told = f"The office has no {' and no '.join(lacks)}, so it is not told of changes there."
        return note("office", told, f"Run {SET_UP}.")
    return ok("office", f"{office.name}, {office.country}")


def look_at_holidays(settings: Settings) -> list[Finding]:
    """Only when there is no list of those that the office keeps."""
    kept = settings.office.holidays_of
    if kept is None or knows_holidays(*kept):
        return []
    told = f"No public holidays are known for {'-'.join(filter(None, kept))}."
    return [note("holidays", told, "Mend office.holidays_country, or let it be none.")]


def look_at_secrets(around: Around) -> Finding:
    settings = around.settings
    needed = [
        (section, key)
        for section, key in config.SECRETS
        if (section == "email" and settings.email.host and settings.email.user)
        or (section == "sms" and settings.sms.account_sid)
    ]
    folder, environment = around.paths.config, around.environment
    try:
        places = {pair: secret.where(*pair, folder, environment) for pair in config.SECRETS}
    except BadSettings as error:
        return problem("secrets", str(error))
    missing = [".".join(pair) for pair in needed if places[pair] is None]
    if missing:
        return problem("secrets", f"There is no {' and no '.join(missing)}.", f"Run {SET_UP}.")
    kept = [f"{'.'.join(pair)}: {place.value}" for pair, place in places.items() if place]
    return ok("secrets", ", ".join(kept) if kept else "None is needed.")


def look_at_clock(around: Around) -> Finding:
    now, here = around.clock(), around.settings.zone
    told = f"{now.astimezone(here):%Y-%m-%d %H:%M}, {here.key}"
    if not 2026 <= now.year < 2100:
        return problem("clock", told, "Set the date of this machine.")
    if not around.settings.office.timezone:
        return note(
            "clock", f"{told}, which is this machine's", f"Fix it for the office: {SET_UP}."
        )
    return ok("clock", told)


def look_at_templates(around: Around) -> Finding:
    folder = around.paths.config / "templates"
    if not folder.is_dir():
        return ok("templates", "The built-in ones.")
    bad = Catalogue(folder, around.settings.messages.language).problems()
    if bad:
        told = " ".join(map(str, bad[:3])) + (f" And {len(bad) - 3} more." if len(bad) > 3 else "")
        return problem("templates", told, "Until then the built-in ones are used.")
    return ok("templates", f"The office's own in {folder} are good.")


def look_at_lock(around: Around) -> list[Finding]:
    """Only what is wrong with it: an office need not lock its desk."""
    folder = around.paths.config
    file = folder / pin.PIN_FILE
    if not pin.is_set(folder):
        if not around.settings.desk.lock_minutes:
            return []
        told = "the idle desk is to lock itself, and has no PIN"
        return [problem("lock", told, "Set one by interworky-tui pin set.")]
    if private_file.open_to_others(file):
        return [problem("lock", "the PIN's file can be read by others", f"chmod 600 {file}")]
    return []
