"""Owns sending by SMPP 3.4: the protocol's units, how a text becomes short messages, the binds, and their receipts.

The source is the "Short Message Peer to Peer Protocol Specification v3.4" (SMPP Developers Forum, 1999); sections are
named after it. `provider` is what the rest of delivery sees, through its port.
"""
