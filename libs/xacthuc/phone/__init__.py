"""Vietnamese phone numbers: reading every spelling, telling a person's mobile from everything else, and masking.

Owns the numbering plan (a data file, replaceable without a release) and the value objects for its answers. Says nothing
of who holds a number, of how old they are (a SIM is lawful from the age of six), or of which operator serves it today.
"""

from xacthuc.phone.numbers import Mobile, NumberRange, Refusal, RefusalReason
from xacthuc.phone.plan import NumberPlan

__all__ = ["Mobile", "NumberPlan", "NumberRange", "Refusal", "RefusalReason"]
