"""A message, who sends it, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Channel(IntEnum):
    """How a message travels. The numbers are those of `Challenge.Channel` in the contract."""

    SMS = 1
    ZALO_ZNS = 2
    VOICE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to be sent."""

    id: str
    """The same for every try of the same send, so that a provider can recognise a repetition. Says nothing."""
    to: str = field(repr=False)
    """E.164."""
    channel: Channel
    text: str = field(repr=False)
    code: str = field(default="", repr=False)
    """The code alone, for channels whose template takes it as a parameter; empty in a notice."""
    brand: str = ""
    locale: str = "vi"
    operator: str = "unknown"
    """Whom the number's range was first given to; a hint for the choice, never the carrier (R29)."""
    text_id: str = ""
    """Under which the text is registered with the operators; empty without one."""
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What fills a template that the provider keeps: `brand`, `code`, `minutes`."""
    purpose: str = ""
    """What the code is for, as `xacthuc.policy.Purpose` spells it; empty in a notice."""
    platform: str = ""
    challenge: str = ""
    request: int = 1
    """Which request to a provider this is, counted by the store."""


class Left(StrEnum):
    """What a request that was not accepted leaves behind. The values are what the claim script reads."""

    NOTHING = "nothing"
    """The provider never saw it: it costs neither a copy nor a request."""
    REFUSAL = "refusal"
    """The provider answered no: no copy went out."""
    DOUBT = "doubt"
    """It may have been sent."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    message_id: str
    """How its receipts will name the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The provider did not take the message, or did not say so."""

    reason: str
    """A short machine word such as `number_inactive`."""
    final: bool = False
    """Whether no other provider will do better: the fault is the recipient's number."""
    channel_final: bool = False
    """Whether no other provider of this channel will do better, while another channel may: no such account there."""
    left: Left = Left.REFUSAL
    hold_ms: int = 0
    """For how long the provider wants to be left alone."""


Answer: TypeAlias = Accepted | Rejected


class Provider(Protocol):
    """Somebody who sends messages."""

    @property
    def name(self) -> str:
        """Its name in settings, metrics and receipts."""
        ...

    @property
    def channels(self) -> Collection[Channel]:
        """What it can send by."""
        ...

    @property
    def reports(self) -> bool:
        """Whether receipts come, so that one which does not is a reason to ask somebody else."""
        ...

    def takes(self, message: Message) -> bool:
        """Tells whether this message is one for this provider."""
        ...

    async def send(self, message: Message) -> Answer:
        """Sends within seconds or says how far it came. Never raises for a fault of the provider."""
        ...


class Status(StrEnum):
    """What a receipt says. The values are what the store keeps as delivery state."""

    DELIVERED = "D"
    FAILED = "F"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, as its provider reports."""

    message_id: str
    status: Status
    detail: str = ""


PACED: Final = "paced"
"""Why a provider was not asked: too many messages wait for its pace already. It says nothing of the provider."""

THROTTLED: Final = "throttled"
"""Why a provider refused: it is asked too often. It says nothing of the message."""

NUMBER_INACTIVE: Final = "number_inactive"
"""The detail of a receipt, and the reason of a refusal, that tell of the number and not of the provider."""
