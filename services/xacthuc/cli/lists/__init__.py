"""Lists that operators and regulators send: which numbers, what is said of each, and when it was seen.

Owns reading them row by row, whatever stands in them, with the same memory for a thousand rows as for ten million. What
a row means for an account is decided by the service. Nothing here repeats a number: a row that cannot be used is told by
its place, its field and a reason.
"""
