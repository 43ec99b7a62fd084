"""A provider and the adapter that asks it."""

from eauth_world import certificates, fake, opened, outcomes

__all__ = ["certificates", "fake", "opened", "outcomes"]
