"""Names in a store that forgets."""

from __future__ import annotations

from xacthuc.sealing import FleetingNames, KeyRing

OLD, NEW = bytes(32), bytes([1] * 32)


def test_an_id_has_another_name_on_every_platform_and_shows_in_none():
    names = FleetingNames(KeyRing({0: OLD}, current=0), "standing")

    (one,), (two,) = names.of("one", ["account-7"]), names.of("two", ["account-7"])

    assert one != two
    assert "account-7" not in one + two


def test_names_come_in_the_order_of_the_ids_and_are_always_the_same():
    names = FleetingNames(KeyRing({0: OLD}, current=0), "standing")

    assert names.of("p", ["a", "b"]) == [*names.of("p", ["a"]), *names.of("p", ["b"])]
    assert len(set(names.of("p", ["a", "b"]))) == 2


def test_purposes_share_no_name():
    ring = KeyRing({0: OLD}, current=0)

    assert FleetingNames(ring, "standing").of("p", ["a"]) != FleetingNames(ring, "other").of("p", ["a"])


def test_servers_on_both_sides_of_a_rotation_know_each_others_names():
    before = FleetingNames(KeyRing({0: OLD, 1: NEW}, current=0), "standing")
    after = FleetingNames(KeyRing({0: OLD, 1: NEW}, current=1), "standing")

    (old,), (new,) = before.of("p", ["a"]), after.of("p", ["a"])

    assert old != new
    assert set(before.every("p", ["a"])) == set(after.every("p", ["a"])) == {old, new}
