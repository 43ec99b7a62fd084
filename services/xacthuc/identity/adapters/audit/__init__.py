"""The audit trail beyond writing to it: what seals, prunes and reads it."""
