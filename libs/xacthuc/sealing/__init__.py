"""Personal data at rest: authenticated encryption, blind indexes, and the keys behind both.

Owns how bytes are sealed and where keys are read from. Knows nothing of what is sealed, nor where it is kept.
"""

from xacthuc.sealing.fleeting import FleetingNames
from xacthuc.sealing.index import BlindIndex, lock_ids
from xacthuc.sealing.keys import KeyFileError, KeyRing, read_key
from xacthuc.sealing.sealer import KeySealer, Sealer, UnknownSealKeyError, UnsealError, fresh_nonces
from xacthuc.sealing.sources import KeyCommand, KeyFiles, KeySource, key_of, ring_of

__all__ = [
    "BlindIndex",
    "FleetingNames",
    "KeyCommand",
    "KeyFileError",
    "KeyFiles",
    "KeyRing",
    "KeySealer",
    "KeySource",
    "Sealer",
    "UnknownSealKeyError",
    "UnsealError",
    "fresh_nonces",
    "key_of",
    "lock_ids",
    "read_key",
    "ring_of",
]
