"""Platform keys: their text, their signed records, and the local directory every server checks them against.

Identity creates, signs and publishes records; every other process only verifies. A key itself is seen once by its
platform and never stored: records hold its SHA-256, which is enough for 256 random bits.
"""
