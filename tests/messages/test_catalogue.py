"""The office's own templates: which one is used, and what is refused by name and line."""

import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.domain.feedback import Recommend
from interworky_tui.messages.catalogue import SHIPPED, Catalogue, languages
from interworky_tui.messages.fields import Facts
from interworky_tui.messages.places import LAYOUT, WORDS, places
from interworky_tui.messages.render import Rendered, first_text, render, render_in
from tests.messages.page import Page

FACTS = Facts(
    office_name="Fern Dental",
    office_phone="+1 555",
    office_email="desk@fern.example",
    client_name="Ana <Ruiz>",
    client_phone="+49 30",
    appointment_id=7,
    wished_day=date(2026, 3, 21),
    wished_band="evening",
    starts_at=datetime(2026, 3, 21, 14, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    service="Root canal",
    cancel_reason=CancelReason.NO_SHOW,
    recommend=Recommend.YES,
)
SMS = "scheduled/client/sms.txt"
TEXT = "scheduled/client/email.txt"
PAGE = "scheduled/client/email.html"
SUBJECT = "scheduled/client/subject.txt"
FIRST = "first_text/client/sms.txt"
ALL = tuple((event, *where) for event in Event for where in messages_of(event))


class Office:
    """A folder of templates, and what its clients are told."""

    def __init__(self, folder: Path, language: str = "en") -> None:
        self.folder = folder
        self.catalogue = Catalogue(folder, language)

    def writes(self, name: str, source: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        return file

    def texts(self, language: str | None = None) -> str:
        return self.says(Channel.SMS, language).text

    def says(self, channel: Channel, language: str | None = None) -> Rendered:
        return render(Event.SCHEDULED, Recipient.CLIENT, channel, FACTS, self.catalogue, language)

    def told(self) -> list[str]:
        return [bad.sentence for bad in self.catalogue.problems()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "templates")


ENGLISH = render(Event.SCHEDULED, Recipient.CLIENT, Channel.SMS, FACTS).text
SPANISH = render_in("es", Event.SCHEDULED, Recipient.CLIENT, Channel.SMS, FACTS).text


@pytest.mark.parametrize("language", languages(SHIPPED))
def test_what_is_shipped_would_be_good_as_the_offices_own(office: Office, language: str) -> None:
    for name in (*places(), WORDS):
        if found := SHIPPED.source(name, language):
            office.writes(f"{language}/{name}", found[0])
    assert office.told() == []
    for message in ALL:
        own = render_in(language, *message, FACTS, office.catalogue)
        assert own == render_in(language, *message, FACTS)


def test_without_a_folder_all_is_built_in(office: Office) -> None:
    assert office.texts() == ENGLISH
    assert office.told() == []
    assert not office.folder.exists()


def test_the_offices_own_goes_before_the_built_in(office: Office) -> None:
    office.writes(SMS, "{office_name} expects {client_name} on {when}\n")
    assert office.texts() == "Fern Dental expects Ana <Ruiz> on Sat 21 Mar 2026, 14:30"
    assert office.texts("en-GB") == office.texts()
    assert office.texts("es") == SPANISH
    assert office.told() == []


def test_the_language_of_a_client_is_looked_for_from_the_special_to_the_general(
    office: Office,
) -> None:
    office.writes(f"es-MX/{SMS}", "{office_name}: MX {when}")
    assert office.texts("es-MX").startswith("Fern Dental: MX sab")
    assert office.texts("es-AR") == office.texts("es") == SPANISH
    office.writes(f"es/{SMS}", "{office_name}: ES {when}")
    assert office.texts("es-AR") == office.texts("es") == "Fern Dental: ES sab 21 mar 2026, 14:30"


def test_who_speaks_what_is_not_there_is_told_in_the_offices_language(tmp_path: Path) -> None:
    assert Office(tmp_path).texts("fr") == ENGLISH
    spanish = Office(tmp_path, "es")
    assert spanish.texts("fr") == spanish.texts(None) == SPANISH
    assert spanish.texts("en") == ENGLISH
    spanish.writes(SMS, "{office_name}: nuestro {when}")
    assert (
        spanish.texts() == spanish.texts("es-MX") == "Fern Dental: nuestro sab 21 mar 2026, 14:30"
    )
    assert spanish.texts("en") == ENGLISH


def test_the_office_reads_its_own_language_whatever_the_client_speaks(tmp_path: Path) -> None:
    office = Catalogue(tmp_path, "es")
    where = (Event.CANCELLED, Recipient.OFFICE, Channel.EMAIL)
    assert "Motivo: El cliente no vino" in render(*where, FACTS, office, "en").text
    assert "Reason: The client did not come" in render(*where, FACTS, SHIPPED, "es").text


def test_words_are_said_in_the_language_of_the_template(office: Office) -> None:
    where = (Event.REQUESTED, Recipient.CLIENT, Channel.EMAIL)
    assert "sáb 21 mar 2026, al final de la tarde" in render_in("es", *where, FACTS).subject
    assert "Sat 21 Mar 2026, Evening" in render_in("en", *where, FACTS).subject
    office.writes(f"de/{SMS}", "{office_name}: Termin {when}, gewünscht {wished}")
    assert office.texts("de") == (
        "Fern Dental: Termin Sa., 21. März 2026, 14:30, gewünscht Sa., 21. März 2026, Evening"
    )
    assert office.told() == ["de: words.toml is missing, so parts of the day are said in English."]
    office.writes("de/words.toml", 'day = "EEE d. MMM y"\n[bands]\nevening = "abends"\n')
    assert office.texts("de").endswith("gewünscht Sa. 21. März 2026, abends")
    assert office.told() == []


def test_a_change_is_noticed_at_once(office: Office) -> None:
    file = office.writes(SMS, "{office_name}: one")
    assert office.texts() == "Fern Dental: one"
    file.write_text("{office_name}: two and more")
    assert office.texts() == "Fern Dental: two and more"
    file.write_text("{nope}")
    assert office.texts() == ENGLISH
    file.unlink()
    assert (office.texts(), office.told()) == (ENGLISH, [])


def test_a_file_is_read_once_while_it_is_the_same(office: Office) -> None:
    file = office.writes(SMS, "{office_name}: one")
    was = file.stat()
    assert office.texts() == "Fern Dental: one"
    file.write_text("{office_name}: two")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert office.texts() == "Fern Dental: one"


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        (SMS, "{office_name}\n{nmae}", ", line 2: {nmae} is not a field that can be used there"),
        (SMS, "{office_name}\n{nmae}", "; did you mean {client_name}?"),
        (SMS, "{office_name}\n{service}", ", line 2: {service} is private"),
        (SUBJECT, "{note}", ", line 1: {note} is private"),
        (SMS, "{office_name}\nHi }", ", line 2: a brace is open or closed alone in 'Hi }'."),
        (SMS, "| {office_name}", ", line 1: there is no line above"),
        (SMS, " \n\n", ": is empty."),
        (SMS, "Hello {client_name}", ": {office_name} is missing, which tells clients who writes."),
        (FIRST, "From us", ": STOP is missing, which tells people how to opt out."),
        (LAYOUT, "<p>{office_name}</p>", ": {body} is missing, which is the message itself."),
        (SMS, b"{office_name}\ncaf\xe9", ", line 2: is not UTF-8; save the file as UTF-8."),
        (SMS, "{office_name}\n\x1b[2J", ", line 2: has a control character (U+001B)."),
        (SMS, "{office_name}" + "x" * 600, ": has 613 characters; 600 are the most."),
        (SMS, "{office_name}" + "x" * 500_000, ": is not a file of text, or far too long."),
        (PAGE, "<p>\n<script>x</script>", ", line 2: <script> has no place in an email."),
        (PAGE, "<p>\n<img src='x'>", ", line 2: loads something from elsewhere"),
        (PAGE, "<a\nhref='{client_name}'>", ", line 2: {client_name} stands inside a tag"),
        (WORDS, "[bands]\nevning = 'x'", ", line 2: bands.evning is not known; there are early"),
        (WORDS, "day = 'QQQ'", ", line 1: day is not a shape like EEE d MMM y."),
        (WORDS, "time = 'h:mm'", ", line 1: time is not a shape like HH:mm."),
        (WORDS, "[bands]\nevening = 1", ", line 2: bands.evening must be a text in quotes."),
        (WORDS, "bands = 1", ", line 1: bands must be a table."),
        (WORDS, "x = \n", ", line 1: not TOML: invalid value."),
        ("scheduled/client/sms.text", "x", "; did you mean scheduled/client/sms.txt?"),
        ("es/schedule/client/sms.txt", "x", "; did you mean es/scheduled/client/sms.txt?"),
        (f"spanish/{SMS}", "x", ": spanish is not how a language is written; as in es or es-MX."),
        (f"es-mx/{SMS}", "x", ": es-mx is not how a language is written; did you mean es-MX?"),
        (f"es-mx/{WORDS}", "x", ": es-mx is not how a language is written; did you mean es-MX?"),
        ("readme.md", "x", ": is not the name of a template."),
    ],
)
def test_what_cannot_be_used_is_told_by_name_and_line(
    office: Office, name: str, source: str | bytes, told: str
) -> None:
    office.writes(name, source)
    (sentence,) = office.told()
    assert sentence.startswith(name)
    assert told in sentence
    assert (office.texts(), office.texts("es")) == (ENGLISH, SPANISH)
    for message in ALL:
        assert render(*message, FACTS, office.catalogue) == render(*message, FACTS)


def test_every_fault_of_a_file_is_told(office: Office) -> None:
    office.writes(SMS, "{office_name}\n{a}\n{b} }\n")
    assert [bad.line for bad in office.catalogue.problems()] == [2, 3, 3]


def test_what_editors_leave_behind_is_no_problem(office: Office) -> None:
    for name in (f"{SMS}~", "scheduled/client/.sms.txt.swp", ".git/config", ".DS_Store"):
        office.writes(name, "x")
    assert office.told() == []


def test_a_folder_or_a_pipe_in_a_templates_place_stops_nothing(office: Office) -> None:
    (office.folder / SMS).mkdir(parents=True)
    assert office.texts() == ENGLISH
    (office.folder / SMS).rmdir()
    os.mkfifo(office.folder / SMS)
    assert office.texts() == ENGLISH
    assert office.told() == [f"{SMS}: is not a file of text, or far too long."]


def test_a_text_that_comes_out_empty_or_nameless_is_the_built_in_one(office: Office) -> None:
    office.writes(SMS, "{office_name} moved it from {was_when}\n")
    assert office.texts() == ENGLISH
    office.writes(SMS, "{office_name}, not on {was_when}\n| Your visit is on {when}\n")
    assert office.texts() == ENGLISH
    assert office.told() == []


def test_the_page_of_an_email_follows_the_offices_own_text(office: Office) -> None:
    office.writes(TEXT, "Dear {client_name},\n\nA < B\n{when}\n\n{office_name}\n{office_phone}\n")
    mail = office.says(Channel.EMAIL)
    assert mail.text.startswith("Dear Ana <Ruiz>,\n\nA < B\nSat 21")
    assert "<p>Dear Ana &lt;Ruiz&gt;,</p>\n<p>A &lt; B<br>\nSat 21 Mar 2026, 14:30</p>" in mail.html
    assert mail.html.count("Fern Dental") == 1
    office.writes(TEXT.replace("txt", "html"), "<p>By <b>hand</b>: {client_name}</p>")
    assert "By <b>hand</b>: Ana &lt;Ruiz&gt;" in office.says(Channel.EMAIL).html


def test_no_email_is_half_translated(office: Office) -> None:
    office.writes("de/words.toml", "")
    office.writes(f"de/{TEXT}", "Guten Tag {client_name}")
    assert office.says(Channel.EMAIL, "de") == office.says(Channel.EMAIL)
    assert office.told() == [
        "de/scheduled/client: subject.txt is missing, so this email is sent in another language."
    ]
    office.writes("de/scheduled/client/subject.txt", "Ihr Termin")
    mail = office.says(Channel.EMAIL, "de")
    assert (mail.subject, mail.text) == ("Ihr Termin", "Guten Tag Ana <Ruiz>\n")
    assert '<html lang="de">' in mail.html
    assert office.told() == []


def test_one_layout_serves_every_language(office: Office) -> None:
    office.writes("layout.html", '<html lang="{language}"><b>{office_name}</b>{body}</html>')
    for tag in ("en", "es"):
        page = office.says(Channel.EMAIL, tag).html
        assert page.startswith(f'<html lang="{tag}"><b>Fern Dental</b><p>H')


def test_the_first_text_is_in_the_clients_language(office: Office) -> None:
    assert first_text(Recipient.CLIENT, "Fern", office.catalogue, "es") == (
        "Responda STOP para darse de baja."
    )
    office.writes("first_text/client/sms.txt", "{office_name}: STOP ends it.")
    assert first_text(Recipient.CLIENT, "Fern", office.catalogue) == "Fern: STOP ends it."


def test_the_languages_that_there_are(office: Office) -> None:
    office.writes(f"de/{SMS}", "{office_name}")
    office.writes("French/x", "")
    assert languages(office.catalogue) == ("de", "en", "es")


def test_a_language_that_no_library_knows_has_english_dates(office: Office) -> None:
    office.writes(f"xx/{SMS}", "{office_name}: {when}")
    assert office.texts("xx") == "Fern Dental: Sat 21 Mar 2026, 14:30"


@given(st.sampled_from(sorted(places())), st.text(max_size=80) | st.binary(max_size=80))
def test_whatever_the_office_writes_every_message_can_be_sent(
    tmp_path_factory: pytest.TempPathFactory, name: str, source: str | bytes
) -> None:
    office = Office(tmp_path_factory.mktemp("any"))
    raw = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
    office.writes(name, raw)
    for message in ALL:
        said = render(*message, FACTS, office.catalogue)
        assert said.text.strip()
        assert bool(said.subject) is (message[2] is Channel.EMAIL)
        assert "\n" not in said.subject
    assert len({bad.name for bad in office.catalogue.problems()} | {name}) == 1


evil = st.text("<>&\"'{}| \nabc\u202e=", min_size=1, max_size=30)


@given(st.sampled_from(("en", "es")), st.sampled_from(("txt", "html")), evil)
def test_what_people_write_is_never_markup_in_the_offices_own_page(
    tmp_path_factory: pytest.TempPathFactory, tag: str, kind: str, evil: str
) -> None:
    office = Office(tmp_path_factory.mktemp("evil"))
    office.writes(f"{tag}/scheduled/client/email.{kind}", "x{client_name}y\n{note}z\n")
    facts = replace(FACTS, client_name=evil, note=evil, office_name="<i>")
    where = (Event.SCHEDULED, Recipient.CLIENT, Channel.EMAIL)
    page = Page(render(*where, facts, office.catalogue, tag).html)
    plain = Page(render(*where, FACTS, office.catalogue, tag).html)
    assert page.tags <= plain.tags | {"p", "br"}
    assert page.attributes == plain.attributes
    assert "".join(evil.split()) in "".join(page.text.split()) or "\u202e" in evil
