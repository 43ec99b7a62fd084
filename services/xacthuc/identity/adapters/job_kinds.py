"""What identity's durable jobs do: the closed set of their kinds, which are labels of metrics."""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """One kind of work; the module that does it says how."""

    DESTROY_KEY = "DESTROY_KEY"
    PURGE = "PURGE"
    PERSONAL_ID_CHECK = "PERSONAL_ID_CHECK"
    NUMBER_NOTICE = "NUMBER_NOTICE"
    WEBHOOK_DELIVERY = "WEBHOOK_DELIVERY"
    WEBHOOK_REPLAY = "WEBHOOK_REPLAY"
    APPROVAL = "APPROVAL"
    RELEASE_DOCUMENT = "RELEASE_DOCUMENT"
