"""The last line of a message, by which a phone fills in the code. Only the system writes it, never a template.

WEB is the format of origin-bound one-time codes (https://wicg.github.io/sms-one-time-codes/, read by Safari, by iOS for
associated apps and by Chrome's WebOTP): the last line is `@<domain> #<code>`. ANDROID is Google's SMS Retriever: the
message has at most 140 bytes and ends with the 11 characters that stand for package and signature of the app.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from xacthuc.policy import gsm7_length
from xacthuc.policy.messages import SEGMENT_CHARACTERS

APP_HASH_CHARACTERS: Final = 11
RETRIEVER_BYTES: Final = 140
"""Longest message that the SMS Retriever looks at."""

_APP_HASH = re.compile(rf"[A-Za-z0-9+/]{{{APP_HASH_CHARACTERS}}}", re.ASCII)
# RFC 1123 section 2.1, in lower case as browsers compare it; the last label has letters, so that it is no address.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.ASCII)
_DOMAIN_CHARACTERS: Final = 253


class Autofill(IntEnum):
    """Who reads the code from the message. The numbers are those of `Client.Autofill` in the contract."""

    NONE = 0
    WEB = 1
    ANDROID = 2

    @classmethod
    def of(cls, number: int) -> Autofill:
        """Returns what the number stands for; NONE for one that a newer version of the service wrote."""
        return cls(number) if number in cls._value2member_map_ else cls.NONE


def web_line(domain: str, code: str) -> str:
    """Returns the line for pages of `domain`, with the line break before it."""
    return f"\n@{domain} #{code}"


def android_line(app_hash: str) -> str:
    """Returns the line for the app of that hash, with the line break before it."""
    return f"\n{app_hash}"


def room_of(kind: Autofill) -> int:
    """Returns how many characters a message with that line may have."""
    return RETRIEVER_BYTES if kind is Autofill.ANDROID else SEGMENT_CHARACTERS


def excess(message: str, kind: Autofill) -> int:
    """Returns how many characters the whole message is too long for its line to be of use; 0 or less when it fits."""
    # Only GSM characters of ASCII get here, one byte each; some take two septets.
    over_segment = (gsm7_length(message) or len(message)) - SEGMENT_CHARACTERS
    if kind is Autofill.ANDROID:
        return max(over_segment, len(message) - RETRIEVER_BYTES)
    return over_segment


def domain_fault(domain: str) -> str | None:
    """Returns why pages cannot be bound to `domain`, or None when they can."""
    if len(domain) > _DOMAIN_CHARACTERS or not _DOMAIN.fullmatch(domain):
        return (
            "write the host name of the page alone, in lower case and without scheme, port or path,"
            " such as forum.example.vn"
        )
    return None


def app_hash_fault(app_hash: str) -> str | None:
    """Returns why `app_hash` is none, or None when it is one."""
    if not _APP_HASH.fullmatch(app_hash):
        return f"write the {APP_HASH_CHARACTERS} characters of A-Z, a-z, 0-9, + and / that the SMS Retriever computes"
    return None
