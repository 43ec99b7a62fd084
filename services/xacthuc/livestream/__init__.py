"""The livestream service: broadcasts, what they are cleared for, and what must not go on."""
