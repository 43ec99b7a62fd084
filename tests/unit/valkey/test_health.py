"""What is read from a server's report, and what is found wanting."""

from __future__ import annotations

import pytest

from xacthuc.valkey.health import facts_of, skew_ms

GOOD = {
    "redis_version": "7.2.4",
    "maxmemory_policy": "noeviction",
    "aof_enabled": "1",
    "cluster_enabled": "1",
    "min_slaves_good_slaves": "1",
}


def report(**changes: str | None) -> bytes:
    lines = {**GOOD, **changes}
    return "\r\n".join(
        ["# Server", *(f"{name}:{value}" for name, value in lines.items() if value is not None)]
    ).encode()


def test_a_server_set_up_as_documented_raises_no_concern() -> None:
    assert facts_of("store:6379", report()).concerns() == []


@pytest.mark.parametrize(
    ("changes", "concern"),
    [
        ({"redis_version": "6.2.14"}, "older than 7.0"),
        ({"maxmemory_policy": "allkeys-lru"}, "maxmemory-policy"),
        ({"aof_enabled": "0"}, "appendonly"),
        ({"min_slaves_good_slaves": None}, "min-replicas-to-write"),
    ],
)
def test_each_dangerous_setting_is_named(changes: dict[str, str | None], concern: str) -> None:
    (found,) = facts_of("store:6379", report(**changes)).concerns()
    assert concern in found


def test_a_report_that_says_nothing_is_taken_for_the_worst() -> None:
    facts = facts_of("store:6379", b"")
    assert facts.too_old
    assert len(facts.concerns()) == 3


def test_a_single_server_is_not_asked_for_replicas() -> None:
    assert facts_of("store:6379", report(cluster_enabled="0", min_slaves_good_slaves=None)).concerns() == []


def test_skew_is_positive_when_the_server_is_ahead() -> None:
    assert skew_ms([b"1795402801", b"500999"], 1_795_402_800_000) == 1500
