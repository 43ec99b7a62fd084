"""Words of the domain are those of the contracts."""

from __future__ import annotations

import pytest

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.backfill.domain import holders
from xacthuc.backfill.domain.campaign import TEMPLATES, CampaignState, TargetState, WaveState

Figures = resources_pb2.CampaignFigures


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (CampaignState, resources_pb2.Campaign.State.DESCRIPTOR),
        (TargetState, Figures.Standing.State.DESCRIPTOR),
        (WaveState, Figures.WaveFigures.State.DESCRIPTOR),
        (TEMPLATES, resources_pb2.AccountClass.DESCRIPTOR),
    ],
    ids=["campaigns", "targets", "waves", "classes"],
)
def test_the_contract_has_the_same_words(ours, theirs):
    """Whom a campaign asks nothing is in none: VERIFIED and DUPLICATE are classes that nobody adds."""
    assert {str(each) for each in ours} == {name for name, value in theirs.values_by_name.items() if value.number}


def test_the_words_that_identity_is_understood_by_are_its_own():
    words = {*holders.GONE, holders.VERIFIED}

    assert words <= set(identity_pb2.Account.State.keys())
