"""Fixtures of delivery."""

from delivery_world import other_vendor, vendor, world

__all__ = ["other_vendor", "vendor", "world"]
