"""What was typed and is not understood is said once: beside it, and from Enter on as a refusal."""

import pytest

SAID = "'easter' was not understood"


@pytest.mark.parametrize(
    ("key", "opened", "before"),
    [
        ("t", "Set the time", ()),
        ("n", "New request", ("Ulrike", "030 1234567", "")),
        ("d", "Today 16", ()),
    ],
    ids=["set time", "new request", "go to a day"],
)
async def test_a_time_that_is_not_understood_is_said_once(open_desk, asked, key, opened, before):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press(key)
        await desk.sees(opened)
        if key == "d":
            await desk.press("g")
            await desk.sees("Go to a day")
        for text in before:
            await desk.type(text)
            await desk.press("tab")
        await desk.type("easter")
        await desk.sees(SAID)
        assert desk.text().count(SAID) == 1
        await desk.press("enter")
        await desk.until(lambda: len(desk.app.screen.query(".error.-told")) == 1)
        await desk.until(lambda: desk.text().count(SAID) == 1)
        await desk.type("x")
        await desk.sees("'easterx' was not understood")
        assert not desk.app.screen.query(".error.-told")
