"""How facts are spelled in the cache."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import facts

from xacthuc.identity.adapters.personal import PersonalData
from xacthuc.identity.adapters.valkey_standing import decode, encode
from xacthuc.identity.ports.standing import Standing
from xacthuc.sealing import KeyRing, Sealer

INSTANTS = st.integers(min_value=0, max_value=2**62)


@given(facts, INSTANTS)
def test_facts_come_back_as_they_were(known, read_ms):
    standing = Standing(known, read_ms)

    assert standing == decode(encode(standing))


@given(st.binary(max_size=80).filter(lambda kept: len(kept) != 57 or kept[0] != 2))
def test_what_another_version_wrote_counts_as_nothing(kept):
    assert decode(kept) is None


def test_an_account_has_another_name_on_every_platform_and_shows_none():
    ring = KeyRing(keys={0: bytes(32)}, current=0)
    personal = PersonalData(Sealer(ring), ring)

    names = {personal.standing_name(platform, "account-7") for platform in ("one", "two")}

    assert len(names) == 2
    assert not any(b"account-7" in name for name in names)
