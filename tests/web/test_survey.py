"""The page behind a survey link, in every state that the link can be in."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, scheduling, undo
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION, SURVEY_NOTE, SURVEY_RESPONSE
from tests.web.conftest import Answer, Serve, Site

both = pytest.mark.both_databases

GOOD = {"rating": "5", "good": "Lovely staff", "bad": "", "recommend": "yes", "publish": "yes"}


def follow(site: Site, path: str, answer: Answer) -> Answer:
    """The page that a browser shows after it."""
    assert answer.status == 303
    where = answer.headers["Location"]
    assert not where.startswith(("/", "http"))
    return site.get(path.rpartition("/")[0] + "/" + where)


@both
def test_an_open_link_shows_the_form(site: Site) -> None:
    _, link = site.invited()
    page = site.get(link)
    assert page.status == 200
    assert page.title == "How was your visit? - Lindenhof Practice"
    assert "Mon 16 Mar 2026, 09:10" in page.text
    assert [one["value"] for one in page.document.all("input", name="rating")] == list("12345")
    assert 'href="tel:+493012345678"' in page.text
    assert "Mon–Fri" in page.text
    assert "08:00–20:00" in page.text


@both
def test_an_answer_is_kept_and_thanked_for(site: Site) -> None:
    visit, link = site.invited()
    page = follow(site, link, site.post(link, GOOD))
    assert page.title == "Thank you - Lindenhof Practice"
    (kept,) = site.rows(SURVEY_RESPONSE)
    told = {name: kept[name] for name in ("appointment_id", "rating", "good", "source")}
    assert told == {
        "appointment_id": visit,
        "rating": 5,
        "good": "Lovely staff",
        "source": "web",
    }
    assert (kept["recommend"], kept["publish"]) == ("yes", 1)
    assert site.rows(APPOINTMENT)[0]["status"] == "feedback_collected"
    assert "feedback_collected" in {row["event"] for row in site.rows(NOTIFICATION)}


def test_the_review_is_asked_of_everyone_or_of_no_one(serve: Serve) -> None:
    review = "https://reviews.example/lindenhof"
    with serve(office={"review_url": review}) as site:
        for rating, phone in (("1", "030 901821"), ("5", "030 901822")):
            _, link = site.invited(phone=phone)
            page = follow(site, link, site.post(link, {"rating": rating}))
            assert review in page.text


def test_no_review_is_asked_without_an_address_for_it(site: Site) -> None:
    _, link = site.invited()
    assert "review" not in follow(site, link, site.post(link, GOOD)).text


def test_looking_changes_nothing(site: Site) -> None:
    _, link = site.invited()
    before = site.everything()
    for path in (link, f"{link}/thanks", f"{link}?rating=1", "/s/unknown"):
        site.get(path)
        site.ask("HEAD", path)
    assert site.everything() == before


@both
def test_answered_already(site: Site) -> None:
    _, link = site.invited()
    site.post(link, GOOD)
    page = site.get(link)
    assert page.status == 200
    assert page.title.startswith("We have your answers")
    assert "030 12345678" in page.text
    assert page.document.all("form") == []


@both
def test_a_second_answer_is_a_note_and_the_first_rating_stays(site: Site) -> None:
    _, link = site.invited()
    site.post(link, GOOD)
    assert site.post(link, {"rating": "1", "bad": "On second thoughts"}).status == 303
    assert [row["rating"] for row in site.rows(SURVEY_RESPONSE)] == [5]
    assert [row["rating"] for row in site.rows(SURVEY_NOTE)] == [1]


@both
def test_expired(site: Site) -> None:
    _, link = site.invited()
    site.clock.now += timedelta(days=14)
    for page in (site.get(link), site.post(link, GOOD)):
        assert page.status == 410
        assert page.title.startswith("This link has expired")
        assert "030 12345678" in page.text
    assert site.rows(SURVEY_RESPONSE) == []


def test_a_day_before_the_end_it_is_open(site: Site) -> None:
    _, link = site.invited()
    site.clock.now += timedelta(days=14, seconds=-1)
    assert site.get(link).status == 200


@both
def test_a_cancelled_visit(site: Site) -> None:
    visit, link = site.invited()
    for _ in ("the asking", "that it was attended"):
        undo.undo(site.office, visit)
    scheduling.cancel(site.office, visit, CancelReason.OFFICE)
    for page in (site.get(link), site.post(link, GOOD)):
        assert page.status == 410
        assert page.title.startswith("That visit was cancelled")
        assert "030 12345678" in page.text
    assert site.rows(SURVEY_RESPONSE) == []


@pytest.mark.parametrize("token", ["x", "A" * 22, "A" * 500, "%00", "..%2f..%2fetc", "ä" * 22])
@both
def test_an_unknown_link(site: Site, token: str) -> None:
    path = "/s/" + quote(token, safe="%")
    for page in (site.get(path), site.post(path, GOOD)):
        assert page.status == 404
        assert "030 12345678" in page.text


def test_nobody_is_thanked_for_nothing(site: Site) -> None:
    _, link = site.invited()
    page = site.get(f"{link}/thanks")
    assert page.status == 303
    assert page.headers["Location"].startswith("../")


def test_what_was_typed_comes_back_with_what_to_mend(site: Site) -> None:
    _, link = site.invited()
    typed = {"good": 'Warm <b>tea</b> & "cake"', "recommend": "maybe", "publish": "yes"}
    page = site.post(link, typed)
    assert page.status == 422
    assert page.title == "Please check: How was your visit? - Lindenhof Practice"
    assert "Warm &lt;b&gt;tea&lt;/b&gt; &amp; &#34;cake&#34;" in page.text
    document = page.document
    assert "checked" in document.one("input", id="publish")
    assert "checked" in document.one("input", name="recommend", value="maybe")
    assert document.one("a", href="#rating-1")
    assert document.one("input", id="rating-1")
    assert document.one("fieldset", **{"aria-describedby": "rating-hint rating-error"})
    assert document.one("p", id="rating-error")
    assert site.rows(SURVEY_RESPONSE) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rating", "0"),
        ("rating", "6"),
        ("rating", "5.0"),
        ("rating", "٣"),
        ("good", "x" * 801),
        ("recommend", "perhaps"),
    ],
)
def test_what_cannot_be_taken_is_told_by_its_field(site: Site, field: str, value: str) -> None:
    _, link = site.invited()
    page = site.post(link, GOOD | {field: value})
    assert page.status == 422
    assert page.document.one("p", id=f"{field}-error")
    assert site.rows(SURVEY_RESPONSE) == []


def test_lines_count_as_a_browser_counts_them(site: Site) -> None:
    _, link = site.invited()
    assert site.post(link, GOOD | {"good": "\r\n".join(["x" * 399] * 2)}).status == 303
    assert site.rows(SURVEY_RESPONSE)[0]["good"].count("\n") == 1


@both
def test_the_longest_texts_fit_in_any_script(site: Site) -> None:
    _, link = site.invited()
    assert site.post(link, GOOD | {"good": "診" * 800, "bad": "察" * 800}).status == 303


def test_spanish_by_what_the_browser_accepts(site: Site) -> None:
    _, link = site.invited()
    page = site.get(link, Accept_Language="fr, es-MX;q=0.8, en;q=0.5")
    assert page.document.one("html", lang="es")
    assert page.title == "¿Qué tal fue su visita? - Lindenhof Practice"
    assert page.headers["Content-Language"] == "es"
    assert page.document.one("form")["action"] == "?lang=es"
    bad = site.post(f"{link}?lang=es", {})
    assert "Elija una valoración del 1 al 5." in bad.text
    assert follow(site, link, site.post(f"{link}?lang=es", GOOD)).title.startswith("Muchas gracias")


def test_the_language_that_was_chosen_goes_before_the_browsers(site: Site) -> None:
    _, link = site.invited()
    page = site.get(f"{link}?lang=en", Accept_Language="es")
    assert page.document.one("html", lang="en")
    assert page.document.one("a", href="?lang=es", lang="es", hreflang="es")


@both
def test_feedback_typed_in_at_the_desk_closes_the_link(site: Site) -> None:
    visit, link = site.invited()
    feedback.record(site.office, visit, Survey(4))
    assert site.get(link).title.startswith("We have your answers")


def test_the_office_has_its_own_name_and_no_contact(serve: Serve) -> None:
    with serve(office={"name": "A & <i>B</i>", "phone": "", "email": ""}) as site:
        page = site.get("/s/unknown")
        assert "A &amp; &lt;i&gt;B&lt;/i&gt;" in page.text
        assert page.document.all("i") == []
        assert page.document.all("a", href="tel:") == []


def test_a_store_that_cannot_be_read_asks_to_come_again(site: Site) -> None:
    _, link = site.invited()
    site.office.database.engine.dispose()
    file = Path(str(site.office.database.engine.url.database))
    file.write_bytes(b"no database at all" * 1000)
    for left in file.parent.glob(f"{file.name}-*"):
        left.unlink()
    page = site.get(link)
    assert page.status == 503
    assert "Please try again in a minute." in page.text
