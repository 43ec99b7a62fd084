"""The calls of ReconciliationAdmin that run over accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.ReconciliationAdmin"


def start(platform: str, sources: Sequence[str], per_second: int, *, dry_run: bool) -> Call[Any]:
    """Starts a run; `sources` are names of the contract."""
    request = pb2.StartReconciliationRequest(
        platform=platform_name(platform) if platform else "",
        sources=[pb2.Reconciliation.Source.Value(source) for source in sources],
        dry_run=dry_run,
        rate_per_second=per_second,
        request_id=new_request_id(),
    )
    return _call("StartReconciliation", request, pb2.Reconciliation)


def get(name: str) -> Call[Any]:
    """Returns a run."""
    return _call("GetReconciliation", pb2.GetReconciliationRequest(name=name), pb2.Reconciliation)


def list_runs(page_token: str) -> Call[Any]:
    """Returns one page of the runs."""
    request = pb2.ListReconciliationsRequest(page_size=1000, page_token=page_token)
    return _call("ListReconciliations", request, pb2.ListReconciliationsResponse)


def cancel(name: str) -> Call[Any]:
    """Ends a run where it is."""
    request = pb2.CancelReconciliationRequest(name=name, request_id=new_request_id())
    return _call("CancelReconciliation", request, pb2.Reconciliation)


def resume(name: str) -> Call[Any]:
    """Takes a run that failed up again."""
    request = pb2.ResumeReconciliationRequest(name=name, request_id=new_request_id())
    return _call("ResumeReconciliation", request, pb2.Reconciliation)


def list_findings(name: str, kind: str, page_token: str) -> Call[Any]:
    """Returns one page of what a run found; `kind` is a name of the contract, empty for all."""
    request = pb2.ListFindingsRequest(
        parent=name,
        kind=pb2.Finding.Kind.Value(kind or "KIND_UNSPECIFIED"),
        page_size=1000,
        page_token=page_token,
    )
    return _call("ListFindings", request, pb2.ListFindingsResponse)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
