"""The service's faces on the wire, one module a face: each method parses, calls one use case, renders.

The server builder checks these classes against the contract; what a method does is commented there.
"""

from xacthuc.guardian.servicer.admin import GuardianAdminServicer, ReadNotes
from xacthuc.guardian.servicer.public import GuardianServicer

__all__ = ["GuardianAdminServicer", "GuardianServicer", "ReadNotes"]
