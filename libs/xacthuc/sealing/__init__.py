"""Personal data at rest: authenticated encryption, blind indexes, and the key files behind both.

Owns how bytes are sealed and how key files are read. Knows nothing of what is sealed, nor where it is kept.
"""

from xacthuc.sealing.index import BlindIndex
from xacthuc.sealing.keys import KeyFileError, KeyRing, read_key
from xacthuc.sealing.sealer import Sealer, UnknownSealKeyError, UnsealError

__all__ = ["BlindIndex", "KeyFileError", "KeyRing", "Sealer", "UnknownSealKeyError", "UnsealError", "read_key"]
