"""The service's three faces on the wire: each method parses, calls one use case, renders.

The server builder checks these classes against the contract; what a method does is commented there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.otp.v1 import admin_pb2
from xacthuc.grpckit.looks import Looks
from xacthuc.otp.usecases import administration, checking, delivering, guarding, network, sending, spending
from xacthuc.otp.wire import admin, challenges, fraud, internal, visibility
from xacthuc.otp.wire.common import request_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message

    from xacthuc.api.otp.v1 import internal_pb2, resources_pb2, service_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import Money, Notices, Outcomes
    from xacthuc.otp.ports.administration import Administration
    from xacthuc.otp.ports.guard import GuardSubjects
    from xacthuc.otp.usecases.delivering import Delivery
    from xacthuc.otp.usecases.otp import Otp
    from xacthuc.otp.wire.challenges import Renderer


_KEEPS_NUMBERS = "identity"
"""The one service that knows people's numbers anyway."""


class OtpServicer:
    """Serves platforms, on the public port."""

    def __init__(self, otp: Otp, render: Renderer) -> None:
        """Takes what the verbs work with, and how challenges are shown."""
        self._otp = otp
        self._render = render

    async def StartChallenge(self, request: service_pb2.StartChallengeRequest, call: Call) -> resources_pb2.Challenge:
        view = await sending.start_challenge(self._otp, challenges.start_challenge(request, call))
        return self._challenge(view)

    async def ResendCode(self, request: service_pb2.ResendCodeRequest, call: Call) -> resources_pb2.Challenge:
        view = await sending.resend_code(self._otp, call.platform, request.name, request.channel, request_id(request))
        return self._challenge(view)

    async def CheckCode(self, request: service_pb2.CheckCodeRequest, call: Call) -> service_pb2.CheckCodeResponse:
        checked = await checking.check_code(self._otp, call.platform, request.name, request.code, request_id(request))
        return self._render.checked(checked, self._otp.clock.now_ms())

    async def CheckNetwork(self, request: service_pb2.CheckNetworkRequest, call: Call) -> service_pb2.CheckCodeResponse:
        checked = await network.check_network(self._otp, challenges.check_network(request, call))
        return self._render.checked(checked, self._otp.clock.now_ms())

    async def GetChallenge(self, request: service_pb2.GetChallengeRequest, call: Call) -> resources_pb2.Challenge:
        return self._challenge(await checking.get_challenge(self._otp, call.platform, request.name))

    async def CancelChallenge(self, request: service_pb2.CancelChallengeRequest, call: Call) -> resources_pb2.Challenge:
        return self._challenge(await checking.cancel_challenge(self._otp, call.platform, request.name))

    async def LookupNumber(self, request: service_pb2.LookupNumberRequest, call: Call) -> resources_pb2.NumberInfo:
        return challenges.number_info(self._otp.plan.parse(request.phone_number), request.locale)

    async def ReportUnrequested(self, request: service_pb2.ReportUnrequestedRequest, call: Call) -> Empty:
        await checking.report_unrequested(self._otp, challenges.report_unrequested(request, call))
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
        return internal.proof(*await checking.redeem_proof(self._otp, internal.redeem_proof(request, call)))

    async def DigestDevice(self, request: internal_pb2.DigestDeviceRequest, call: Call) -> internal_pb2.DeviceDigest:
        return internal.device(self._otp.digests.of("device", call.platform, request.device_id))

    async def SendNotice(self, request: internal_pb2.SendNoticeRequest, call: Call) -> internal_pb2.Notice:
        notice = await sending.send_notice(self._otp, self._notices, internal.send_notice(request, call))
        return internal.notice(notice)

    async def WatchOutcomes(
        self, request: internal_pb2.WatchOutcomesRequest, call: Call
    ) -> AsyncIterator[internal_pb2.WatchOutcomesResponse]:
        kinds = internal.kinds(request)
        watched = administration.watch_outcomes(
            self._outcomes, request.cursor, kinds, only_notices=request.only_notices
        )
        async for batch in watched:
            yield internal.outcomes(batch, numbers=call.peer == _KEEPS_NUMBERS)


class ReadNotes:
    """What methods do first that show what people did."""

    def __init__(self, otp: Otp, admin: Administration) -> None:
        """Takes what the verbs work with."""
        self._otp = otp
        self._admin = admin

    async def __call__(self, request: Message, call: Call) -> None:
        await self._admin.note_read(admin.looked_at(request, call), self._otp.clock.now_ms(), actor=call.actor)


class LookNotes(ReadNotes):
    """What methods do first that show nothing of a person: once a minute."""

    def __init__(self, otp: Otp, admin: Administration) -> None:
        """Takes what the verbs work with."""
        super().__init__(otp, admin)
        self._looks = Looks()

    async def __call__(self, request: Message, call: Call) -> None:
        look = (call.actor, admin.looked_at(request, call))
        await self._looks.note(look, self._otp.clock.now_ms(), partial(super().__call__, request, call))


class OtpAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(
        self,
        otp: Otp,
        admin: Administration,
        *,
        money: Money,
        subjects: GuardSubjects,
        delivery: Delivery,
        render: Renderer,
    ) -> None:
        """Takes what the verbs work with, and how challenges are shown."""
        self._otp = otp
        self._admin = admin
        self._money = money
        self._subjects = subjects
        self._delivery = delivery
        self._render = render

    async def ImportBlockList(
        self, request: admin_pb2.ImportBlockListRequest, call: Call
    ) -> admin_pb2.ImportBlockListResponse:
        duration_ms = request.duration.ToMilliseconds()
        blocked, refused = await administration.block_numbers(
            self._otp, self._admin, list(request.phone_numbers), duration_ms, request.source, actor=call.actor
        )
        return admin.blocked(blocked, refused)

    async def UnblockNumber(self, request: admin_pb2.UnblockNumberRequest, call: Call) -> Empty:
        platform = call.platform if call.has_platform else ""
        pass_ms = request.pass_duration.ToMilliseconds()
        await administration.unblock_number(
            self._otp, self._admin, request.phone_number, platform, request.reason, actor=call.actor, pass_ms=pass_ms
        )
        return Empty()

    async def SetKillSwitch(self, request: admin_pb2.SetKillSwitchRequest, call: Call) -> admin_pb2.KillSwitch:
        platform = request.platform.removeprefix("platforms/")
        now_ms, actor = self._otp.clock.now_ms(), call.actor
        await self._admin.set_kill_switch(platform, request.reason, now_ms, actor=actor, engaged=request.engaged)
        return admin_pb2.KillSwitch(platform=request.platform, engaged=request.engaged)

    async def ListProviders(
        self, request: admin_pb2.ListProvidersRequest, call: Call
    ) -> admin_pb2.ListProvidersResponse:
        return admin.providers(await self._admin.providers())

    async def ListDeliveryFigures(
        self, request: admin_pb2.ListDeliveryFiguresRequest, call: Call
    ) -> admin_pb2.ListDeliveryFiguresResponse:
        return visibility.figures(await delivering.list_figures(self._otp, self._delivery, visibility.hours(request)))

    async def ExplainChoice(
        self, request: admin_pb2.ExplainChoiceRequest, call: Call
    ) -> admin_pb2.ExplainChoiceResponse:
        shares = await delivering.explain_choice(self._otp, self._delivery, request.channel, request.operator)
        return visibility.choice(shares, self._delivery.choice)

    async def SetSpendCap(self, request: admin_pb2.SetSpendCapRequest, call: Call) -> admin_pb2.Spending:
        platform, budget = request.platform.removeprefix("platforms/"), admin.BUDGETS[request.budget]
        capped = await spending.set_spend_cap(
            self._otp,
            self._money,
            platform,
            budget,
            cap_vnd=request.daily_cap_vnd,
            reason=request.reason,
            actor=call.actor,
        )
        return admin.spending(capped)

    async def ListSpending(self, request: admin_pb2.ListSpendingRequest, call: Call) -> admin_pb2.ListSpendingResponse:
        return admin.spendings(await spending.list_spending(self._otp, self._money))

    async def ListGuardSubjects(
        self, request: admin_pb2.ListGuardSubjectsRequest, call: Call
    ) -> admin_pb2.ListGuardSubjectsResponse:
        found = await guarding.list_subjects(self._otp, self._subjects, only_exceeding=request.only_exceeding)
        return fraud.subjects(found)

    async def ExemptGuardSubject(
        self, request: admin_pb2.ExemptGuardSubjectRequest, call: Call
    ) -> admin_pb2.GuardSubject:
        duration_ms = request.duration.ToMilliseconds()
        exempted = await guarding.exempt_subject(
            self._otp, self._subjects, request.subject, request.reason, duration_ms, actor=call.actor
        )
        return fraud.subject(exempted)

    async def InspectChallenge(
        self, request: admin_pb2.InspectChallengeRequest, call: Call
    ) -> admin_pb2.InspectChallengeResponse:
        view = await checking.get_challenge(self._otp, "", request.name)
        return admin_pb2.InspectChallengeResponse(
            challenge=self._render.challenge(view, self._otp.clock.now_ms()),
            platform=f"platforms/{view.platform}",
            provider=view.provider,
        )
