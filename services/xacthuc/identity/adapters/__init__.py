"""The outside world of the identity service: PostgreSQL, the cache of facts, the one-time-code service, sealed data."""
