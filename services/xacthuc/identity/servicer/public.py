"""Serves platforms, on the public port."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import (
    accounts,
    decisions,
    electronic_ids,
    events,
    lifecycle,
    locks,
    numbers,
    personal_ids,
    sessions,
)
from xacthuc.identity.wire import (
    account_messages,
    decision_messages,
    event_messages,
    lifecycle_messages,
    lock_messages,
    personal_id_messages,
    session_messages,
)
from xacthuc.identity.wire.common import ACCOUNT_PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.endpoint import Serialized
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.identity.wire.rendering import Renderer


class IdentityServicer:
    """Serves platforms, on the public port."""

    def __init__(self, identity: Identity, render: Renderer) -> None:
        """Takes what the verbs work with, and how answers are shown."""
        self._identity = identity
        self._render = render
        self._entries = session_messages.EntryReader()
        self._event_batch = event_messages.renderer(names_platforms=False)

    async def RegisterAccount(self, request: service_pb2.RegisterAccountRequest, call: Call) -> resources_pb2.Account:
        command = account_messages.register_account(request, call)
        return self._render.account(await accounts.register_account(self._identity, command))

    async def CorrectAccount(self, request: service_pb2.CorrectAccountRequest, call: Call) -> resources_pb2.Account:
        command = lifecycle_messages.correct_account(request, call)
        return self._render.account(await lifecycle.correct_account(self._identity, command))

    async def VerifyPhone(self, request: service_pb2.VerifyPhoneRequest, call: Call) -> resources_pb2.Account:
        command = account_messages.prove_number(request, call)
        return self._render.account(await numbers.verify_phone(self._identity, command, call))

    async def ChangeNumber(self, request: service_pb2.ChangeNumberRequest, call: Call) -> resources_pb2.Account:
        command = account_messages.prove_number(request, call)
        return self._render.account(await numbers.change_number(self._identity, command, call))

    async def RevokeVerification(
        self, request: service_pb2.RevokeVerificationRequest, call: Call
    ) -> resources_pb2.Account:
        command = account_messages.revoke_verification(request, call)
        return self._render.account(await numbers.revoke_verification(self._identity, command))

    async def GetAccount(self, request: service_pb2.GetAccountRequest, call: Call) -> resources_pb2.Account:
        account_id = request.name[ACCOUNT_PREFIX:]
        return self._render.account(await accounts.get_account(self._identity, call.platform, account_id))

    async def ListAccounts(
        self, request: service_pb2.ListAccountsRequest, call: Call
    ) -> service_pb2.ListAccountsResponse:
        limit = size_of(request)
        page, token, cursor = await lifecycle.list_accounts(self._identity, call.platform, request.page_token, limit)
        return service_pb2.ListAccountsResponse(
            accounts=[self._render.account(account) for account in page], next_page_token=token, watch_cursor=cursor
        )

    async def VerifyPersonalId(
        self, request: service_pb2.VerifyPersonalIdRequest, call: Call
    ) -> resources_pb2.PersonalIdVerification:
        command = personal_id_messages.verify_personal_id(request, call)
        return self._render.verification(await personal_ids.verify_personal_id(self._identity, command))

    async def StartElectronicId(
        self, request: service_pb2.StartElectronicIdRequest, call: Call
    ) -> service_pb2.StartElectronicIdResponse:
        command = personal_id_messages.start_electronic_id(request, call)
        return personal_id_messages.begun_sign_in(await electronic_ids.start_electronic_id(self._identity, command))

    async def CompleteElectronicId(
        self, request: service_pb2.CompleteElectronicIdRequest, call: Call
    ) -> resources_pb2.PersonalIdVerification:
        command = personal_id_messages.complete_electronic_id(request, call)
        return self._render.verification(await electronic_ids.complete_electronic_id(self._identity, command))

    async def CheckAction(self, request: service_pb2.CheckActionRequest, call: Call) -> resources_pb2.Decision:
        account_id, action = request.name[ACCOUNT_PREFIX:], decision_messages.ACTIONS[request.action]
        return self._render.decision(await decisions.check_action(self._identity, call.platform, account_id, action))

    async def BatchCheckActions(
        self, request: service_pb2.BatchCheckActionsRequest | decision_messages.Checks, call: Call
    ) -> Serialized:
        checks = request if isinstance(request, decision_messages.Checks) else decision_messages.read_checks(request)
        return self._render.decisions(await decisions.batch_check_actions(self._identity, call.platform, *checks))

    async def IssueStandingToken(
        self, request: service_pb2.IssueStandingTokenRequest, call: Call
    ) -> resources_pb2.StandingToken:
        account_id = request.name[ACCOUNT_PREFIX:]
        token = await decisions.issue_standing_token(self._identity, call.platform, account_id)
        return self._render.standing_token(token)

    async def GetJwks(self, _request: service_pb2.GetJwksRequest, _call: Call) -> resources_pb2.Jwks:
        return resources_pb2.Jwks(keys=[resources_pb2.Jwk(**key) for key in self._identity.tokens.jwks()])

    async def ListVerificationPaths(
        self, _request: service_pb2.ListVerificationPathsRequest, _call: Call
    ) -> service_pb2.ListVerificationPathsResponse:
        return self._render.paths

    async def LockAccount(self, request: service_pb2.LockAccountRequest, call: Call) -> resources_pb2.Account:
        command = lock_messages.lock_account(request, call)
        return self._render.account(await locks.lock_account(self._identity, command))

    async def UnlockAccount(self, request: service_pb2.UnlockAccountRequest, call: Call) -> resources_pb2.Account:
        command = lock_messages.unlock_account(request, call)
        return self._render.account(await locks.unlock_account(self._identity, command))

    async def RecordViolation(self, request: service_pb2.RecordViolationRequest, call: Call) -> resources_pb2.Account:
        command = lock_messages.record_violation(request, call)
        return self._render.account(await locks.record_violation(self._identity, command))

    async def RecordSessions(
        self, request: service_pb2.RecordSessionsRequest, call: Call
    ) -> service_pb2.RecordSessionsResponse:
        command = self._entries.batch(request, call)
        return session_messages.recorded(await sessions.record_sessions(self._identity, command))

    async def CloseAccount(self, request: service_pb2.CloseAccountRequest, call: Call) -> resources_pb2.Account:
        command = lifecycle_messages.end_account(request, call)
        return self._render.account(await lifecycle.close_account(self._identity, command))

    async def EraseAccount(self, request: service_pb2.EraseAccountRequest, call: Call) -> resources_pb2.Account:
        command = lifecycle_messages.end_account(request, call)
        return self._render.account(await lifecycle.erase_account(self._identity, command))

    async def ListConsents(
        self, request: service_pb2.ListConsentsRequest, call: Call
    ) -> service_pb2.ListConsentsResponse:
        account_id = request.parent[ACCOUNT_PREFIX:]
        return lifecycle_messages.consents(await lifecycle.list_consents(self._identity, call.platform, account_id))

    async def WatchAccounts(self, request: service_pb2.WatchAccountsRequest, call: Call) -> AsyncGenerator[Serialized]:
        async with aclosing(events.watch_accounts(self._identity, call.platform, request.cursor)) as batches:
            async for batch, cursor in batches:
                yield self._event_batch(batch, cursor)
