"""What the use cases need of the outside world. Adapters implement these; nothing here knows a technology.

Methods that write raise RequestIdReused when the order's id came before with another payload, and all that touch the
database raise DatabaseUnavailable when it does not answer.
"""
