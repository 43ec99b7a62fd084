"""Names of keys in the store. What they hold is described in scripts/README.md."""

from __future__ import annotations

from hashlib import blake2b

from xacthuc.ids import encode
from xacthuc.valkey.partition import tag


def challenge_key(partition: int, challenge: str) -> str:
    """The hash of one challenge, by its id."""
    return f"{tag(partition)}:c:{challenge}"


def number_key(partition: int, platform: str, number_hash: str) -> str:
    """The hash of what one number may still be sent and guessed on one platform."""
    return f"{tag(partition)}:n:{platform}:{number_hash}"


def block_key(partition: int, number_hash: str) -> str:
    """The block of one number for all platforms."""
    return f"{tag(partition)}:b:{number_hash}"


def pass_key(partition: int, number_hash: str) -> str:
    """Until when an operator lets one number pass what would keep codes from it."""
    return f"{tag(partition)}:ok:{number_hash}"


def notice_key(partition: int, notice: str) -> str:
    """When one notice was queued."""
    return f"{tag(partition)}:r:{notice}"


def once_key(platform: str, method: str, request_id: str) -> str:
    """The record of one request, in a slot of its own. A digest: ids come from platforms and may be anything."""
    digest = encode(blake2b(f"{platform}\0{method}\0{request_id}".encode(), digest_size=16).digest())
    return f"q:{{{digest}}}"


def delivery_key(partition: int, *, bulk: bool = False) -> str:
    """The stream of messages to be sent: the interactive lane, or the bulk lane."""
    return f"{tag(partition)}:dlv:bulk" if bulk else f"{tag(partition)}:dlv"


def outcomes_key(partition: int) -> str:
    """The stream of outcomes."""
    return f"{tag(partition)}:out"


WAKE_CHANNEL = "wake"
"""Published with the partition's number when something was handed to delivery."""

PROVIDERS_KEY = "providers"
"""What each delivery worker says of the providers, as JSON by worker."""

SPENDERS_KEY = "spend:platforms"
"""The platforms that have spent money or were given a cap, for who lists them."""


def account_key(platform: str) -> str:
    """What one platform may spend and has spent; `domain.spending.EVERYBODY` stands for all together."""
    return f"spend:{{{platform}}}"


def charge_key(platform: str, token: str) -> str:
    """One charge to that account, in its slot."""
    return f"spend:{{{platform}}}:c:{token}"


TALLIES_KEY = "tallies"
"""The places that have a tally: `provider:operator:channel`."""


def tally_key(place: str) -> str:
    """What became of the codes of one place, in a slot of its own."""
    return f"tally:{{{place}}}"
