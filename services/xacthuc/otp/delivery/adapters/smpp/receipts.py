"""What a center's delivery receipt says: by its optional parameters where it has them, else by its text.

The parameters are those of SMPP 3.4 section 5.3.2; the text is that of its Appendix B, which many centers follow and
none is bound to. Owns the reading; whose message it is, delivery knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.adapters.smpp.pdu import MalformedPdu, Tag, printable
from xacthuc.otp.delivery.ports import Receipt, Status

if TYPE_CHECKING:
    from xacthuc.otp.delivery.adapters.smpp.pdu import Delivered

_MESSAGE_TYPE: Final = 0b0011_1100
_RECEIPT: Final = 0b0000_0100
_INTERMEDIATE: Final = 0b0010_0000
"""Bits of `esm_class` (section 5.2.12)."""

_MOST_TEXT_BYTES: Final = 512
"""Of a receipt's text. Appendix B ends after 140 characters or so, of which the last 20 are the message's own."""

_ID: Final = re.compile(rb"(?:^|\s)id:\s{0,4}([\x21-\x7e]{1,64})(?=\s|$)", re.IGNORECASE)
_STATE: Final = re.compile(rb"\sstat:\s{0,4}([A-Za-z]{1,16})(?=\s|$)", re.IGNORECASE)
_ERROR: Final = re.compile(rb"\serr:\s{0,4}([0-9A-Za-z]{1,8})(?=\s|$)", re.IGNORECASE)

# Section 5.2.28 and the abbreviations of Appendix B. What is still under way, accepted on the subscriber's
# behalf or unknown says nothing of the end: it is left to a later receipt, or to none.
_DELIVERED: Final = frozenset({"2", "DELIVRD"})
_FAILED: Final = {
    "3": "expired",
    "EXPIRED": "expired",
    "4": "deleted",
    "DELETED": "deleted",
    "5": "undelivered",
    "UNDELIV": "undelivered",
    "8": "rejected",
    "REJECTD": "rejected",
}
_OPEN: Final = frozenset({"1", "ENROUTE", "6", "ACCEPTD", "7", "UNKNOWN"})

INACTIVE: Final = "number_inactive"
"""The detail by which the rest of the product knows that a number is out of service."""


class IdFormat(StrEnum):
    """How the ids in answers and in the text of receipts relate; some centers write one number in two ways."""

    SAME = "same"
    HEX_DECIMAL = "hex_decimal"
    """Hexadecimal in the answer to a submission, decimal in the receipt."""
    DECIMAL_HEX = "decimal_hex"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRules:
    """What a center's receipts look like."""

    requested: bool = True
    """Whether to ask for receipts."""
    id_format: IdFormat = IdFormat.SAME
    inactive_errors: tuple[str, ...] = ()
    """Error codes of the center, as written in its receipts, that say that a number is out of service."""


def is_receipt(delivered: Delivered) -> bool:
    """Tells whether a unit is a receipt, of whatever state, and not a message that somebody sent."""
    return delivered.esm_class & _MESSAGE_TYPE in (_RECEIPT, _INTERMEDIATE)


def read(delivered: Delivered, rules: ReceiptRules) -> Receipt | None:
    """Returns what a receipt says of the end of its message, None while there is none; MalformedPdu when it says nothing."""
    text, parameters = delivered.text[:_MOST_TEXT_BYTES], delivered.parameters
    named = parameters.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0")
    identity = answered_id(_ascii(named), rules.id_format) if named else _receipted_id(text, rules.id_format)
    state = parameters.get(Tag.MESSAGE_STATE)
    word = str(state[0]) if state else _found(_STATE, text).upper()
    if not identity:
        raise MalformedPdu("a receipt without the id of its message")
    if word in _DELIVERED:
        return Receipt(identity, Status.DELIVERED)
    if word in _FAILED:
        inactive = not _errors(delivered).isdisjoint(rules.inactive_errors)
        return Receipt(identity, Status.FAILED, INACTIVE if inactive else _FAILED[word])
    if word in _OPEN:
        return None
    raise MalformedPdu("a receipt without a state")


def answered_id(message_id: str, id_format: IdFormat) -> str:
    """Returns the one form in which ids are compared, of an id in an answer or in `receipted_message_id`."""
    return _number(message_id, {IdFormat.HEX_DECIMAL: 16, IdFormat.DECIMAL_HEX: 10}.get(id_format, 0))


def _receipted_id(text: bytes, id_format: IdFormat) -> str:
    return _number(_found(_ID, text), {IdFormat.HEX_DECIMAL: 10, IdFormat.DECIMAL_HEX: 16}.get(id_format, 0))


def _number(text: str, base: int) -> str:
    """Returns a number in decimal without leading zeros; what is none, as it is."""
    if not base:
        return text
    try:
        return str(int(text, base))
    except ValueError:
        return text


def _errors(delivered: Delivered) -> set[str]:
    """Returns the error as the text writes it and, by number, as `network_error_code` has it (section 5.3.2.31)."""
    errors = {_found(_ERROR, delivered.text[:_MOST_TEXT_BYTES])}
    code = delivered.parameters.get(Tag.NETWORK_ERROR_CODE, b"")
    if len(code) == 3:  # noqa: PLR2004 - the type of the network, and its code in two octets
        errors.add(str(int.from_bytes(code[1:], "big")))
    return errors


def _found(pattern: re.Pattern[bytes], text: bytes) -> str:
    match = pattern.search(text)
    return match[1].decode("ascii") if match else ""


def _ascii(octets: bytes) -> str:
    if not octets.isascii() or len(octets) > 64:  # noqa: PLR2004 - octets of a message id (section 5.3.2.12)
        raise MalformedPdu("a message id that is none")
    return printable(octets.decode("ascii"))
