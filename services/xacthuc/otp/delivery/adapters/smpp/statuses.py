"""What a command_status says (SMPP 3.4 section 5.1.3): why a message was not taken, and whether anybody else would."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.ports import THROTTLED, Left, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xacthuc.otp.delivery.adapters.smpp.smpp_file import Rejection

THROTTLED_HOLD_MS: Final = 1_000
"""For how long a center that throttles is left alone: paces are promised by the second."""


class Code(IntEnum):
    """The statuses that are told apart here, by the names of the standard without `ESME_`."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RSYSERR = 0x08
    RINVSRCADR = 0x0A
    RINVDSTADR = 0x0B
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RMSGQFUL = 0x14
    RINVSRCTON = 0x48
    RINVSRCNPI = 0x49
    RTHROTTLED = 0x58
    RX_T_APPN = 0x64


UNBOUND: Final = frozenset({Code.RINVBNDSTS})
"""The center knows nothing of our bind, which then has to be made anew."""
CREDENTIALS_REFUSED: Final = frozenset({Code.RINVPASWD, Code.RINVSYSID})
"""`RBINDFAIL` is not among them: centers also answer it while they take an old connection of ours for alive."""

_SAID: Final[Mapping[int, Rejected]] = {
    Code.RTHROTTLED: Rejected(reason=THROTTLED, hold_ms=THROTTLED_HOLD_MS),
    Code.RMSGQFUL: Rejected(reason=THROTTLED, hold_ms=THROTTLED_HOLD_MS),
    Code.RINVDSTADR: Rejected(reason="number_invalid", final=True),
    Code.RINVBNDSTS: Rejected(reason="unreachable"),
    Code.RINVPASWD: Rejected(reason="credentials_refused"),
    Code.RINVSYSID: Rejected(reason="credentials_refused"),
    Code.RINVSRCADR: Rejected(reason="sender_refused"),
    Code.RINVSRCTON: Rejected(reason="sender_refused"),
    Code.RINVSRCNPI: Rejected(reason="sender_refused"),
    Code.RINVMSGLEN: Rejected(reason="text_refused"),
    Code.RSYSERR: Rejected(reason="unavailable"),
    Code.RX_T_APPN: Rejected(reason="unavailable"),
}
_REFUSED: Final = Rejected(reason="refused")

UNREACHABLE: Final = Rejected(reason="unreachable", left=Left.NOTHING)
NO_ANSWER: Final = Rejected(reason="no_answer", left=Left.DOUBT)


def table(rules: Iterable[Rejection]) -> Mapping[int, Rejected]:
    """Returns what statuses say: what a center's file says of them, else what the standard does."""
    own = {
        status: Rejected(
            reason=rule.reason,
            final=rule.final,
            channel_final=rule.channel_final,
            hold_ms=THROTTLED_HOLD_MS if rule.reason == THROTTLED else 0,
        )
        for rule in rules
        for status in rule.status
    }
    return {**_SAID, **own}


def rejected(status: int, said: Mapping[int, Rejected]) -> Rejected:
    """Returns why a message was not taken; a status that nobody explains is a plain no."""
    return said.get(status, _REFUSED)
