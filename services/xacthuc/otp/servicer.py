"""The service's three faces on the wire: each method parses, calls one use case, renders.

The server builder checks these classes against the contract; what a method does is commented there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.otp.v1 import admin_pb2
from xacthuc.otp import wire
from xacthuc.otp.usecases import administration, checking, sending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.api.otp.v1 import internal_pb2, resources_pb2, service_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import Administration, Notices, Outcomes
    from xacthuc.otp.usecases.otp import Otp
    from xacthuc.otp.wire import Renderer


class OtpServicer:
    """Serves platforms, on the public port."""

    def __init__(self, otp: Otp, render: Renderer) -> None:
        """Takes what the verbs work with, and how challenges are shown."""
        self._otp = otp
        self._render = render

    async def StartChallenge(self, request: service_pb2.StartChallengeRequest, call: Call) -> resources_pb2.Challenge:
        view = await sending.start_challenge(self._otp, wire.start_challenge(request, call))
        return self._challenge(view)

    async def ResendCode(self, request: service_pb2.ResendCodeRequest, call: Call) -> resources_pb2.Challenge:
        view = await sending.resend_code(
            self._otp, call.platform, request.name, request.channel, wire.request_id(request)
        )
        return self._challenge(view)

    async def CheckCode(self, request: service_pb2.CheckCodeRequest, call: Call) -> service_pb2.CheckCodeResponse:
        checked = await checking.check_code(
            self._otp, call.platform, request.name, request.code, wire.request_id(request)
        )
        return self._render.checked(checked, self._otp.clock.now_ms())

    async def GetChallenge(self, request: service_pb2.GetChallengeRequest, call: Call) -> resources_pb2.Challenge:
        return self._challenge(await checking.get_challenge(self._otp, call.platform, request.name))

    async def CancelChallenge(self, request: service_pb2.CancelChallengeRequest, call: Call) -> resources_pb2.Challenge:
        return self._challenge(await checking.cancel_challenge(self._otp, call.platform, request.name))

    async def LookupNumber(self, request: service_pb2.LookupNumberRequest, call: Call) -> resources_pb2.NumberInfo:
        return wire.number_info(self._otp.plan.parse(request.phone_number), request.locale)

    async def ReportUnrequested(self, request: service_pb2.ReportUnrequestedRequest, call: Call) -> Empty:
        await checking.report_unrequested(self._otp, wire.report_unrequested(request, call))
        return Empty()

    def _challenge(self, view: ChallengeView) -> resources_pb2.Challenge:
        return self._render.challenge(view, self._otp.clock.now_ms())


class OtpInternalServicer:
    """Serves the other services, on the internal port."""

    def __init__(self, otp: Otp, notices: Notices, outcomes: Outcomes) -> None:
        """Takes what the verbs work with, the bulk lane, and the reader of outcomes."""
        self._otp = otp
        self._notices = notices
        self._outcomes = outcomes

    async def RedeemProof(self, request: internal_pb2.RedeemProofRequest, call: Call) -> internal_pb2.Proof:
        return wire.proof(*await checking.redeem_proof(self._otp, wire.redeem_proof(request, call)))

    async def SendNotice(self, request: internal_pb2.SendNoticeRequest, call: Call) -> internal_pb2.Notice:
        notice = await sending.send_notice(self._otp, self._notices, wire.send_notice(request, call))
        return wire.notice(notice)

    async def WatchOutcomes(
        self, request: internal_pb2.WatchOutcomesRequest, call: Call
    ) -> AsyncIterator[internal_pb2.WatchOutcomesResponse]:
        async for batch in administration.watch_outcomes(self._outcomes, request.cursor):
            yield wire.outcomes(batch)


class OtpAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, otp: Otp, admin: Administration, render: Renderer) -> None:
        """Takes what the verbs work with, the switches, and how challenges are shown."""
        self._otp = otp
        self._admin = admin
        self._render = render

    async def ImportBlockList(
        self, request: admin_pb2.ImportBlockListRequest, call: Call
    ) -> admin_pb2.ImportBlockListResponse:
        duration_ms = request.duration.ToMilliseconds()
        blocked, refused = await administration.block_numbers(
            self._otp, self._admin, list(request.phone_numbers), duration_ms, request.source
        )
        return wire.blocked(blocked, refused)

    async def UnblockNumber(self, request: admin_pb2.UnblockNumberRequest, call: Call) -> Empty:
        platform = call.platform if call.has_platform else ""
        await administration.unblock_number(self._otp, self._admin, request.phone_number, platform, request.reason)
        return Empty()

    async def SetKillSwitch(self, request: admin_pb2.SetKillSwitchRequest, call: Call) -> admin_pb2.KillSwitch:
        platform = request.platform.removeprefix("platforms/")
        await self._admin.set_kill_switch(platform, request.reason, self._otp.clock.now_ms(), engaged=request.engaged)
        return admin_pb2.KillSwitch(platform=request.platform, engaged=request.engaged)

    async def ListProviders(
        self, request: admin_pb2.ListProvidersRequest, call: Call
    ) -> admin_pb2.ListProvidersResponse:
        return wire.providers(await self._admin.providers())

    async def InspectChallenge(
        self, request: admin_pb2.InspectChallengeRequest, call: Call
    ) -> admin_pb2.InspectChallengeResponse:
        view = await checking.get_challenge(self._otp, "", request.name)
        return admin_pb2.InspectChallengeResponse(
            challenge=self._render.challenge(view, self._otp.clock.now_ms()),
            platform=f"platforms/{view.platform}",
            provider=view.provider,
        )
