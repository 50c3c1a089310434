"""The script of an archive, taken apart as it comes."""

import io
from itertools import chain

import pytest

from interworky_tui.storage import archive

SCRIPT = b"""SET x = 1;
-- Name: client; Type: TABLE
--
CREATE TABLE public.client (id bigint);

-- Data for Name: client; Type: TABLE DATA
COPY public.client (id, name) FROM stdin;
%s\\.

COPY public.office_fact (name) FROM stdin;
\\.

SELECT 1;
\\unrestrict
"""


@pytest.mark.parametrize("at_once", [1, 20, 1 << 18])
def test_the_parts_of_a_script(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(archive, "AT_ONCE", at_once)
    lines = [b"%d\tAda -- SET\n" % number for number in range(50)]
    create, clients, facts, end = archive.parts(io.BytesIO(SCRIPT % b"".join(lines)))
    assert create == archive.Sql("CREATE TABLE public.client (id bigint);\n")
    assert isinstance(clients, archive.Rows)
    assert isinstance(facts, archive.Rows)
    assert (clients.table, clients.columns) == ("client", ["id", "name"])
    assert clients.statement == "COPY public.client (id, name) FROM stdin"
    assert end == archive.Sql("SELECT 1;\n")
    again = archive.parts(io.BytesIO(SCRIPT % b"".join(lines)))
    found = [[*part.blocks] for part in again if isinstance(part, archive.Rows)]
    assert [[*chain.from_iterable(blocks)] for blocks in found] == [lines, []]


def test_a_script_that_ends_too_soon() -> None:
    script = io.BytesIO(b"-- Name: x\nCOPY public.client (id) FROM stdin;\n1\n2\n")
    rows = next(archive.parts(script))
    assert isinstance(rows, archive.Rows)
    with pytest.raises(ValueError, match="no end"):
        list(rows.blocks)
