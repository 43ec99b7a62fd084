"""Identifiers: how they are made and what they may look like. Nothing here is secret; nothing here is personal."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from os import urandom


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
