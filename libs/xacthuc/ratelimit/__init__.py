"""Owns limits: their arithmetic, their names, and spending from several at once. README.md explains GCRA.

Does not own what is limited: services decide what to spend, with which rule, and what a refusal tells the caller.
"""

from xacthuc.ratelimit.gcra import Cause, Rule
from xacthuc.ratelimit.limiter import Charge, Event, Limiter, SpendResult
from xacthuc.ratelimit.limits import Limit, key_of

__all__ = ["Cause", "Charge", "Event", "Limit", "Limiter", "Rule", "SpendResult", "key_of"]
