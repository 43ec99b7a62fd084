"""The units of SMPP 3.4 (sections 3 to 5): written, cut out of a stream of bytes, and read with suspicion.

Owns the octets and knows nothing of connections. Whatever arrives may be wrong in every octet: the only thing raised
is MalformedPdu.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER: Final = Struct(">IIII")
"""command_length, command_id, command_status, sequence_number (section 3.2)."""

MOST_BYTES: Final = 64 * 1024
"""Of one unit. The longest a center has reason to send is a `deliver_sm` whose text is in `message_payload`; a larger
length means that the stream is out of step."""

MOST_SEQUENCE: Final = 0x7FFFFFFF
"""The sequence numbers of requests run from 1 to here (section 5.1.4)."""

INTERFACE_VERSION: Final = 0x34
RESPONSE: Final = 0x80000000
"""The bit by which the id of a response differs from its request's (section 5.1.2.1)."""

_LONGEST_STRING: Final = 65
"""Octets of the longest C-octet string of the standard, the message id, with its NUL (section 4.4.2)."""
_TLV_HEADER: Final = Struct(">HH")


class Command(IntEnum):
    """The units spoken here (section 5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015


class Tag(IntEnum):
    """The optional parameters read here (section 5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class MalformedPdu(ValueError):  # noqa: N818 - says what arrived
    """Octets that are no unit of SMPP. The message says what is wrong with them and holds none of them."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit: its header and its undecoded body."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What `deliver_sm` and `data_sm` say that matters to receipts (sections 4.6.1 and 4.7.1)."""

    esm_class: int
    text: bytes = field(repr=False)
    """The short message, or the `message_payload` in its place."""
    parameters: Mapping[int, bytes] = field(repr=False)
    """The optional parameters by tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One `submit_sm` (section 4.4.1)."""

    service_type: str
    source_ton: int
    source_npi: int
    source: str
    destination: str = field(repr=False)
    """E.164 digits without a plus."""
    esm_class: int
    validity: str
    receipt: bool
    """Whether a delivery receipt of the final outcome is asked for."""
    data_coding: int
    short_message: bytes = field(repr=False)
    parameters: bytes = field(default=b"", repr=False)
    """Optional parameters, each written by `tlv`."""


def encode(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """Returns one unit as octets."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def decode_header(octets: bytes) -> tuple[int, Pdu]:
    """Returns how many octets of body follow, and the unit without it; MalformedPdu when no unit begins like this."""
    length, command, status, sequence = HEADER.unpack(octets)
    if not HEADER.size <= length <= MOST_BYTES:
        raise MalformedPdu("a command_length that no unit has")
    return length - HEADER.size, Pdu(command, status, sequence)


def bind_transceiver(system_id: str, password: str, system_type: str) -> bytes:
    """Returns the body of `bind_transceiver` (section 4.1.5); the center chooses which addresses it delivers."""
    return b"".join((string(system_id), string(password), string(system_type), bytes((INTERFACE_VERSION, 0, 0)), b"\0"))


def submit_sm(submission: Submission) -> bytes:
    """Returns the body of `submit_sm` (section 4.4.1)."""
    message = submission.short_message
    return b"".join(
        (
            string(submission.service_type),
            bytes((submission.source_ton, submission.source_npi)),
            string(submission.source),
            b"\x01\x01",  # ton international, npi ISDN (sections 5.2.5 and 5.2.6)
            string(submission.destination),
            bytes((submission.esm_class, 0, 0)),  # protocol_id and priority_flag: none
            b"\0",  # schedule_delivery_time: now
            string(submission.validity),
            bytes((submission.receipt, 0, submission.data_coding, 0, len(message))),
            message,
            submission.parameters,
        )
    )


def tlv(tag: int, value: bytes) -> bytes:
    """Returns one optional parameter: tag, length, value."""
    return _TLV_HEADER.pack(tag, len(value)) + value


def string(text: str) -> bytes:
    """Returns a C-octet string: ASCII and a NUL (section 3.1)."""
    return text.encode("ascii") + b"\0"


def read_message_id(body: bytes) -> str:
    """Returns the message id of a `submit_sm_resp` (section 4.4.2), empty when there is none."""
    return printable(Octets(body).string())


def printable(text: str) -> str:
    """Returns an id as it is; MalformedPdu when it has what no id is written with."""
    if not text.isprintable():
        raise MalformedPdu("an id that cannot be printed")
    return text


def read_delivered(pdu: Pdu) -> Delivered:
    """Reads a `deliver_sm` or `data_sm`."""
    octets = Octets(pdu.body)
    octets.string()  # service_type
    for _address in ("source", "destination"):
        octets.skip(2)  # ton, npi
        octets.string()
    esm_class, text = octets.byte(), b""
    if pdu.command == Command.DELIVER_SM:
        octets.skip(2)  # protocol_id, priority_flag
        octets.string()  # schedule_delivery_time
        octets.string()  # validity_period
        octets.skip(4)  # registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
        text = octets.take(octets.byte())
    else:
        octets.skip(2)  # registered_delivery, data_coding
    parameters = octets.parameters()
    return Delivered(esm_class=esm_class, text=text or parameters.get(Tag.MESSAGE_PAYLOAD, b""), parameters=parameters)


class Octets:
    """A body, read from its beginning to its end."""

    __slots__ = ("_at", "_octets")

    def __init__(self, octets: bytes) -> None:
        """Starts before the first octet."""
        self._octets = octets
        self._at = 0

    def take(self, count: int) -> bytes:
        """Returns the next octets; MalformedPdu when fewer are left."""
        end = self._at + count
        if end > len(self._octets):
            raise MalformedPdu("a body that ends too early")
        taken = self._octets[self._at : end]
        self._at = end
        return taken

    def skip(self, count: int) -> None:
        """Passes over the next octets."""
        self.take(count)

    def byte(self) -> int:
        """Returns the next octet as a number."""
        return self.take(1)[0]

    def string(self) -> str:
        """Returns the next C-octet string. Some centers leave the NUL of the last one out."""
        end = self._octets.find(b"\0", self._at, self._at + _LONGEST_STRING)
        if end < 0:
            if len(self._octets) - self._at >= _LONGEST_STRING:
                raise MalformedPdu("a string longer than any of the standard")
            end = len(self._octets)
        text = self._octets[self._at : end]
        self._at = min(end + 1, len(self._octets))
        if not text.isascii():
            raise MalformedPdu("a string that is not ASCII")
        return text.decode("ascii")

    def parameters(self) -> dict[int, bytes]:
        """Returns the optional parameters, which are all that is left."""
        found: dict[int, bytes] = {}
        while self._at < len(self._octets):
            tag, length = _TLV_HEADER.unpack(self.take(_TLV_HEADER.size))
            found[tag] = self.take(length)
        return found
