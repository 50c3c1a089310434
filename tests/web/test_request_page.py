"""The public form: what it takes, what it sends back, and what keeps programs out."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from interworky_tui.services import web_caps
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from interworky_tui.web.request_page import FIELDS, TARGETS
from interworky_tui.web.words import LANGUAGES, words
from tests.web.conftest import Answer, Serve, Site

both = pytest.mark.both_databases

ASK = {
    "name": "Ana Ruiz",
    "phone": "030 901820",
    "email": "ana@ruiz.example",
    "consent": "yes",
    "date": "2026-03-20",
    "band": "morning",
    "service": "Consultation",
    "note": "Second floor, please",
    "website": "",
}


def stamp_of(page: Answer) -> str:
    return page.document.one("input", name="stamp")["value"] or ""


def fill_in(site: Site, fields: dict[str, str], path: str = "/request", **headers: str) -> Answer:
    """As a person does: open the form, take a while, send it."""
    stamp = stamp_of(site.get(path, **headers))
    site.clock.forward(seconds=20)
    return site.post(path, {"stamp": stamp} | fields, **headers)


@both
def test_a_request_is_filed_and_confirmed(site: Site) -> None:
    sent = fill_in(site, ASK)
    assert sent.status == 303
    page = site.get("/" + sent.headers["Location"])
    assert page.title == "We have your request - Lindenhof Practice"
    assert "no appointment until" in page.text
    (visit,) = site.rows(APPOINTMENT)
    told = {name: visit[name] for name in ("status", "requested_date", "band", "service", "source")}
    assert told | {"requested_date": str(told["requested_date"])} == {
        "status": "requested",
        "requested_date": "2026-03-20",
        "band": "morning",
        "service": "Consultation",
        "source": "web",
    }
    (client,) = site.rows(CLIENT)
    assert (client["name"], client["phone"]) == ("Ana Ruiz", "+4930901820")
    assert (client["email"], client["sms_consent"]) == ("ana@ruiz.example", 1)
    assert [row["actor"] for row in site.rows(EVENT)] == ["web"]
    assert site.rows(NOTIFICATION)


@both
def test_without_consent_no_text_is_queued_to_the_client(site: Site) -> None:
    assert fill_in(site, ASK | {"consent": ""}).status == 303
    assert site.rows(CLIENT)[0]["sms_consent"] == 0
    texts = [
        row
        for row in site.rows(NOTIFICATION)
        if (row["recipient"], row["channel"], row["state"]) == ("client", "sms", "pending")
    ]
    assert texts == []


def test_consent_is_not_given_by_default(site: Site) -> None:
    box = site.get("/request").document.one("input", name="consent")
    assert "checked" not in box


def test_looking_changes_nothing(site: Site) -> None:
    before = site.everything()
    for path in ("/request", "/request?" + urlencode(ASK), "/request/thanks", "/", "/health"):
        site.get(path)
    assert site.everything() == before


def test_the_form_says_what_each_field_is(site: Site) -> None:
    document = site.get("/request").document
    fields = [
        given
        for tag, given in document.elements
        if tag in ("input", "textarea") and given.get("type") != "hidden"
    ]
    assert {given["name"] for given in fields} == {*FIELDS} - {"stamp"}
    for given in fields:
        assert document.one("label", **{"for": given["id"] or ""})
    told = {given["name"]: given.get("autocomplete") for given in fields}
    assert (told["name"], told["phone"], told["email"]) == ("name", "tel", "email")
    assert document.one("html", lang="en")
    assert document.all("script") == []


@both
def test_everything_wrong_is_told_at_once_and_what_was_typed_stays(site: Site) -> None:
    typed = {"name": " ", "phone": "12", "email": "ana@", "date": "2026-03-15", "note": "<Hi> & so"}
    page = fill_in(site, typed)
    assert page.status == 422
    assert page.title == "Please check: Ask for an appointment - Lindenhof Practice"
    document = page.document
    for field in ("name", "phone", "email", "date"):
        assert document.one("p", id=f"{field}-error")
        given = document.one("input", id=field)
        assert given["aria-invalid"] == "true"
        assert f"{field}-error" in (given["aria-describedby"] or "").split()
        assert given["value"] == typed[field]
    links = [given["href"] for given in document.all("a") if given["href"] in LINKS]
    assert links == ["#name", "#phone", "#email", "#date", "#band-1"]
    for link in links:
        assert document.one("input", id=link.removeprefix("#"))
    assert document.one("div", role="alert")
    assert "&lt;Hi&gt; &amp; so" in page.text
    assert site.rows(APPOINTMENT) == []


LINKS = {f"#{target}" for target in TARGETS.values()}


def test_what_was_mended_is_taken(site: Site) -> None:
    page = fill_in(site, ASK | {"date": "2026-03-15"})
    assert page.status == 422
    assert site.post("/request", ASK | {"stamp": stamp_of(page)}).status == 303


@pytest.mark.parametrize(
    ("field", "value", "english", "spanish"),
    [
        ("name", "", "Give your name.", "Escriba su nombre."),
        ("name", "www.win.example", "without a web", "sin direcciones web"),
        ("phone", "+1 212 555 0100", "cannot call or text", "No podemos llamar"),
        ("phone", "030", "does not exist", "no existe"),
        ("email", "ana", "not an email", "no es una dirección"),
        ("date", "", "Choose a day.", "Elija un día."),
        ("date", "20.3.", "as in 2026-03-16", "como 2026-03-16"),
        ("date", "2026-03-15", "passed", "ya ha pasado"),
        ("date", "2028-03-15", "within a year", "dentro de un año"),
        ("band", "", "part of the day", "momento del día"),
        ("band", "midnight", "one of the parts", "uno de los momentos"),
        ("service", "x" * 101, "100 characters", "100 caracteres"),
        ("note", "x" * 2001, "2000 characters", "2000 caracteres"),
    ],
)
def test_what_to_mend_is_said_in_both_languages(
    site: Site, field: str, value: str, english: str, spanish: str
) -> None:
    for language, sentence in (("en", english), ("es", spanish)):
        page = fill_in(site, ASK | {field: value}, f"/request?lang={language}")
        assert page.status == 422
        found = re.search(f'id="{field}-error">(.*?)</p>', page.text)
        assert found
        assert sentence in found[1]


def test_neither_phone_nor_email(site: Site) -> None:
    page = fill_in(site, ASK | {"phone": "", "email": ""})
    assert "phone number or an email" in page.text
    assert page.document.one("p", id="phone-error")


def test_spanish(site: Site) -> None:
    page = site.get("/request", Accept_Language="es-ES,es;q=0.9,en;q=0.8")
    assert page.title == "Pedir una cita - Lindenhof Practice"
    assert "Por la mañana (10:00–12:00)" in page.text
    sent = fill_in(site, ASK, Accept_Language="es")
    assert sent.headers["Location"] == "request/thanks?lang=es"
    assert site.get("/request/thanks?lang=es").title.startswith("Tenemos su solicitud")
    assert site.rows(CLIENT)[0]["language"] == "es"


def test_every_language_says_the_same_things() -> None:
    def shape(said: object) -> object:
        if isinstance(said, dict):
            return {name: shape(value) for name, value in said.items()}
        if isinstance(said, list):
            return len(said)
        return sorted(re.findall(r"{(\w+)}", str(said)))

    english, *others = (shape(dict(words(language))) for language in LANGUAGES)
    assert others == [english] * len(others)


@pytest.mark.parametrize("seconds", [0, 2])
def test_what_was_filled_in_at_once_comes_back(site: Site, seconds: int) -> None:
    stamp = stamp_of(site.get("/request"))
    site.clock.forward(seconds=seconds)
    page = site.post("/request", ASK | {"stamp": stamp})
    assert page.status == 422
    assert "very quick" in page.text
    assert page.document.one("input", id="name")["value"] == "Ana Ruiz"
    assert site.rows(APPOINTMENT) == []
    site.clock.forward(seconds=3 - seconds)
    assert site.post("/request", ASK | {"stamp": stamp_of(page)}).status == 303


@pytest.mark.parametrize(
    "stamp", ["", "1773648600", "1773648600.", "1773648600.00", "x.y", "²." + "0" * 64, "1.é"]
)
def test_a_form_that_was_not_handed_out_comes_back(site: Site, stamp: str) -> None:
    page = site.post("/request", ASK | {"stamp": stamp})
    assert page.status == 422
    assert "send it once more" in page.text
    assert site.rows(APPOINTMENT) == []
    site.clock.forward(seconds=3)
    assert site.post("/request", ASK | {"stamp": stamp_of(page)}).status == 303


def test_a_form_of_yesterday_comes_back(site: Site) -> None:
    stamp = stamp_of(site.get("/request"))
    site.clock.now += timedelta(hours=24, seconds=1)
    page = site.post("/request", ASK | {"stamp": stamp})
    assert page.status == 422
    assert stamp_of(page) != stamp


def test_a_stamp_cannot_be_made_older(site: Site) -> None:
    moment, _, signature = stamp_of(site.get("/request")).partition(".")
    page = site.post("/request", ASK | {"stamp": f"{int(moment) - 60}.{signature}"})
    assert page.status == 422


@both
def test_who_fills_in_the_trap_is_told_and_nothing_is_filed(site: Site) -> None:
    assert site.get("/request").document.one("div", **{"class": "trap"})
    page = fill_in(site, ASK | {"website": "https://win.example"})
    assert page.status == 422
    # A person whose browser filled it in can see it now.
    assert page.document.all("div", **{"class": "trap"}) == []
    assert page.document.one("p", id="website-error")
    assert site.rows(APPOINTMENT) == []


@both
def test_the_same_twice_is_filed_once(site: Site) -> None:
    assert [fill_in(site, ASK).status for _ in range(2)] == [303, 303]
    assert len(site.rows(APPOINTMENT)) == 1


@both
def test_too_many_of_one_person_are_told_when_to_come_again(site: Site) -> None:
    for day in range(web_caps.REQUESTS_PER_CONTACT):
        assert fill_in(site, ASK | {"date": f"2026-03-2{day}"}).status == 303
    page = fill_in(site, ASK | {"date": "2026-04-01"})
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 60
    assert page.document.one("input", id="name")["value"] == "Ana Ruiz"
    assert len(site.rows(APPOINTMENT)) == web_caps.REQUESTS_PER_CONTACT


def test_a_store_that_cannot_be_written_keeps_what_was_typed(site: Site) -> None:
    stamp = stamp_of(site.get("/request"))
    site.clock.forward(seconds=20)
    with site.office.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
    page = site.post("/request", ASK | {"stamp": stamp})
    assert page.status == 503
    assert page.document.one("input", id="name")["value"] == "Ana Ruiz"


def test_below_a_path_of_a_proxy_everything_is_found(serve: Serve) -> None:
    with serve(web={"public_url": "https://lindenhof.example/desk"}) as site:
        for path, up in (("/request", "./"), ("/s/x", "../"), ("/a/b/c", "../../")):
            page = site.get(path)
            assert page.document.one("link", rel="stylesheet")["href"] == f"{up}style.css"
            assert not re.findall(r'(?:href|action|src)="/', page.text)
