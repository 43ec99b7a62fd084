"""The one place where exceptions become `google.rpc.Status`.

Every error carries exactly one `ErrorInfo`; `BadRequest`, `RetryInfo` and `LocalizedMessage` at most once (AIP-193).
An exception is looked up by its class and then by its bases. What is not in the table is a defect: it becomes INTERNAL
with a fixed sentence and the trace id, and its text goes to the log alone. `rejection.py` reads such a status back.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from google.rpc import error_details_pb2, status_pb2

from xacthuc.grpckit.errors import DeadlineExceeded, Internal, Unimplemented, XacthucError
from xacthuc.grpckit.reasons import DOMAIN, Reason
from xacthuc.grpckit.sentences import ENGLISH, is_english, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.message import Message

DETAILS_KEY: Final = "grpc-status-details-bin"
"""Trailer of the rich status, as gRPC's richer error model names it."""

TRACE_ID: Final = "trace_id"
"""`ErrorInfo.metadata` key of every error: what a caller quotes and an operator searches for."""

Translations: TypeAlias = "Mapping[type[BaseException], Callable[[Any], XacthucError]]"
"""From an exception's class to the error a caller is told."""


def _itself(error: XacthucError) -> XacthucError:
    return error


def _timeout(_error: TimeoutError) -> XacthucError:
    return DeadlineExceeded(Reason.DEADLINE_EXCEEDED, "the call took longer than it may; its outcome is unknown")


def _not_implemented(_error: NotImplementedError) -> XacthucError:
    return Unimplemented(Reason.NOT_IMPLEMENTED, "this server does not serve the method")


OWN: Final[Translations] = MappingProxyType(
    {XacthucError: _itself, TimeoutError: _timeout, NotImplementedError: _not_implemented}
)


def translate(error: BaseException, table: Translations) -> XacthucError:
    """Returns what the caller is told about `error`: the entry of its nearest class, or Internal when there is none."""
    for kind in type(error).__mro__:
        entry = table.get(kind)
        if entry is not None:
            return entry(error)
    return Internal()


def serialize(error: XacthucError, *, trace_id: str, accept_language: str = "") -> bytes:
    """Returns the `google.rpc.Status` of `error`, serialized, as the trailer `DETAILS_KEY` carries it."""
    status = status_pb2.Status(code=error.status.value[0], message=error.message)
    _add(
        status,
        error_details_pb2.ErrorInfo(
            reason=error.reason.value, domain=DOMAIN, metadata={**error.metadata, TRACE_ID: trace_id}
        ),
    )
    if error.field_faults:
        _add(status, _bad_request(error, accept_language))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(error.retry_after)
        _add(status, retry)
    told = sentence(error.reason, accept_language)
    if told is not None:
        _add(status, error_details_pb2.LocalizedMessage(locale=told[0], message=told[1]))
    return bytes(status.SerializeToString())


def _bad_request(error: XacthucError, accept_language: str) -> error_details_pb2.BadRequest:
    request = error_details_pb2.BadRequest()
    for fault in error.field_faults:
        violation = request.field_violations.add(field=fault.field, description=fault.description, reason=fault.reason)
        if fault.english and is_english(accept_language):
            violation.localized_message.locale = ENGLISH
            violation.localized_message.message = fault.english
        elif fault.sentence:
            violation.localized_message.locale = fault.locale
            violation.localized_message.message = fault.sentence
    return request


def _add(status: status_pb2.Status, detail: Message) -> None:
    status.details.add().Pack(detail)
