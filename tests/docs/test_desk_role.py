"""The rights that are granted by the file are those that the program says it needs."""

from tests.docs import desk_role


def test_the_file_grants_what_a_desk_needs() -> None:
    told = "python -m tests.docs.desk_role writes it"
    assert desk_role.FILE.read_text(encoding="utf-8") == desk_role.written(), told
