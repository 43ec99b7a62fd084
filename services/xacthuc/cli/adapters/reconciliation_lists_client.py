"""The calls of ReconciliationAdmin that import lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.cli.adapters.retention_admin_client import timestamp
from xacthuc.cli.lists.rows import Column, Report
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from xacthuc.cli.lists.importing import Heading
    from xacthuc.tables.rows import Rejected

_SERVICE: Final = "xacthuc.api.identity.v1.ReconciliationAdmin"


def import_findings(
    heading: Heading, first_row: int, rows: Sequence[Report | Rejected], *, complete: bool
) -> Call[Any]:
    """Sends the next rows of a list; of those that cannot be used only that they are there."""
    request = pb2.ImportFindingsRequest(
        name=heading.name,
        digest=heading.digest,
        kind=pb2.Finding.Kind.Value(_word(heading.kind)),
        source=heading.source,
        dry_run=heading.dry_run,
        first_row=first_row,
        row_count=len(rows),
        numbers=[_listed(offset, row) for offset, row in enumerate(rows) if isinstance(row, Report)],
        complete=complete,
        request_id=new_request_id(),
    )
    return _call("ImportFindings", request, pb2.NumberList)


def list_number_lists(page_token: str) -> Call[Any]:
    """Returns one page of the lists there are."""
    request = pb2.ListNumberListsRequest(page_size=1000, page_token=page_token)
    return _call("ListNumberLists", request, pb2.ListNumberListsResponse)


def _listed(offset: int, row: Report) -> pb2.ListedNumber:
    listed = pb2.ListedNumber(
        offset=offset, phone_number=row.number, observe_time=timestamp(row.observed), sim_count=row.sim_count
    )
    for column, verdict in row.verdicts.items():
        setattr(listed, _FIELDS[column], pb2.Finding.Match.Value(_word(verdict)))
    return listed


_FIELDS: Final = {
    Column.FULL_NAME: "full_name",
    Column.BIRTH_DATE: "birth_date",
    Column.PERSONAL_ID: "personal_id",
}


def _word(value: str) -> str:
    """Returns a word of the command line as the contract has it."""
    return value.upper().replace("-", "_")


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
