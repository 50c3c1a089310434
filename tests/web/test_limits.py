"""How much one address, and all together, may ask of the pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.web.limits import BY_ADDRESS, IN_TOTAL, Kind, Limits, network
from tests.web.conftest import Steady


def test_an_address_has_its_share_and_gets_it_back() -> None:
    steady = Steady()
    limits = Limits(steady)
    burst = int(BY_ADDRESS[Kind.SEND].burst)
    assert [limits.wait(Kind.SEND, "192.0.2.1") for _ in range(burst + 1)] == [0] * burst + [20]
    steady.now += 19.5
    assert limits.wait(Kind.SEND, "192.0.2.1") == 1
    steady.now += 0.5
    assert limits.wait(Kind.SEND, "192.0.2.1") == 0
    assert limits.wait(Kind.SEND, "192.0.2.1") == 20


def test_all_together_have_a_share_which_one_alone_does_not_use_up() -> None:
    limits = Limits(Steady())
    for _ in range(1000):
        limits.wait(Kind.SEND, "192.0.2.1")
    left = int(IN_TOTAL[Kind.SEND].burst - BY_ADDRESS[Kind.SEND].burst)
    waits = [limits.wait(Kind.SEND, f"198.51.100.{n}") for n in range(left + 1)]
    assert waits == [0] * left + [1]


def test_only_so_many_addresses_are_remembered() -> None:
    limits = Limits(Steady(), addresses=100)
    for number in range(5000):
        limits.wait(Kind.LOOK, f"10.0.{number // 250}.{number % 250}")
    assert len(limits) == 100


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        (None, "nonsense", True),
    ],
)
def test_who_is_counted_together(one: str | None, other: str, together: bool) -> None:
    assert (network(one) == network(other)) is together


@given(
    st.lists(
        st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1"]), st.floats(0, 60)),
        max_size=200,
    )
)
def test_no_address_ever_gets_more_than_its_share(asked: list[tuple[str, float]]) -> None:
    steady = Steady()
    limits, begun, let_in = Limits(steady), steady.now, dict[str, int]()
    for address, later in asked:
        steady.now += later
        wait = limits.wait(Kind.SEND, address)
        assert wait >= 0
        let_in[address] = let_in.get(address, 0) + (wait == 0)
        share = BY_ADDRESS[Kind.SEND]
        most = share.burst + (steady.now - begun) * share.per_second
        assert let_in[address] <= most + 1e-6
