"""Forms: new requests, mending a client, taking over a file. What was typed is never lost."""

import pytest

from interworky_tui.paths import shipped_data


@pytest.mark.both_databases
async def test_a_request_is_filed_by_keys_alone(open_desk, office):
    async with open_desk() as desk:
        await desk.press("n")
        await desk.sees("New request")
        await desk.type("Ana Ruiz")
        await desk.press("enter")
        await desk.sees("Give a phone number or an email")
        await desk.type("0151 12345601")
        await desk.press("tab", "tab")
        await desk.type("fri morning")
        await desk.sees("Fri 20 Mar 2026, Morning 10:00–12:00")
        await desk.press("enter")
        await desk.sees("Ana Ruiz is on the list", "1 Request 1")
        row = desk.row(1)
        assert (row["requested_date"], row["band"]) == ("2026-03-20", "morning")
        assert len(desk.messages(1)) == 4


@pytest.mark.both_databases
async def test_an_exact_wish_is_kept_as_such(open_desk):
    async with open_desk() as desk:
        await desk.press("n")
        await desk.sees("New request")
        await desk.type("Ana Ruiz")
        await desk.press("tab", "tab")
        await desk.type("ana@example.com")
        await desk.press("tab")
        await desk.type("20 march 14:30")
        await desk.press("enter")
        await desk.sees("is on the list")
        row = desk.row(1)
        assert (row["wish_time"], row["band"]) == ("14:30", "afternoon")


@pytest.mark.both_databases
async def test_someone_on_file_is_shown_not_merged(open_desk, asked):
    asked("Ana Ruiz")
    async with open_desk() as desk:
        await desk.press("n")
        await desk.sees("New request")
        await desk.type("Bert")
        await desk.press("tab")
        await desk.type("015112345601")
        await desk.sees("On file: Ana Ruiz")
        await desk.press("tab", "tab")
        await desk.type("fri morning")
        await desk.press("enter")
        await desk.sees("Bert is on the list", "Ana Ruiz")


async def test_what_was_typed_stays_when_it_is_refused(open_desk):
    async with open_desk() as desk:
        await desk.press("n")
        await desk.sees("New request")
        await desk.type("Ana 🌿 Ruiz")
        await desk.press("tab")
        await desk.type("12")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
        assert desk.app.screen.query_one("#name").value == "Ana 🌿 Ruiz"
        assert desk.app.screen.query_one("#phone").value == "12"
        assert desk.app.focused.id == "phone"


@pytest.mark.both_databases
async def test_a_client_is_mended_and_nobody_is_told(open_desk, asked):
    one = asked("Ana Ruis").appointment
    async with open_desk() as desk:
        await desk.press("e")
        await desk.sees("An edit tells nobody")
        await desk.press("end", "backspace", "z", "enter")
        await desk.sees("Saved: Ana Ruiz", "Ana Ruiz")
        assert len(desk.messages(one.id)) == 4


@pytest.mark.both_databases
async def test_a_file_is_looked_at_and_then_taken_over(open_desk):
    sample = shipped_data() / "sample_requests.csv"
    async with open_desk() as desk:
        await desk.press("o")
        await desk.sees("Columns: name")
        desk.app.screen.query_one("#file").value = str(sample)
        await desk.press("enter")
        await desk.sees("bad lines", "line ")
        assert "1 Request 0" in desk.text() or desk.app.screen_stack[0].counts.of
        await desk.press("enter")
        await desk.sees("requests were added")
        await desk.until(lambda: "Request 0" not in desk.text())


async def test_a_picture_is_no_list(open_desk, tmp_path):
    picture = tmp_path / "photo.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    async with open_desk() as desk:
        await desk.press("o")
        await desk.sees("Columns: name")
        desk.app.screen.query_one("#file").value = str(picture)
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
        desk.app.screen.query_one("#file").value = str(tmp_path / "nowhere.csv")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
