"""What the outbox of the guardian service says has a name in the contract."""

from __future__ import annotations

from xacthuc.api.guardian.v1 import resources_pb2
from xacthuc.guardian.adapters.events import EventKind


def test_every_kind_of_event_is_told_by_its_own_name():
    told = set(resources_pb2.LinkEvent.Kind.keys())

    assert {kind.value for kind in EventKind} == told - {"KIND_UNSPECIFIED"}
