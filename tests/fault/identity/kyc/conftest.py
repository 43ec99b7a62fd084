"""An operator and the adapter that asks it."""

from kyc_world import fake, opened, outcomes

__all__ = ["fake", "opened", "outcomes"]
