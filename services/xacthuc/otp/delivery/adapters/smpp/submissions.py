"""From a message to the units that carry it: whom it is from, in how many segments, and what operators ask for beside."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.adapters.smpp.pdu import Submission, tlv
from xacthuc.otp.delivery.adapters.smpp.smpp_file import ALPHANUMERIC, TEXT_ID
from xacthuc.otp.delivery.adapters.smpp.text import MOST_SEGMENTS, segments
from xacthuc.otp.delivery.ports import Rejected
from xacthuc.policy import sender_name_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.otp.delivery.adapters.smpp.smpp_file import Parameter, SmppFile
    from xacthuc.otp.delivery.ports import Message


def submissions_of(message: Message, described: SmppFile) -> list[Submission] | Rejected:
    """Returns one unit for each segment, in order; why the message cannot be submitted, when it cannot.

    The reference that joins segments is the same for every try of one message, so that a handset which has got some of
    them takes the rest from a repetition.
    """
    source = described.source
    sender = described.senders.get(message.operator) or source.sender or message.brand
    if source.ton == ALPHANUMERIC and sender_name_fault(sender):
        return Rejected(reason="sender_refused")
    parts = segments(message.text, described.coding, blake2b(message.id.encode(), digest_size=1).digest()[0])
    if len(parts) > MOST_SEGMENTS:
        return Rejected(reason="text_refused")
    # A code is worth nothing after its life; how long a notice is worth sending, the center knows as well as we.
    validity = relative_time(described.validity_seconds) if message.code else ""
    parameters = _parameters(described.parameters, message.text_id)
    return [
        Submission(
            service_type=described.service_type,
            source_ton=source.ton,
            source_npi=source.npi,
            source=sender,
            destination=message.to.removeprefix("+"),
            esm_class=part.esm_class,
            validity=validity,
            receipt=described.receipts.requested and number == len(parts),
            data_coding=part.data_coding,
            short_message=part.octets,
            parameters=parameters,
        )
        for number, part in enumerate(parts, start=1)
    ]


def relative_time(seconds: int) -> str:
    """Returns less than a day as SMPP 3.4 section 7.1.1 writes it, empty for 0."""
    if not seconds:
        return ""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"000000{hours:02}{minutes:02}{seconds:02}000R"


def _parameters(asked: Iterable[Parameter], text_id: str) -> bytes:
    """Returns what operators ask for; a text without an id is submitted without one rather than with an empty one."""
    written = ((parameter, parameter.value.replace(TEXT_ID, text_id)) for parameter in asked)
    return b"".join(
        tlv(parameter.tag, value.encode("ascii", "replace") + b"\0" * parameter.terminated)
        for parameter, value in written
        if value
    )
