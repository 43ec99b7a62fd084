"""The service's faces on the wire, one module a face: each method parses, calls one use case, renders.

The server builder checks these classes against the contract; what a method does is commented there.
"""

from xacthuc.livestream.servicer.admin import LivestreamAdminServicer, ReadNotes
from xacthuc.livestream.servicer.public import LivestreamServicer

__all__ = ["LivestreamAdminServicer", "LivestreamServicer", "ReadNotes"]
