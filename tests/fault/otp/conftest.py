"""Fixtures of the one-time-code service."""

from otp_deployment import deploy, otp, secrets
from otp_installation import installation

__all__ = ["deploy", "installation", "otp", "secrets"]
