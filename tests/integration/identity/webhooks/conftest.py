"""The webhooks of one deployment."""

from webhook_world import receiver, world

__all__ = ["receiver", "world"]
