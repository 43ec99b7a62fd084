"""Platform keys and the staff's sessions: their text, their signed records, and the copies every server checks against.

Identity creates, signs and publishes records; every other process only verifies. A secret itself is seen once by whom it
is for and never stored: records hold its SHA-256, which is enough for 256 random bits.
"""
