"""The outside world of the guardian service: PostgreSQL, identity and the one-time-code service."""
