"""Vietnamese personal identification numbers (số định danh cá nhân): reading, checking against a birth date, masking.

Owns the scheme of the number (a data file, replaceable without a release) and the value objects for its answers. Whether
a number was ever issued, and to whom, only an electronic-identification provider knows: nothing here proves identity.
"""

from xacthuc.personal_id.numbers import Doubt, PersonalId, Refusal, RefusalReason
from xacthuc.personal_id.scheme import PersonalIdScheme, Place

__all__ = ["Doubt", "PersonalId", "PersonalIdScheme", "Place", "Refusal", "RefusalReason"]
