"""Locks and what causes them, in PostgreSQL."""
