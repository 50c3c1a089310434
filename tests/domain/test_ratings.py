"""Answers to a survey: what is a rating, and what may be a time, a date or a quantity instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interworky_tui.domain.replies import Kind, Rating, misses_a_rating, read_rating, read_reply

RATINGS = [
    ("5", 5, ""),
    (" 1 ", 1, ""),
    ("5!", 5, ""),
    ("5.", 5, ""),
    ("5 lovely staff", 5, "lovely staff"),
    ("4, ok", 4, "ok"),
    ("3. waited long", 3, "waited long"),
    ("5-great", 5, "great"),
    ("5 - the best!", 5, "the best!"),
    ("5: amazing", 5, "amazing"),
    ("5\ngreat team", 5, "great team"),
    ("5...fine", 5, "fine"),
    ("(4)", 4, ""),
    ("4) fine", 4, "fine"),
    ("“5” great", 5, "great"),
    ('"4 good"', 4, "good"),
    ("5/5", 5, ""),
    ("4 / 5", 4, ""),
    ("4/5 good", 4, "good"),
    ("5/5!!! Loved it", 5, "Loved it"),
    ("5/5 for everything", 5, "for everything"),
    ("5/5 stars", 5, ""),
    ("4/5 ⭐", 4, ""),
    ("4 out of 5", 4, ""),
    ("4 of 5", 4, ""),
    ("Four out of five stars", 4, ""),
    ("4 de 5", 4, ""),
    ("cuatro sobre cinco", 4, ""),
    ("4 stars out of 5", 4, ""),
    ("1 star", 1, ""),
    ("4 stars", 4, ""),
    ("4 STARS!", 4, ""),
    ("5stars", 5, ""),
    ("5-star service", 5, "service"),
    ("5 stars for the staff", 5, "for the staff"),
    ("4 estrellas", 4, ""),
    ("una estrella", None, ""),
    ("4*", 4, ""),
    ("4 *", 4, ""),
    ("4★", 4, ""),
    ("5 ⭐⭐⭐⭐⭐", 5, ""),
    ("★★★★", 4, ""),
    ("★★★★☆", 4, ""),
    ("★☆☆☆☆ awful", 1, "awful"),
    ("⭐⭐⭐", 3, ""),
    ("⭐️⭐️⭐️ ok", 3, "ok"),
    ("⭐ ⭐ ⭐", 3, ""),
    ("🌟🌟🌟🌟🌟!", 5, ""),
    ("*****", 5, ""),
    ("5️⃣", 5, ""),
    ("５", 5, ""),
    ("5👍", 5, "👍"),
    ("5 👍🏽 thanks", 5, "👍🏽 thanks"),
    ("five", 5, ""),
    ("FIVE!", 5, ""),
    ("Five lovely staff", 5, "lovely staff"),
    ("four good but slow", 4, "good but slow"),
    ("One. Terrible", 1, "Terrible"),
    ("one star", 1, ""),
    ("uno", 1, ""),
    ("Dos, muy lento", 2, "muy lento"),
    ("tres", 3, ""),
    ("cuatro estrellas", 4, ""),
    ("Cinco", 5, ""),
    ("5 muchas gracias", 5, "muchas gracias"),
    ("5 ¡Excelente!", 5, "¡Excelente!"),
    ("Rating: 4", 4, ""),
    ("rating 4 nice", 4, "nice"),
    ("My rating is 4", 4, ""),
    ("Valoración: 4", 4, ""),
    ("I give it a 5", 5, ""),
    ("I'd rate it 4 stars", 4, ""),
    ("1 never again", 1, "never again"),
    ("2 too long", 2, "too long"),
    ("2 rude receptionist", 2, "rude receptionist"),
    ("3 waited 20 minutes", 3, "waited 20 minutes"),
    ("3 waited 5 minutes", 3, "waited 5 minutes"),
    ("4 but parking is hard", 4, "but parking is hard"),
    ("4 a bit slow", 4, "a bit slow"),
    ("4 I liked it", 4, "I liked it"),
    ("5 thanks", 5, "thanks"),
    ("5 thank you!", 5, "thank you!"),
    ("5 fabulous, painless", 5, "fabulous, painless"),
    ("5 Dr Smith is great", 5, "Dr Smith is great"),
    ("5 everyone was kind", 5, "everyone was kind"),
    ("5 would recommend", 5, "would recommend"),
    ("2\f", 2, ""),
    ("5 great! May I have the invoice?", 5, "great! May I have the invoice?"),
    ("5 so nice, 3 visits so far", 5, "so nice, 3 visits so far"),
    ("5. People are nice here", 5, "People are nice here"),
    ("4, at first I was afraid", 4, "at first I was afraid"),
    ("5, everything was perfect", 5, "everything was perfect"),
    ("5 ⭐ great", 5, "great"),
    ("4 (parking was difficult)", 4, "(parking was difficult)"),
    ("5 for the service", 5, "for the service"),
    ("5 was great", 5, "was great"),
    ("2 had to wait 45 min", 2, "had to wait 45 min"),
    ("5 lovely people", 5, "lovely people"),
    ("5 me encantó", 5, "me encantó"),
    ("1 pésimo servicio", 1, "pésimo servicio"),
    ("4 bien pero tardaron", 4, "bien pero tardaron"),
    ("5 you guys are great", 5, "you guys are great"),
    ("1 waited 2 hrs", 1, "waited 2 hrs"),
    ("3 access is bad", 3, "access is bad"),
    ("4 ok thanks", 4, "ok thanks"),
    ("5 Lovely! See you next week", 5, "Lovely! See you next week"),
]

NONE = [
    *("", " ", "?", "!", "👍", "ok", "great", "Thanks!", "lovely staff", "C", "yes", "no"),
    *("0", "6", "10", "55", "05", "005", "-5", "+5", "5.5", "4,5", "4.5", "4½", "4 1/2", "5+"),
    *("10/10", "5/10", "3/4", "6/5", "0/5", "10 out of 10", "3 out of 4", "10 stars", "6 stars"),
    *("4-5", "4 - 5", "4–5", "4 or 5", "4, 5", "4 5", "4 to 5", "4 & 5", "4/5 or 5/5", "4 o 5"),
    *("4 no 5", "4, or maybe 5", "4... no, 3", "5 stars or 4", "between 4 and 5", "four or five"),
    *("5pm", "5 pm", "5 p.m.", "5 p. m.", "5 PM?", "5 a.m. please", "5 o'clock", "5ish", "2:30"),
    *("2.30", "2h", "3 in the afternoon", "5 tomorrow", "at 5", "5 at the earliest", "5 works"),
    *("5 is fine", "4 would be better", "5 please", "5, please", "5?", "5 ok?", "4, ok?", "5!?"),
    *("5 on Monday", "5 sharp", "5 de la tarde", "5 y media", "5 en punto", "5-6pm", "5 Friday"),
    *("5.3.", "5.3.2026", "4/5/2026", "4-5-2026", "3/5 at 3pm", "5 March", "5. March", "5 de mayo"),
    *("March 5", "4th", "3rd", "1st", "2nd visit was better", "4/5 Tuesday", "5, May", "5 may"),
    *("1 of us can come", "2 people", "2 of us", "5 minutes late", "5 min late", "5-minute wait"),
    *("5 mins away", "2 kids with me", "1 child", "2 tablets a day", "3x daily", "4x", "5 times"),
    *("1 question", "1 thing: where is it", "1 more time", "5 more minutes", "2 other patients"),
    *("5 euros", "5€", "5 €", "$5", "5%", "5 %", "5 dollars", "5k", "5 km", "5°", "5 years ago"),
    *("1 of 5 people", "2 of 5 tablets", "2 weeks", "1 week", "3 days", "4 months", "5's", "5 St"),
    *("5551234", "5 555 1234", "5-555-1234", "+4930111222", "030 123456", "555", "12", "100"),
    *("One of us can come", "one moment", "One thing", "one amazing team", "two great doctors"),
    *("Two people", "three kids", "dos personas", "uno de nosotros", "cinco minutos", "someone"),
    *("1. where to park 2. the invoice", "1) parking\n2) invoice", "No. 5", "room 5", "#5", "v5"),
    *("☆☆☆", "★★★★★★", "3 ⭐⭐⭐⭐⭐", "4**", "******", "★★☆", "⭐⭐⭐ 5", "5 stars 10/10"),
    *("5 C", "5 R", "5 help", "5 cancel", "5 STOP", "5. Stop", "5 great. STOP", "1 stop"),
    *("5 lovely but please stop texting me", "2 estrellas y media", "I am 5 minutes late"),
    *(
        "1 sec",
        "4 u",
        "4 ever",
        "2 much",
        "5 a day",
        "3 per day",
        "2 missed calls",
        "5 new patients",
    ),
    *("4 friendly nurses", "3 lovely people", "5 for lunch", "5 for the staff, 2 for the wait"),
    *("5 stars for staff, 3 for parking", "5 thanks, see you then", "3 o clock", "3 or 4pm"),
    *("Score 4-5", "I give you 5 minutes", "a 5", "⑤ ½", "²", "5²", "¼", "٥", "5٣"),
]


@pytest.mark.parametrize(("text", "rating", "comment"), RATINGS)
def test_a_rating_and_the_words_beside_it(text: str, rating: int | None, comment: str) -> None:
    assert read_rating(text) == (Rating(rating, comment) if rating else None)
    assert not misses_a_rating(text)


@pytest.mark.parametrize("text", NONE)
def test_what_may_be_something_else_is_for_a_person(text: str) -> None:
    assert read_rating(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("0", "6", "10", "10!", " 7 ", "10/10", "5/10", "9 out of 10", "10 lovely staff", "6/5"),
        *("4-5", "4 - 5", "4 or 5", "4 to 5", "4.5", "4,5", "4½", "5+", "4-5 stars", "5?", "ten"),
        *("10 stars", "★★★★★★", "☆☆☆", "four or five", "cuatro o cinco", "diez"),
    ],
)
def test_what_was_meant_as_one_is_asked_about(text: str) -> None:
    assert misses_a_rating(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "5 lovely staff", "5pm", "5 pm", "2:30", "3/4", "5.3.", "4/5/2026", "3rd"),
        *("10 minutes late", "10am", "2 people", "5551234", "12", "100", "100-200", "11/12", "ok"),
        *("10 o'clock works", "at 10", "great", "10 kids", "10 pm", "10:30", "8 tomorrow"),
    ],
)
def test_nobody_is_asked_about_what_is_no_attempt(text: str) -> None:
    assert not misses_a_rating(text)


@pytest.mark.parametrize(
    "text", ["1 STOP", "5. Stop", "5 great. STOP", "10 stop", "5, unsubscribe"]
)
def test_an_opt_out_beside_a_rating_is_heard(text: str) -> None:
    assert read_reply(text) is Kind.STOP


@pytest.mark.parametrize("text", ["5 the bus stop is close", "5 not the end", "4 stop by again"])
def test_and_nobody_else_is_silenced(text: str) -> None:
    assert read_reply(text) is Kind.OTHER


WORDS = [
    "lovely",
    "staff",
    "the",
    "doctor",
    "was",
    "kind",
    "I",
    "waited",
    "thanks",
    "¡Muy",
    "bien!",
]
COMMENT = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
MARK = st.sampled_from([". ", ", ", "! ", " - ", "\n", "... ", ": ", "; "])


unhurried = settings(deadline=None)


@unhurried
@given(st.integers(1, 5), MARK, COMMENT)
def test_behind_a_mark_the_words_are_the_comment(rating: int, mark: str, words: str) -> None:
    assert read_rating(f"{rating}{mark}{words}") == Rating(rating, words)


@unhurried
@given(st.integers(0, 10**9), st.sampled_from(["", "/5", " stars", " out of 5", "!"]), COMMENT)
def test_no_other_number_is_a_rating(number: int, scale: str, words: str) -> None:
    found = read_rating(f"{number}{scale}. {words}")
    assert found == (Rating(number, words) if 1 <= number <= 5 else None)


@unhurried
@given(
    st.integers(0, 23),
    st.sampled_from([":00", ":30", "pm", " pm", " am", "h", " o'clock", ".30", " Uhr", "p.m."]),
)
def test_no_time_is_a_rating(hour: int, rest: str) -> None:
    assert read_rating(f"{hour}{rest}") is None


@unhurried
@given(
    st.dates(), st.sampled_from(["%d.%m.", "%d/%m/%Y", "%d-%m-%y", "%d.%m.%Y", "%d %B", "%B %d"])
)
def test_no_date_is_a_rating(day: object, shape: str) -> None:
    written = f"{day:{shape}}".lstrip("0")
    assert read_rating(written) is None


@unhurried
@given(
    st.integers(1, 5), st.integers(1, 5), st.sampled_from(["-", " - ", " or ", " to ", ",", " "])
)
def test_two_numbers_are_none(one: int, other: int, between: str) -> None:
    assert read_rating(f"{one}{between}{other}") is None


ANY = st.text(st.sampled_from("0123456789/.,-–?! *★⭐☆\n()'\"STOPpm ofe½️⃣x"), max_size=30)


@unhurried
@given(st.one_of(st.text(), ANY))
def test_any_text_is_read_and_says_no_more_than_it_did(text: str) -> None:
    found = read_rating(text)
    misses_a_rating(text)
    if found:
        assert 1 <= found.rating <= 5
        assert found.comment in text
        assert found.comment == found.comment.strip()
        assert read_reply(text) is Kind.OTHER
        assert not misses_a_rating(text)


@pytest.mark.parametrize("part", [" ", "5 ", "⭐ ", "* ", "(", "5. ", "a.", "stop ", "?"])
def test_a_long_text_is_read_at_once(part: str) -> None:
    text = "5 " + part * 100_000
    read_rating(text)
    misses_a_rating(text)
