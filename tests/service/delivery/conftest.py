"""Fixtures of delivery."""

from delivery_world import other_vendor, vendor, world
from otp_deployment import deploy

__all__ = ["deploy", "other_vendor", "vendor", "world"]
