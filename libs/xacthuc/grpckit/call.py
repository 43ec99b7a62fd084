"""What a servicer method is told about the call besides its request.

A servicer method is `async def Method(self, request, call: Call) -> response` (or an async generator for a stream).
It never sees gRPC's own context: it cannot abort, set a status or read raw metadata, so there is one way to fail
(raise an error of `errors.py`) and one place that knows who is calling (`endpoint.py`).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from xacthuc.grpckit.errors import DeadlineExceeded, Unauthenticated
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from xacthuc.credentials.scopes import Scope
    from xacthuc.credentials.staff import Operator
    from xacthuc.telemetry.tracing import TraceContext

SUBCALL_MARGIN_SECONDS = 0.020
"""Shaved off what is left before it is handed to a sub-call, so that its failure can still be reported in time."""


class Call:
    """One call in progress. Made by the endpoint; read by servicers; never kept after the answer."""

    __slots__ = ("_operator", "_platform", "deadline", "key_id", "method", "peer", "scopes", "trace")

    def __init__(
        self,
        method: str,
        trace: TraceContext,
        deadline: float,
        platform: str = "",
        *,
        key_id: str = "",
        scopes: frozenset[Scope] = frozenset(),
        peer: str = "",
        operator: Operator | None = None,
    ) -> None:
        self.method = method
        """Full name, `/xacthuc.api.otp.v1.OtpService/CheckCode`."""
        self.trace = trace
        """Trace and span of this call; `trace.sampled` says whether spans are recorded."""
        self.deadline = deadline
        """When the answer must be ready, on `time.monotonic()`'s scale; infinite for watch streams."""
        self._platform = platform
        self.key_id = key_id
        """Which platform key was used; empty on the internal port."""
        self.scopes = scopes
        """What that key may do; empty on the internal port."""
        self.peer = peer
        """The calling service by its certificate, such as `identity`; empty on the public port."""
        self._operator = operator

    @property
    def platform(self) -> str:
        """The platform the call acts for.

        On the public port it comes from the key. On the internal port it comes from `x-xacthuc-platform`;
        Unauthenticated when the peer named none, so that forgetting it can never act for everybody.
        """
        if not self._platform:
            raise Unauthenticated(
                Reason.PLATFORM_MISSING, "name the platform this call acts for in the metadata x-xacthuc-platform"
            )
        return self._platform

    @property
    def operator(self) -> Operator:
        """The member of the staff behind a call to an administrative method; Unauthenticated where there is none."""
        if self._operator is None:
            raise Unauthenticated(Reason.STAFF_SESSION_MISSING, "no operator is signed in")
        return self._operator

    @property
    def actor(self) -> str:
        """Who asks, for the audit trail: `key:<id>` of a platform, `operator:<id>`, else `peer:<service>`."""
        if self.key_id:
            return f"key:{self.key_id}"
        return f"peer:{self.peer}" if self._operator is None else f"operator:{self._operator.id}"

    @property
    def has_platform(self) -> bool:
        """Whether the call acts for a platform; internal and administrative calls may not."""
        return bool(self._platform)

    def describe(self, line: dict[str, Any]) -> None:
        """Adds who is calling to a log line: the platform, the key, the peer, the operator's id; never a person."""
        if self._platform:
            line["platform"] = self._platform
        if self.key_id:
            line["key_id"] = self.key_id
        if self.peer:
            line["peer"] = self.peer
        if self._operator is not None:
            line["operator"] = self._operator.id

    def described(self) -> str:
        """Returns the same as members of a JSON object. Ids of platforms, keys, peers and operators need no escapes."""
        platform = f',"platform":"{self._platform}"' if self._platform else ""
        if self.key_id:
            return f'{platform},"key_id":"{self.key_id}"'
        operator = f',"operator":"{self._operator.id}"' if self._operator is not None else ""
        return f'{platform},"peer":"{self.peer}"{operator}'

    def remaining(self) -> timedelta:
        """Returns the time left for this call, never negative."""
        return timedelta(seconds=min(max(self.deadline - time.monotonic(), 0.0), 1e9))

    def budget_seconds(self) -> float:
        """Returns the timeout for a sub-call in seconds: the time left less 20 ms; DeadlineExceeded when none is."""
        left = self.deadline - time.monotonic() - SUBCALL_MARGIN_SECONDS
        if left <= 0:
            raise DeadlineExceeded(Reason.DEADLINE_EXCEEDED, "no time is left to ask another service")
        return left
