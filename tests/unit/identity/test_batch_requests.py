"""Questions, one or a batch, are read at a glance exactly when they keep the contract's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.wire.decision_messages import SHORTCUTS, read_checks, read_plain_check, read_plain_checks
from xacthuc.policy import Action

RULES = RequestValidator()

_IDS = st.text("aZ9_.~-", min_size=1, max_size=64)
_NEAR = st.one_of(_IDS, st.text("a\n/é \u0660", max_size=66))
_NAMES = st.builds(
    "{}{}".format, st.sampled_from(["accounts/", "accounts", "Accounts/", "", "accounts/a\naccounts/"]), _NEAR
)
_CHECKS = st.builds(
    service_pb2.CheckActionRequest,
    name=st.one_of(_IDS.map("accounts/{}".format), _NAMES),
    action=st.one_of(st.sampled_from(list(range(1, 11))), st.integers(min_value=-1, max_value=12)),
)
_BATCHES = st.builds(service_pb2.BatchCheckActionsRequest, checks=st.lists(_CHECKS, max_size=3))


def keeps_the_rules(request):
    try:
        RULES.check(request)
    except InvalidRequest:
        return False
    return True


@given(_BATCHES)
def test_what_is_read_at_a_glance_is_what_the_rules_accept(batch):
    assert (read_plain_checks(batch) is not None) == keeps_the_rules(batch)


@given(_CHECKS)
def test_so_is_a_single_question(check):
    assert (read_plain_check(check) is check) == keeps_the_rules(check)


@pytest.mark.parametrize("size", [0, 1, 500, 501])
def test_sizes_are_those_of_the_contract(size):
    batch = service_pb2.BatchCheckActionsRequest(
        checks=[service_pb2.CheckActionRequest(name="accounts/a", action=resources_pb2.POST)] * size
    )

    assert (read_plain_checks(batch) is not None) == keeps_the_rules(batch) == (1 <= size <= 500)


def test_the_servicer_gets_what_was_read_and_a_fault_names_its_place():
    good = service_pb2.CheckActionRequest(name="accounts/a", action=resources_pb2.POST)
    batch = service_pb2.BatchCheckActionsRequest(checks=[good])
    validator = RequestValidator(SHORTCUTS)

    assert validator.check(batch) == read_checks(batch) == (["a"], [Action.POST])
    batch.checks.append(service_pb2.CheckActionRequest(name="accounts/", action=resources_pb2.POST))
    with pytest.raises(InvalidRequest) as refused:
        validator.check(batch)
    assert [fault.field for fault in refused.value.field_faults] == ["checks[1].name"]
