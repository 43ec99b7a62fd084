"""A provider for a module's tests, and our side of it."""

from oidc_provider import clock, open_ours, ours, provider, running_provider

__all__ = ["clock", "open_ours", "ours", "provider", "running_provider"]
