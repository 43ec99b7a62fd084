"""Fixtures of the one-time-code service."""

from otp_deployment import deploy, otp, secrets

__all__ = ["deploy", "otp", "secrets"]
