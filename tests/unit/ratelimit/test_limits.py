"""The closed set of limits is complete in every table about it."""

from __future__ import annotations

from xacthuc.ratelimit.limits import DEFAULT_RULES, FACTS, FailMode, Limit, key_of

NOTICES = {Limit.NOTICE_NUMBER, Limit.NOTICE_PLATFORM, Limit.NOTICE_SYSTEM}


def test_every_limit_has_its_facts() -> None:
    assert set(Limit) == set(FACTS)


def test_every_limit_but_those_of_the_challenge_and_the_budgets_has_a_default() -> None:
    budgets = {Limit.PLATFORM, Limit.SYSTEM, Limit.SPEND, *NOTICES}
    assert set(Limit) - {Limit.CHALLENGE} - budgets == set(DEFAULT_RULES)


def test_whatever_counts_guesses_or_money_fails_closed() -> None:
    closed = {Limit.CHALLENGE, Limit.NUMBER, Limit.ACCOUNT, Limit.PLATFORM, Limit.SYSTEM, *NOTICES}
    assert closed == {limit for limit, facts in FACTS.items() if facts.fail_mode is FailMode.CLOSED}


def test_a_key_has_a_slot_of_its_own() -> None:
    assert key_of(Limit.IP, "abc") == "l:{ip:abc}"
