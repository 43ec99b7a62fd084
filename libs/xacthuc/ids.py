"""Identifiers: how they are made and what they may look like. Nothing here is secret; nothing here is personal."""

from __future__ import annotations

import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from os import urandom
from typing import Final

_LONGEST_ACCOUNT_ID: Final = 64
_ACCOUNT_ID: Final = re.compile(r"[A-Za-z0-9_.~-]{1,64}")
_PERSONAL: Final = re.compile(
    r"^[_.~-]*(?:0[_.~-]*0[_.~-]*8[_.~-]*4|8[_.~-]*4|0)(?:[_.~-]*[0-9]){9,11}[_.~-]*$"
    r"|(?:gmail|yahoo|hotmail|outlook|icloud)[_.~-]+(?:com|vn)(?:[_.~-]|$)|[.](?:com|edu|gov|net|org)[.]vn$",
    re.IGNORECASE,
)
"""A phone number, a personal ID or an e-mail address; the rule of RegisterAccountRequest.account_id in the contract."""
_PLAIN_ID: Final = re.compile(r"[1-79][0-9]{0,63}|(?=[0-9_~-]*[A-Za-z])[A-Za-z0-9_~-]{1,64}")


def new_request_id() -> str:
    """Returns a random UUID4 in its canonical spelling, as AIP-155 asks of `request_id`."""
    return str(uuid.uuid4())


def new_short_id() -> str:
    """Returns 72 random bits in 12 characters: an id that names something, and opens nothing."""
    return encode(random_bytes(9))


def random_bytes(count: int) -> bytes:
    """Returns `count` bytes from the operating system's generator."""
    return urandom(count)


def encode(raw: bytes) -> str:
    """Returns `raw` in URL-safe base64 without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Returns the bytes behind `encode`; ValueError when `text` is not the one spelling of them."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not canonical URL-safe base64")
    return raw


def is_account_id(text: str) -> bool:
    """Whether an id keeps the contract's rule for the accounts of a platform."""
    return is_plain_id(text) or (_ACCOUNT_ID.fullmatch(text) is not None and _PERSONAL.search(text) is None)


def is_plain_id(account_id: str) -> bool:
    """Whether an id keeps that rule at a glance.

    No number of a phone or a person begins like the first kind of `_PLAIN_ID` or has a letter, and no address is without
    a separator. All others are asked of the contract, which takes 30 times as long.
    """
    if account_id.isascii() and account_id.isalnum() and not account_id.isdigit():
        return len(account_id) <= _LONGEST_ACCOUNT_ID
    if _PLAIN_ID.fullmatch(account_id) is None:
        return False
    lower = account_id.lower()  # one after the other: as alternatives of the expression they take eight times as long
    return not ("mail" in lower or "yahoo" in lower or "outlook" in lower or "icloud" in lower)
