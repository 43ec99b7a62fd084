"""Webhooks: who is told of what, what is on its way, and how it is sent."""
