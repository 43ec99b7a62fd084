"""Whatever a platform sends, it is told what became of it: no message of any public method is a defect of ours."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import grpc
import pytest
from any_message import Known, message
from hypothesis import given, settings

from xacthuc.api.identity.v1 import service_pb2

pytestmark = pytest.mark.engine

SERVICE = service_pb2.DESCRIPTOR.services_by_name["IdentityService"]
METHODS = {method.name: method for method in SERVICE.methods if not method.server_streaming}
SOAK = 2_000 if os.environ.get("XACTHUC_SOAK") else 0
ACCOUNT, CHILD = "an", "be"


async def known_of(platform: Any, api: Any) -> Known:
    """What callers of this platform write: an adult's account, a child's, and one that nobody has."""
    await platform.register(ACCOUNT)
    await platform.register(CHILD, born=(2016, 5, 1))
    now = int(time.time())
    return {
        "account_id": [ACCOUNT, "moi", "0912345678", "a@b.vn"],
        "account": [f"accounts/{ACCOUNT}", f"accounts/{CHILD}", "accounts/nobody"],
        "name": [f"accounts/{ACCOUNT}", f"accounts/{CHILD}", "accounts/nobody", "locks/1", "accounts/"],
        "parent": [f"accounts/{ACCOUNT}", "accounts/nobody"],
        "full_name": ["Nguyễn Văn An", "An", "\N{ZERO WIDTH SPACE}", "1"],
        "year": [1990, 2000, 2016, 0],
        "month": [1, 2, 12],
        "day": [1, 29, 31],
        "personal_id": ["001090000123", "079200012345", "123"],
        "proof_token": [api.otp.prove("+84912345678", ACCOUNT), "A" * 24 + "." + "B" * 43],
        "text_version": ["2026-01", ""],
        "affirmed": [True, True, False],
        "redirect_uri": ["https://forum.example/back", "javascript:alert(1)"],
        "state": ["A" * 43],
        "code": ["abc", "123456"],
        "seconds": [0, 60, now, now - 86_400, now + 86_400, now + 9 * 86_400],
        "nanos": [0, 1, 999_999_999],
        "page_token": ["", "x"],
        "page_size": [0, 1, 1_000],
        "ip": ["203.0.113.7", "2001:db8::1", "fe80::1%a"],
        "port": [0, 1, 65_535],
        "content_id": ["bai-1", ""],
        "reason": ["a report", ""],
        "basis": ["12/CV-A05", "a report of a number"],
        "kinds": [1],
    }


@pytest.mark.parametrize("method", METHODS)
async def test_no_request_is_answered_with_a_defect_of_ours(platform: Any, api: Any, method: str) -> None:
    """Run against one service and one platform; what one request changed the next one meets."""
    loop, seen, known = asyncio.get_running_loop(), set(), await known_of(platform, api)

    async def status_of(request: Any) -> grpc.StatusCode:
        try:
            await getattr(api.service, method)(request, metadata=platform.metadata, timeout=30)
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    # The same requests each time, so that what comes past the checks does not depend on luck; others in a long run.
    @settings(max_examples=SOAK or 40, derandomize=not SOAK)
    @given(request=message(METHODS[method].input_type, known))
    def every_request_is_answered(request: Any) -> None:
        asked = asyncio.run_coroutine_threadsafe(status_of(request), loop)
        seen.add(status := asked.result())
        assert status not in {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}

    await asyncio.to_thread(every_request_is_answered)
    assert seen - {grpc.StatusCode.INVALID_ARGUMENT}, "no request came past the checks of its fields"
