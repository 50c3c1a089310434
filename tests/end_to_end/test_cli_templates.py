"""Templates and languages, from the command line to the message that waits to be sent."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interworky_tui.cli import commands
from interworky_tui.paths import Paths
from interworky_tui.start import Surroundings
from tests.end_to_end.conftest import Shell

SMS = "scheduled/client/sms.txt"


def wrote(places: Paths, name: str, source: str) -> Path:
    file = places.config / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    return file


def edit(shell: Shell, script: str, *words: str) -> Result:
    """Edit a template in an editor that does what the script says with the ``file``."""
    program = f"import pathlib, sys; file = pathlib.Path(sys.argv[1]); {script}"
    editor = shell.paths.config / "editor.py"
    editor.write_text(program)
    around = Surroundings(shell.paths, shell.clock, {"EDITOR": f"{sys.executable} {editor}"})
    return CliRunner().invoke(commands, ["templates", "edit", *words], obj=around)


def bodies(shell: Shell, event: str, channel: str = "sms") -> dict[str, str]:
    """The newest of its kind, by recipient."""
    found = reversed(shell.json("messages"))
    wanted = (event, channel)
    return {m["recipient"]: m["body"] for m in found if (m["event"], m["channel"]) == wanted}


def test_list_says_which_there_are_and_which_are_the_offices(shell: Shell, places: Paths) -> None:
    lines = shell("templates", "list").stdout.splitlines()
    assert "scheduled           client  sms    en, es" in lines
    wrote(places, SMS, "{office_name}: ours")
    wrote(places, "es/help/client/sms.txt", "{office_name}: STOP")
    lines = shell("templates", "list").stdout.splitlines()
    assert "scheduled           client  sms    en, es; own: en" in lines
    assert "help                client  sms    en, es; own: es" in lines
    listed = shell.json("templates", "list")
    assert len(listed) == 38
    fields = {(m["event"], m["channel"], m["recipient"]): m["fields"] for m in listed}
    assert "service" in fields["scheduled", "email", "client"]
    assert "service" not in fields["scheduled", "sms", "client"]


def test_show_prints_what_is_used(shell: Shell, places: Paths) -> None:
    words = ("templates", "show", "scheduled", "client", "sms")
    assert "you are booked for {when}." in shell(*words).stdout
    assert "Su cita es el {when}." in shell(*words, "--lang", "es-MX").stdout
    wrote(places, SMS, "{office_name}: ours\n")
    assert shell(*words).stdout == "{office_name}: ours\n"
    assert f"sms.txt ({places.config}" in shell(*words[:-1]).stdout
    assert "{body}" in shell("templates", "show", "layout").stdout
    assert 'morning = "Morning"' in shell("templates", "show", "words").stdout
    assert "a primera hora" in shell("templates", "show", "words", "--lang", "es").stdout


def test_edit_begins_with_the_built_in_one(shell: Shell, places: Paths) -> None:
    words = ("scheduled", "client", "sms")
    built_in = shell("templates", "show", *words).stdout
    told = shell("templates", "edit", *words).stdout.strip()
    assert told == str(places.config / "templates" / SMS)
    assert Path(told).read_text() == built_in
    done = edit(shell, "file.write_text('{office_name}: on {when}')", *words)
    assert done.exit_code == 0, done.output
    assert shell("templates", "show", *words).stdout == "{office_name}: on {when}\n"
    shell("templates", "edit", *words)
    assert shell("templates", "show", *words).stdout == "{office_name}: on {when}\n"


def test_edit_says_what_is_wrong_by_line(shell: Shell, places: Paths) -> None:
    done = edit(shell, "file.write_text('{office_name}\\n{whn} }')", "scheduled", "client", "sms")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{SMS}, line 2: {{whn}} is not a field that can be used there; did you mean {{when}}?",
        f"{SMS}, line 2: a brace is open or closed alone in '{{whn}} }}'.",
    ]
    assert "built-in" in done.stderr


def test_what_was_not_changed_stays_built_in(shell: Shell, places: Paths) -> None:
    done = edit(shell, "pass", "scheduled", "client", "email", "--part", "html", "--lang", "es")
    assert (done.exit_code, done.stdout) == (0, "Nothing was changed.\n")
    assert not (places.config / "templates/es/scheduled/client/email.html").exists()


def test_an_editor_that_fails_is_told_of(shell: Shell) -> None:
    done = edit(shell, "sys.exit(3)", "layout")
    assert done.exit_code == 1
    assert "Editing failed" in done.stderr
    assert "Traceback" not in done.output


def test_a_new_language_begins_with_english(shell: Shell, places: Paths) -> None:
    shell("templates", "edit", "reminder", "client", "sms", "--lang", "pt-BR")
    file = places.config / "templates/pt-BR/reminder/client/sms.txt"
    assert file.read_text() == shell("templates", "show", "reminder", "client", "sms").stdout
    shell("templates", "edit", "words", "--lang", "pt-BR")
    shell("templates", "check")


def test_check_lists_every_problem(shell: Shell, places: Paths) -> None:
    assert shell("templates", "check").stdout == "The built-in ones are used.\n"
    wrote(places, SMS, "{office_name}\n")
    assert "Every template is good" in shell("templates", "check").stdout
    wrote(places, "layout.html", "no body")
    wrote(places, "es/words.toml", "day = 5")
    result = shell("templates", "check", status=1)
    assert result.stdout.splitlines() == [
        "es/words.toml, line 1: day is not a shape like EEE d MMM y.",
        "layout.html: {body} is missing, which is the message itself.",
    ]
    assert result.stderr.count("\n") == 1


def test_preview_of_a_sample_and_of_an_appointment(shell: Shell) -> None:
    sample = shell("templates", "preview", "reminder", "client").stdout
    assert "Subject: Reminder: your visit on Tue 17 Mar 2026, 14:30" in sample
    assert sample.endswith("[1 SMS, 129 units of GSM-7]\n")
    visit = shell.add(name="Zoë Ángel", language="es")
    shell("schedule", visit, "fri 14:30")
    words = ("templates", "preview", "scheduled", "client", "sms", "--appointment", visit)
    spanish = shell(*words).stdout
    assert "Hola, Zoë Ángel. Su cita es el vie 20 mar 2026, 14:30." in spanish
    assert "of UCS-2, because of ë Á]" in spanish
    assert "Hi Zoë Ángel" in shell(*words, "--lang", "en").stdout
    page = shell("templates", "preview", "scheduled", "client", "email", "--html").stdout
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "low_rating", "client"), "low_rating has no message for the client."),
        (("edit", "help", "client", "email"), "help has no email for the client."),
        (("show", "help", "client", "--lang", "fr"), "There is no help/client/sms.txt in fr"),
        (("preview", "reminder", "client", "--appointment", "9"), "There is no appointment 9."),
    ],
)
def test_what_there_is_not_is_refused(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    assert shell.refused("templates", *words).startswith(sentence)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nothing"),
        ("show", "requested"),
        ("edit", "requested", "client"),
        ("preview", "layout", "client"),
        ("show", "layout", "--lang", "spanish"),
    ],
)
def test_what_was_typed_wrongly(shell: Shell, words: tuple[str, ...]) -> None:
    shell("templates", *words, status=2)


def test_a_client_is_told_in_her_language_and_the_office_in_its_own(
    shell: Shell, places: Paths
) -> None:
    shell.add(language="es_mx")
    told = bodies(shell, "requested")
    assert told["client"] == (
        "Lindenhof Practice: Gracias por su solicitud para el vie 20 mar 2026, por la mañana."
        " Le confirmaremos la hora. ¿Dudas? +493012345678. Responda STOP para darse de baja."
    )
    assert told["office"].startswith("New request: Ana Ruiz, Fri 20 Mar 2026, Morning.")
    wrote(places, f"es/{SMS}", "{office_name}: nos vemos el {when}")
    shell("schedule", 1, "sat 14:30")
    assert bodies(shell, "scheduled")["client"] == (
        "Lindenhof Practice: nos vemos el sab 21 mar 2026, 14:30"
    )
    assert "está reservada para el sáb 21 mar" in bodies(shell, "scheduled", "email")["client"]


def test_the_offices_own_template_is_what_clients_read(shell: Shell, places: Paths) -> None:
    wrote(places, "requested/client/sms.txt", "{office_name} thanks {client_name}.")
    wrote(places, "requested/client/email.txt", "{nope}")
    shell.add()
    assert bodies(shell, "requested")["client"] == (
        "Lindenhof Practice thanks Ana Ruiz. Reply STOP to opt out."
    )
    assert bodies(shell, "requested", "email")["client"].startswith("Hello Ana Ruiz,")


def test_an_office_of_another_language(shell: Shell, places: Paths) -> None:
    settings = places.settings_file
    settings.write_text(settings.read_text() + '\n[messages]\nlanguage = "es"\n')
    shell.add()
    told = bodies(shell, "requested")
    assert told["office"].startswith("Nueva solicitud: Ana Ruiz, vie 20 mar 2026, por la mañana.")
    assert told["client"].startswith("Lindenhof Practice: Gracias")
    shell.add(name="Bob Ray", phone="030 901821", language="en")
    assert bodies(shell, "requested")["client"].startswith("Lindenhof Practice: Thank")


def test_a_list_may_say_the_language(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "name,email,date,band,Language\n"
        "Ana Ruiz,ana@ruiz.example,2026-03-20,morning,es\n"
        "Bob Ray,bob@ray.example,2026-03-20,morning,\n"
        "Cy Orr,cy@orr.example,2026-03-20,morning,Spanish!\n"
    )
    result = shell("import", file, "--notify", status=1)
    assert "'Spanish!' is not a language code like en, es or es-MX." in result.stdout
    assert "line 4" in result.stdout.lower()
    subjects = {m["to"]: m["subject"] for m in shell.json("messages") if m["recipient"] == "client"}
    assert subjects["ana@ruiz.example"].startswith("Hemos recibido")
    assert subjects["bob@ray.example"].startswith("We have your request")
    assert "Language: es" in shell("show", 1).stdout


def test_a_language_that_is_none_is_refused(shell: Shell) -> None:
    words = ("requests", "add", "--name", "Ana", "--email", "a@b.example", "--date", "2026-03-20")
    told = shell.refused(*words, "--band", "morning", "--language", "spanish")
    assert told == "'spanish' is not a language code like en, es or es-MX."
