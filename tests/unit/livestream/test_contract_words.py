"""The contract and the domain name the same things: a member of one that the other lacks is found here."""

from __future__ import annotations

import pytest

from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.livestream.domain.broadcast import Commerce, EndReason, State
from xacthuc.policy import DeclarationKind, Ruling
from xacthuc.policy.livestreams import LONGEST_GRANT_SECONDS
from xacthuc.tokens import broadcast


@pytest.mark.parametrize(
    ("ours", "contract"),
    [
        (State, resources_pb2.Broadcast.State),
        (Commerce, resources_pb2.Broadcast.Commerce),
        (EndReason, resources_pb2.Broadcast.EndReason),
        (DeclarationKind, resources_pb2.Declaration.Kind),
        (Ruling, resources_pb2.Ruling),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_both_have_the_same_words_in_the_same_order(ours, contract):
    assert list(ours) == [name for name, number in contract.items() if number]


def test_no_policy_grants_for_longer_than_verifiers_believe():
    assert broadcast.KIND.longest_life.total_seconds() == LONGEST_GRANT_SECONDS
