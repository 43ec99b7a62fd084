"""Batches of an import: rows are read one by one, so that a faulty one costs no other."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2, service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.commands import ImportBatch, Order
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.importing import (
    ImportedConsent,
    ImportedPhone,
    ImportedRow,
    ImportedTransition,
    Outcome,
    PhoneOutcome,
)
from xacthuc.identity.domain.registration import CalendarDate, Fault
from xacthuc.identity.wire.common import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.importing import Verdict
    from xacthuc.identity.ports.imports import Imported

    Row = internal_pb2.ImportedAccount

_ROW: Final = internal_pb2.ImportedAccount
_OUTCOMES: Final = {outcome: internal_pb2.ImportVerdict.Outcome.Value(outcome.value) for outcome in Outcome}
_PHONES: Final = {phone: internal_pb2.ImportVerdict.Phone.Value(phone.value) for phone in PhoneOutcome}
_STATES: Final = {state: resources_pb2.Account.State.Value(state.value) for state in State}

_PLAIN_ID: Final = re.compile(r"[1-79][0-9]{0,63}|(?=[0-9_~-]*[A-Za-z])[A-Za-z0-9_~-]{1,64}")
_KEPT_ANSWERS: Final = 64
"""Versions, sources and articles are few in an import."""


class RowReader:
    """Reads batches. One per process: it keeps the contract's rules compiled."""

    def __init__(self) -> None:
        """Compiles nothing yet."""
        self._validator = RequestValidator()
        self._word_faults = lru_cache(_KEPT_ANSWERS)(self._ask)

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
        account_id = row.account_id
        if not is_plain_id(account_id):
            faults += self._faults(service_pb2.RegisterAccountRequest(account_id=account_id), "account_id")
        return ImportedRow(
            account_id,
            " ".join(row.full_name.split()),
            self._birth_date(row, faults) if row.HasField("birth_date") else None,
            self._consent(row.consent, faults) if row.HasField("consent") else None,
            self._phone(row.phone_evidence, faults) if row.HasField("phone_evidence") else None,
            self._transition(row.transition, faults) if row.HasField("transition") else None,
            tuple(faults),
        )

    def _birth_date(self, row: Row, faults: list[Fault]) -> CalendarDate | None:
        date = row.birth_date
        year, month, day = date.year, date.month, date.day
        if 1900 < year < 2100 and 0 < month <= 12 and 0 < day <= 31:  # noqa: PLR2004 - plainly within the rule
            return CalendarDate(year, month, day)
        found = self._faults(service_pb2.RegisterAccountRequest(birth_date=date), "birth_date")
        faults += found
        return None if found else CalendarDate(year, month, day)

    def _consent(self, consent: Row.PriorConsent, faults: list[Fault]) -> ImportedConsent | None:
        version = consent.text_version
        found = self._word_faults(_ROW.PriorConsent, "text_version", version, "consent.")
        faults += found
        accepted = _time(consent.accept_time, "consent.accept_time", faults)
        return None if accepted is None else ImportedConsent(version, accepted)

    def _phone(self, phone: Row.PhoneEvidence, faults: list[Fault]) -> ImportedPhone | None:
        source = phone.source
        faults += self._word_faults(_ROW.PhoneEvidence, "source", source, "phone_evidence.")
        verified = _time(phone.verify_time, "phone_evidence.verify_time", faults)
        return None if verified is None else ImportedPhone(phone.phone_number, verified, source)

    def _transition(self, transition: Row.Transition, faults: list[Fault]) -> ImportedTransition | None:
        basis = transition.legal_basis
        faults += self._word_faults(_ROW.Transition, "legal_basis", basis, "transition.")
        end = _time(transition.end_time, "transition.end_time", faults)
        return None if end is None else ImportedTransition(end, basis)

    def _ask(self, message: Callable[..., Message], field: str, value: str, prefix: str) -> tuple[Fault, ...]:
        return self._faults(message(**{field: value}), field, prefix)

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


def imported(result: Imported) -> internal_pb2.ImportAccountsResponse:
    """Renders the answer to a batch."""
    kinds = [_verdict(verdict) for verdict in result.kinds]
    response = internal_pb2.ImportAccountsResponse(batch_id=result.batch_id)
    response.verdicts.extend([kinds[kind] for kind in result.rows])
    counts = response.counts
    counts.imported = result.count(lambda verdict: verdict.outcome is Outcome.IMPORTED)
    counts.unchanged = result.count(lambda verdict: verdict.outcome is Outcome.UNCHANGED)
    counts.existing = result.count(lambda verdict: verdict.outcome is Outcome.EXISTS)
    counts.refused = result.count(lambda verdict: verdict.outcome is Outcome.REFUSED)
    counts.phones_accepted = result.count(lambda verdict: verdict.phone is PhoneOutcome.ACCEPTED)
    counts.transitions_extended = result.count(lambda verdict: verdict.transition_extended)
    counts.displaced = result.displaced
    return response


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


def is_plain_id(account_id: str) -> bool:
    """Whether an id keeps RegisterAccount's rule at a glance.

    No number of a phone or a person begins like the first kind of `_PLAIN_ID` or has a letter, and none of the second kind
    is an address. All others are asked of the contract, which takes 30 times as long.
    """
    if _PLAIN_ID.fullmatch(account_id) is None:
        return False
    lower = account_id.lower()  # one after the other: as alternatives of the expression they take eight times as long
    return not ("mail" in lower or "yahoo" in lower or "outlook" in lower or "icloud" in lower)


def _time(stamp: Timestamp, field: str, faults: list[Fault]) -> datetime | None:
    try:
        return instant(stamp, field)
    except InvalidRequest as error:
        faults += [Fault(fault.field, fault.description, fault.reason) for fault in error.field_faults]
        return None
