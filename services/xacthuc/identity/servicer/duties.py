"""Serves operators, on the internal port: demands of data subjects, breaches, orders and complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import duty_admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import cases, duties
from xacthuc.identity.wire import duty_messages as wire
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, order, spaced
from xacthuc.identity.wire.retention_messages import last_of, platform_of

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class DutyAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def OpenSubjectRequest(self, request: pb2.OpenSubjectRequestRequest, call: Call) -> pb2.SubjectRequest:
        opened = await duties.open_request(
            self._identity,
            order(request, call, platform_of(request.parent)),
            request.account[ACCOUNT_PREFIX:],
            wire.DEMANDS[request.demand],
            instant(request.demand_time, "demand_time"),
            elsewhere=request.elsewhere,
        )
        return wire.request(opened)

    async def AdvanceSubjectRequest(self, request: pb2.AdvanceSubjectRequestRequest, call: Call) -> pb2.SubjectRequest:
        asked, step = order(request, call, platform_of(request.name)), wire.STEPS[request.step]
        after = await duties.advance_request(self._identity, asked, last_of(request.name), step, spaced(request.reason))
        return wire.request(after)

    async def ListSubjectRequests(
        self, request: pb2.ListSubjectRequestsRequest, call: Call
    ) -> pb2.ListSubjectRequestsResponse:
        page, token = await duties.list_requests(
            self._identity,
            platform_of(request.parent),
            request.page_token,
            size_of(request),
            open_only=request.open_only,
        )
        return pb2.ListSubjectRequestsResponse(
            subject_requests=[wire.request(each) for each in page], next_page_token=token
        )

    async def OpenBreach(self, request: pb2.OpenBreachRequest, call: Call) -> pb2.Breach:
        detected, draft = instant(request.detect_time, "detect_time"), wire.draft(request.draft)
        return wire.breach(await duties.open_breach(self._identity, order(request, call, ""), detected, draft))

    async def UpdateBreach(self, request: pb2.UpdateBreachRequest, call: Call) -> pb2.Breach:
        asked, draft = order(request, call, ""), wire.draft(request.draft)
        return wire.breach(await duties.update_breach(self._identity, asked, last_of(request.name), draft))

    async def NotifyBreach(self, request: pb2.NotifyBreachRequest, call: Call) -> pb2.Breach:
        asked, reference = order(request, call, ""), spaced(request.reference)
        return wire.breach(await duties.notify_breach(self._identity, asked, last_of(request.name), reference))

    async def ListBreaches(self, request: pb2.ListBreachesRequest, call: Call) -> pb2.ListBreachesResponse:
        page, token = await duties.list_breaches(self._identity, request.page_token, size_of(request))
        return pb2.ListBreachesResponse(breaches=[wire.breach(each) for each in page], next_page_token=token)

    async def OpenCase(self, request: pb2.OpenCaseRequest, call: Call) -> pb2.Case:
        opened = await cases.open_case(
            self._identity,
            order(request, call, platform_of(request.parent)),
            wire.KINDS[request.kind],
            spaced(request.reference),
            instant(request.demand_time, "demand_time"),
            emergency=request.emergency,
        )
        return wire.case(opened)

    async def CloseCase(self, request: pb2.CloseCaseRequest, call: Call) -> pb2.Case:
        asked, outcome = order(request, call, platform_of(request.name)), spaced(request.outcome)
        return wire.case(await cases.close_case(self._identity, asked, last_of(request.name), outcome))

    async def ListCases(self, request: pb2.ListCasesRequest, call: Call) -> pb2.ListCasesResponse:
        platform, limit = platform_of(request.parent), size_of(request)
        page, token = await cases.list_cases(
            self._identity, platform, request.page_token, limit, open_only=request.open_only
        )
        return pb2.ListCasesResponse(cases=[wire.case(each) for each in page], next_page_token=token)
