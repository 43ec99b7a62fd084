"""Who may call what operators call: every administrative method of the contracts names roles, or is a way to sign in."""

from __future__ import annotations

from contracts import services

from xacthuc.backfill import main as backfill
from xacthuc.guardian import main as guardian
from xacthuc.identity import main as identity
from xacthuc.livestream import main as livestream
from xacthuc.otp import main as otp

ROLES = {**identity.ROLES, **guardian.ROLES, **livestream.ROLES, **backfill.ROLES, "OtpAdmin": otp.ADMIN_ROLES}
ADMINISTRATIVE = {service.name: service for service in services() if service.name.endswith("Admin")}


def test_every_administrative_method_names_who_may_call_it():
    named = {service: set(table) for service, table in ROLES.items()}

    assert named == {name: {method.name for method in service.methods} for name, service in ADMINISTRATIVE.items()}


def test_only_signing_in_asks_for_no_operator():
    open_to_all = {
        (service, method) for service, table in ROLES.items() for method, roles in table.items() if not roles
    }

    assert open_to_all == {
        ("StaffAdmin", "BeginSignIn"),
        ("StaffAdmin", "CompleteSignIn"),
        ("StaffAdmin", "SignInBreakGlass"),
    }
