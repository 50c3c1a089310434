"""An office moved from one database to another: all of it, or it stays where it is."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, func, insert, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.services import chain
from interworky_tui.storage import chain_check, moving, schema, tables
from interworky_tui.storage.changes import open_feed
from interworky_tui.storage.database import Database
from interworky_tui.storage.forwarding import ARRIVING, MOVED, Note, OfficeMoved
from interworky_tui.storage.models import Base
from interworky_tui.storage.moving import Moved, move, place_of
from tests import postgres
from tests.storage.conftest import NOW
from tests.storage.offices import NAMES, fill
from tests.storage.test_listening import until

Rows = dict[str, list[tuple[Any, ...]]]
WAYS = (("file", "server"), ("server", "file"), ("file", "file"), ("server", "server"))


@pytest.fixture
def places(
    tmp_path: Path, template: Path, postgres_server: postgres.Server, empty_database: str
) -> Iterator[Callable[[str, bool], str]]:
    """URLs: of an office that is filled, or of nothing yet."""
    made = []

    def place(kind: str, filled: bool) -> str:
        name = "old" if filled else "new"
        if kind == "file":
            file = tmp_path / name / "office.db"
            if filled:
                file.parent.mkdir()
                shutil.copyfile(template, file)
            url = schema.sqlite_url(file)
        else:
            made.append(name)
            url = postgres_server.create(name, empty_database if filled else None)
        if filled:
            with closing(Database(url)) as database:
                fill(database)
        return url

    yield place
    for name in made:
        postgres_server.drop(name)


@pytest.fixture(params=WAYS[:2], ids=" to ".join)
def ends(request: pytest.FixtureRequest, places: Callable[[str, bool], str]) -> tuple[str, str]:
    old, new = request.param
    return places(old, True), places(new, False)


@pytest.fixture
def to_server(places: Callable[[str, bool], str]) -> tuple[str, str]:
    return places("file", True), places("server", False)


def everything(url: str) -> Rows:
    """What is in every table, but for the notes of moves."""
    with closing(Database(url)) as database, database.read() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
    facts = [(name, value) for name, value in found["office_fact"] if " from" not in name]
    return found | {"office_fact": [fact for fact in facts if fact[0] != MOVED]}


@pytest.mark.parametrize("way", WAYS, ids=" to ".join)
def test_all_of_it_arrives(way: tuple[str, str], places: Callable[[str, bool], str]) -> None:
    old, new = places(way[0], True), places(way[1], False)
    before = everything(old)
    assert all(before.values()), "a table is empty"
    steps: list[tuple[str, int, int]] = []
    moved = move(old, new, NOW, lambda *step: steps.append(step))
    assert before.pop("desk_session")
    after = everything(new)
    assert after.pop("desk_session") == []
    assert after == before
    assert schema.look_at(new) is schema.SchemaState.CURRENT
    assert moved.place == place_of(new)
    assert {c.table: c.rows for c in moved.carried} == {n: len(r) for n, r in before.items()}
    total = 2 * sum(len(rows) for rows in before.values())
    assert steps[-1][1:] == (total, total)


def test_the_new_place_is_used_as_the_old_one_was(ends: tuple[str, str]) -> None:
    move(*ends, NOW)
    with closing(Database(ends[1])) as database:
        with database.write() as connection:
            last = connection.execute(select(func.max(tables.CLIENT.c.id))).scalar_one()
            values = {"name": "Eva", "match_name": "eva", "search_text": " eva", "phone": "+4930"}
            made = insert(tables.CLIENT).values(created_at=NOW, **values)
            assert connection.execute(made).inserted_primary_key[0] > last
            line = connection.execute(select(tables.EVENT).limit(1)).mappings().one()
            chain.append(connection, [{**line, "version": 3}])
        with database.read() as connection:
            checked = chain_check.check(connection, 60)
        assert (checked.misfits, checked.lines) == (0, 2 * len(NAMES) + 1)
        with pytest.raises(SQLAlchemyError), database.write() as connection:
            connection.execute(update(tables.EVENT).values(actor="eve"))


def test_a_file_finds_by_its_own_index(places: Callable[[str, bool], str]) -> None:
    new = places("file", False)
    move(places("server", True), new, NOW)
    with closing(Database(new)) as database, database.read() as connection:
        search = "SELECT rowid FROM client_search WHERE client_search MATCH '\"lovelace\"'"
        assert connection.exec_driver_sql(search).scalars().all() == [3]


def test_the_old_place_says_where_it_went(ends: tuple[str, str]) -> None:
    old, new = ends
    desk = Database(old)
    with closing(desk):
        with desk.write():
            pass
        move(old, new, NOW)
        for alone in (True, False):
            with pytest.raises(OfficeMoved) as refused, desk.write(alone=alone):
                pytest.fail("it was to be refused")
            assert place_of(new) in str(refused.value)
        with desk.read() as connection:
            assert connection.execute(select(func.count()).select_from(tables.CLIENT)).scalar()
    with pytest.raises(OfficeMoved, match="is now in"):
        schema.look_at(old)


def test_an_open_desk_hears_of_it(ends: tuple[str, str]) -> None:
    with closing(open_feed(ends[0])) as feed, closing(Database(ends[0])) as database:
        with database.write() as connection:
            connection.execute(update(tables.CLIENT).values(language="de"))
        until(feed.changed)
        move(*ends, NOW)
        with pytest.raises(OfficeMoved, match="is now in"):
            until(lambda: feed.changed() and False)


def test_the_same_again_changes_nothing_and_another_place_is_refused(
    to_server: tuple[str, str], tmp_path: Path
) -> None:
    old, new = to_server
    move(old, new, NOW)
    after = everything(new)
    assert move(old, new, NOW) == Moved(place_of(new))
    assert everything(new) == after
    other = tmp_path / "other.db"
    with pytest.raises(OfficeMoved):
        move(old, schema.sqlite_url(other), NOW)
    assert not other.exists()


def test_and_back(to_server: tuple[str, str]) -> None:
    old, new = to_server
    before = everything(old)
    move(old, new, NOW)
    with closing(Database(new)) as database, database.write() as connection:
        connection.execute(update(tables.CLIENT).values(language="de"))
    back = move(new, old, NOW)
    assert back.kept is not None
    assert [row[0] for row in everything(schema.sqlite_url(back.kept))["client"]] == [
        row[0] for row in before["client"]
    ]
    after = everything(old)
    assert {row[5] for row in after["client"]} == {"de"}
    assert after["appointment_event"] == before["appointment_event"]
    with pytest.raises(OfficeMoved):
        schema.look_at(new)


def test_a_place_that_is_not_empty_is_refused(
    places: Callable[[str, bool], str], tmp_path: Path
) -> None:
    old, other = places("file", True), places("server", False)
    metadata = MetaData()
    with closing(Database(other)) as database:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE cakes (id int)")
            metadata.reflect(connection)
        with pytest.raises(StoreProblem, match="something else"):
            move(old, other, NOW)
        assert inspect(database.engine).get_table_names() == ["cakes"]
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")
    office = tmp_path / "used.db"
    shutil.copyfile(schema.sqlite_path(old) or "", office)
    for file in (letter, office):
        held = file.read_bytes()
        with pytest.raises(StoreProblem):
            move(old, schema.sqlite_url(file), NOW)
        assert file.read_bytes() == held
    with pytest.raises(StoreProblem, match="there already"):
        move(old, old, NOW)
    assert schema.look_at(old) is schema.SchemaState.CURRENT


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_copy_that_differs_is_not_kept(
    kind: str, places: Callable[[str, bool], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from interworky_tui.storage.ends import FileEnd, ServerEnd

    old, new = places("file", True), places(kind, False)
    before = everything(old)
    end: Any = FileEnd if kind == "file" else ServerEnd
    settle = end.settle

    def with_a_slip(self: Any) -> None:
        self._connection.execute("UPDATE survey_response SET rating = 4")
        settle(self)

    monkeypatch.setattr(end, "settle", with_a_slip)
    with pytest.raises(StoreProblem, match="survey_response did not arrive as it was"):
        move(old, new, NOW)
    assert schema.look_at(new) is schema.SchemaState.MISSING
    assert schema.look_at(old) is schema.SchemaState.CURRENT
    assert everything(old) == before
    monkeypatch.undo()
    move(old, new, NOW)


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_copy_without_its_end_is_closed_and_made_again(
    kind: str, places: Callable[[str, bool], str]
) -> None:
    """Stopped after the copy was there, and before the office was told."""
    old, new = places("file", True), places(kind, False)
    move(old, new, NOW)
    note = Note("1", place_of(old)).to_fact()
    with closing(Database(new)) as database, database.write() as connection:
        connection.execute(update(tables.CLIENT).values(language="de"))
        connection.exec_driver_sql("DELETE FROM office_fact WHERE name LIKE 'moved%%'")
        connection.execute(insert(tables.OFFICE_FACT).values(name=ARRIVING, value=note))
    with closing(Database(old)) as database, database.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM office_fact WHERE name = '{MOVED}'")
    with pytest.raises(OfficeMoved, match="once more"):
        schema.look_at(new)
    move(old, new, NOW)
    assert {row[5] for row in everything(new)["client"]} == {None}


def test_nobodys_unfinished_copy_is_taken_away(
    places: Callable[[str, bool], str], tmp_path: Path
) -> None:
    old, new = places("file", True), places("server", False)
    move(old, new, NOW)
    with closing(Database(new)) as database, database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE office_fact SET name = '{ARRIVING}' WHERE name = 'moved from'"
        )
    other = tmp_path / "other.db"
    shutil.copyfile(schema.sqlite_path(old) or "", other)
    with closing(Database(schema.sqlite_url(other))) as database, database.engine.begin() as c:
        c.exec_driver_sql(f"DELETE FROM office_fact WHERE name = '{MOVED}'")
    with pytest.raises(StoreProblem, match="an office already"):
        move(schema.sqlite_url(other), new, NOW)
    assert move(old, new, NOW).carried == ()
    assert schema.look_at(new) is schema.SchemaState.CURRENT


def test_nobody_writes_meanwhile(ends: tuple[str, str]) -> None:
    """Whoever writes while it is moved is refused: the change would be lost."""
    old, new = ends
    refused = []

    def write(table: str, _done: int, _total: int) -> None:
        if table != "client" or len(refused) == 2:
            return
        for alone in (True, False):
            with closing(Database(old, busy_ms=50)) as desk:
                with pytest.raises(StoreProblem) as problem, desk.write(alone=alone):
                    pytest.fail("it was to be refused")
                refused.append(str(problem.value))
                with desk.read() as connection:
                    assert connection.execute(select(tables.CLIENT)).first()

    move(old, new, NOW, write)
    assert all("is writing to the office's data" in sentence for sentence in refused)
    assert len(refused) == 2


def test_what_is_not_there_is_not_moved(tmp_path: Path) -> None:
    old, new = (schema.sqlite_url(tmp_path / name) for name in ("old.db", "new.db"))
    with pytest.raises(StoreProblem, match="no office yet"):
        move(old, new, NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_older_office_is_brought_up_to_date_first(tmp_path: Path) -> None:
    old, new = (schema.sqlite_url(tmp_path / name) for name in ("old.db", "new.db"))
    with closing(Database(old)) as database:
        schema.migrate(database, revisions=schema.REVISIONS[:-1])
    move(old, new, NOW)
    assert schema.look_at(new) is schema.SchemaState.CURRENT


def test_a_letter_that_a_server_cannot_hold_is_named(to_server: tuple[str, str]) -> None:
    old, new = to_server
    with closing(Database(old)) as database, database.write() as connection:
        connection.execute(update(tables.SURVEY_NOTE).values(text="a\x00b"))
    with pytest.raises(StoreProblem, match="survey_note, between 8 and 8"):
        move(old, new, NOW)
    assert schema.look_at(old) is schema.SchemaState.CURRENT


def test_of_two_moves_at_once_the_second_is_refused(ends: tuple[str, str], tmp_path: Path) -> None:
    """It had found the office still there, and then waited for the first one."""
    old, new = ends
    move(old, new, NOW)
    other = tmp_path / "other.db"
    with pytest.raises(OfficeMoved, match="is now in"):
        moving._move(old, schema.sqlite_url(other), NOW, lambda *_: None)
    assert not other.exists()
