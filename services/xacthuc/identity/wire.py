"""Between the contract's messages and what the use cases speak. Nothing is decided here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.identity.v1 import admin_pb2, resources_pb2
from xacthuc.credentials.records import KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.commands import Consent, CreateKey, Order, RegisterAccount, RotateKey, VerifyPhone
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases.platforms import DEFAULT_OVERLAP
from xacthuc.policy import Action, NextStep, Reason

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.api.identity.v1 import service_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.account import AccountView, Lock
    from xacthuc.identity.domain.decision import Decision
    from xacthuc.identity.ports import PlatformView, StoredKey
    from xacthuc.identity.usecases.platforms import MadeKey
    from xacthuc.policy import Policy

ACTIONS: Final = {resources_pb2.Action.Value(action.value): action for action in Action}
"""The contract's numbers; a test proves that both sides name the same."""

_STATES: Final = {state: resources_pb2.Account.State.Value(state.value) for state in State}
_KINDS: Final = {kind: resources_pb2.Evidence.Kind.Value(kind.value) for kind in EvidenceKind}
_STEPS: Final = {step: resources_pb2.NextStep.Kind.Value(step.value) for step in NextStep}
_REASONS: Final = {reason: resources_pb2.Decision.Reason.Value(reason.value) for reason in Reason}
_SCOPES: Final = {scope: admin_pb2.PlatformKey.Scope.Value(scope.value) for scope in Scope}
_SCOPES_READ: Final = {number: scope for scope, number in _SCOPES.items()}
_KEY_STATES: Final = {state: admin_pb2.PlatformKey.State.Value(state.value) for state in KeyState}

ACCOUNT_PREFIX: Final = len("accounts/")
"""Cut off a name to get the id; the contract's pattern has checked what is cut."""

_PLATFORM_PREFIX: Final = "platforms/"
_EARLIEST_SECONDS: Final = -62_135_596_800
_LATEST_SECONDS: Final = 253_402_300_799
_NANOS: Final = 1_000_000_000
"""Bounds of a Timestamp: the years 1 to 9999 (google/protobuf/timestamp.proto)."""


class Renderer:
    """Renders what holds texts of the policy."""

    def __init__(self, policy: Policy) -> None:
        """Takes the policy that speaks to people."""
        self._steps = {
            step: resources_pb2.NextStep(kind=_STEPS[step], text_vi=text.vi, text_en=text.en)
            for step, text in policy.next_steps.items()
        }
        # There are a few hundred different decisions, and building one costs several times what deciding does.
        # A message handed out is only ever serialized.
        self._decisions: dict[Decision, resources_pb2.Decision] = {}

    def decision(self, decision: Decision) -> resources_pb2.Decision:
        """Renders a decision."""
        return self._decisions.get(decision) or self._render(decision)

    def account(self, view: AccountView) -> resources_pb2.Account:
        """Renders an account."""
        return resources_pb2.Account(
            name=f"accounts/{view.account_id}",
            state=_STATES[view.state],
            evidence=[
                resources_pb2.Evidence(
                    kind=_KINDS[proven.kind],
                    verify_time=_timestamp(proven.verify_time),
                    source=proven.source,
                    level=proven.level,
                )
                for proven in view.evidence
            ],
            is_child=view.is_child,
            next_step=self._steps[view.next_step],
            create_time=_timestamp(view.create_time),
            update_time=_timestamp(view.update_time),
            masked_phone_number=view.masked_number,
            masked_personal_id=view.masked_personal_id,
            lock=None if view.lock is None else _lock(view.lock),
            transition_end_time=_optional_timestamp(view.transition_until),
            purge_time=_optional_timestamp(view.purge_time),
        )

    def _render(self, decision: Decision) -> resources_pb2.Decision:
        message = resources_pb2.Decision(
            allowed=decision.allowed,
            reason=_REASONS[decision.reason],
            next_step=self._steps[decision.next_step],
            legal_basis=decision.legal_basis,
            policy_version=decision.policy_version,
            cache_ttl=Duration(seconds=decision.reuse_seconds),
        )
        self._decisions[decision] = message
        return message


def register_account(request: service_pb2.RegisterAccountRequest, call: Call) -> RegisterAccount:
    """Reads a registration; InvalidRequest when the consent's time is not one."""
    birth_date = request.birth_date
    return RegisterAccount(
        order=_order(request, call, call.platform),
        account_id=request.account_id,
        full_name=" ".join(request.full_name.split()),
        birth_date=CalendarDate(birth_date.year, birth_date.month, birth_date.day),
        consent=Consent(
            text_version=request.consent.text_version,
            accept_time=_instant(request.consent.accept_time, "consent.accept_time"),
        ),
    )


def verify_phone(request: service_pb2.VerifyPhoneRequest, call: Call) -> VerifyPhone:
    """Reads a verification."""
    return VerifyPhone(
        order=_order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        proof_token=request.proof_token,
    )


def create_platform(request: admin_pb2.CreatePlatformRequest, call: Call) -> Order:
    """Reads who creates a platform; the platform does not exist yet, so ids are unique among all creations."""
    return _order(request, call, "")


def create_key(request: admin_pb2.CreatePlatformKeyRequest, call: Call) -> CreateKey:
    """Reads a wish for a key."""
    return CreateKey(
        order=_order(request, call, platform_of(request.parent)),
        scopes=frozenset(_SCOPES_READ[number] for number in request.scopes),
        ttl=request.ttl.ToTimedelta() if request.HasField("ttl") else None,
    )


def rotate_key(request: admin_pb2.RotatePlatformKeyRequest, call: Call) -> RotateKey:
    """Reads a wish to replace a key."""
    platform, key_id = key_of(request.name)
    return RotateKey(
        order=_order(request, call, platform),
        key_id=key_id,
        overlap=request.overlap.ToTimedelta() if request.HasField("overlap") else DEFAULT_OVERLAP,
    )


def revoke_key(request: admin_pb2.RevokePlatformKeyRequest, call: Call) -> tuple[Order, str]:
    """Reads a wish to revoke a key."""
    platform, key_id = key_of(request.name)
    return _order(request, call, platform), key_id


def platform_of(name: str) -> str:
    """Returns the id in `platforms/{platform}`."""
    return name[len(_PLATFORM_PREFIX) :]


def key_of(name: str) -> tuple[str, str]:
    """Returns the ids in `platforms/{platform}/keys/{key}`."""
    _, platform, _, key_id = name.split("/")
    return platform, key_id


def platform(view: PlatformView) -> admin_pb2.Platform:
    """Renders a platform."""
    return admin_pb2.Platform(
        name=f"{_PLATFORM_PREFIX}{view.platform}",
        display_name=view.display_name,
        create_time=_timestamp(view.create_time),
    )


def key(stored: StoredKey) -> admin_pb2.PlatformKey:
    """Renders a key, without its hash."""
    record = stored.record
    return admin_pb2.PlatformKey(
        name=f"{_PLATFORM_PREFIX}{record.platform}/keys/{record.key_id}",
        scopes=sorted(_SCOPES[scope] for scope in record.scopes),
        state=_KEY_STATES[record.state],
        create_time=_timestamp(stored.create_time),
        expire_time=None
        if record.expire_ms is None
        else _timestamp(datetime.fromtimestamp(record.expire_ms / 1000, UTC)),
    )


def made_key(made: MadeKey) -> admin_pb2.CreatePlatformKeyResponse:
    """Renders a new key with its secret."""
    return admin_pb2.CreatePlatformKeyResponse(key=key(made.key), secret=made.secret)


def _order(request: Message, call: Call, platform: str) -> Order:
    """The payload is the request without its id, serialized: equal requests of any client spell it alike here."""
    payload = type(request)()
    payload.CopyFrom(request)
    payload.ClearField("request_id")
    return Order(
        platform=platform,
        method=request.DESCRIPTOR.name.removesuffix("Request"),
        request_id=request.request_id.lower(),  # type: ignore[attr-defined]  # every write has one
        payload=payload.SerializeToString(deterministic=True).hex(),
        actor=f"key:{call.key_id}" if call.key_id else f"peer:{call.peer}",
        trace_id=call.trace.trace_id_hex,
    )


def _lock(lock: Lock) -> resources_pb2.Lock:
    return resources_pb2.Lock(
        basis=lock.basis,
        create_time=_timestamp(lock.create_time),
        expire_time=_optional_timestamp(lock.expire_time),
    )


def _optional_timestamp(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else _timestamp(instant)


def _timestamp(instant: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


def _instant(stamp: Timestamp, field: str) -> datetime:
    if not _EARLIEST_SECONDS <= stamp.seconds <= _LATEST_SECONDS or not 0 <= stamp.nanos < _NANOS:
        raise InvalidRequest(FieldFault(field, "must be a time in the years 1 to 9999", "NOT_A_TIME"))
    # By hand: datetime's own conversion of the earliest and latest seconds fails on some platforms.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
