"""The calls of OtpAdmin."""

from __future__ import annotations

from typing import Any, Final

from xacthuc.api.otp.v1 import admin_pb2
from xacthuc.client.calls import Call

_SERVICE: Final = "xacthuc.api.otp.v1.OtpAdmin"


def inspect_challenge(name: str) -> Call[Any]:
    """Returns a challenge of any platform; `name` with or without `challenges/`."""
    request = admin_pb2.InspectChallengeRequest(name=name if "/" in name else f"challenges/{name}")
    return Call(_SERVICE, "InspectChallenge", request, admin_pb2.InspectChallengeResponse, lambda message: message)
