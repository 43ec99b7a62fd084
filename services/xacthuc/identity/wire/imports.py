"""Batches of an import: rows are read one by one, so that a faulty one costs no other."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2, service_pb2
from xacthuc.grpckit.endpoint import Serialized
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.commands import ImportBatch, Order
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.import_rows import ImportedConsent, ImportedPhone, ImportedRow, ImportedTransition, make
from xacthuc.identity.domain.importing import Outcome, PhoneOutcome
from xacthuc.identity.domain.registration import CalendarDate, Fault
from xacthuc.identity.wire.common import microseconds
from xacthuc.ids import is_plain_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp
    from google.type.date_pb2 import Date

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.importing import Verdict
    from xacthuc.identity.ports.imports import Imported

    Row = internal_pb2.ImportedAccount

_ROW: Final = internal_pb2.ImportedAccount
_OUTCOMES: Final = {outcome: internal_pb2.ImportVerdict.Outcome.Value(outcome.value) for outcome in Outcome}
_PHONES: Final = {phone: internal_pb2.ImportVerdict.Phone.Value(phone.value) for phone in PhoneOutcome}
_STATES: Final = {state: resources_pb2.Account.State.Value(state.value) for state in State}

_PLAIN_SECONDS: Final = 1 << 32
"""Until the year 2106; whole seconds since 1970 are what exports have."""
_KEPT_ANSWERS: Final = 64
"""Versions, sources and articles are few in an import."""


class RowReader:
    """Reads batches. One per process: it keeps the contract's rules compiled."""

    def __init__(self) -> None:
        """Compiles nothing yet."""
        self._validator = RequestValidator()
        self._versions = self._words(_ROW.PriorConsent, "text_version", "consent.")
        self._sources = self._words(_ROW.PhoneEvidence, "source", "phone_evidence.")
        self._bases = self._words(_ROW.Transition, "legal_basis", "transition.")

    def batch(self, request: internal_pb2.ImportAccountsRequest, call: Call) -> ImportBatch:
        """Reads a batch, and each row when it is asked for; whatever is wrong with a row stays with the row."""
        digest = sha256(request.SerializeToString(deterministic=True)).hexdigest()
        order = Order(
            platform=call.platform,
            method="ImportAccounts",
            request_id=request.batch_id.lower(),
            payload=digest,
            actor=f"peer:{call.peer}",
            trace_id=call.trace.trace_id_hex,
        )
        return ImportBatch(order=order, rows=map(self._row, request.rows))

    def _row(self, row: Row) -> ImportedRow:
        faults: list[Fault] = []
        account_id, has = row.account_id, row.HasField
        if not is_plain_id(account_id):
            faults += self._faults(service_pb2.RegisterAccountRequest(account_id=account_id), "account_id")
        fields = (
            account_id,
            " ".join(row.full_name.split()),
            self._birth_date(row.birth_date, faults) if has("birth_date") else None,
            self._consent(row.consent, faults) if has("consent") else None,
            self._phone(row.phone_evidence, faults) if has("phone_evidence") else None,
            self._transition(row.transition, faults) if has("transition") else None,
        )
        return make(ImportedRow, (*fields, tuple(faults)))

    def _birth_date(self, date: Date, faults: list[Fault]) -> CalendarDate | None:
        year, month, day = date.year, date.month, date.day
        if not (1900 < year < 2100 and 0 < month <= 12 and 0 < day <= 31):  # noqa: PLR2004 - plainly within the rule
            found = self._faults(service_pb2.RegisterAccountRequest(birth_date=date), "birth_date")
            if found:
                faults += found
                return None
        return make(CalendarDate, (year, month, day))

    def _consent(self, consent: Row.PriorConsent, faults: list[Fault]) -> ImportedConsent:
        version = consent.text_version
        faults += self._versions(version)
        return make(ImportedConsent, (version, _time_us(consent.accept_time, "consent.accept_time", faults)))

    def _phone(self, phone: Row.PhoneEvidence, faults: list[Fault]) -> ImportedPhone:
        source = phone.source
        faults += self._sources(source)
        verify_us = _time_us(phone.verify_time, "phone_evidence.verify_time", faults)
        return make(ImportedPhone, (phone.phone_number, verify_us, source))

    def _transition(self, transition: Row.Transition, faults: list[Fault]) -> ImportedTransition:
        basis = transition.legal_basis
        faults += self._bases(basis)
        return ImportedTransition(_time_us(transition.end_time, "transition.end_time", faults), basis)

    def _words(self, message: Callable[..., Message], field: str, prefix: str) -> Callable[[str], tuple[Fault, ...]]:
        """Returns what asks the contract about a field that has few different values in an import."""
        return lru_cache(_KEPT_ANSWERS)(lambda value: self._faults(message(**{field: value}), field, prefix))

    def _faults(self, probe: Message, field: str, prefix: str = "") -> tuple[Fault, ...]:
        """Returns what the contract has against one field."""
        try:
            self._validator.check(probe)
        except InvalidRequest as error:
            return tuple(
                Fault(prefix + fault.field, fault.description, fault.reason)
                for fault in error.field_faults
                if fault.field == field
            )
        return ()


def imported(result: Imported) -> Serialized:
    """Renders the answer to a batch. Each of its few different verdicts is rendered once, however many rows have it."""
    entries = [
        internal_pb2.ImportAccountsResponse(verdicts=[_verdict(verdict)]).SerializeToString()
        for verdict in result.kinds
    ]
    response = internal_pb2.ImportAccountsResponse(batch_id=result.batch_id)
    counts = response.counts
    counts.imported = result.count(lambda verdict: verdict.outcome is Outcome.IMPORTED)
    counts.unchanged = result.count(lambda verdict: verdict.outcome is Outcome.UNCHANGED)
    counts.existing = result.count(lambda verdict: verdict.outcome is Outcome.EXISTS)
    counts.refused = result.count(lambda verdict: verdict.outcome is Outcome.REFUSED)
    counts.phones_accepted = result.count(lambda verdict: verdict.phone is PhoneOutcome.ACCEPTED)
    counts.transitions_extended = result.count(lambda verdict: verdict.transition_extended)
    counts.displaced = result.displaced
    # Parts of a message, one after the other, are the message (protobuf.dev/programming-guides/encoding, "Last One Wins").
    return Serialized(response.SerializeToString() + b"".join([entries[kind] for kind in result.rows]))


def _verdict(verdict: Verdict) -> internal_pb2.ImportVerdict:
    rendered = internal_pb2.ImportVerdict(
        outcome=_OUTCOMES[verdict.outcome],
        faults=[
            internal_pb2.ImportVerdict.Fault(field=fault.field, reason=fault.reason, description=fault.description)
            for fault in verdict.faults
        ],
        phone=_PHONES[verdict.phone],
        transition_extended=verdict.transition_extended,
    )
    if verdict.state is not None:
        rendered.state = _STATES[verdict.state]
    return rendered


def _time_us(stamp: Timestamp, field: str, faults: list[Fault]) -> int:
    """Reads an instant; one that is none has its fault, and the row is not kept."""
    seconds, nanos = stamp.seconds, stamp.nanos
    if 0 <= seconds < _PLAIN_SECONDS and not nanos:
        return seconds * 1_000_000
    try:
        return microseconds(stamp, field)
    except InvalidRequest as error:
        faults += [Fault(fault.field, fault.description, fault.reason) for fault in error.field_faults]
        return 0
