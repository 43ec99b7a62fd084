"""Every account has one class, and it is never one that the law rules out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.backfill.domain.classes import AccountClass, Age, Traits, classify
from xacthuc.policy import Policy

STRICT = Policy.load()
TRUSTING = replace(STRICT, imports=replace(STRICT.imports, accept_phone_evidence=True))

policies = st.sampled_from([STRICT, TRUSTING])
traits = st.builds(
    Traits,
    age=st.sampled_from(Age),
    named=st.booleans(),
    mobile=st.booleans(),
    shown=st.booleans(),
    sells=st.booleans(),
    no_mobile=st.booleans(),
    repeated=st.booleans(),
)
lone = traits.map(lambda each: each._replace(repeated=False))


@pytest.mark.rule("R15")
@given(account=lone, policy=policies)
def test_a_child_gets_a_guardian_whatever_else_is_known(account: Traits, policy: Policy) -> None:
    found = classify(account._replace(age=Age.CHILD), policy)

    assert found is (AccountClass.MUST_NOT_SELL if account.sells else AccountClass.NEEDS_GUARDIAN)


@pytest.mark.rule("R3")
@given(account=lone, policy=policies)
def test_who_sells_live_needs_a_personal_id_whatever_number_is_proven(account: Traits, policy: Policy) -> None:
    found = classify(account._replace(sells=True), policy)

    assert found in {AccountClass.NEEDS_PERSONAL_ID, AccountClass.MUST_NOT_SELL}


@pytest.mark.rule("R1")
@given(account=lone, policy=policies)
def test_verified_is_only_who_has_a_proven_number_that_the_policy_takes(account: Traits, policy: Policy) -> None:
    proven = account.mobile and account.shown and policy.imports.accept_phone_evidence
    whole = account.age is Age.GROWN and account.named and not account.sells

    assert (classify(account, policy) is AccountClass.VERIFIED) == (proven and whole)


@pytest.mark.rule("R2")
@given(account=lone, policy=policies)
def test_without_a_sale_a_personal_id_needs_the_holders_own_confirmation(account: Traits, policy: Policy) -> None:
    account = account._replace(sells=False)

    if classify(account, policy) is AccountClass.NEEDS_PERSONAL_ID:
        assert account.no_mobile
        assert not account.mobile


@pytest.mark.rule("R10")
@given(account=lone)
def test_a_proven_number_alone_does_not_complete_an_account(account: Traits) -> None:
    account = account._replace(mobile=True, shown=True, sells=False, named=False)

    assert classify(account, TRUSTING) in {AccountClass.NEEDS_DETAILS, AccountClass.NEEDS_GUARDIAN}


@given(account=traits, policy=policies)
def test_a_message_is_planned_for_nobody_without_a_number(account: Traits, policy: Policy) -> None:
    found = classify(account._replace(mobile=False), policy)

    assert found not in {AccountClass.NEEDS_PHONE, AccountClass.NEEDS_DETAILS, AccountClass.VERIFIED}


@given(account=traits, policy=policies)
def test_a_repeated_row_is_a_duplicate_and_nothing_else_is(account: Traits, policy: Policy) -> None:
    assert (classify(account, policy) is AccountClass.DUPLICATE) == account.repeated


@given(account=traits)
def test_trusting_the_platform_only_ever_asks_for_less(account: Traits) -> None:
    strict, trusting = classify(account, STRICT), classify(account, TRUSTING)

    assert strict is trusting or (strict is AccountClass.NEEDS_PHONE and account.shown)
