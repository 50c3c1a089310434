"""Mending client and request together: both or neither."""

from typing import Any

import pytest

from interworky_tui.domain.errors import BadInput, ChangedElsewhere, NotFound
from interworky_tui.services.editing import edit

NEW = {
    "name": "Ada King",
    "phone": "030 901821",
    "email": "ada@king.example",
    "service": "Massage",
    "note": "Knee",
}


def test_both_are_mended_and_nobody_is_told(desk: Any) -> None:
    number = desk.request().appointment.id
    told = len(desk.messages(number))
    mended = edit(desk.office, 1, number, **NEW, language="es", client_version=1, version=1)
    assert (mended.name, mended.language, mended.version) == ("Ada King", "es", 2)
    assert desk.clients() == [("Ada King", "+4930901821", "ada@king.example")]
    row = desk.appointment(number)
    assert (row["service"], row["note"], row["version"]) == ("Massage", "Knee", 2)
    assert desk.history(number)[-1][0] == "edit"
    assert len(desk.messages(number)) == told
    kept = edit(desk.office, 1, number, **NEW)
    assert (kept.language, kept.version) == ("es", 2)
    assert edit(desk.office, 1, number, **NEW, language="").language is None


@pytest.mark.parametrize(
    ("wrong", "versions", "refusal"),
    [
        ({"phone": "12"}, {}, BadInput),
        ({"service": "x" * 1000}, {}, BadInput),
        ({"note": "x" * 100_000}, {}, BadInput),
        ({"language": "Klingon!"}, {}, BadInput),
        ({}, {"version": 7}, ChangedElsewhere),
        ({}, {"client_version": 7}, ChangedElsewhere),
    ],
)
def test_what_stands_against_one_stands_against_both(
    desk: Any, wrong: dict[str, str], versions: dict[str, int], refusal: type[Exception]
) -> None:
    number = desk.request().appointment.id
    before = desk.dump()
    for client, appointment in ((1, 77), (77, number)):
        with pytest.raises(NotFound):
            edit(desk.office, client, appointment, **NEW)
    with pytest.raises(refusal):
        edit(desk.office, 1, number, **(NEW | wrong), **versions)
    assert desk.dump() == before
