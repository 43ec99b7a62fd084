"""Imports by chance: who gets a number does not depend on the order of telling, and shortcuts agree with the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.importing import Proven, share
from xacthuc.ids import is_account_id, is_plain_id
from xacthuc.names import normalised
from xacthuc.policy.sections import Holders

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BOUNDS = Bounds(Holders(adults=1, related=3), None)
VALIDATOR = RequestValidator()

people = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, b"a", b"b"])), min_size=1, max_size=8).map(
    lambda told: [Proven(NOW - timedelta(days=day), f"u{n}", person) for n, (day, person) in enumerate(told)]
)
ids = st.text("0123456789 84_.~-abcGMAILgmailyhotukcn", min_size=1, max_size=24)


def standing(shares, everybody):
    return {one.account_id for one in everybody} - set(shares.refused) - set(shares.displaced)


@given(newcomers=people, order=st.randoms())
@pytest.mark.rule("R30")
def test_the_order_of_rows_does_not_decide_who_gets_a_number(newcomers, order):
    mixed = order.sample(newcomers, len(newcomers))

    assert share([], newcomers, (), BOUNDS, NOW) == share([], mixed, (), BOUNDS, NOW)


@given(everybody=people, cut=st.integers(0, 8))
def test_who_stands_is_within_the_caps_however_an_import_is_cut_into_batches(everybody, cut):
    first = share([], everybody[:cut], (), BOUNDS, NOW)
    kept = [one for one in everybody[:cut] if one.account_id in standing(first, everybody[:cut])]
    second = share(kept, everybody[cut:], (), BOUNDS, NOW)
    stand = [one for one in (*kept, *everybody[cut:]) if one.account_id in standing(second, (*kept, *everybody[cut:]))]

    assert 1 <= len(stand) <= BOUNDS.caps.related
    assert len(stand) == 1 or len({one.person for one in stand}) == 1
    assert set(second.displaced) <= {one.account_id for one in kept}
    assert (second.taker in {one.account_id for one in everybody[cut:]}) == bool(second.displaced)


@given(account_id=ids)
def test_an_id_is_taken_exactly_where_the_contract_takes_it(account_id):
    assert is_account_id(account_id) == taken_by_the_contract(account_id)
    if is_plain_id(account_id):
        assert is_account_id(account_id)


@pytest.mark.parametrize(
    ("account_id", "taken"),
    [
        ("u1", True),
        ("123456789012", True),
        ("0912345678", False),
        ("84-91-234-5678", False),
        ("001095000999", False),
        ("An.GMAIL.com", False),
        ("a.edu.VN", False),
        ("a.b", True),
        ("", False),
        ("a b", False),
        ("a" * 65, False),
    ],
)
def test_an_id_of_a_person_is_no_id_of_an_account(account_id, taken):
    assert is_account_id(account_id) == taken_by_the_contract(account_id) == taken


def taken_by_the_contract(account_id: str) -> bool:
    try:
        VALIDATOR.check(service_pb2.RegisterAccountRequest(account_id=account_id))
    except InvalidRequest as error:
        return "account_id" not in {fault.field for fault in error.field_faults}
    return True


@given(
    words=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=6), min_size=1, max_size=5
    )
)
def test_a_name_is_normalised_word_by_word(words):
    name = " ".join(words)
    try:
        whole = normalised(name)
    except ValueError:
        return
    assert whole == " ".join(" ".join(part for word in words if (part := normalised(f"a {word}")[2:])).split())
