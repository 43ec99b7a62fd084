"""A lock binds exactly whom a walk over shared identities reaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.locks import Identity, IdentityKind, Reach, spread

values = st.sampled_from([b"1", b"2", b"3", b"4"])
identities = st.one_of(
    values.map(lambda value: Identity(IdentityKind.PERSONAL_ID, value)),
    st.builds(Identity, st.just(IdentityKind.NUMBER), values, st.sampled_from([b"an", b"binh"])),
)
holdings = st.dictionaries(st.sampled_from("abcdef"), st.frozensets(identities, max_size=2), max_size=6)
reaches = st.builds(Reach, st.frozensets(st.sampled_from("abcdef"), max_size=2), st.frozensets(identities, max_size=2))


def spelled(held):
    return {account: frozenset(frozenset({each}) for each in of) for account, of in held.items()}


def walked(held, account, reach, seen):
    """Whether some chain of accounts, each sharing an identity with the next, leads from the account to the lock."""
    if account in reach.accounts or held[account] & reach.identities:
        return True
    nearby = [other for other in held if other not in seen and held[other] & held[account]]
    return any(walked(held, other, reach, seen | {other}) for other in nearby)


@pytest.mark.rule("R47")
@given(holdings, reaches)
def test_an_account_is_bound_exactly_when_a_chain_of_identities_leads_to_the_lock(held, reach):
    bound = spread(spelled(held), reach)

    for account in held:
        assert (account in bound.accounts) == walked(held, account, reach, {account})


@pytest.mark.rule("R47")
@given(holdings, reaches)
def test_nothing_is_let_go_and_a_second_look_finds_nothing_new(held, reach):
    bound = spread(spelled(held), reach)

    assert reach.accounts <= bound.accounts
    assert reach.identities <= bound.identities
    assert spread(spelled(held), bound) == bound


@pytest.mark.rule("R47")
@given(reaches, values)
def test_a_number_binds_nobody_of_another_name(reach, value):
    """It was given out again: the new holder does not inherit a stranger's lock."""
    number = Identity(IdentityKind.NUMBER, value, b"chi")

    assert "z" not in spread(spelled({"z": {number}}), reach).accounts


@pytest.mark.rule("R47")
@given(values)
def test_an_identity_is_the_same_under_every_key(value):
    old, new = Identity(IdentityKind.PERSONAL_ID, value), Identity(IdentityKind.PERSONAL_ID, value + b"'")

    assert "z" in spread({"z": frozenset({frozenset({old, new})})}, Reach(frozenset(), frozenset({old}))).accounts
