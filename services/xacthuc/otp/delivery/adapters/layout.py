"""Names of the keys that only delivery uses. What they hold is described in otp/adapters/scripts/README.md."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from xacthuc.ids import encode
from xacthuc.otp.adapters import layout, scripts
from xacthuc.ratelimit.limiter import LIMIT_FUNCTIONS
from xacthuc.valkey import Script
from xacthuc.valkey.partition import tag

WORKERS_KEY = "delivery:workers"
"""Live workers and until when each is taken to live."""

_SCRIPTS = Path(scripts.__file__).parent


def lease_key(partition: int) -> str:
    """Who holds a partition."""
    return f"{tag(partition)}:lease"


def cursor_key(partition: int) -> str:
    """The last outcome that was folded."""
    return f"{tag(partition)}:out:cur"


def deadlines_key(partition: int) -> str:
    """Until when the receipts of codes are waited for."""
    return f"{tag(partition)}:due"


def record_key(partition: int, identity: str, *, bulk: bool) -> str:
    """What is known of a message: the hash of its challenge, or of the notice."""
    return f"{tag(partition)}:nt:{identity}" if bulk else layout.challenge_key(partition, identity)


def link_key(provider: str, message_id: str) -> str:
    """Whom receipts of a provider's message are for. A digest: what vendors put into their ids is not ours to keep."""
    digest = encode(blake2b(f"{provider}\0{message_id}".encode(), digest_size=16).digest())
    return f"dlr:{{{digest}}}"


def script(name: str) -> Script:
    """Reads one of delivery's scripts together with what they share."""
    shared = (*LIMIT_FUNCTIONS, _SCRIPTS / "prelude.lua", _SCRIPTS / "delivery.lua")
    return Script.from_file(_SCRIPTS / f"delivery_{name}.lua", *shared)
