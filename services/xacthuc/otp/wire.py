"""Between the contract's messages and what the use cases speak. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2, service_pb2
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.otp.commands import RedeemProof, ReportUnrequested, SendNotice, StartChallenge
from xacthuc.otp.domain.challenge import State, Verdict
from xacthuc.phone import Mobile, Refusal

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call
    from xacthuc.otp.domain.rules import Rules
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import OutcomeBatch, ProviderState, Redeemed
    from xacthuc.otp.usecases.checking import Checked

_Challenge = resources_pb2.Challenge
_GUARDIAN_LINK = _Challenge.GUARDIAN_LINK

STATES = {
    State.PENDING: _Challenge.PENDING,
    State.VERIFIED: _Challenge.VERIFIED,
    State.EXPIRED: _Challenge.EXPIRED,
    State.EXHAUSTED: _Challenge.EXHAUSTED,
    State.CANCELED: _Challenge.CANCELED,
}
VERDICTS = {
    Verdict.VERIFIED: service_pb2.CheckCodeResponse.VERIFIED,
    Verdict.WRONG: service_pb2.CheckCodeResponse.WRONG,
    Verdict.EXPIRED: service_pb2.CheckCodeResponse.EXPIRED,
    Verdict.EXHAUSTED: service_pb2.CheckCodeResponse.EXHAUSTED,
    Verdict.ALREADY_USED: service_pb2.CheckCodeResponse.ALREADY_USED,
    Verdict.CANCELED: service_pb2.CheckCodeResponse.CANCELED,
}
DELIVERY_STATES = {
    "Q": _Challenge.Delivery.QUEUED,
    "S": _Challenge.Delivery.SENT,
    "D": _Challenge.Delivery.DELIVERED,
    "F": _Challenge.Delivery.FAILED,
}
FIRST_CHANNELS = (_Challenge.CHANNEL_UNSPECIFIED, _Challenge.SMS)


def start_challenge(request: service_pb2.StartChallengeRequest, call: Call) -> StartChallenge:
    """Reads a StartChallengeRequest whose fields are each valid; InvalidRequest where they contradict each other."""
    faults = []
    if (request.purpose == _GUARDIAN_LINK) != request.subject.startswith("links/"):
        faults.append(FieldFault("subject", "must be links/* for GUARDIAN_LINK and accounts/* otherwise", "PURPOSE"))
    if request.channel not in FIRST_CHANNELS:
        faults.append(
            FieldFault("channel", "must be SMS or unspecified at the start; others are for ResendCode", "FIRST")
        )
    if faults:
        raise InvalidRequest(*faults)
    client = request.client
    return StartChallenge(
        platform=call.platform,
        phone_number=request.phone_number,
        purpose=request.purpose,
        subject=request.subject,
        locale=request.locale or "vi",
        channel=_Challenge.SMS,
        ip=client.ip,
        device_id=client.device_id,
        captcha_solved=client.captcha_solved,
        request_id=request_id(request),
        trace=call.trace.traceparent() if call.trace.sampled else "",
    )


def request_id(request: Message) -> str:
    """Reads a request's id; a UUID may be spelled in capitals (RFC 9562 section 4)."""
    identity: str = request.request_id  # type: ignore[attr-defined]  # every write has one
    return identity.lower()


def report_unrequested(request: service_pb2.ReportUnrequestedRequest, call: Call) -> ReportUnrequested:
    """Reads a ReportUnrequestedRequest."""
    return ReportUnrequested(
        platform=call.platform,
        phone_number=request.phone_number,
        code=request.code,
        ip=request.client.ip,
        device_id=request.client.device_id,
        request_id=request_id(request),
    )


def redeem_proof(request: internal_pb2.RedeemProofRequest, call: Call) -> RedeemProof:
    """Reads a RedeemProofRequest."""
    return RedeemProof(
        platform=call.platform,
        proof_token=request.proof_token,
        subject=request.subject,
        purposes=frozenset(request.purposes),
        request_id=request_id(request),
    )


class Renderer:
    """Renders challenges for platforms; knows the rules and the channels that this installation can send by."""

    def __init__(self, rules: Rules, resend_channels: tuple[int, ...]) -> None:
        """Takes `resend_channels` as numbers of Challenge.Channel, best first."""
        self._rules = rules
        self._channels = resend_channels

    def challenge(self, view: ChallengeView, now_ms: int) -> resources_pb2.Challenge:
        """Renders one challenge as it stands at `now_ms`."""
        message = _Challenge()
        self._fill(message, view, now_ms)
        return message

    def _on_offer(self, view: ChallengeView) -> tuple[int, ...]:
        if view.sends + 1 >= self._rules.other_channels_from_send:
            return self._channels
        return tuple(channel for channel in self._channels if channel == view.channel)

    def checked(self, checked: Checked, now_ms: int) -> service_pb2.CheckCodeResponse:
        """Renders the answer to a code."""
        response = service_pb2.CheckCodeResponse(verdict=VERDICTS[checked.verdict], proof_token=checked.proof_token)
        self._fill(response.challenge, checked.view, now_ms)
        response.remaining_checks = response.challenge.remaining_checks
        return response

    def _fill(self, message: resources_pb2.Challenge, view: ChallengeView, now_ms: int) -> None:
        """Fields are set one by one, in place: messages built from messages cost twice as much (7 µs for 3)."""
        message.name = f"challenges/{view.id}"
        message.masked_phone_number = view.masked_number
        message.purpose = view.purpose  # type: ignore[assignment]  # an open enum on the wire
        message.subject = view.subject
        message.state = STATES[view.state_at(now_ms)]
        message.channel = view.channel  # type: ignore[assignment]  # an open enum on the wire
        _set(message.create_time, view.created_ms)
        _set(message.expire_time, view.expire_ms)
        _fill_delivery(message.delivery, view)
        if sends := view.remaining_sends(now_ms, self._rules):
            message.remaining_sends = sends
            message.available_channels.extend(self._on_offer(view))  # type: ignore[arg-type]  # an open enum on the wire
            _set(message.next_send_time, max(view.next_send_ms, view.created_ms))
        if checks := view.remaining_checks(now_ms, self._rules):
            message.remaining_checks = checks
            _set(message.next_check_time, now_ms)


def _set(field: Timestamp, at_ms: int) -> None:
    seconds, milliseconds = divmod(at_ms, 1000)
    field.seconds = seconds
    field.nanos = milliseconds * 1_000_000


def _fill_delivery(message: resources_pb2.Challenge.Delivery, view: ChallengeView) -> None:
    message.state = DELIVERY_STATES[view.delivery_state]
    _set(message.queue_time, view.queued_ms)
    if view.sent_ms:
        _set(message.send_time, view.sent_ms)
    if view.delivered_ms:
        _set(message.deliver_time, view.delivered_ms)


def timestamp(at_ms: int) -> Timestamp:
    """Renders milliseconds since the epoch."""
    return Timestamp(seconds=at_ms // 1000, nanos=at_ms % 1000 * 1_000_000)


def number_info(number: Mobile | Refusal, locale: str) -> resources_pb2.NumberInfo:
    """Renders what the numbering plan says."""
    if isinstance(number, Refusal):
        return resources_pb2.NumberInfo(
            refusal=resources_pb2.NumberInfo.Refusal.Value(number.reason.value),
            explanation=number.explanation(locale or "vi"),
        )
    return resources_pb2.NumberInfo(
        e164=number.e164,
        accepted=True,
        confirmed_range=number.confirmed,
        converted=number.converted_from_2018,
    )


def proof(proof_id: str, redeemed: Redeemed) -> internal_pb2.Proof:
    """Renders what a proof says, number in clear: the internal port is mutual TLS."""
    return internal_pb2.Proof(
        proof_id=proof_id,
        phone_number=redeemed.number,
        purpose=redeemed.purpose,  # type: ignore[arg-type]  # an open enum on the wire
        subject=redeemed.subject,
        verify_time=timestamp(redeemed.verified_ms),
        channel=redeemed.channel,  # type: ignore[arg-type]  # an open enum on the wire
    )


def send_notice(request: internal_pb2.SendNoticeRequest, call: Call) -> SendNotice:
    """Reads a SendNoticeRequest."""
    return SendNotice(
        platform=call.platform,
        phone_number=request.phone_number,
        template=request.template,
        locale=request.locale or "vi",
        request_id=request_id(request),
    )


def notice(queued: tuple[str, int]) -> internal_pb2.Notice:
    """Renders a notice that was queued."""
    identity, queued_ms = queued
    return internal_pb2.Notice(name=f"notices/{identity}", queue_time=timestamp(queued_ms))


def outcomes(batch: OutcomeBatch) -> internal_pb2.WatchOutcomesResponse:
    """Renders a batch of outcomes."""
    return internal_pb2.WatchOutcomesResponse(
        outcomes=[
            internal_pb2.Outcome(
                kind=internal_pb2.Outcome.Kind.Value(entry.kind),
                platform=entry.platform,
                challenge=f"challenges/{entry.challenge}" if entry.challenge else "",
                subject=entry.subject,
                purpose=entry.purpose,  # type: ignore[arg-type]  # an open enum on the wire
                occur_time=timestamp(entry.at_ms),
                provider=entry.provider,
                detail=entry.detail,
            )
            for entry in batch.entries
        ],
        cursor=batch.cursor,
    )


def blocked(count: int, refused: list[tuple[int, Refusal]]) -> admin_pb2.ImportBlockListResponse:
    """Renders what became of an import."""
    return admin_pb2.ImportBlockListResponse(
        blocked_count=count,
        rejected=[
            admin_pb2.ImportBlockListResponse.Rejected(
                index=index, refusal=resources_pb2.NumberInfo.Refusal.Value(refusal.reason.value)
            )
            for index, refusal in refused
        ],
    )


def providers(states: list[ProviderState]) -> admin_pb2.ListProvidersResponse:
    """Renders the providers."""
    return admin_pb2.ListProvidersResponse(
        providers=[
            admin_pb2.Provider(
                name=state.name,
                channels=state.channels,  # type: ignore[arg-type]  # an open enum on the wire
                sent_count=state.sent,
                failed_count=state.failed,
                last_send_time=timestamp(state.last_send_ms) if state.last_send_ms else None,
                circuit_open=state.circuit_open,
            )
            for state in states
        ]
    )
