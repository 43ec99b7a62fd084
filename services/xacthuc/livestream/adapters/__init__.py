"""The outside world of the livestream service: PostgreSQL, identity and the keys that grants are signed with."""
