"""Names of people as Vietnamese papers write them: whether two are the same, and a form of one to hash.

Owns which differences of spelling mean nothing and how much the others mean. Decides nothing: what grade suffices for
what is policy, and a name alone never identifies anybody.
"""

from xacthuc.names.matching import NameMatch, compare
from xacthuc.names.spelling import NORMAL_FORM, NameFault, fault, normalised

__all__ = ["NORMAL_FORM", "NameFault", "NameMatch", "compare", "fault", "normalised"]
