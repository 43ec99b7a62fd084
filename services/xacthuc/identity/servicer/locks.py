"""Serves officers, on the internal port: locks, and what causes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import locks
from xacthuc.identity.wire import lock_admin_messages as wire

if TYPE_CHECKING:
    from xacthuc.api.identity.v1 import lock_admin_pb2 as pb2
    from xacthuc.api.identity.v1 import resources_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.identity.wire.rendering import Renderer


class LockAdminServicer:
    """Serves officers, on the internal port."""

    def __init__(self, identity: Identity, render: Renderer) -> None:
        """Takes what the verbs work with, and how accounts are shown."""
        self._identity = identity
        self._render = render

    async def ListLocks(self, request: pb2.ListLocksRequest, call: Call) -> pb2.ListLocksResponse:
        asked = wire.on_record(request, size_of(request))
        return wire.locks(asked.platform, *await locks.list_locks(self._identity, asked, ended=request.show_ended))

    async def ListViolations(self, request: pb2.ListViolationsRequest, call: Call) -> pb2.ListViolationsResponse:
        asked = wire.on_record(request, size_of(request))
        return wire.violations(asked.platform, *await locks.list_violations(self._identity, asked))

    async def WithdrawViolation(self, request: pb2.WithdrawViolationRequest, call: Call) -> resources_pb2.Account:
        command = wire.withdraw_violation(request, call)
        return self._render.account(await locks.withdraw_violation(self._identity, command))

    async def PlaceLock(self, request: pb2.PlaceLockRequest, call: Call) -> resources_pb2.Account:
        return self._render.account(await locks.lock_account(self._identity, wire.place_lock(request, call)))

    async def LiftLocks(self, request: pb2.LiftLocksRequest, call: Call) -> resources_pb2.Account:
        return self._render.account(await locks.unlock_account(self._identity, wire.lift_locks(request, call)))
