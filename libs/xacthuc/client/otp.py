"""The calls of OtpService: possession of a Vietnamese mobile number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from google.protobuf import empty_pb2

from xacthuc.api.otp.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.enums import Purpose
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from typing import TypeAlias

    from xacthuc.client.enums import Channel
    from xacthuc.client.results import Account, Challenge, CheckResult, NumberInfo

    Locale: TypeAlias = Literal["vi", "en"]

SERVICE: Final = "xacthuc.api.otp.v1.OtpService"


def start_challenge(
    phone_number: str,
    *,
    subject: Account | str,
    purpose: Purpose = Purpose.ACCOUNT_VERIFICATION,
    locale: Locale = "vi",
    channel: Channel | None = None,
    ip: str = "",
    port: int = 0,
    device_id: str = "",
    user_agent: str = "",
    captcha_solved: bool = False,
    request_id: str | None = None,
) -> Call[Challenge]:
    """Sends a code to a number, in any spelling, and returns the challenge.

    With `channel=Channel.NETWORK` no code is sent yet: `check_network` asks the phone's operator, and `resend_code` sends
    the first code when that fails. `subject` is an Account, `accounts/{account}` or `links/{link}`. `ip`, `port`, `device_id` and `user_agent` are the
    person's, not the platform's; give them, since a known device keeps its own allowance. InvalidRequest when the
    number is not a person's Vietnamese mobile number; LimitExceeded when an allowance is spent: after reason
    `CAPTCHA_REQUIRED` let the person solve one and start again with `captcha_solved`.
    """
    request = service_pb2.StartChallengeRequest(
        phone_number=phone_number,
        purpose=resources_pb2.Challenge.Purpose.ValueType(purpose),
        locale=locale,
        channel=_channel(channel),
        subject=_name(subject),
        client=resources_pb2.Client(
            ip=ip, port=port, device_id=device_id, user_agent=user_agent, captcha_solved=captcha_solved
        ),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "StartChallenge", request, resources_pb2.Challenge, reading.challenge)


def resend_code(
    challenge: Challenge | str, *, channel: Channel | None = None, request_id: str | None = None
) -> Call[Challenge]:
    """Sends the same code once more, over `channel` or the last one.

    LimitExceeded before `next_send_time` and when no send is left; FailedPrecondition when the challenge has ended.
    """
    request = service_pb2.ResendCodeRequest(
        name=_name(challenge), channel=_channel(channel), request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "ResendCode", request, resources_pb2.Challenge, reading.challenge)


def check_code(challenge: Challenge | str, code: str, *, request_id: str | None = None) -> Call[CheckResult]:
    """Checks the six digits the person typed; counts the attempt. A wrong code is a verdict, not an error."""
    request = service_pb2.CheckCodeRequest(name=_name(challenge), code=code, request_id=request_id or new_request_id())
    return Call(SERVICE, "CheckCode", request, service_pb2.CheckCodeResponse, reading.check_result)


def check_network(
    challenge: Challenge | str, *, operator: str, network_token: str, request_id: str | None = None
) -> Call[CheckResult]:
    """Has the phone's own operator confirm the number of a challenge that was started with `Channel.NETWORK`.

    `operator` is the name the deployment gives it, `network_token` what the phone got from it over its mobile
    connection. Verdicts are those of `check_code`. Unavailable with reason `NETWORK_UNAVAILABLE`, and InvalidRequest with
    `NETWORK_TOKEN_INVALID`, count nothing: send a code with `resend_code` instead.
    """
    request = service_pb2.CheckNetworkRequest(
        name=_name(challenge),
        operator=operator,
        network_token=network_token,
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "CheckNetwork", request, service_pb2.CheckCodeResponse, reading.check_result)


def get_challenge(challenge: Challenge | str) -> Call[Challenge]:
    """Returns a challenge as it is now, its delivery above all. NotFound from a day after its end."""
    request = service_pb2.GetChallengeRequest(name=_name(challenge))
    return Call(SERVICE, "GetChallenge", request, resources_pb2.Challenge, reading.challenge)


def cancel_challenge(challenge: Challenge | str, *, request_id: str | None = None) -> Call[Challenge]:
    """Ends a pending challenge; canceling it again changes nothing. FailedPrecondition when it ended otherwise."""
    request = service_pb2.CancelChallengeRequest(name=_name(challenge), request_id=request_id or new_request_id())
    return Call(SERVICE, "CancelChallenge", request, resources_pb2.Challenge, reading.challenge)


def lookup_number(phone_number: str, *, locale: Locale = "vi") -> Call[NumberInfo]:
    """Says what the numbering plan knows of a number, for a form. Sends nothing, stores nothing."""
    request = service_pb2.LookupNumberRequest(phone_number=phone_number, locale=locale)
    return Call(SERVICE, "LookupNumber", request, resources_pb2.NumberInfo, reading.number_info)


def report_unrequested(phone_number: str, code: str, *, request_id: str | None = None) -> Call[None]:
    """Takes the word of a person who received a code without asking for it: bars whoever started it for 30 days.

    The answer is the same whether the code was right or not.
    """
    request = service_pb2.ReportUnrequestedRequest(
        phone_number=phone_number, code=code, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "ReportUnrequested", request, empty_pb2.Empty, reading.nothing)


def _name(resource: Account | Challenge | str) -> str:
    return resource if isinstance(resource, str) else resource.name


def _channel(channel: Channel | None) -> resources_pb2.Challenge.Channel.ValueType:
    return resources_pb2.Challenge.Channel.ValueType(channel or 0)
