"""What is typed against what is found: a slow model of the rules, and the rules by example."""

import re
from contextlib import closing
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.text import fold
from interworky_tui.storage import matching
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.search import LONGEST_QUERY, SearchTerms, search_text, terms
from tests.storage.conftest import NOW, QUICK, Store


class Person(NamedTuple):
    name: str
    phone: str | None
    email: str | None


ADA = Person("Ada Lovelace-Byron", "+4915112345678", "ada.king_7@mail.example.org")


def finds(query: str, person: Person) -> bool:
    """The rules, word by word: every word at a beginning, every number anywhere."""
    wanted = terms(query)
    name = fold(re.sub("[’‘ʼ]", "'", person.name)).split()
    places = [word[at:] for word in name for at in range(len(word)) if begins(word, at)]
    places += [word.replace("'", "") for word in name if "'" in word]
    places.append((person.phone or "").lstrip("+"))
    address = fold(person.email or "")
    local, _, domain = address.partition("@")
    places += [address.replace("@", "@  "), domain]
    places += [local[at:] for at in range(len(local)) if begins(local, at)]
    everything = " ".join(places)
    return all(any(p.startswith(w) for p in places) for w in wanted.words) and all(
        digits in everything for digits in wanted.digits
    )


def begins(word: str, at: int) -> bool:
    return at == 0 or (word[at].isalnum() and not word[at - 1].isalnum())


LETTERS = "aAäÄbß łØé1%_\\'’\"*-.(é"
PEOPLE = st.builds(
    Person,
    st.text(LETTERS, min_size=1, max_size=12).filter(lambda name: fold(name)),
    st.from_regex(r"\+[1-9][0-9]{6,12}", fullmatch=True),
    st.none() | st.from_regex(r"[ab1]+([._+-][ab1]+)?@[ab]+\.(de|com)", fullmatch=True),
)


@st.composite
def searches(draw: st.DrawFn) -> tuple[list[Person], str]:
    """People, and a query that is often a piece of one of them."""
    people = draw(st.lists(PEOPLE, min_size=1, max_size=6))
    pieces = []
    for _ in range(draw(st.integers(1, 2))):
        one = draw(st.sampled_from(people))
        field = draw(st.sampled_from([text for text in one if text]))
        start = draw(st.integers(0, len(field) - 1))
        pieces.append(field[start : start + draw(st.integers(1, 6))])
    typed = draw(st.sampled_from([" ", "  ", ""])).join(pieces)
    return people, draw(st.just(typed) | st.text(LETTERS + "@+()0", max_size=6))


@pytest.mark.parametrize(
    "limits",
    [{}, {"MOST_SORTED": 0}, {"FEW_ROWS": 0}],
    ids=["few clients", "more clients", "many clients"],
)
@QUICK
@given(search=searches())
@example(search=([Person("100%", None, "a@b.de"), Person("100x", None, "b@a.de")], "100%"))
@example(search=([Person("a_b", "+1234567", None), Person("axb", "+1234567", None)], "a_"))
@example(search=([Person("a\\b", "+1234567", None), Person("ab", "+1234567", None)], "a\\"))
def test_a_search_finds_whom_the_model_finds(
    shared: Store, shared_reader: Reader, limits: dict[str, int], search: tuple[list[Person], str]
) -> None:
    people, query = search
    with shared.together():
        shared.clear()
        clients = [shared.client(p.name, phone=p.phone, email=p.email) for p in people]
        ids = [shared.visit(client_id=client) for client in clients]
    expected = [id for id, person in zip(ids, people, strict=True) if finds(query, person)]
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in limits.items():
            patch.setattr(matching, name, limit)
        assert [row.id for row in shared_reader.page(Status.REQUESTED, search=query)] == expected
        counts = shared_reader.counts(NOW, search=query)
        assert counts.of[Status.REQUESTED] == len(expected)


@QUICK
@given(PEOPLE, st.data())
def test_everybody_is_found_by_the_beginning_of_each_part(
    person: Person, data: st.DataObject
) -> None:
    text = search_text(*person)
    words = person.name.split()
    local, _, domain = (person.email or "").partition("@")
    parts = [*words, *re.split("[._+-]", local), domain, person.email or ""]
    part = data.draw(st.sampled_from([part for part in parts if fold(part)]))
    # An accent that stands alone belongs to the letter before it.
    typed = part[: data.draw(st.integers(1, len(part)))]
    assume(fold(part).startswith(fold(typed)))
    assert matches(typed, text)


@QUICK
@given(PEOPLE, st.data())
def test_everybody_is_found_by_digits_of_the_phone(person: Person, data: st.DataObject) -> None:
    digits = (person.phone or "").lstrip("+")
    start = data.draw(st.integers(0, len(digits) - 3))
    piece = digits[start : data.draw(st.integers(start + 3, len(digits)))]
    cut = data.draw(st.integers(0, len(piece)))
    between = data.draw(st.sampled_from([" ", "-", ") ", " - ", "/", ""]))
    assert matches(piece[:cut] + between + piece[cut:], search_text(*person))


def matches(query: str, text: str) -> bool:
    """LIKE without the database."""
    return all(
        re.search(like(pattern), text, re.DOTALL) is not None for pattern in terms(query).patterns
    )


def like(pattern: str) -> str:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(".*" if p == "%" else "." if p == "_" else re.escape(p[-1]) for p in parts)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ada", True),
        ("ADA", True),
        ("Lové", True),
        ("byron", True),
        ("lovelace-b", True),
        ("ada love", True),
        ("love ada", True),
        ("ada turing", False),
        ("ovelace", False),
        ("0151 1234", True),
        ("+49 (151) 123-45 678", True),
        ("0049 151", True),
        ("345", True),
        ("45", False),
        ("49", True),
        ("5678 ada", True),
        ("999", False),
        ("king", True),
        ("7", True),
        ("ada.king", True),
        ("mail.ex", True),
        ("@mail", True),
        ("ada.king_7@mail.example.org", True),
        ("example", False),
        ("org", False),
        ("%", False),
        ("_", False),
        ("ad_", False),
        ("a%a", False),
        ("\\", False),
        ("", True),
        ("   ", True),
        ("(", True),
        ("ada -", True),
    ],
)
def test_how_a_person_is_found(query: str, found: bool) -> None:
    assert matches(query, search_text(*ADA)) is found
    assert finds(query, ADA) is found


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Seán O’Brien", "o'brien"),
        ("Seán O'Brien", "o’b"),
        ("Seán O'Brien", "obrien"),
        ("Seán O'Brien", "brien"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Jørgen Straße", "jorgen strasse"),
        ("Анна", "анна"),
        ("山田太郎", "山田"),
    ],
)
def test_names_are_found_however_they_are_typed(name: str, query: str) -> None:
    assert matches(query, search_text(name, None, "x@y.zz"))


def test_a_query_is_read_into_words_and_numbers() -> None:
    assert terms("ada 0151 234-5 ada") == SearchTerms(("ada",), ("1512345",))
    assert terms("12 ada 34") == SearchTerms(("12", "ada", "34"))
    assert terms("007") == SearchTerms((), ("007",))
    assert terms("50%_\\").patterns == ("% 50\\%\\_\\\\%",)
    assert terms('ada b 123 "x').match == '" ada" AND "  b" AND " ""x" AND "123"'
    assert not terms(" +() ")
    assert len(terms("x" * 100_000).words[0]) == LONGEST_QUERY


def test_the_text_that_is_stored_is_short_and_each_word_follows_two_spaces() -> None:
    assert search_text(*ADA) == (
        "  4915112345678  7  ada.king_7@  mail.example.org  byron  king_7  lovelace-byron"
    )
    assert len(search_text("a-" * 150, None, "a@b.de")) < 4000


def test_a_change_of_a_client_is_found_at_once(store: Store) -> None:
    with closing(open_reader(store.url)) as reader:
        assert reader.page(Status.REQUESTED, search="grace") == []
        visit = store.visit(client_id=store.client("Grace Hopper"))
        assert [row.id for row in reader.page(Status.REQUESTED, search="grace")] == [visit]
        assert reader.counts(NOW, search="grace").of[Status.REQUESTED] == 1
        store.run("DELETE FROM appointment")
        assert reader.page(Status.REQUESTED, search="grace") == []
