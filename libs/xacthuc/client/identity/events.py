"""What happens to accounts, told as it happens and caught up on afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call, Watch
from xacthuc.client.identity.naming import SERVICE

if TYPE_CHECKING:
    from xacthuc.client.results import EventBatch


def watch_accounts(cursor: str = "") -> Watch[EventBatch]:
    """Yields batches of what happens to the platform's accounts, for ever, in order for each account, at least once.

    Deal with a batch, keep its cursor, and begin with that the next time; without one it begins with the oldest event
    that is kept. A batch without events comes every ten seconds. Broken connections and servers that restart are
    outlasted. OutOfRange when events behind the cursor are gone: take `get_watch_cursor`, list all accounts, and watch
    from it.
    """

    def call(behind: str) -> Call[EventBatch]:
        request = service_pb2.WatchAccountsRequest(cursor=behind)
        return Call(SERVICE, "WatchAccounts", request, service_pb2.WatchAccountsResponse, reading.event_batch)

    return Watch(call, cursor, lambda batch: batch.cursor)


def get_watch_cursor() -> Call[str]:
    """Returns the cursor of this moment: everything that happens from now on is told behind it.

    Take it before `list_accounts`, and watch from it afterwards: nothing falls in between.
    """
    request = service_pb2.ListAccountsRequest(page_size=1)
    return Call(SERVICE, "ListAccounts", request, service_pb2.ListAccountsResponse, lambda page: page.watch_cursor)
