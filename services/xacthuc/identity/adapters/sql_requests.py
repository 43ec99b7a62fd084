"""The requests of identity (`xacthuc.sql.requests`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.identity.adapters.tables import requests
from xacthuc.sql import requests as sql_requests

if TYPE_CHECKING:
    from xacthuc.sql.requests import RequestSecrets


class SqlRequests(sql_requests.SqlRequests):
    """Those of schema `identity`."""

    def __init__(self, secrets: RequestSecrets) -> None:
        """Takes what hashes payloads and seals answers."""
        super().__init__(requests, secrets)
