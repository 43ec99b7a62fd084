"""The service's faces on the wire, one module a face: each method parses, calls one use case, renders.

The server builder checks these classes against the contract; what a method does is commented there.
"""

from xacthuc.identity.servicer.admin import IdentityAdminServicer
from xacthuc.identity.servicer.approvals import ApprovalAdminServicer
from xacthuc.identity.servicer.duties import DutyAdminServicer
from xacthuc.identity.servicer.internal import IdentityInternalServicer
from xacthuc.identity.servicer.jobs import JobAdminServicer
from xacthuc.identity.servicer.locks import LockAdminServicer
from xacthuc.identity.servicer.public import IdentityServicer
from xacthuc.identity.servicer.reconciliation import ReconciliationAdminServicer
from xacthuc.identity.servicer.releases import ReleaseAdminServicer
from xacthuc.identity.servicer.retention import RetentionAdminServicer
from xacthuc.identity.servicer.sessions import SessionAdminServicer
from xacthuc.identity.servicer.staff import StaffAdminServicer
from xacthuc.identity.servicer.webhooks import WebhookAdminServicer

__all__ = [
    "ApprovalAdminServicer",
    "DutyAdminServicer",
    "IdentityAdminServicer",
    "IdentityInternalServicer",
    "IdentityServicer",
    "JobAdminServicer",
    "LockAdminServicer",
    "ReconciliationAdminServicer",
    "ReleaseAdminServicer",
    "RetentionAdminServicer",
    "SessionAdminServicer",
    "StaffAdminServicer",
    "WebhookAdminServicer",
]
