"""What delivery needs of the outside world: providers, the lanes, money, receipts. Adapters implement these."""

from __future__ import annotations

from xacthuc.otp.delivery.ports.holdings import Holdings, Tenure
from xacthuc.otp.delivery.ports.permits import Charge, Purse, Switches
from xacthuc.otp.delivery.ports.providers import (
    NUMBER_INACTIVE,
    PACED,
    THROTTLED,
    Accepted,
    Answer,
    Channel,
    Left,
    Message,
    Provider,
    Receipt,
    Rejected,
    Status,
)
from xacthuc.otp.delivery.ports.queue import (
    EXPIRED,
    QUIET_HOURS,
    SPEND_CAP,
    STOPPED,
    UNCONFIRMED,
    Claim,
    Done,
    Entry,
    Fate,
    Queue,
    Sent,
    Unsent,
)
from xacthuc.otp.delivery.ports.receipts import Deadlines, Overdue, ReceiptBook, Target

__all__ = [
    "EXPIRED",
    "NUMBER_INACTIVE",
    "PACED",
    "QUIET_HOURS",
    "SPEND_CAP",
    "STOPPED",
    "THROTTLED",
    "UNCONFIRMED",
    "Accepted",
    "Answer",
    "Channel",
    "Charge",
    "Claim",
    "Deadlines",
    "Done",
    "Entry",
    "Fate",
    "Holdings",
    "Left",
    "Message",
    "Overdue",
    "Provider",
    "Purse",
    "Queue",
    "Receipt",
    "ReceiptBook",
    "Rejected",
    "Sent",
    "Status",
    "Switches",
    "Target",
    "Tenure",
    "Unsent",
]
