"""The text of a platform key: `xt_live_` or `xt_dev_`, then 32 random bytes in URL-safe base64.

The prefix makes a leaked key recognisable to secret scanners and tells a development key from a real one at a glance.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from xacthuc.settings import Environment

_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(r"xt_(live|dev)_[A-Za-z0-9_-]{43}")
DEVELOPMENT_PREFIX: Final = "xt_dev_"


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key in clear. Exists while it is created and shown, and inside clients; never stored, never printed."""

    text: str = field(repr=False)
    """What the platform sends as `authorization: Bearer {text}`."""

    @classmethod
    def generate(cls, environment: Environment) -> Self:
        """Makes a new key for production (`live`) or development (`dev`)."""
        kind = "live" if environment.value == "production" else "dev"
        return cls(f"xt_{kind}_{encode(random_bytes(_SECRET_BYTES))}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the key spelled `text`; ValueError, without quoting it, when that is not how a key looks."""
        if not is_key(text):
            raise ValueError("a platform key looks like xt_live_ and 43 letters, digits, - or _")
        return cls(text)

    @property
    def sha256(self) -> bytes:
        """The 32 bytes that are stored. 256 random bits need no salt and no slow hash."""
        return hashlib.sha256(self.text.encode()).digest()

    def __str__(self) -> str:
        return f"{self.text[: self.text.index('_', 3) + 1]}***"


def is_key(text: str) -> bool:
    """Whether `text` looks like a key, known or not."""
    return _TEXT.fullmatch(text) is not None
